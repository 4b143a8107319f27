"""Crash sweep: die before and after every call that changes something outside, run again, compare with never having died.

Every mutating AWS call (botocore level) and every step at the clearinghouse's door (half an upload, the whole of it, the
rename, putting an answer aside) is a crash point, behind a folder and behind a real OpenSSH server alike.
Dying is a BaseException no handler of the product catches, as a killed process is.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from chalicelib import documents, store
from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.secondary import open_due
from chalicelib.claims.submission import submit_claims
from chalicelib.exchange import outbox
from chalicelib.exchange.clearinghouse import Clearinghouse
from chalicelib.exchange.sftp import SftpClearinghouse
from chalicelib.intake.service import import_visits
from chalicelib.jobs.sync import SyncResult, clear_outbox, sync, take
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.onboarding.model import Practice
from chalicelib.remittance.service import post_file
from chalicelib.store import directory, journal, sealed
from chalicelib.store import outbox as events
from chalicelib.store.runtime import _RARE_WRITES, _WRITES
from chalicelib.tenancy import current, enter
from chalicelib.x12 import (
    Acknowledgement,
    Adjustment,
    ClaimPayment,
    Interchange,
    Name,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    SegmentError,
    ServicePayment,
    TransactionAck,
    write_835,
    write_999,
)
from tests.exchange.loopback import Memory, Server, serve
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
        """Begin as a new process does, which remembers nothing: a head of the audit chain kept from before the state was put
        back would let the first write fail, and dying 'after' it would be dying before anything was written."""
        store.runtime().audit_heads.clear()
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


class MortalDoor:
    """Another door, whose changes are crash points too. Before a whole upload half of one is left behind."""

    def __init__(self, door: Clearinghouse, reaper: Reaper) -> None:
        self.door, self.reaper = door, reaper

    def stage(self, name: str, content: bytes) -> None:
        self._mortal(lambda: self.door.stage(name, content[: len(content) // 2]))
        self._mortal(lambda: self.door.stage(name, content))

    def publish(self, name: str) -> None:
        self._mortal(lambda: self.door.publish(name))

    def available(self) -> list[str]:
        return self.door.available()

    def fetch(self, name: str) -> bytes:
        return self.door.fetch(name)

    def archive(self, name: str) -> None:
        self._mortal(lambda: self.door.archive(name))

    def _mortal(self, act: Callable[[], None]) -> None:
        self.reaper.enter()
        act()
        self.reaper.leave()


class OverSftp(SftpClearinghouse):
    """The simulated clearinghouse behind a real SSH server: it answers what lies in its folder when we look."""

    def __init__(self, server: Server, house: SimulatedClearinghouse) -> None:
        self.house = house
        aside = house.folder / "taken"
        aside.mkdir(parents=True, exist_ok=True)
        places = {"outgoing": str(house.inbound), "incoming": str(house.outbound), "archive": str(aside)}
        super().__init__(server.settings(**places), server.private_key, Memory())

    def available(self) -> list[str]:
        self.house.answer_all()
        return super().available()


@dataclass
class Bench:
    """One practice with a visit file, and the use cases in the order they are run."""

    practice: Practice
    folder: Path
    reaper: Reaper
    visits: Path
    server: Server | None = None

    def cases(self) -> dict[str, Callable[[], None]]:
        return {
            "import": self.within(lambda: import_visits(self.visits)),
            "build": self.within(build_claims),
            "submit": self.within(self._submit),
            **({"sync over SFTP": self._over_sftp} if self.server else {}),
            "sync": lambda: self._sync(SimulatedDoor(self.folder / "clearinghouse")),
            "post": self.post(lambda: self._check("POST1")),
            "reverse": self.post(self._reversal),
            "next payer": self.within(self._next_payer),
            "refused by a 999": self._refused,
            "number": self.within(events.number),
        }

    def post(self, file: Callable[[], bytes]) -> Callable[[], None]:
        """A case that posts a file, made when it runs."""

        def act() -> None:
            post_file(file(), OPERATOR)

        return act

    def _sync(self, door: Clearinghouse) -> None:
        sync(MortalDoor(door, self.reaper), OPERATOR)
        clear_outbox(self.folder / "outbox", OPERATOR)

    def _over_sftp(self) -> None:
        if self.server is not None:
            with OverSftp(self.server, SimulatedClearinghouse(self.folder / "clearinghouse")) as door:
                self._sync(door)

    def _next_payer(self) -> None:
        open_due()
        submit_claims()

    def _refused(self) -> None:
        """A 999 that refuses the file of the next payer's claim."""
        with enter(OPERATOR, self.practice.slug, "proof", directory.directory()):
            batch = records.batches("written")[-1]
        error = SegmentError("BHT", 2, "", "8")
        answer = Acknowledgement(
            str(batch.control_number), accepted="R", transactions=(TransactionAck("0001", "R", (error,)),)
        )
        envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
        take("refused.999", write_999(envelope, [answer]), OPERATOR, SyncResult())

    def within(self, act: Callable[[], object]) -> Callable[[], None]:
        def entered() -> None:
            with enter(OPERATOR, self.practice.slug, "proof", directory.directory()):
                act()

        return entered

    def _submit(self) -> None:
        submit_claims()
        for batch in records.batches("written"):
            outbox.place(self.folder / "outbox", batch.file, documents.get(batch.document))

    def number(self, payer_id: str) -> tuple[str, int]:
        """The latest number and the charge of the claim our own checks pay."""
        with enter(OPERATOR, self.practice.slug, "proof", directory.directory()):
            for status in records.Status:
                for item in records.claims_with_status(status):
                    content = item.claim.content
                    if content.coverage.payer_id == payer_id and not content.secondary and item.claim.latest:
                        return item.claim.latest.patient_control_number, item.claim.content.charge_cents
        raise AssertionError("the claim was not submitted")

    def payment(self, sign: int = 1, share: int = 1000) -> ClaimPayment:
        number, charge = self.number(PAYER_ID)
        cas = (Adjustment("CO", "45", sign * 2000), Adjustment("PR", "2", sign * share))
        paid = sign * charge - sum(item.amount_cents for item in cas)
        part = ServicePayment("97530", (), sign * charge, paid, 2, date(2026, 9, 1), "", cas)
        name = Name("Testcase", "Marigold", member_id="U1002003001")
        status = "1" if sign > 0 else "22"
        patient = share if sign > 0 else 0
        return ClaimPayment(number, status, sign * charge, paid, patient, "12", "PAYER1", name, lines=(part,))

    def _check(self, trace: str) -> bytes:
        stranger = dataclasses.replace(
            self.payment(), patient_control_number="ELSEWHERE1", payer_control_number="ELSE1"
        )
        return self.file(trace, (self.payment(), stranger), (ProviderAdjustment("L6", "INT", -100),))

    def _reversal(self) -> bytes:
        return self.file("BACK1", (self.payment(-1), self.payment(share=500)), ())

    def file(
        self, trace: str, claims: tuple[ClaimPayment, ...], plb: tuple[ProviderAdjustment, ...], payer_id: str = ""
    ) -> bytes:
        total = sum(item.paid_cents for item in claims) - sum(item.amount_cents for item in plb)
        remittance = Remittance(
            amount_cents=total, method="ACH" if total else "NON", date=date(2026, 9, 30), trace=trace,
            originating_company_id="1999999999",
            payer=Payer("PAYER", payer_id or PAYER_ID, phone="8005550100", contact_name="DESK"),
            payee=Payee(self.practice.legal_name, self.practice.npi, self.practice.tax_id),
            production_date=date(2026, 9, 30), claims=claims, provider_adjustments=plb,
        )  # fmt: skip
        envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
        return write_835(envelope, [remittance])


PAYER_ID = "62308"
NEXT_PAYER = {**{f"secondary_{name}": text for name, text in CIGNA.items()}, "secondary_relationship": "self"}
SSHD = Path("/usr/sbin/sshd")
FIRST_NUMBER = 731_000_000


def sweep(home: Path) -> Figure:
    """Every use case, every crash point."""
    with ExitStack() as stack:
        server = stack.enter_context(serve(_made(home / "sshd"))) if SSHD.exists() else None
        bench = bench_of(home, server)
        # Over SFTP the same files travel as in the next case, which then begins where this one began.
        return run(Figure("crash.sweep"), bench, bench.cases(), home, again=("sync over SFTP",))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(
    figure: Figure, bench: Bench, cases: Mapping[str, Callable[[], None]], home: Path, again: Collection[str] = ()
) -> Figure:
    """Die at every point of every case, in their order; the cases of `again` are not left standing."""
    began = time.monotonic()
    figure.detail = {"use cases": 0, "crash points": 0, "lost": 0, "doubled": 0}
    outside = _outside(bench, home)
    for name, act in cases.items():
        before = outside.take()
        bench.reaper.arm()
        act()
        calls, right = bench.reaper.count, outside.take()
        figure.detail["use cases"] += 1
        figure.detail[name] = calls
        if not calls:
            figure.fail(f"{name} changed nothing: the sweep proves nothing of it")
        for at in range(1, calls + 1):
            for after in (False, True):
                outside.put_back(before)
                _die_and_go_on(bench.reaper, act, at, after=after)
                _judge(figure, f"{name}, {'after' if after else 'before'} call {at}", right, outside, bench)
        outside.put_back(before if name in again else right)
    figure.seconds = time.monotonic() - began
    return figure


def _die_and_go_on(reaper: Reaper, act: Callable[[], None], at: int, *, after: bool) -> None:
    reaper.arm(at, after=after)
    try:
        act()
    except Died:
        pass
    else:
        raise AssertionError("the run did not die")
    reaper.arm()
    act()


def _judge(figure: Figure, what: str, right: State, outside: Outside, bench: Bench) -> None:
    with enter(OPERATOR, bench.practice.slug, "proof", directory.directory()):
        lost, doubled = compare(right, outside.take())
        proof = journal.verify()
    figure.detail["crash points"] += 1
    figure.detail["lost"] += len(lost)
    figure.detail["doubled"] += len(doubled)
    said = f"{what}: {_difference(lost, doubled)}"
    figure.check(not lost and not doubled and proof["balanced"], said if lost or doubled else f"{what}: {proof}")


def _difference(lost: Sequence[str], doubled: Sequence[str]) -> str:
    """The first item of either side, from shortly before where they part: long items differ far behind their beginning."""
    one, other = lost[0] if lost else "", doubled[0] if doubled else ""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, same - 80)
    return f"{(one or other)[:60]} lost {one[start : start + 240]!r}, doubled {other[start : start + 240]!r}"


def bench_of(home: Path, server: Server | None = None) -> Bench:
    reaper = Reaper()  # before the first client is made
    practice = live_practice(OPERATOR)
    with enter(OPERATOR, practice.slug, "proof", directory.directory()):
        sealed._cipher(current().placement)  # the practice's data key is there before the first crash, and stays
    path = home / "crash-visits.csv"
    _write(
        path,
        line("V1"),
        line("V2", patient_id="P2", date_of_service="2026-09-02", note_signed_on="2026-09-02", **NEXT_PAYER),
        line("V3", patient_id="P3", diagnosis_1="Z99999"),
        line("V4", patient_id="P4", **{**AETNA, **CIGNA}),
    )
    return Bench(practice, home / "crash-exchange", reaper, path, server)


def _write(path: Path, *rows: dict[str, str]) -> None:
    import csv

    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def _outside(bench: Bench, home: Path) -> Outside:
    settings = store.runtime().settings
    _, placement = directory.directory().find(bench.practice.slug)
    tables = (placement.table_name, settings.control_table)
    made = Outside(settings.aws_endpoint, tables, settings.bucket, placement.prefix, bench.folder)
    made.count_from(settings.control_table, "interchange", FIRST_NUMBER)
    return made
