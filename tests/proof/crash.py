"""Crash sweep: die before and after every call that changes something outside, run again, compare with never having died.

Every mutating AWS call (botocore level) and every send and archive at the clearinghouse's door is a crash point.
Dying is a BaseException no handler of the product catches, as a killed process is.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from chalicelib import documents, store
from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.exchange import outbox
from chalicelib.intake.service import import_visits
from chalicelib.jobs.sync import sync
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.onboarding.model import Practice
from chalicelib.remittance.service import post_file
from chalicelib.store import directory, journal
from chalicelib.store import outbox as events
from chalicelib.store.runtime import _RARE_WRITES, _WRITES
from chalicelib.tenancy import enter
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    Interchange,
    Name,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    ServicePayment,
    write_835,
)
from tests.practice import AETNA, CIGNA, line, live_practice
from tests.proof.figures import Figure
from tests.proof.snapshots import Outside, State, compare
from tests.proof.world import OPERATOR

_MUTATES = (*_WRITES, *_RARE_WRITES)


class Died(BaseException):
    """The process ended here."""


class Reaper:
    """Counts mutating calls, and dies before or after the chosen one."""

    def __init__(self) -> None:
        self.count, self.at, self.after = 0, 0, False
        session = store.runtime().session
        session.register("before-call", self._before)
        session.register("after-call", self._after)

    def arm(self, at: int = 0, *, after: bool = False) -> None:
        self.count, self.at, self.after = 0, at, after

    def enter(self) -> None:
        self.count += 1
        if self.count == self.at and not self.after:
            raise Died

    def leave(self) -> None:
        if self.count == self.at and self.after:
            raise Died

    def _before(self, model: Any, **_: Any) -> None:
        if model.name.startswith(_MUTATES):
            self.enter()

    def _after(self, model: Any, **_: Any) -> None:
        if model.name.startswith(_MUTATES):
            self.leave()


class MortalDoor(SimulatedDoor):
    """The simulated clearinghouse, whose changes are crash points too."""

    def __init__(self, folder: Path, reaper: Reaper) -> None:
        super().__init__(folder)
        self.reaper = reaper

    def send(self, name: str, content: bytes) -> None:
        self.reaper.enter()
        super().send(name, content)
        self.reaper.leave()

    def archive(self, name: str) -> None:
        self.reaper.enter()
        super().archive(name)
        self.reaper.leave()


@dataclass
class Bench:
    """One practice with a visit file, and the use cases in the order they are run."""

    practice: Practice
    folder: Path
    reaper: Reaper
    visits: Path

    def cases(self) -> dict[str, Callable[[], None]]:
        return {
            "import": self._in(lambda: import_visits(self.visits)),
            "build": self._in(build_claims),
            "submit": self._in(self._submit),
            "sync": lambda: _ignore(sync(MortalDoor(self.folder / "clearinghouse", self.reaper), OPERATOR)),
            "post": lambda: _ignore(post_file(self._check("POST1"), OPERATOR)),
            "reverse": lambda: _ignore(post_file(self._reversal(), OPERATOR)),
            "number": self._in(events.number),
        }

    def _in(self, act: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            with enter(OPERATOR, self.practice.slug, "proof", directory.directory()):
                act()

        return run

    def _submit(self) -> None:
        submit_claims()
        for batch in records.batches("written"):
            outbox.place(self.folder / "outbox", batch.file, documents.get(batch.document))

    def _number(self, payer_id: str) -> tuple[str, int]:
        """The latest number and the charge of the claim our own checks pay."""
        with enter(OPERATOR, self.practice.slug, "proof", directory.directory()):
            for status in records.Status:
                for item in records.claims_with_status(status):
                    if item.claim.content.coverage.payer_id == payer_id and item.claim.latest:
                        return item.claim.latest.patient_control_number, item.claim.content.charge_cents
        raise AssertionError("the claim was not submitted")

    def _payment(self, sign: int = 1, share: int = 1000) -> ClaimPayment:
        number, charge = self._number(PAYER_ID)
        cas = (Adjustment("CO", "45", sign * 2000), Adjustment("PR", "2", sign * share))
        paid = sign * charge - sum(item.amount_cents for item in cas)
        part = ServicePayment("97530", (), sign * charge, paid, 2, date(2026, 9, 1), "", cas)
        name = Name("Testcase", "Marigold", member_id="U1002003001")
        status = "1" if sign > 0 else "22"
        patient = share if sign > 0 else 0
        return ClaimPayment(number, status, sign * charge, paid, patient, "12", "PAYER1", name, lines=(part,))

    def _check(self, trace: str) -> bytes:
        stranger = dataclasses.replace(self._payment(), patient_control_number="ELSEWHERE1")
        return self._file(trace, (self._payment(), stranger), (ProviderAdjustment("L6", "INT", -100),))

    def _reversal(self) -> bytes:
        return self._file("BACK1", (self._payment(-1), self._payment(share=500)), ())

    def _file(self, trace: str, claims: tuple[ClaimPayment, ...], plb: tuple[ProviderAdjustment, ...]) -> bytes:
        total = sum(item.paid_cents for item in claims) - sum(item.amount_cents for item in plb)
        remittance = Remittance(
            amount_cents=total, method="ACH", date=date(2026, 9, 30), trace=trace, originating_company_id="1999999999",
            payer=Payer("PAYER", PAYER_ID, phone="8005550100", contact_name="DESK"),
            payee=Payee(self.practice.legal_name, self.practice.npi, self.practice.tax_id),
            production_date=date(2026, 9, 30), claims=claims, provider_adjustments=plb,
        )  # fmt: skip
        envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
        return write_835(envelope, [remittance])


PAYER_ID = "62308"
FIRST_NUMBER = 731_000_000


def _ignore(_: object) -> None:
    return None


def sweep(home: Path) -> Figure:
    """Every use case, every crash point."""
    began = time.monotonic()
    figure = Figure("crash.sweep", detail={"use cases": 0, "crash points": 0, "lost": 0, "doubled": 0})
    bench = _bench(home)
    outside = _outside(bench, home)
    for name, run in bench.cases().items():
        before = outside.take()
        bench.reaper.arm()
        run()
        calls, right = bench.reaper.count, outside.take()
        figure.detail["use cases"] += 1
        figure.detail[name] = calls
        if not calls:
            figure.fail(f"{name} changed nothing: the sweep proves nothing of it")
        for at in range(1, calls + 1):
            for after in (False, True):
                outside.put_back(before)
                _die_and_go_on(bench.reaper, run, at, after=after)
                _judge(figure, f"{name}, {'after' if after else 'before'} call {at}", right, outside, bench)
        outside.put_back(right)
    figure.seconds = time.monotonic() - began
    return figure


def _die_and_go_on(reaper: Reaper, run: Callable[[], None], at: int, *, after: bool) -> None:
    reaper.arm(at, after=after)
    try:
        run()
    except Died:
        pass
    else:
        raise AssertionError("the run did not die")
    reaper.arm()
    run()


def _judge(figure: Figure, what: str, right: State, outside: Outside, bench: Bench) -> None:
    lost, doubled = compare(right, outside.take())
    with enter(OPERATOR, bench.practice.slug, "proof", directory.directory()):
        proof = journal.verify()
    figure.detail["crash points"] += 1
    figure.detail["lost"] += len(lost)
    figure.detail["doubled"] += len(doubled)
    said = f"{what}: lost {[text[:300] for text in lost[:2]]}, doubled {[text[:300] for text in doubled[:2]]}"
    figure.check(not lost and not doubled and proof["balanced"], said if lost or doubled else f"{what}: {proof}")


def _bench(home: Path) -> Bench:
    reaper = Reaper()  # before the first client is made
    practice = live_practice(OPERATOR)
    path = home / "crash-visits.csv"
    _write(
        path,
        line("V1"),
        line("V2", patient_id="P2", date_of_service="2026-09-02", note_signed_on="2026-09-02"),
        line("V3", patient_id="P3", diagnosis_1="Z99999"),
        line("V4", patient_id="P4", **{**AETNA, **CIGNA}),
    )
    return Bench(practice, home / "crash-exchange", reaper, path)


def _write(path: Path, *rows: dict[str, str]) -> None:
    import csv

    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _outside(bench: Bench, home: Path) -> Outside:
    settings = store.runtime().settings
    _, placement = directory.directory().find(bench.practice.slug)
    tables = (placement.table_name, settings.control_table)
    made = Outside(settings.aws_endpoint, tables, settings.bucket, placement.prefix, bench.folder)
    made.count_from(settings.control_table, "interchange", FIRST_NUMBER)
    return made
