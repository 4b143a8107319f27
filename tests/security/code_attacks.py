"""Attacks on the second step of signing in: codes used twice, guessed and skipped, and steps that are not one's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from signing_in import code_for
from web_world import OWNER_B, PASSWORD, World

from chalicelib.local import login_codes
from chalicelib.store import control, identity, sign_in
from chalicelib.store.sign_in import Step

FORM = "application/x-www-form-urlencoded"
Attack = Callable[[Any, World], bool]


def _person(world: World, name: str) -> str:
    """An owner of their own for each attack: some end locked out."""
    login = f"{name}@attacks.invalid"
    identity.ensure_user(login, "Victim Testcase", PASSWORD, "practice", ("owner",), (world.a.tenant.tenant_id,))
    login_codes.enrol(login, PASSWORD)
    return login


def _post(client: Any, path: str, form: dict[str, str], cookie: str = "", **headers: str) -> Any:
    sent = {"Content-Type": FORM, "Sec-Fetch-Site": "same-origin", **headers}
    if cookie:
        sent["Cookie"] = cookie
    return client.http.post(path, body=urlencode(form).encode(), headers=sent)


def _step(client: Any, login: str) -> str:
    """The cookie of a sign-in whose password was right."""
    answer = _post(client, "/sign-in", {"email": login, "password": PASSWORD})
    assert answer.headers["Location"] == "/sign-in/code"
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


def _code(client: Any, cookie: str, code: str, **headers: str) -> Any:
    return _post(client, "/sign-in/code", {"code": code}, cookie, **headers)


def _is_in(answer: Any) -> bool:
    return answer.status_code == 303 and "sid=" in str(answer.headers.get("Set-Cookie"))


def _api(client: Any, login: str, code: str) -> int:
    import json

    body = json.dumps({"email": login, "password": PASSWORD, "code": code}).encode()
    return int(client.http.post("/api/session", body=body, headers={"Content-Type": "application/json"}).status_code)


def _wrong(code: str) -> str:
    """A code that is none of those that count at the moment, nor soon."""
    return f"{(int(code) + 314_159) % 1_000_000:06d}"


def _replayed(client: Any, world: World) -> bool:
    """Once in, the same code opens neither a second session nor a token, nor the step it was used in."""
    login = _person(world, "replay")
    code, cookie = code_for(login), _step(client, login)
    assert _is_in(_code(client, cookie, code))
    return (
        not _is_in(_code(client, cookie, code))
        and not _is_in(_code(client, _step(client, login), code))
        and _api(client, login, code) == 401
    )


def _replayed_from_api(client: Any, world: World) -> bool:
    login = _person(world, "replay-api")
    code = code_for(login)
    assert _api(client, login, code) == 201
    return not _is_in(_code(client, _step(client, login), code))


def _guessed(client: Any, world: World) -> bool:
    """After five wrong codes the right one is refused too, in a new sign-in as well, and through the API."""
    login = _person(world, "guess")
    right = code_for(login)
    cookie = _step(client, login)
    with _limits_clock_standing():
        for _ in range(5):
            assert not _is_in(_code(client, cookie, _wrong(right)))
        locked = [_code(client, cookie, right), _code(client, _step(client, login), right)]
        return not any(map(_is_in, locked)) and _api(client, login, right) == 429


def _guessed_over_days(client: Any, world: World) -> bool:
    """Waiting out each quarter of an hour does not help: a day has twenty tries."""
    from chalicelib.api.identity import DAY_S, hidden

    login = _person(world, "patient")
    user_id = identity.user_id_of(login)
    with _limits_clock_standing() as now:
        control.count_up(hidden("code-day", user_id), str(now // DAY_S), 20, now + 2 * DAY_S)
        return not _is_in(_code(client, _step(client, login), code_for(login)))


@contextmanager
def _limits_clock_standing() -> Iterator[int]:
    """No quarter of an hour and no day turns while tries are counted; yields the second at which it stands."""
    from chalicelib.api import identity as signing_in

    now = int(time.time())
    with patch.object(signing_in, "time", SimpleNamespace(time=lambda: now)):
        yield now


def _skipped(client: Any, world: World) -> bool:
    """The password alone opens nothing: its step is no session and no token, and the portal's pages stay shut."""
    cookie = _step(client, _person(world, "skip"))
    opaque, slug = cookie.partition("=")[2], world.a.tenant.slug
    page = client.http.get(f"/p/{slug}/claims", headers={"Cookie": f"{cookie}; sid={opaque}"})
    token = client.http.get(f"/api/{slug}/claims", headers={"Authorization": f"Bearer {opaque}"})
    return page.status_code == 303 and token.status_code == 401


def _without_password(client: Any, world: World) -> bool:
    """A right code alone opens nothing, with whatever the browser says about a step."""
    code = code_for(_person(world, "code-only"))
    made_up = ("", "step=", "step=made-up", f"step={'A' * 43}", "step=../../etc", "sid=x; step=\u00e9")
    return not any(_is_in(_code(client, cookie, code)) for cookie in made_up)


def _tampered(client: Any, world: World) -> bool:
    login = _person(world, "tamper")
    cookie, code = _step(client, login), code_for(login)
    bent = (cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), cookie[:-3], cookie + "A", cookie.swapcase())
    stored = f"step={sha256(cookie.partition('=')[2].encode()).hexdigest()}"
    return not any(_is_in(_code(client, each, code)) for each in (*bent, stored))


def _anothers(client: Any, world: World) -> bool:
    """A step begun with one's own password does not take another's code, nor make a session of theirs."""
    mine, theirs = _person(world, "mine"), _person(world, "theirs")
    return not _is_in(_code(client, _step(client, mine), code_for(theirs)))


def _worn_out(client: Any, world: World) -> bool:
    login = _person(world, "late")
    cookie = _step(client, login)
    record = control.get(*sign_in._step_key(cookie.partition("=")[2]))
    assert record is not None

    control.replace(record.with_data({**record.data, "until": 1}))
    return not _is_in(_code(client, cookie, code_for(login)))


def _set_up_again(client: Any, world: World) -> bool:
    """Who has an authenticator is not offered another for the password; a code step does not finish a set-up."""
    login = _person(world, "second-key")
    cookie = _step(client, login)
    shown = client.http.get("/sign-in/set-up", headers={"Cookie": cookie})
    posted = _post(client, "/sign-in/set-up", {"code": code_for(login)}, cookie)
    answer = sign_in.with_password(login, PASSWORD)
    return b"otpauth" not in shown.body and not _is_in(posted) and isinstance(answer, Step) and answer.need == "code"


def _cross_site(client: Any, world: World) -> bool:
    login = _person(world, "cross")
    cookie = _step(client, login)
    tries = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.invalid", "Host": "otbill.invalid"},
    )
    return all(_code(client, cookie, code_for(login), **headers).status_code == 403 for headers in tries)


def _fixation(client: Any, world: World) -> bool:
    """The session after the code is new, and the one the browser brought along ends."""
    planted = identity.start_session(_owner_b())
    login = _person(world, "fixed")
    answer = _code(client, f"{_step(client, login)}; sid={planted}", code_for(login))
    assert _is_in(answer)
    return planted not in str(answer.headers) and identity.find_session(planted) is None


def _owner_b() -> Any:
    found = identity.find_login(OWNER_B)
    assert found is not None
    return found


ATTACKS: dict[str, Attack] = {
    "code used again": _replayed,
    "code of the API used again in the portal": _replayed_from_api,
    "code guessed": _guessed,
    "code guessed patiently": _guessed_over_days,
    "second step skipped": _skipped,
    "code without the password": _without_password,
    "tampered step": _tampered,
    "another's code in one's own step": _anothers,
    "step after its time": _worn_out,
    "second authenticator by password": _set_up_again,
    "cross-site code": _cross_site,
    "fixation across both steps": _fixation,
}
