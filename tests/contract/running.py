"""The served API tried against its own description by schemathesis: every operation, every check it has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.api import limits
from chalicelib.claims.queries import every_claim
from chalicelib.store import configure, identity, runtime
from chalicelib.store.directory import directory
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import enter
from tests.practice import line, take
from tests.proof.two import two_houses
from tests.proof.world import OPERATOR
from tests.signing_in import PASSWORD, bearer

HERE = Path(__file__).parent
LOGIN = "contract@proof.invalid"


@dataclass(frozen=True)
class Outcome:
    """`answered`: how many calls by status; `failures`: checks that failed; `output`: schemathesis's own words."""

    code: int
    answered: dict[int, int]
    operations: int
    failures: int
    output: str


@contextmanager
def served() -> Iterator[str]:
    """The product over http, without the limit of requests a minute, which this would only run into."""
    from waitress.server import create_server

    from chalicelib.local.web import THREADS, make_wsgi

    before = runtime().settings
    configure(before.model_copy(update={"requests_per_minute": 0, "practice_requests_per_minute": 0}))
    limits.forget()
    server = create_server(make_wsgi(), host="127.0.0.1", port=0, threads=THREADS, ident="")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        configure(before)


def prepared(home: Path) -> dict[str, list[str]]:
    """A live practice with claims, a posted check, a task and a visit not built from yet: values for paths' parameters."""
    house = two_houses(home)[0]
    with enter(OPERATOR, house.practice.slug, "contract", directory()):
        take(home, line("V9", patient_id="P9"))
        claims = [stored.claim.claim_id for stored in every_claim()]
        tasks = [task.task_id for task in open_tasks()]
    identity.ensure_user(LOGIN, "Contract Testcase", PASSWORD, "staff", ("administrator",), ("*",))
    return {
        "tenant": [house.practice.slug, house.tenant_id],
        "claim_id": claims,
        "remittance_id": [house.ids["remittance_id"]],
        "task_id": tasks,
    }


def run(folder: Path, examples: int) -> Outcome:
    """Every phase over every operation, `examples` made-up requests each."""
    known = prepared(folder)
    report = folder / "report.ndjson"
    with served() as address:
        words = [
            str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(HERE / "schemathesis.toml"),
            "run", f"{address}/openapi.json",
            "--max-examples", str(examples), "--seed", "1", "--report", "ndjson", "--report-ndjson-path", str(report),
            "--no-color", "--continue-on-failure",
        ]  # fmt: skip
        environment = {
            **os.environ,
            "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
            "OTBILL_CONTRACT_TOKEN": bearer(LOGIN, PASSWORD),
            "OTBILL_CONTRACT_KNOWN": json.dumps(known),
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
    return _outcome(done, report)


def _outcome(done: Any, report: Path) -> Outcome:
    """Counted from what was really sent, not from what the command says of itself."""
    answered: Counter[int] = Counter()
    operations: set[str] = set()
    failures = 0
    for event in report.read_text().splitlines():
        finished = json.loads(event).get("ScenarioFinished")
        recorder = (finished or {}).get("recorder", {})
        for call in recorder.get("interactions", {}).values():
            answered[(call.get("response") or {}).get("status_code", 0)] += 1
        for checks in recorder.get("checks", {}).values():
            failures += sum(1 for check in checks if check.get("status") == "failure")
        if recorder.get("interactions") and "/" in recorder["label"]:
            operations.add(recorder["label"])
    return Outcome(done.returncode, dict(answered), len(operations), failures, done.stdout + done.stderr)
