"""A payer's desk: practices with submitted claims, and 835 files that answer them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import records
from chalicelib.claims.answers import take_277ca
from chalicelib.claims.build import build_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.denials.refresh import refresh
from chalicelib.remittance.service import post_file
from chalicelib.tenancy import Principal
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    ClaimStatus,
    Interchange,
    Payee,
    Payer,
    Remittance,
    ServicePayment,
    write_835,
)
from tests.practice import build, line, live_practice

InTenant = Callable[..., AbstractContextManager[Any]]
Cas = tuple[str, str, int]


@dataclasses.dataclass
class Desk:
    """One live practice, in whose context the test runs."""

    practice: Any
    operator: Principal
    folder: Path
    checks: int = 0

    def claims(self, *rows: dict[str, str]) -> list[str]:
        """Build these visits' claims and send them; ids in the order of the rows' visits."""
        outcomes = build(self.folder, *rows)
        assert all(item.status == "ready" for item in outcomes), outcomes
        made = {item.visit_ids[0]: item.claim_id for item in outcomes}
        submit_claims()
        return [str(made[visit]) for visit in dict.fromkeys(row["visit_id"] for row in rows)]

    def night(self) -> Any:
        """What the nightly job does: build what changed, send what is ready; the one file it wrote."""
        build_claims()
        (batch,) = submit_claims()[1]
        return batch

    def claim(self, claim_id: str) -> Any:
        return records.get_claim(claim_id).claim

    def accept(self, claim_id: str, payer_number: str = "PAYER77") -> None:
        """The payer's 277CA: A2."""
        latest = self.claim(claim_id).latest
        take_277ca([ClaimStatus(latest.patient_control_number, "A2", "20", "PR", payer_number)])

    def answer(
        self, claim_id: str, *lines: tuple[Cas, ...], remarks: tuple[str, ...] = (), status: str = "1"
    ) -> ClaimPayment:
        """One claim payment: for each of our lines its adjustments; with status 22 the charge is taken back too."""
        claim, sign = self.claim(claim_id), -1 if status == "22" else 1
        services = []
        for ours, cas in zip(claim.content.lines, lines, strict=True):
            charged, taken = sign * ours.charge_cents, sum(amount for *_, amount in cas)
            services.append(
                ServicePayment(
                    ours.cpt, ours.modifiers, charged, charged - taken, ours.units, date(2026, 9, 1),
                    ours.control_number, tuple(Adjustment(*item) for item in cas), remarks,
                )
            )  # fmt: skip
        charge, paid = sum(item.charge_cents for item in services), sum(item.paid_cents for item in services)
        share = sum(item.amount_cents for s in services for item in s.adjustments if item.group == "PR")
        number = claim.latest.patient_control_number
        return ClaimPayment(number, status, charge, paid, share, "12", "PAYER77", lines=tuple(services))

    def post(self, *payments: ClaimPayment, payer_id: str = "60054", on: date = date(2026, 9, 30)) -> None:
        """One check with these payments, paid on a day, posted; the queue is not told."""
        payer = {"60054": "AETNA", "09102": "MEDICARE PART B FLORIDA"}[payer_id]
        self.checks += 1
        total = sum(item.paid_cents for item in payments)
        remittance = Remittance(
            amount_cents=total, method="ACH" if total else "NON", date=on, trace=f"T{self.checks}",
            originating_company_id="1999999999", payer=Payer(payer, payer_id, phone="8005550100", contact_name="DESK"),
            payee=Payee(self.practice.legal_name, self.practice.npi, self.practice.tax_id),
            production_date=on, claims=payments,
        )  # fmt: skip
        envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
        (result,) = post_file(write_835(envelope, [remittance]), self.operator)
        assert result.refused == 0, result

    def denied(self, *lines: tuple[Cas, ...], remarks: tuple[str, ...] = (), visit: str = "V1", **more: str) -> Any:
        """A fresh one-line claim, denied so and taken in; the denial."""
        from chalicelib.denials import records as stored

        (claim_id,) = self.claims(line(visit, **more))
        self.accept(claim_id)
        self.post(self.answer(claim_id, *lines, remarks=remarks), payer_id=more.get("payer_id", "60054"))
        refresh()
        (found,) = stored.of_claim(claim_id)
        return found


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        yield Desk(practice, operator, tmp_path)
