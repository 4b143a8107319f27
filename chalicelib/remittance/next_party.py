"""Who is asked next for what a payer left: the next payer, the patient, or nobody. Pure but for the fee tables.

The patient is never asked for:
- Medicare's cost share of a QMB (42 USC 1396a(n)(3)(B); remark codes N781, N782, N783 on the remittance, or EB04 QM in a 271),
- anything of a Medicaid-covered service (42 CFR 447.15), primary or secondary,
- workers' compensation,
- more than the patient's part of Florida's PIP schedule (F.S. 627.736(5)(a)5); where the schedule is not known, for
nothing yet. What may not be asked stays open at the payer's account and goes to the denial queue; nothing is given up
by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

from chalicelib.claims.model import ClaimContent
from chalicelib.codes.settings import RateUnknown
from chalicelib.coverage.model import BenefitRecord
from chalicelib.intake.model import Coverage
from chalicelib.intake.model import LineOfBusiness as Lob
from chalicelib.remittance.payers import CheckPayer, same_payer
from chalicelib.therapy.contracts import florida_pip
from chalicelib.therapy.pricing import ChargedLine
from chalicelib.x12 import ClaimPayment

QMB_REMARKS = frozenset(("N781", "N782", "N783"))
CROSSED_STATUS = frozenset(("19", "20", "21", "23"))
CROSSED_REMARKS = frozenset(("MA18", "MA07"))
NOT_CROSSED_REMARKS = frozenset(("MA19",))
CROSSOVER_WAIT_DAYS = 45  # ours: MACs say 30 to 45 days (knowledge)
SECONDARY_DUE_DAYS = 14  # ours


def remarks(payment: ClaimPayment) -> frozenset[str]:
    """Remark codes of the claim and of its lines."""
    return frozenset((*payment.remark_codes, *(code for line in payment.lines for code in line.remark_codes)))


def crossed_over(payment: ClaimPayment) -> bool:
    """Whether this payer sent the claim on to the next one itself: then we do not.

    CLP02 19 to 21 and 23, or MA18 or MA07; MA19 says that it did not. A payer that forwards within its own house may say
    nothing (X12 RFI 2365); a crossover carrier named in NM1*TT counts.
    """
    said = remarks(payment)
    if said & NOT_CROSSED_REMARKS:
        return False
    return payment.status_code in CROSSED_STATUS or bool(said & CROSSED_REMARKS) or bool(payment.crossover_carrier)


def sends_on(payment: ClaimPayment, third: Coverage | None) -> Literal["", "yes", "elsewhere", "no"]:
    """What a second payer's answer says of passing the claim on to the third, by status, remark codes and carrier (NM1*TT)."""
    if third is None:
        return ""
    if remarks(payment) & NOT_CROSSED_REMARKS:
        return "no"
    carrier = payment.crossover_carrier
    if carrier and not same_payer(CheckPayer("", carrier), third.payer_id, ()):
        return "elsewhere"
    return "yes" if crossed_over(payment) else ""


def protects_patient(payment: ClaimPayment) -> bool:
    """Whether the remittance itself says that the patient is a QMB."""
    return bool(remarks(payment) & QMB_REMARKS)


def is_qmb(checks: Iterable[BenefitRecord], on: date) -> bool:
    """Whether a stored eligibility answer about that day names the QMB programme (EB04 QM)."""
    return any(check.on == on and check.benefits.names_qmb for check in checks)


def protected(content: ClaimContent) -> str:
    """Why the patient is asked for nothing, as a code; empty when the coverage alone does not forbid it."""
    payers = [content.coverage, *([content.secondary] if content.secondary else [])]
    if any(one.line_of_business == Lob.MEDICAID for one in payers):
        return "MEDICAID_COVERED"
    if content.coverage.line_of_business == Lob.WORKERS_COMPENSATION:
        return "WORKERS_COMPENSATION"
    return ""


def is_medicare(content: ClaimContent) -> bool:
    return content.coverage.line_of_business in (Lob.MEDICARE, Lob.MEDICARE_ADVANTAGE)


def schedule_bound(content: ClaimContent) -> int | None:
    """The most the patient of a Florida auto claim may be asked for, in cents; None where no schedule bounds it."""
    state = content.accident.state if content.accident else ""
    if content.coverage.line_of_business != Lob.AUTO or (state or content.billing.address.state) != "FL":
        return None
    lines = [ChargedLine(line.cpt, line.units, line.modifiers, line.charge_cents) for line in content.lines]
    try:
        return florida_pip(lines, content.date_of_service).patient_cents
    except RateUnknown:
        return 0


def next_deadline(paid_on: date, *, crossed: bool) -> date:
    """When the next payer's claim is to be out, or, where the payer sent it on, when its answer is looked for."""
    return paid_on + timedelta(days=CROSSOVER_WAIT_DAYS if crossed else SECONDARY_DUE_DAYS)
