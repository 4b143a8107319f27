"""The crash sweep over denials and appeals: taking them in, the acts, documents, and an appeal from draft to outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from chalicelib.claims.build import build_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.denials import acts, appeals, paths, records
from chalicelib.denials.appeal import appeals_of
from chalicelib.denials.model import Denial
from chalicelib.denials.papers import add_document
from chalicelib.denials.refresh import refresh
from chalicelib.intake.service import import_visits
from chalicelib.platform.errors import Refused
from chalicelib.remittance.service import post_file
from chalicelib.store import identity
from chalicelib.x12 import Adjustment, ClaimPayment, ServicePayment
from tests.denials.test_appeals import scan
from tests.proof import crash
from tests.proof.crash import PAYER_ID, Bench, bench_of
from tests.proof.figures import Figure
from tests.proof.world import OPERATOR

OTHER_PAYER = "60054"
SCAN = scan("Progress report, fictional")


def proof(home: Path) -> Figure:
    desk = DenialBench(**vars(bench_of(home)))
    desk.begin()
    return crash.run(Figure("crash.denials"), desk, desk.cases(), home)


class DenialBench(Bench):
    """The same practice: one claim denied for necessity and written off in the end, one left to the patient under PR-96."""

    worker = ""

    def begin(self) -> None:
        self.within(lambda: import_visits(self.visits))()
        self.within(build_claims)()
        self.within(submit_claims)()
        self.worker = identity.ensure_user(
            "w@proof.invalid", "Wanda Testcase", "fictional-proof-only", "staff", ("biller",), ("*",)
        ).user_id
        post_file(self.file("DENIED1", (self._denied(PAYER_ID, "CO", "50"),), ()), OPERATOR)
        post_file(self.file("DENIED2", (self._denied(OTHER_PAYER, "PR", "96"),), (), payer_id=OTHER_PAYER), OPERATOR)

    def _denied(self, payer_id: str, group: str, reason: str) -> ClaimPayment:
        number, charge = self.number(payer_id)
        part = ServicePayment("97530", (), charge, 0, 2, date(2026, 9, 1), "", (Adjustment(group, reason, charge),))
        share = charge if group == "PR" else 0
        return ClaimPayment(number, "1", charge, 0, share, "12", f"PAY{reason}", lines=(part,))

    def cases(self) -> dict[str, Callable[[], None]]:
        return {
            "take in": self.within(refresh),
            "assign": self.within(lambda: acts.assign(self._one("50").denial_id, self.worker)),
            "put away": self.within(lambda: acts.snooze(self._one("50").denial_id, date(2026, 10, 20))),
            "document": self.within(lambda: add_document(self._one("50").denial_id, SCAN, "Report", "progress_report")),
            "draft": self.within(lambda: appeals.draft(self._one("50").denial_id, recipient="The payer")),
            "packet": self.within(lambda: appeals.packet(self._appeal(), waive=["note", "plan_of_care", "minutes"])),
            "send": self.within(lambda: appeals.send(self._appeal(), "mail", to="The payer", proof="1Z", paper=SCAN)),
            "outcome": self.within(lambda: appeals.outcome(self._appeal(), "upheld", words="stands")),
            "ask": self.within(lambda: paths.ask(self._one("50").denial_id, "owner", date(2026, 10, 9), "More?")),
            "write off": self.within(lambda: self._settled(lambda: paths.write_off(self._one("50").denial_id))),
            "bill the patient": self.within(lambda: self._settled(lambda: paths.bill_patient(self._one("96").denial_id))),
        }  # fmt: skip

    def _one(self, reason: str) -> Denial:
        return next(item for item in records.every() if item.carc == reason)

    def _appeal(self) -> str:
        (found,) = appeals_of(self._one("50").claim_id)
        return found.appeal_id

    def _settled(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Refused as error:
            if error.code != "DENIAL_RESOLVED":
                raise
