"""What is in controversy of one denied claim, as Medicare counts it for a hearing: 42 CFR 405.1006(d)(1)."""

from __future__ import annotations

from chalicelib.claims.expected import price
from chalicelib.claims.model import ClaimContent
from chalicelib.codes.settings import RateUnknown
from chalicelib.codes.tables import CodeTableError
from chalicelib.denials.model import Denial
from chalicelib.therapy.pricing import medicare_pays


def controversy_cents(denial: Denial, content: ClaimContent) -> int:
    """The denied charge less the coinsurance that may be collected should it be allowed; that is known from the fee schedule.

    Without a schedule for a line nothing is taken off it: it is then the most the claim can count.
    """
    if denial.line_of_business != "medicare":
        return denial.amount_cents
    try:
        paid = medicare_pays(price(content)[1], content.date_of_service)
    except (RateUnknown, CodeTableError):
        return denial.amount_cents
    by_line = {line.number: item.coinsurance_cents for line, item in zip(content.lines, paid, strict=True)}
    numbers = {line.number for line in denial.lines}
    wanted = by_line.keys() if 0 in numbers else numbers & by_line.keys()
    return max(0, denial.amount_cents - sum(by_line[number] for number in wanted))
