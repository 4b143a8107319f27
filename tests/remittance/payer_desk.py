"""A practice with one submitted claim of 150.00, and a payer's pen."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.claims import records
from chalicelib.remittance.model import PostResult
from chalicelib.remittance.service import post_file
from chalicelib.store import journal
from chalicelib.tenancy import Principal
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
from tests.practice import only

AETNA_PAYER = Payer("AETNA", "60054", phone="8005550100", contact_name="DESK")
CO45 = Adjustment("CO", "45", 4000)
PR2 = Adjustment("PR", "2", 2200)


@dataclasses.dataclass
class Desk:
    """A practice with one submitted claim of 150.00, and a payer's pen."""

    practice: Any
    operator: Principal
    claim_id: str
    number: str

    def claim(self) -> Any:
        return records.get_claim(self.claim_id).claim

    def balance(self) -> tuple[int, int, int, int]:
        found = journal.balance(self.claim_id)
        return found.paid_cents, found.adjusted_cents, found.patient_cents, found.open_cents

    def payment(self, *cas: Adjustment, charge: int = 15000, status: str = "1", number: str = "") -> ClaimPayment:
        paid = charge - sum(item.amount_cents for item in cas)
        service = ServicePayment("97530", (), charge, paid, 2, date(2026, 9, 1), "", cas)
        share = sum(item.amount_cents for item in cas if item.group == "PR")
        return ClaimPayment(
            number or self.number, status, charge, paid, max(share, 0), "12", "PAYER1",
            Name("Testcase", "Marigold", member_id="W1"), lines=(service,),
        )  # fmt: skip

    def check(
        self,
        *payments: ClaimPayment,
        trace: str = "T1",
        plb: tuple[ProviderAdjustment, ...] = (),
        off: int = 0,
        payer: Payer = AETNA_PAYER,
        day: int = 30,
    ) -> bytes:
        total = sum(item.paid_cents for item in payments) - sum(item.amount_cents for item in plb) + off
        remittance = Remittance(
            amount_cents=total, method="ACH" if total else "NON", date=date(2026, 9, day), trace=trace,
            originating_company_id="1999999999", payer=payer,
            payee=Payee(self.practice.legal_name, self.practice.npi, self.practice.tax_id),
            production_date=date(2026, 9, 30), claims=payments, provider_adjustments=plb,
        )  # fmt: skip
        envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
        return write_835(envelope, [remittance])

    def post(self, content: bytes) -> PostResult:
        return only(post_file(content, self.operator))
