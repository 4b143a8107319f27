"""Isolation matrix: every route and command x every role x another practice's ids. Generated, so what is new is in it.

Then the second gate: with the faces' own question switched off, who lacks the role must be refused by the services.

A route or command this file cannot fill in is a failure, not a gap.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

from chalicelib import store
from chalicelib.store import identity
from chalicelib.tenancy import Principal
from tests.proof import services
from tests.proof.figures import Figure
from tests.proof.snapshots import Outside
from tests.proof.two import PASSWORD, PRACTICE_ROLES, House, people, two_houses
from tests.signing_in import bearer

# Routes of no practice: what they may show is not a practice's. A new one must be argued for here.
OPEN_ROUTES = {
    "/": "sends the signed-in to their own first practice",
    "/sign-in": "before anybody is known",
    "/sign-in/code": "the second step of one's own sign-in",
    "/sign-in/password": "the same, for who comes with a one-time password",
    "/sign-in/forgot": "before anybody is known; the answer is the same for everybody",
    "/sign-in/reset": "the same, with the code of the mail",
    "/sign-in/set-up": "the same, for who has no authenticator yet",
    "/sign-out": "ends the caller's own session",
    "/inquiry": "public form",
    "/inquiry/sent": "public page",
    "/static/{name}": "the product's own files",
    "/api/session": "before anybody is known",
    "/api/session/refresh": "by a secret only the caller's own sign-in gave",
    "/api/session/end": "the same; ends the caller's own",
    "/api/password/forgot": "before anybody is known; the answer is the same for everybody",
    "/api/password/reset": "the same, with the code of the mail",
    "/openapi.json": "the product's own description",
    "/api/denials": "the work list of the caller's own practices; tests/denials asks it with the rights of each row",
}
FORM_TOKEN = "X-Proof-Form-Token"  # carried beside the headers, read by nobody but `_send`
OFFLINE = ("demo", "serve", "stop")  # of this machine, not of a practice: operator's work
# Arguments that name nothing of a practice. One that names a record is filled with the other practice's own.
WORDS = {
    "reason": "isolation proof",
    "words": "isolation proof",
    "name": "holds",
    "day": "2026-09-30",
    "follow_up": "2026-10-05",
    "inquiry_id": "inq_" + "0" * 26,
    "amount": "1.00",
    "proof": "isolation-1",
    "payer": "60054",
    "codes": "97530x2",
    "as_of": "2026-09-30",
    "source": "isolation proof",
    "on": "2026-09-30",
    "receipt": "isolation-1",
    "reference": "isolation-1",
    "line": "1=1",
    "told_by": "isolation proof",
}
# What a route's body must hold before anything is looked up; where nothing stands here an empty object is whole.
BODIES = {
    "hold": {"reason": "payer_issue", "follow_up_on": "2026-10-05"},
    "note": {"words": "isolation proof"},
    "void": {"reason": "isolation proof"},
    "writeoff": {"reason": "small_balance", "party": "patient"},
}


def matrix(home: Path) -> list[Figure]:
    began = time.monotonic()
    mine, theirs = two_houses(home)
    roles = people(mine)
    people(theirs)
    outside = _outside(theirs, home)
    before = outside.take()
    figures = [_routes(mine, theirs, roles), _commands(home, mine, theirs, roles), services.asked(home, mine, roles)]
    after = outside.take()
    for figure in figures:
        figure.check(after.tables == before.tables, "the other practice's table was changed")
        figure.check(after.documents == before.documents, "the other practice's documents were changed")
        figure.seconds = (time.monotonic() - began) / len(figures)
    _holes(figures[0], mine, theirs, roles["biller"])
    return figures


def _outside(house: House, home: Path) -> Outside:
    from chalicelib.store import directory

    settings = store.runtime().settings
    _, placement = directory.directory().find(house.tenant_id)
    return Outside(settings.aws_endpoint, (placement.table_name,), settings.bucket, placement.prefix, home / "none")


def _routes(mine: House, theirs: House, roles: dict[str, Principal]) -> Figure:
    from chalice.test import Client

    from chalicelib.local.web import product

    figure = Figure("isolation.routes", detail={"routes": 0, "roles": len(roles), "leaks": 0, "own pages shown": 0})
    app = product()
    with Client(app, stage_name="test") as client:
        credentials = {role: _credentials(person) for role, person in roles.items()}
        for path, methods in sorted(app.routes.items()):
            for method in methods:
                figure.detail["routes"] += 1
                _try_route(figure, client, (method, path), mine, theirs, credentials)
    return figure


def _holes(figure: Figure, mine: House, theirs: House, biller: Principal) -> None:
    """The proof of the proof: with a gate that lets everybody in, and with a store that reads the other's table, it fails."""
    from chalice.test import Client

    from chalicelib.local.web import product

    app, figure.detail["holes caught"] = product(), 0
    paths = [path for path, methods in app.routes.items() if path.startswith("/api/{tenant}") and "GET" in methods]
    with Client(app, stage_name="test") as client:
        role = {"biller": _credentials(biller)}
        for hole in (_open_gate, lambda: _other_table(theirs)):
            found = Figure("hole", detail={"own pages shown": 0, "leaks": 0})
            with hole():
                for path in paths:
                    _try_route(found, client, ("GET", path), mine, theirs, role)
            figure.check(found.detail["leaks"] > 0, "a hole in the wall went unnoticed: this proof is blind")
            figure.detail["holes caught"] += found.detail["leaks"] > 0


def _open_gate() -> contextlib.AbstractContextManager[Any]:
    """Everybody is assigned everywhere."""
    return mock.patch.object(Principal, "is_assigned", return_value=True)


def _other_table(theirs: House) -> contextlib.AbstractContextManager[Any]:
    """Whatever practice was entered, its records are read from the other one's table."""
    from chalicelib.store import directory, reads

    _, placement = directory.directory().find(theirs.tenant_id)
    reader = reads.TableReader(placement.table_name, placement.id_key)
    return mock.patch.object(store, "_reader", return_value=reader)


def _credentials(person: Principal) -> dict[str, str]:
    """Token and session, and a form token of that session: a post is refused for whose it is, not for lacking one."""
    from chalicelib.portal import csrf

    token, opaque = bearer(person.user_id, PASSWORD), identity.start_session(person)
    session = identity.find_session(opaque)
    assert session is not None
    form = csrf.form_token(session.csrf)
    return {"Authorization": f"Bearer {token}", "Cookie": f"sid={opaque}", FORM_TOKEN: form}


def _try_route(
    figure: Figure, client: Any, route: tuple[str, str], mine: House, theirs: House, roles: dict[str, dict[str, str]]
) -> None:
    method, path = route
    if "{tenant}" not in path:
        figure.check(path in OPEN_ROUTES, f"{method} {path} names no practice and is not argued for")
        return
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    unknown = [name for name in names if name not in mine.ids]
    if unknown:
        figure.check(False, f"{method} {path}: nothing to fill {unknown} with")
        return
    for role, headers in roles.items():
        may_look = True
        if method == "GET":
            own = _send(client, method, _filled(path, mine.ids), headers)
            may_look = own.status_code in (200, 303)
            figure.detail["own pages shown"] += may_look
            figure.check(may_look or own.status_code == 403, f"{role} {method} {path}, own: {own.status_code}")
        for attack in _attacks(path, names, mine, theirs):
            answer = _send(client, method, attack, headers)
            leaks = [mark for mark in theirs.marks if mark.encode() in answer.body]
            figure.detail["leaks"] += len(leaks)
            # Under one's own practice a role that may not look (or act) is told so before any id is read.
            own_practice = attack.split("/")[2] == mine.practice.slug
            refused = own_practice and (method != "GET" or not may_look)
            right = not leaks and answer.status_code in ((403, 404) if refused else (404,))
            figure.check(right, f"{role} {method} {attack}: {answer.status_code}, {len(leaks)} marks")


def _attacks(path: str, names: list[str], mine: House, theirs: House) -> Iterator[str]:
    yield _filled(path, theirs.ids)
    yield _filled(path, {**theirs.ids, "tenant": theirs.tenant_id})
    yield _filled(path, {**mine.ids, "tenant": theirs.practice.slug})
    if len(names) > 1:
        yield _filled(path, {**theirs.ids, "tenant": mine.practice.slug})
    if path.endswith("/find"):
        yield f"{_filled(path, mine.ids).partition('?')[0]}?number={theirs.ids['number']}"


def _filled(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", quote(value))
    return f"{path}?number={ids['number']}" if path.endswith("/find") else path


def _send(client: Any, method: str, path: str, headers: dict[str, str]) -> Any:
    if method == "GET":
        return client.http.get(path, headers=headers)
    kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
    body = f"form_token={headers[FORM_TOKEN]}".encode()
    if kind.endswith("json"):
        body = json.dumps(BODIES.get(path.rpartition("/")[2], {})).encode()
    sent = {"Idempotency-Key": "isolation", **headers, "Content-Type": kind, "Sec-Fetch-Site": "same-origin"}
    return client.http.request(method, path, headers=sent, body=body)


def _commands(home: Path, mine: House, theirs: House, roles: dict[str, Principal]) -> Figure:
    figure = Figure("isolation.commands", detail={"commands": 0, "roles": len(roles), "leaks": 0})
    for words, leaf in practice_commands():
        figure.detail["commands"] += 1
        try:
            arguments = _arguments(leaf, home, mine, theirs)
        except KeyError as error:
            figure.check(False, f"otbill {' '.join(words)}: nothing to fill {error} with")
            continue
        for person in roles.values():
            _try_command(figure, [*words, *arguments, "--as", person.user_id], theirs, leaf, person)
    return figure


def practice_commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that reaches data, by its words, with its parser."""
    from chalicelib.cli.main import _OFFLINE, parser

    for words, leaf in _leaves(parser()):
        if not leaf.get_default("offline") and words[0] not in (*_OFFLINE, *OFFLINE):
            yield words, leaf


def _leaves(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    under = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not under:
        yield words, parser
        return
    for action in under:
        for name, child in action.choices.items():
            yield from _leaves(child, (*words, name))


def _arguments(leaf: Any, home: Path, mine: House, theirs: House) -> list[str]:
    """The other practice by name, its ids, its files. KeyError for a required argument nobody foresaw."""
    files = {
        "visits import": theirs.visits,
        "schedule import": theirs.visits,
        "remits post": home / "theirs.835",
        "tenant apply": home / "theirs.toml",
        "exchange partner": home / "partner.toml",
    }
    (home / "theirs.835").write_bytes(theirs.check)
    (home / "theirs.toml").write_text(_practice_file(theirs))
    folders = f'outgoing = "{home}/taken"\nincoming = "{home}/taken"'
    (home / "partner.toml").write_text(f'name = "taken"\ntransport = "folder"\n[folder]\n{folders}\n')
    (home / "deposits.csv").write_text("date,amount,trace\n2026-09-30,1.00,TRACEB\n")
    (home / "answers.json").write_text('{"active": "yes", "told_by": "Isolation"}')
    words = " ".join(leaf.prog.split()[1:])
    file = str(files.get(words, home / "theirs.835"))
    known = {
        **WORDS,
        **theirs.ids,
        "file": file,
        "files": file,
        "user": theirs.tenant_id,
        "to": str(home / "taken"),
        "out": str(home / "taken.pdf"),
    }
    known |= {"folder": str(home), "document": file, "deposits": str(home / "deposits.csv")}
    known["answers"] = str(home / "answers.json")
    found: list[str] = []
    for action in leaf._actions:
        choice = str(next(iter(action.choices))) if action.choices else ""
        if action.dest == "tenant" and action.option_strings:
            found += ["--tenant", theirs.practice.slug]
        elif (action.required or action.dest in ("claim", "patient", "answers")) and action.option_strings:
            found += [action.option_strings[0], choice or known[action.dest]]
        elif not action.option_strings and action.nargs not in ("?", "*"):
            found.append("1" if action.type is int else choice or known[action.dest])
    return found


def _practice_file(house: House) -> str:
    from tests.practice import REPOSITORY

    text = (REPOSITORY / "tenants/harborview-ot.toml").read_text()
    return text.replace("harborview-ot", house.practice.slug).replace('npi = "', f'npi = "{house.practice.npi}" # "', 1)


def _try_command(figure: Figure, words: list[str], theirs: House, leaf: Any, person: Principal) -> None:
    from chalicelib.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as stopped:
            code = int(stopped.code or 0) if isinstance(stopped.code, int | None) else 2
    said = out.getvalue() + err.getvalue()
    leaks = [mark for mark in theirs.marks if mark in said and mark not in words]
    figure.detail["leaks"] += len(leaks)
    names_practice = any(action.dest == "tenant" and action.required for action in leaf._actions)
    right = not leaks and (code != 0 or not names_practice)
    role = next(iter(person.roles))
    side = "practice" if role in PRACTICE_ROLES else "staff"
    said = f"{role} ({side}): otbill {' '.join(words[:3])}: exit {code}, {len(leaks)} marks"
    figure.check(right, said)
