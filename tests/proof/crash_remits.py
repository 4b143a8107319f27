"""The crash sweep over posting, matching, reversal, takebacks, refunds and the bank: die at every write, go on, compare."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.claim import Claim
from chalicelib.claims.model import Status
from chalicelib.claims.submission import submit_claims
from chalicelib.intake.service import import_visits
from chalicelib.money import dollars
from chalicelib.platform.errors import Refused
from chalicelib.remittance import matching, offsets, refunds
from chalicelib.remittance import records as remits
from chalicelib.remittance.manual import enter_eob
from chalicelib.remittance.reconcile import reconcile
from chalicelib.remittance.refund_records import refund_id
from chalicelib.x12 import ClaimPayment, ProviderAdjustment
from tests.proof import crash
from tests.proof.crash import PAYER_ID, Bench, bench_of
from tests.proof.figures import Figure

SCAN = b"%PDF-1.4 the letter of a payer, fictional"


def proof(home: Path) -> Figure:
    desk = RemitBench(**vars(bench_of(home)))
    desk.begin()
    return crash.run(Figure("crash.remits"), desk, desk.cases(), home)


class RemitBench(Bench):
    """The same practice, its claims sent, and everything that can be done about money that comes in."""

    def begin(self) -> None:
        self.within(lambda: import_visits(self.visits))()
        self.within(build_claims)()
        self.within(submit_claims)()

    def cases(self) -> dict[str, Callable[[], None]]:
        return {
            "post": self.post(lambda: self._check("POST1")),
            "same check, other claims": self.post(lambda: self.file("POST1", (self.payment(share=900),), ())),
            "does not add up": self.post(lambda: self._check("POST2").replace(b"BPR*I*", b"BPR*I*9")),
            "claim does not add up": self.post(self._lopsided),
            "reverse": self.post(self._reversal),
            "match": self.within(self._match),
            "match lines": self.within(self._match_lines),
            "unmatch": self.within(self._unmatch),
            "reconcile": self.within(lambda: reconcile(f"date,amount,trace\n2026-09-30,{self._cash()},POST1\n".encode())),
            "deposit differs": self.within(lambda: reconcile(b"date,amount,trace\n2026-09-30,1.00,BACK1\n")),
            "takeback": self.post(self._takeback),
            "takeback of nobody": self.post(lambda: self.file("TAKE2", (), (ProviderAdjustment("WO", "LETTER 9", 200),))),
            "assign": self.within(self._assign),
            "early reversal": self.post(self._early),
            "late payment": self.post(lambda: self.file("LATE1", (self.payment(share=700),), ())),
            "EOB by hand": self.within(self._by_hand),
            "patient pays": self.within(self._patient_pays),
            "refund": self.within(lambda: self._refund("ELSEWHERE2")),
            "refund paid": self.within(self._refund_paid),
            "second refund": self.within(lambda: self._refund("ELSEWHERE3")),
            "refund cancelled": self.within(self._refund_cancelled),
        }  # fmt: skip

    def _lopsided(self) -> bytes:
        """A claim whose charge is not what its line says was paid and adjusted, beside one that is right."""
        wrong = dataclasses.replace(self._stranger("LOPSIDED"), adjustments=())
        wrong = dataclasses.replace(wrong, lines=(dataclasses.replace(wrong.lines[0], adjustments=()),))
        return self.file("LOP1", (wrong, self._stranger("ELSEWHERE4")), ())

    def _stranger(self, number: str) -> ClaimPayment:
        return dataclasses.replace(self.payment(), patient_control_number=number, payer_control_number=number[-5:])

    def _takeback(self) -> bytes:
        number, _ = self.number(PAYER_ID)
        return self.file("TAKE1", (self._stranger("ELSEWHERE2"),), (ProviderAdjustment("WO", number, 300),))

    def _early(self) -> bytes:
        """The reversal of a payment that comes later."""
        return self.file("EARLY1", (self.payment(-1, share=700), self._stranger("ELSEWHERE3")), ())

    def _place(self, number: str) -> tuple[str, int]:
        """The check and the place of a stranger's payment, wherever it stands now."""
        found = (
            (check.remittance_id, part.sequence)
            for check in remits.every_check()
            for part in remits.parts(check.remittance_id)
            if part.patient_control_number == number
        )
        return next(found)

    def _other(self) -> Claim:
        """A claim of another payer than the one whose checks are posted."""
        stored = (item.claim for status in Status for item in records.claims_with_status(status))
        others = (item for item in stored if item.content.coverage.payer_id != PAYER_ID and item.latest)
        return min(others, key=lambda item: item.claim_id)  # the same one whatever became of it

    def _match(self) -> None:
        matching.match(*self._place("ELSEWHERE1"), self._other().claim_id)

    def _match_lines(self) -> None:
        matching.match_lines_by_hand(*self._place("ELSEWHERE1"), {1: 1})

    def _unmatch(self) -> None:
        _settled("NOT_MATCHED", lambda: matching.unmatch(*self._place("ELSEWHERE1")))

    def _cash(self) -> str:
        return dollars(next(check.amount_cents for check in remits.every_check() if check.trace == "POST1"))

    def _assign(self) -> None:
        claim = next(
            item.claim.claim_id
            for status in Status
            for item in records.claims_with_status(status)
            if item.claim.content.coverage.payer_id == PAYER_ID and item.claim.latest
        )
        (offset,) = [item for item in offsets.open_offsets() if item.reference == "LETTER 9"]
        offsets.assign(offset.offset_id, claim)

    def _by_hand(self) -> None:
        claim = self._other()
        assert claim.latest is not None
        charge, paid = claim.content.charge_cents, claim.content.charge_cents - 3000
        form = f"""
payer_id = "{claim.content.coverage.payer_id}"
payer_name = "{claim.content.payer_name}"
trace = "PAPER1"
date = 2026-09-30
amount = "{dollars(paid)}"
[[claims]]
number = "{claim.latest.patient_control_number}"
charge = "{dollars(charge)}"
paid = "{dollars(paid)}"
adjustments = ["CO-45 20.00", "PR-2 10.00"]
"""
        enter_eob(form.encode(), SCAN)

    def _patient_pays(self) -> None:
        matching.patient_paid(self._other().claim_id, 1500, "RECEIPT 1")

    def _refund(self, number: str) -> None:
        refunds.refund_payment(*self._place(number))

    def _refund_paid(self) -> None:
        refunds.pay_refund(self._refund_of("ELSEWHERE2"), "OUR CHECK 1")

    def _refund_cancelled(self) -> None:
        _settled("NOT_OPEN", lambda: refunds.cancel_refund(self._refund_of("ELSEWHERE3")))

    def _refund_of(self, number: str) -> str:
        remittance_id, sequence = self._place(number)
        return refund_id(f"{remittance_id}#{sequence:06d}")


def _settled(code: str, act: Callable[[], object]) -> None:
    """A person's act that says by `code` that it was done: what one is told who clicks again after a crash."""
    try:
        act()
    except Refused as error:
        if error.code != code:
            raise
