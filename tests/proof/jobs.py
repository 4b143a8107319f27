"""The nightly machine over 1,000 claims of 5 practices, its functions killed under it: what is in the files afterwards?

Deployed from the template as on AWS: Step Functions, Lambda, SQS of the embedded AWS, the sources as they are shipped. While
it runs, processes of the working function are killed with SIGKILL, as a host that fails does. What counts is the 837 files:
every claim in exactly one of them, once.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from chalicelib import documents
from chalicelib.claims import records
from chalicelib.claims.model import Status
from chalicelib.jobs import runs
from chalicelib.local.aws import server_pid
from chalicelib.onboarding.model import Practice
from chalicelib.store import directory, journal, provision
from chalicelib.tenancy import enter
from chalicelib.x12 import read_837p
from tests.infra.state_machines import Deployed, deploy
from tests.practice import line, live_practice, take
from tests.proof.figures import Figure
from tests.proof.world import DAY, OPERATOR

PRACTICES, CLAIMS_EACH, KILLS = 5, 200, 4


def proof(home: Path) -> Figure:
    figure = Figure("jobs.nightly_submission", detail={"practices": PRACTICES, "claims": PRACTICES * CLAIMS_EACH})
    provision.ensure_platform()
    stack = deploy(os.environ["OTBILL_AWS_ENDPOINT"], DAY)
    practices = [live_practice(OPERATOR) for _ in range(PRACTICES)]
    for practice in practices:
        _take_visits(home, practice)
    began = time.monotonic()
    ended, killed = _run(stack, home)
    figure.seconds = time.monotonic() - began
    _judge(figure, practices)
    figure.detail |= {"workers killed": killed, "practices given up": ended["stopped"]}
    figure.detail["dead letters"] = len(stack.dead_letters())
    figure.check(killed == KILLS, f"only {killed} processes could be killed while it ran")
    figure.check(ended["done"] == PRACTICES, f"{ended['done']} practices done: {runs.of(ended['run'])}")
    stack.run("nightly-submission")  # the next night finds nothing left
    again = Figure("again", detail={})
    _judge(again, practices)
    figure.check(not again.failed, f"after a second night: {again.examples[:3]}")
    return figure


def _take_visits(folder: Path, practice: Practice) -> None:
    """Visits of 200 different days and patients, each a claim of its own."""
    rows = []
    for number in range(CLAIMS_EACH):
        day = (date(2026, 8, 10) + timedelta(days=number % 40)).isoformat()
        patient = {"patient_id": f"P{number}", "member_id": f"W{100_000_000 + number}4"}
        rows.append(line(f"V{number}", date_of_service=day, note_signed_on=day, **patient))
    with enter(OPERATOR, practice.slug, "proof", directory.directory()):
        take(folder, *rows)


def _run(stack: Deployed, home: Path) -> tuple[dict[str, Any], int]:
    """One night, with a process of the working function killed every few seconds while it lasts."""
    execution, over, killed = stack.start("nightly-submission"), threading.Event(), []
    chosen, server = random.Random(11), server_pid(home)

    def kill() -> None:
        while not over.wait(4) and len(killed) < KILLS:
            if found := _workers(server or 0):
                os.kill(chosen.choice(found), signal.SIGKILL)
                killed.append(1)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        return stack.wait(execution, most_s=3000), len(killed)
    finally:
        over.set()
        thread.join()


def _workers(server: int) -> list[int]:
    """Processes of the embedded AWS (ours, by its id) that run the working function."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdigit() and f"\nPPid:\t{server}\n" in (place / "status").read_text():
                wanted = b"AWS_LAMBDA_FUNCTION_NAME=otbill-local-job_work"
                found += [int(place.name)] if wanted in (place / "environ").read_bytes() else []
        except OSError:
            continue  # it has ended meanwhile
    return found


def _judge(figure: Figure, practices: list[Practice]) -> None:
    """Every claim once in the files, and the books in order."""
    lost = doubled = strange = 0
    for practice in practices:
        with enter(OPERATOR, practice.slug, "proof", directory.directory()):
            claims = {item.claim.claim_id: item.claim for s in Status for item in records.claims_with_status(s)}
            times = Counter(_in_files())
            proof = journal.verify()
        figure.check(len(claims) == CLAIMS_EACH, f"{practice.slug}: {len(claims)} claims of {CLAIMS_EACH} visits")
        figure.check(bool(proof["balanced"]), f"{practice.slug}: {proof['mismatches'][:3]}")
        for claim_id, claim in claims.items():
            lost += not times[claim_id]
            doubled += times[claim_id] > 1 or len(claim.submissions) > 1
            figure.check(times[claim_id] == 1 and len(claim.submissions) == 1, f"{claim_id}: {times[claim_id]} times")
        strange += sum(1 for claim_id in times if claim_id not in claims)
    figure.check(not strange, f"{strange} claims in files that are nobody's")
    figure.detail |= {"lost": lost, "doubled": doubled}


def _in_files() -> list[str]:
    """Ids of the claims in the practice's files, one each time it stands in one."""
    numbers = [
        claim.patient_control_number
        for batch in records.batches("written")
        for claim in read_837p(documents.get(batch.document)).claims
    ]
    ours = records.claims_by_control_number(numbers)
    return [ours.get(number, number) for number in numbers]
