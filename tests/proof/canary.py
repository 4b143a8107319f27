"""Canary: planted patient data must appear in no log line, exception, key, event, audit entry or task, whatever fails.

The proof of the proof: the same run with one deliberate slip (a name in a log message) must be caught.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chalicelib import store
from chalicelib.claims.build import build_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.intake.service import import_visits
from chalicelib.jobs.sync import sync
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.platform.config import from_environment
from chalicelib.platform.errors import OtbillError
from chalicelib.platform.logging import logger
from chalicelib.remittance.service import post_file
from chalicelib.store import directory
from chalicelib.tenancy import enter
from tests.practice import line, live_practice
from tests.proof.figures import REPOSITORY, Figure
from tests.proof.world import OPERATOR
from tests.signing_in import bearer

CANARIES = ("Zylphanary", "Quoxcanary", "CNRY4410071", "7777 Canarybird Lane", "CANARYPAT-1", "19370411", "1937-04-11")


def proof(home: Path) -> Figure:
    began = time.monotonic()
    figure = Figure("canary", detail={"log lines": 0, "exceptions": 0, "keys": 0, "events": 0, "leaks": 0})
    _run(home, figure, slip=False)
    caught = Figure("mutation")
    _run(home, caught, slip=True)
    figure.check(caught.failed > 0, "a name in a log message went unnoticed: this proof is blind")
    figure.detail["mutations caught"] = int(caught.failed > 0)
    figure.seconds = time.monotonic() - began
    return figure


def whole_run(home: Path, tests: tuple[str, ...] = ("tests",), slip: str = "tests/intake") -> Figure:
    """The test suite with everything watched that leaves the product (tests/canary_watch.py); and a slip that fails it."""
    began = time.monotonic()
    figure = Figure(
        "canary.whole_run", detail=dict.fromkeys(("log lines", "metrics", "exceptions", "keys", "events", "leaks"), 0)
    )
    code, seen, leaks = _watched(home / "watched", tests, "2")
    figure.check(code == 0, f"the watched test run ended with {code}")
    figure.check(not leaks, f"leaks: {dict(leaks)}")
    figure.tried += sum(seen.values())
    figure.detail |= {**seen, "leaks": sum(leaks.values()), "test run passed": int(code == 0)}
    failed, _, caught = _watched(home / "slipped", (slip,), "0", OTBILL_CANARY_SLIP="1")
    figure.check(bool(caught) and failed != 0, "a name in a log message went unnoticed: this proof is blind")
    figure.detail["mutations caught"] = int(bool(caught))
    figure.seconds = time.monotonic() - began
    return figure


def _watched(folder: Path, tests: tuple[str, ...], workers: str, **more: str) -> tuple[int, Counter[str], Counter[str]]:
    """Exit code of a watched test run, what it looked at, and what it found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTBILL_")}
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "loadfile", *tests]
    command += ["-m", "not browser and not sshd and not package and not contract"]
    env = {**kept, "OTBILL_CANARY": str(folder), **more}
    done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)
    seen, leaks = Counter[str](), Counter[str]()
    for path in folder.glob("*.json"):
        told = json.loads(path.read_text())
        seen.update(told["seen"])
        leaks.update(told["leaks"])
    if not seen:
        raise AssertionError(f"the watched test run saw nothing: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode, seen, leaks


def _run(home: Path, figure: Figure, *, slip: bool) -> None:
    store.configure(from_environment())
    practice = live_practice(OPERATOR)
    folder = Path(tempfile.mkdtemp(dir=home))
    with _everything_logged() as log:
        exceptions = list(_use(practice, folder, slip=slip))
    _look(figure, "log lines", log())
    _look(figure, "exceptions", exceptions)
    _look(figure, "keys", _keys(practice.slug))
    _look(figure, "events", _events(practice.slug))


def _look(figure: Figure, what: str, texts: list[str]) -> None:
    figure.detail[what] = figure.detail.get(what, 0) + len(texts)
    for text in texts:
        found = [canary for canary in CANARIES if canary.casefold() in text.casefold()]
        figure.detail["leaks"] = figure.detail.get("leaks", 0) + len(found)
        figure.check(not found, f"{what}: {found}")


def _visit(**more: str) -> dict[str, str]:
    planted = {"last_name": CANARIES[0], "first_name": CANARIES[1], "member_id": "W100200301", "address": CANARIES[3]}
    planted |= {"patient_id": CANARIES[4], "date_of_birth": "1937-04-11"}
    return line(**{"visit": "CV1", **planted, **more})


def _use(practice: Any, folder: Path, *, slip: bool) -> Iterator[str]:
    """Everything a practice's data goes through, with good input, bad input and an AWS that fails; what was raised."""
    good, bad = folder / "good.csv", folder / "bad.csv"
    _write(good, _visit(), _visit(visit="CV2", member_id=CANARIES[2], patient_id="P2"))
    _write(bad, _visit(date_of_service="Zylphanary"), _visit(visit="CV3", charge="Quoxcanary", sex=CANARIES[2]))
    door = SimulatedDoor(folder / "clearinghouse")
    garbage = f"ISA*{CANARIES[0]}*~".encode() * 20
    steps: list[Callable[[], Any]] = [
        lambda: import_visits(bad),
        lambda: import_visits(good),
        build_claims,
        submit_claims,
    ]
    with enter(OPERATOR, practice.slug, "canary", directory.directory()):
        for step in steps:
            yield from _with_failures(step)
            if slip:
                logger("intake").warning(f"imported the visit of {CANARIES[0]}")
        for rejected in import_visits(bad).rejected:
            yield json.dumps(rejected.as_dict())
        yield from _models_refusing()
    yield from _with_failures(lambda: sync(door, OPERATOR))
    yield from _with_failures(lambda: post_file(garbage, OPERATOR))
    for item in post_file(garbage, OPERATOR):
        yield json.dumps(item.model_dump())
    yield from _faces(practice.slug)


def _with_failures(act: Callable[[], Any]) -> Iterator[str]:
    """Run with each of the first three calls refused, then cleanly."""
    for at in (1, 2, 3):
        try:
            with _refusing(at):
                act()
        except OtbillError as error:
            yield json.dumps(error.as_dict()) + repr(error) + str(error.__cause__ or "")
        except Exception as error:  # noqa: BLE001 - whatever it is, its text is what is proved
            yield repr(error)
    act()


@contextlib.contextmanager
def _refusing(at: int) -> Iterator[None]:
    """An AWS that refuses the call `at`, with an error that repeats what it was sent."""
    from botocore.exceptions import ClientError

    count = 0

    def refuse(model: Any, params: Any = None, **_: Any) -> None:
        nonlocal count
        if model.name in ("TransactWriteItems", "PutObject", "GetItem", "BatchGetItem", "Query"):
            count += 1
            if count == at:
                sent = json.dumps(params, default=str)[:2000] + CANARIES[0]
                raise ClientError({"Error": {"Code": "ValidationException", "Message": sent}}, model.name)

    clients = [store.runtime().client(name) for name in ("dynamodb", "s3")]
    for client in clients:
        client.meta.events.register("before-call", refuse)
    try:
        yield
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", refuse)


def _token() -> str:
    from chalicelib.store import identity

    person = identity.ensure_user("canary@proof.invalid", "Staff", "fictional-proof-only", "staff", ("biller",), ("*",))
    return bearer(person.user_id, "fictional-proof-only")


def _models_refusing() -> Iterator[str]:
    """Every boundary model given planted text where it belongs to none."""
    from pydantic import ValidationError

    from chalicelib.claims.model import ClaimContent
    from chalicelib.intake.model import Coverage, Person, Visit

    for model in (Visit, Person, Coverage, ClaimContent):
        for planted in (
            {"last_name": {"x": CANARIES[0]}},
            {"date_of_birth": CANARIES[0]},
            {"member_id": [CANARIES[2]]},
        ):
            try:
                model.model_validate(planted)
            except ValidationError as error:
                yield str(error)


def _faces(slug: str) -> Iterator[str]:
    """Refusals of the portal and API never repeat what was sent; the command line's errors neither."""
    from chalice.test import Client

    from chalicelib.cli.main import main
    from chalicelib.local.web import product

    bodies = (
        json.dumps({"email": CANARIES[0], "password": CANARIES[2], CANARIES[1]: 1}).encode(),
        CANARIES[0].encode(),
    )
    with Client(product(), stage_name="test") as client:
        for body in bodies:
            answer = client.http.post("/api/session", body=body, headers={"Content-Type": "application/json"})
            yield answer.body.decode()
        headers = {"Authorization": f"Bearer {_token()}"}
        for at in range(1, 9):  # a store that fails at each of the request's reads: this is what the API logs
            with _refusing(at):
                answer = client.http.get(f"/api/{slug}/claims", headers=headers)
            if (
                answer.status_code != 200
            ):  # with fewer reads than that nothing failed, and the list is the practice's own
                yield answer.body.decode()
        for path in (f"/api/{slug}/claims?status={CANARIES[0]}", f"/p/{slug}/claims/{CANARIES[0]}", f"/{CANARIES[0]}"):
            with contextlib.suppress(Exception):
                yield client.http.get(path).body.decode()
    for words in (["claims", "show", "--claim", CANARIES[0]], ["eligibility", "check", "--patient", CANARIES[0]]):
        err = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
            main([*words, "--tenant", slug])
        yield err.getvalue()


@contextlib.contextmanager
def _everything_logged() -> Iterator[Callable[[], list[str]]]:
    """Standard error as the operating system sees it, and every record any library logs at INFO or above."""
    told: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage() + (str(record.exc_info[1]) if record.exc_info else ""))

    root, keep, level = logging.getLogger(), Keep(), logging.getLogger().level
    with tempfile.TemporaryFile() as file:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        root.addHandler(keep)
        root.setLevel(logging.INFO)
        written: list[str] = []
        try:
            yield lambda: told + written
        finally:
            root.removeHandler(keep)
            root.setLevel(level)
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            written += file.read().decode("utf-8", "replace").splitlines()


def _keys(slug: str) -> list[str]:
    """Every key of both tables and the bucket, as stored."""
    found = []
    for _, item in _items(slug):
        names = ("pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk")
        found.append(" ".join(item[name]["S"] for name in names if name in item))
    settings = store.runtime().settings
    listed = store.runtime().client("s3").list_objects_v2(Bucket=settings.bucket)
    return found + [entry["Key"] for entry in listed.get("Contents", ())]


def _events(slug: str) -> list[str]:
    """What leaves a practice's table for jobs and people's lists: outbox, audit, tasks, batches, and the control table."""
    control = store.runtime().settings.control_table
    prefixes = ("OUT#", "AUD", "TSK#", "BAT#", "IDEM#", "JRN#")
    found = _items(slug)
    return [item["data"]["S"] for table, item in found if table == control or item["pk"]["S"].startswith(prefixes)]


def _items(slug: str) -> list[tuple[str, dict[str, Any]]]:
    _, placement = directory.directory().find(slug)
    names = (placement.table_name, store.runtime().settings.control_table)
    client = store.runtime().client("dynamodb")
    pages = ((name, page) for name in names for page in client.get_paginator("scan").paginate(TableName=name))
    return [(name, item) for name, page in pages for item in page["Items"]]


def _write(path: Path, *rows: dict[str, str]) -> None:
    import csv

    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
