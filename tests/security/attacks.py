"""Attacks on sessions, tokens and forms: each is a way in somebody might try, and the answer it must get."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import code_attacks
import token_attacks
from signing_in import bearer, code_for
from web_world import OWNER_A, OWNER_B, PASSWORD, World

from chalicelib.store import identity

FORM = "application/x-www-form-urlencoded"
Attack = Callable[[Any, World], bool]


def _user(login: str) -> Any:
    found = identity.find_login(login)
    assert found is not None
    return found


def _api(client: Any, world: World, token: str) -> bool:
    return token_attacks.refused(client, world, token)


def _page(client: Any, world: World, cookie: str) -> bool:
    """Whether a session cookie is refused: to the sign-in page, nothing of the practice shown."""
    path = f"/p/{world.a.tenant.slug}/claims"
    answer = client.http.get(path, headers={"Cookie": f"sid={cookie}"})
    return answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")


@contextmanager
def _at(instant: str) -> Iterator[None]:
    before = os.environ.get("OTBILL_NOW")
    os.environ["OTBILL_NOW"] = instant
    try:
        yield
    finally:
        os.environ["OTBILL_NOW"] = before or ""
        if before is None:
            del os.environ["OTBILL_NOW"]


def _stored_hash(client: Any, world: World) -> bool:
    """What a stolen copy of the table holds opens nothing."""
    cookie = identity.start_session(_user(OWNER_A))
    stolen = hashlib.sha256(cookie.encode()).hexdigest()
    return _api(client, world, stolen) and _page(client, world, stolen)


def _tampered(client: Any, world: World) -> bool:
    cookie = identity.start_session(_user(OWNER_A))
    assert not _page(client, world, cookie)
    bent = [
        cookie[:-1] + ("A" if cookie[-1] != "A" else "B"),
        cookie.swapcase(),
        cookie[:-4],
        cookie + "A",
        f"{cookie}\x00",
    ]
    return all(_page(client, world, item) for item in bent)


def _swapped(client: Any, world: World) -> bool:
    """A session id is no token and a token is no session."""
    token, cookie = bearer(OWNER_A), identity.start_session(_user(OWNER_A))
    assert not _api(client, world, token)
    return _api(client, world, cookie) and _page(client, world, token)


def _idle(client: Any, world: World) -> bool:
    with _at("2026-09-30T10:00:00"):
        cookie = identity.start_session(_user(OWNER_A))
    with _at("2026-09-30T10:15:00"):
        return _page(client, world, cookie)


def _old(client: Any, world: World) -> bool:
    """Twelve hours end a session however busy it was."""
    with _at("2026-09-30T00:00:00"):
        cookie = identity.start_session(_user(OWNER_A))
    for minutes in range(10, 720, 10):
        with _at(f"2026-09-30T{minutes // 60:02d}:{minutes % 60:02d}:00"):
            assert identity.find_session(cookie) is not None
    with _at("2026-09-30T12:00:00"):
        return _page(client, world, cookie)


def _sign_in(client: Any, cookie: str = "", **headers: str) -> Any:
    """The password step, with whatever cookie the browser was made to bring."""
    sent = {"Content-Type": FORM, "Sec-Fetch-Site": "same-origin", **headers}
    if cookie:
        sent["Cookie"] = f"sid={cookie}; step={cookie}"
    body = urlencode({"email": OWNER_A, "password": PASSWORD, "next": ""}).encode()
    return client.http.post("/sign-in", body=body, headers=sent)


def _in_with(client: Any, cookie: str) -> str:
    """Both steps, with a planted cookie; the session id that was given."""
    step = str(_sign_in(client, cookie).headers["Set-Cookie"]).partition(";")[0]
    assert step.partition("=")[2] != cookie
    sent = {"Content-Type": FORM, "Sec-Fetch-Site": "same-origin", "Cookie": f"sid={cookie}; {step}"}
    answer = client.http.post("/sign-in/code", body=urlencode({"code": code_for(OWNER_A)}).encode(), headers=sent)
    assert answer.status_code == 303
    return str(answer.headers["Set-Cookie"][0]).partition(";")[0].removeprefix("sid=")


def _fixation(client: Any, world: World) -> bool:
    """A session id planted before sign-in is not the one that is signed in."""
    planted = "planted-by-the-attacker"
    given = _in_with(client, planted)
    return given != planted and len(given) > 40 and _page(client, world, planted)


def _fixation_of_own(client: Any, world: World) -> bool:
    """Nor is a session of the attacker's own: it ends."""
    mine = identity.start_session(_user(OWNER_B))
    return _in_with(client, mine) != mine and _page(client, world, mine)


def _cross_site(client: Any, world: World) -> bool:
    tries = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.invalid", "Host": "otbill.invalid"},
        {"Sec-Fetch-Site": "", "Origin": "null", "Host": "otbill.invalid"},
    )
    return all(_sign_in(client, **headers).status_code == 403 for headers in tries)


def _no_form_token(client: Any, world: World) -> bool:
    """Signing out needs the session's own token: none, a made-up one and another session's are refused."""
    cookie, other = identity.start_session(_user(OWNER_A)), identity.start_session(_user(OWNER_B))
    from chalicelib.portal import csrf

    session = identity.find_session(other)
    assert session is not None
    headers = {"Content-Type": FORM, "Sec-Fetch-Site": "same-origin", "Cookie": f"sid={cookie}"}
    for token in ("", "x.y", csrf.form_token(session.csrf), "é.é"):
        answer = client.http.post("/sign-out", body=urlencode({"form_token": token}).encode(), headers=headers)
        if answer.status_code != 403:
            return False
    return not _page(client, world, cookie)


def _after_sign_out(client: Any, world: World) -> bool:
    cookie = identity.start_session(_user(OWNER_A))
    identity.end_session(cookie)
    return _page(client, world, cookie)


ATTACKS: dict[str, Attack] = {
    "hashes from a stolen table": _stored_hash,
    "tampered cookie": _tampered,
    "session id as token and the other way round": _swapped,
    "idle session": _idle,
    "session of twelve hours": _old,
    "session after sign-out": _after_sign_out,
    "fixation with a planted id": _fixation,
    "fixation with the attacker's own session": _fixation_of_own,
    "cross-site sign-in": _cross_site,
    "form without the session's token": _no_form_token,
    **token_attacks.ATTACKS,
    **code_attacks.ATTACKS,
}
