"""Original Medicare's occupational-therapy amounts of a patient's calendar year: what is known, from whom, and what is not.

Medicare Claims Processing Manual ch.5 s.10.3: all providers and settings count, in order of receipt; allowed amounts after MPPR,
before the patient's share. Our own claims are a part of it, so the meter says what it cannot know.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chalicelib.claims import records
from chalicelib.claims.beside import Days, allowed_of
from chalicelib.claims.claim import GONE, Claim
from chalicelib.codes import settings
from chalicelib.codes.settings import RateUnknown
from chalicelib.coverage.model import BenefitRecord
from chalicelib.coverage.records import find_checks
from chalicelib.coverage.service import checks_of
from chalicelib.coverage.standing import therapy_used_cents
from chalicelib.documentation.records import notes_of
from chalicelib.intake.model import LineOfBusiness
from chalicelib.intake.records import find_visits
from chalicelib.intake.records import patient as find_patient
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.tenancy import require


class YearMeter(Model):
    """A yearly amount and how much of it is known to be used. `percent` may be above 100; `left_cents` is then 0."""

    name: str
    threshold_cents: Cents
    percent: int
    left_cents: Cents


class TherapyYear(Model):
    """`used_cents` = the larger of own posted and payer-reported amounts, and own amounts still pending on top of it."""

    patient_key: str
    year: int
    posted_cents: Cents
    pending_cents: Cents
    unpriced_claims: int
    reported_cents: Cents | None
    reported_on: date | None
    reported_by: str
    used_cents: Cents
    meters: tuple[YearMeter, ...]
    unknown: tuple[str, ...]


def therapy_year(patient_ref: str, year: int) -> TherapyYear:
    """The meters of one patient and year. NotFound for an unknown patient."""
    require("coverage.show")
    patient = find_patient(patient_ref)
    claims = _claims(patient.key, year)
    days = Days(claim.content for claim in claims)
    amounts = [(claim.adjudication is not None, allowed_of(claim, days)) for claim in claims]
    posted = sum(cents or 0 for decided, cents in amounts if decided)
    pending = sum(cents or 0 for decided, cents in amounts if not decided)
    unpriced = sum(1 for _, cents in amounts if cents is None)
    medicare = [one for one in patient.coverages if one.line_of_business is LineOfBusiness.MEDICARE]
    found = find_checks(patient.key) if medicare else []
    checks = [check for one in medicare for check in checks_of(patient.key, one, found)]
    reported = therapy_used_cents(checks, year)
    teller = _teller(checks, year) if reported is not None else None
    used = max(posted, reported or 0) + pending
    return TherapyYear(
        patient_key=patient.key,
        year=year,
        posted_cents=posted,
        pending_cents=pending,
        unpriced_claims=unpriced,
        reported_cents=reported,
        reported_on=teller.on if teller else None,
        reported_by=(teller.told_by or teller.source) if teller else "",
        used_cents=used,
        meters=tuple(_meters(used, year)),
        unknown=tuple(_unknown(bool(medicare), reported, teller, unpriced)),
    )


def _claims(patient_key: str, year: int) -> list[Claim]:
    visits = [
        note.visit_key for note in notes_of(patient_key, year) if note.line_of_business is LineOfBusiness.MEDICARE
    ]
    claims = records.find_claims({claim_id for item in find_visits(visits).values() for claim_id in item.claim_ids})
    return [
        stored.claim
        for stored in claims.values()
        if stored.claim.status not in GONE
        and stored.claim.content.lines
        and stored.claim.content.coverage.line_of_business is LineOfBusiness.MEDICARE
    ]


def _teller(checks: Iterable[BenefitRecord], year: int) -> BenefitRecord | None:
    """The check the payer's figure came with."""
    ordered = sorted(checks, key=lambda one: (one.on, one.checked_at), reverse=True)
    return next((check for check in ordered if therapy_used_cents([check], year) is not None), None)


def _meters(used: int, year: int) -> Iterable[YearMeter]:
    for name, setting in (("KX threshold", "kx_ot"), ("medical review", "review_ot")):
        try:
            threshold = settings.value(setting, date(year, 1, 1))
        except RateUnknown:
            continue
        yield YearMeter(
            name=name,
            threshold_cents=threshold,
            percent=100 * used // threshold,
            left_cents=max(0, threshold - used),
        )


def _unknown(medicare: bool, reported: int | None, teller: BenefitRecord | None, unpriced: int) -> Iterable[str]:
    if not medicare:
        yield "the patient has no Original Medicare here; the thresholds are its own"
    if reported is None:
        yield "what other providers billed this year: Medicare's own figure was not told, by 271 or portal"
    elif teller is not None:
        yield f"what other providers billed after {teller.on}"
    if unpriced:
        yield f"the amount of {unpriced} claims of the year: no rate for their date or code"
