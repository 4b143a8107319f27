"""Many at once: 24 threads alternating practices in one process; 8 workers posting one file, with and without conflicts."""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib import store
from chalicelib.claims.submission import submit_claims
from chalicelib.platform.config import from_environment
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.remittance.service import post_file
from chalicelib.store import directory, identity, journal
from chalicelib.tenancy import enter
from chalicelib.x12 import Remittance, read_835
from tests.practice import build, line, live_practice, only
from tests.proof.figures import REPOSITORY, Figure
from tests.proof.two import House, two_houses
from tests.proof.world import OPERATOR
from tests.signing_in import bearer

THREADS, REQUESTS, WORKERS = 24, 40, 8
PATHS = (
    "/api/{tenant}/claims",
    "/api/{tenant}/claims/{claim_id}",
    "/api/{tenant}/remittances/{remittance_id}",
    "/api/{tenant}/summary",
    "/p/{tenant}/claims",
    "/p/{tenant}/claims/{claim_id}",
)


def proofs(home: Path) -> list[Figure]:
    houses = two_houses(home)
    return [_alternate(houses), _threads_posting(home), _processes_posting(home)]


def _alternate(houses: tuple[House, House]) -> Figure:
    """Every answer must hold the marks of its own practice and none of the other's."""
    from chalicelib.local.web import make_wsgi

    figure = Figure("concurrency.alternating", detail={"threads": THREADS, "mix-ups": 0})
    began, lock, wsgi = time.monotonic(), threading.Lock(), make_wsgi()
    headers = _staff()

    def work(seed: int) -> None:
        chosen = random.Random(seed)
        for number in range(REQUESTS):
            mine, other = houses[(seed + number) % 2], houses[(seed + number + 1) % 2]
            path = chosen.choice(PATHS).format(**mine.ids)
            status, body = _get(wsgi, path, headers)
            mixed = sum(1 for mark in other.marks if mark.encode() in body)
            with lock:
                figure.detail["mix-ups"] += mixed
                figure.check(status == "200 OK" and not mixed, f"{path}: {status}, {mixed} marks of the other")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    figure.seconds = time.monotonic() - began
    return figure


def _staff() -> dict[str, str]:
    person = identity.ensure_user(
        "staff@proof.invalid", "Proof Staff", "fictional-proof-only", "staff", ("biller",), ("*",)
    )
    return {
        "HTTP_AUTHORIZATION": f"Bearer {bearer(person.user_id, 'fictional-proof-only')}",
        "HTTP_COOKIE": f"sid={identity.start_session(person)}",
    }


def _get(wsgi: Any, path: str, headers: dict[str, str]) -> tuple[str, bytes]:
    import io

    answer: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": io.BytesIO(), **headers}
    body = b"".join(wsgi(environ, lambda status, _: answer.append(status)))
    return answer[0], body


def _threads_posting(home: Path) -> Figure:
    """One process, 8 threads, every fourth transaction answered with a conflict."""
    figure = Figure(
        "concurrency.threads_posting", detail={"workers": WORKERS, "conflicts injected": 0, "double postings": 0}
    )
    store.configure(from_environment())
    made = _unposted(home, "threads")
    content = made.content
    injected = _inject_conflicts(figure)
    began = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(lambda _: _until_done(lambda: post_file(content, OPERATOR)), range(WORKERS)))
    injected.clear()
    posted = sum(item.posted for result in results for item in result)
    _judge(figure, made, posted)
    figure.seconds = time.monotonic() - began
    store.configure(from_environment())
    return figure


def _until_done(act: Callable[[], Any]) -> Any:
    """As the job runner does: what lost a race is run again."""
    for _ in range(40):
        try:
            return act()
        except (Conflict, Fault):
            time.sleep(random.uniform(0, 0.05))
    raise AssertionError("a worker never got through")


def _inject_conflicts(figure: Figure) -> list[bool]:
    from botocore.exceptions import ClientError

    chance, active = random.Random(7), [True]
    answer = {
        "Error": {"Code": "TransactionCanceledException", "Message": "x"},
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    }

    def refuse(model: Any, **_: Any) -> None:
        if active and model.name == "TransactWriteItems" and chance.random() < 0.25:
            figure.detail["conflicts injected"] += 1
            raise ClientError(answer, "TransactWriteItems")

    store.runtime().session.register("before-call", refuse)
    store.runtime()._clients.clear()
    store.runtime()._bound.clear()
    return active


def _processes_posting(home: Path) -> Figure:
    """8 processes of the command line, started together."""
    figure = Figure("concurrency.processes_posting", detail={"workers": WORKERS, "double postings": 0})
    made = _unposted(home, "processes")
    content = made.content
    path = home / "same.835"
    path.write_bytes(content)
    words = [str(REPOSITORY / ".venv/bin/otbill"), "remits", "post", str(path), "--json"]
    began = time.monotonic()
    running = [
        subprocess.Popen(words, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(WORKERS)
    ]
    said = [process.communicate(timeout=240)[0] for process in running]
    answers = [json.loads(text) for text in said]
    posted = sum(item["posted"] for answer in answers for item in answer.get("remittances", ()))
    if not any(
        item["already_posted"] or item["posted"] for answer in answers for item in answer.get("remittances", ())
    ):
        figure.fail("no process got through")
    _until_done(lambda: post_file(content, OPERATOR))  # what lost every race is run again
    _judge(figure, made, posted)
    figure.seconds = time.monotonic() - began
    return figure


@dataclass(frozen=True)
class Posting:
    """A practice with one claim at the payer, and a check for it that also pays two claims nobody knows and takes money back."""

    tenant_id: str
    content: bytes

    @property
    def told(self) -> Remittance:
        return only(read_835(self.content).remittances)


def _unposted(home: Path, name: str) -> Posting:
    from tests.proof.two import _check

    practice, folder = live_practice(OPERATOR), home / name
    folder.mkdir()
    with enter(OPERATOR, practice.slug, "proof", directory.directory()) as context:
        from chalicelib.claims import records

        build(folder, line("V1"))
        submit_claims()
        sent = only(item.claim for item in records.claims_with_status(records.Status.SUBMITTED))
        number = sent.submissions[-1].patient_control_number
    return Posting(context.tenant.tenant_id, _check(practice, number, f"MANY{name.upper()}"))


def _judge(figure: Figure, at: Posting, posted: int) -> None:
    """The books hold the check once, whoever posted it: what it pays the claim, what waits, and the money that came."""
    told = at.told
    own, *others = [payment.paid_cents for payment in told.claims]
    with enter(OPERATOR, at.tenant_id, "proof", directory.directory()):
        proof = journal.verify()
        paid = sum(balance.paid_cents for balance in journal.iter_balances())
        bank = journal.account_totals()["cash.bank"]
    figure.detail["double postings"] = max(0, bank // told.amount_cents - 1)
    figure.tried += WORKERS
    for right, words in (
        (posted <= 1, f"{posted} workers say they posted the one claim"),
        (paid == own, f"{paid} cents paid on claims, not {own}"),
        (bank == told.amount_cents, f"{bank} cents in the bank, not {told.amount_cents}"),
        (proof["balanced"] and proof["suspense_cents"] == sum(others), f"books: {proof}"),
    ):
        if not right:
            figure.fail(words)
