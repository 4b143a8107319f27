"""Florida personal injury protection (F.S. 627.736): its clocks as dated settings, by the day of the accident.

The law may be repealed for accidents from some day on: its rows then end, and with them these rules, without a change here.
"""

from __future__ import annotations

from datetime import date

from chalicelib.claims.model import ClaimContent
from chalicelib.codes import settings
from chalicelib.codes.payers import PayerPlan
from chalicelib.codes.settings import RateUnknown
from chalicelib.intake.model import Accident, LineOfBusiness

STATE = "FL"


def accident_day(content: ClaimContent) -> date | None:
    """The day of a Florida auto accident that an auto insurer is billed for; None for any other claim."""
    found = content.accident
    auto = content.coverage.line_of_business is LineOfBusiness.AUTO
    return found.date if auto and found is not None and found.state == STATE else None


def setting(name: str, on: date | None) -> int | None:
    """A setting of the law as of the accident; None where the law does not reach."""
    if on is None:
        return None
    try:
        return settings.value(name, on)
    except RateUnknown:
        return None


def filing_days(content: ClaimContent, plan: PayerPlan) -> int:
    """Days from the service to the last day of the statement: in Florida the law's (35; 75 after a notice of initiation), else
    the payer's."""
    crash, found = accident_day(content), content.accident
    noticed = found is not None and _noticed_in_time(found, crash)
    law = setting("pip_submission_notice_days" if noticed else "pip_submission_days", crash)
    on = content.date_of_service
    return (plan.last_filing_day(on) - on).days if law is None else law


def _noticed_in_time(found: Accident, on: date | None) -> bool:
    """Whether notice of initiation went out within 21 days of the first treatment."""
    within = setting("pip_notice_days", on)
    if within is None or found.first_care_on is None or found.initiation_notice_on is None:
        return False
    return 0 <= (found.initiation_notice_on - found.first_care_on).days <= within


def first_care_limit(content: ClaimContent) -> int | None:
    """Days after the accident within which care had to begin."""
    return setting("pip_first_care_days", accident_day(content))


def benefit_cents(content: ClaimContent) -> int | None:
    """What the policy pays for treatment in all: less where no emergency medical condition was found."""
    emergency = content.accident is not None and content.accident.emergency_condition_on is not None
    return setting("pip_limit" if emergency else "pip_limit_no_emergency", accident_day(content))
