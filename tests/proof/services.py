"""The second gate: with the faces' own question switched off, a person whose role lacks an action is refused all the same.

Every page, API resource and command of a practice, with the practice's own ids, for the first role that may not. What needs
more than ids (a filled-in body) never comes as far and is counted as `not reached`.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import uuid4

from chalicelib.tenancy import Principal, may
from chalicelib.tenancy.permissions import PERMISSIONS
from tests.proof.figures import Figure

if TYPE_CHECKING:
    from tests.proof.two import House

Run = Callable[[Principal], tuple[bool, str]]  # as a person: (refused, what was said)
Headers = Callable[[Principal], dict[str, str]]


# What no practice is entered for: the one gate of these is the service's own.
BESIDE_PRACTICES = ("exchange.partner", "jobs.run", "login.code", "login.end", "login.password", "login.reset")


class _Asked(BaseException):
    """A face asked its question; the action is its argument. Nothing of the product catches it."""


def asked(home: Path, mine: House, roles: dict[str, Principal]) -> Figure:
    figure = Figure("isolation.services", detail={"actions": 0, "refused": 0, "not reached": 0})
    done: set[str] = set()
    for what, run in [*_commands(home, mine), *_routes(mine)]:
        action = _asks_for(run, roles["administrator"]) or _service_asks_for(run, roles["administrator"])
        lacking = next((person for person in roles.values() if action and not may(person, action)), None)
        if lacking is None:
            continue  # nothing is asked, or everybody may
        with _gates(lambda *_: None):
            refused, said = run(lacking)
        if _judge(figure, f"{what} as {next(iter(lacking.roles))}", action, refused, said):
            done.add(action)
    figure.detail["actions"] = len(done)
    somebody_lacks = {action for action in PERMISSIONS if not all(may(person, action) for person in roles.values())}
    figure.detail["never reached"] = len(somebody_lacks - done)
    for action in BESIDE_PRACTICES:
        figure.check(action in done, f"no service was seen refusing {action}")
    return figure


def _asks_for(run: Run, person: Principal) -> str:
    """What the face would ask for: it is stopped there, so that nothing is done."""

    def tell(action: str, *_: object) -> None:
        raise _Asked(action)

    with _gates(tell):
        try:
            run(person)
        except _Asked as told:
            return str(told)
    return ""


def _service_asks_for(run: Run, person: Principal) -> str:
    """The same where the face leaves asking to the service: the first action anything asks the table for."""

    def tell(_: Principal, action: str) -> bool:
        raise _Asked(action)

    with mock.patch("chalicelib.tenancy.permissions.may", tell):
        try:
            run(person)
        except _Asked as told:
            return str(told)
    return ""


def _judge(figure: Figure, what: str, action: str, refused: bool, said: str) -> bool:
    """NOT_PERMITTED is right, doing it is wrong; an answer about the input comes before any record and proves nothing."""
    if "NOT_PERMITTED" in said or "STAFF_ONLY" in said:
        figure.check(True, what)
        figure.detail["refused"] += 1
        return True
    if refused:
        figure.detail["not reached"] += 1
    else:
        figure.check(False, f"{what}: the service did not ask for {action}")
    return False


@contextlib.contextmanager
def _gates(instead: Callable[..., None]) -> Iterator[None]:
    """The faces' gates ask this instead; the services' own are left as they are."""
    faces = ("chalicelib.cli.common", "chalicelib.api.http", "chalicelib.portal.session")
    with contextlib.ExitStack() as stack:
        for face in faces:
            stack.enter_context(mock.patch(f"{face}.require", instead))
        yield


def _commands(home: Path, mine: House) -> Iterator[tuple[str, Run]]:
    from tests.proof import isolation

    for words, leaf in isolation.practice_commands():
        with contextlib.suppress(KeyError):  # the matrix of commands tells of what cannot be filled in
            arguments = isolation._arguments(leaf, home, mine, mine)
            yield f"otbill {' '.join(words)}", partial(_command, [*words, *arguments])


def _command(words: list[str], person: Principal) -> tuple[bool, str]:
    from chalicelib.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([*words, "--as", person.user_id])
        except SystemExit as stopped:
            code = int(stopped.code or 0) if isinstance(stopped.code, int | None) else 2
    return code != 0, err.getvalue()


def _routes(mine: House) -> Iterator[tuple[str, Run]]:
    from chalice.test import Client

    from chalicelib.local.web import product
    from tests.proof import isolation

    app = product()
    headers = cache(isolation._credentials)
    with Client(app, stage_name="test") as client:
        for path, methods in sorted(app.routes.items()):
            for method in methods if "{tenant}" in path else ():
                filled = isolation._filled(path, mine.ids)
                yield f"{method} {path}", partial(_ask, client, method, filled, headers)


def _ask(client: Any, method: str, path: str, headers: Headers, person: Principal) -> tuple[bool, str]:
    from tests.proof import isolation

    sent = {**headers(person), "Idempotency-Key": f"second-gate-{uuid4()}"}
    answer = isolation._send(client, method, path, sent)
    return answer.status_code >= 400, "NOT_PERMITTED" if answer.status_code == 403 else ""
