"""An estimate from the records: fee schedule, what the payer allowed lately, Medicare fees and the answer that covers the day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from chalicelib import clock, store
from chalicelib.claims import records
from chalicelib.codes import cpt, mpfs, settings
from chalicelib.codes.settings import RateUnknown
from chalicelib.coverage.estimate import Estimate, ExpectedLine, patient_share, self_pay
from chalicelib.coverage.good_faith import GoodFaith, GoodFaithLine, due_on, render
from chalicelib.coverage.model import Benefits
from chalicelib.coverage.service import standing_of
from chalicelib.coverage.standing import Standing
from chalicelib.documentation import attachments
from chalicelib.documentation.attachments import Paper
from chalicelib.intake import schedule
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import Patient
from chalicelib.intake.records import patient as find_patient
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import Misuse
from chalicelib.platform.model import Model
from chalicelib.tenancy import current, require
from chalicelib.therapy.contracts import expected
from chalicelib.therapy.pricing import ChargedLine, Terms, allowed

_MEDICARE = (LineOfBusiness.MEDICARE, LineOfBusiness.MEDICARE_ADVANTAGE)
LOOKED_BACK = 25  # claims of the payer
GOOD_FAITH = "good_faith_estimate"  # the paper's name
MOST_DIAGNOSES = 12  # as on a claim
_DIAGNOSIS = re.compile(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?")
Services = Sequence[tuple[str, int]]


class PatientEstimate(Model):
    """An estimate, for whom and on what it stands. `checked_on` is the day of the eligibility answer used;
    `good_faith_due` the last day to give one who pays the written estimate, had the visit been booked today."""

    patient_key: str
    on: date
    payer_name: str
    checked_on: date | None
    fresh: bool
    estimate: Estimate
    good_faith_due: date | None = None


def next_visit(patient_ref: str, on: date) -> tuple[Patient, date | None, Services]:
    """The patient, and day and services of the next visit booked that day or later: what an estimate is most often asked for."""
    require("estimate.make")
    patient = find_patient(patient_ref)
    booked = next(iter(schedule.of_patient(patient.key, on)), None)
    return patient, booked.on if booked else None, list(booked.services) if booked else []


def estimate(
    patient_ref: str, services: Services, *, on: date | None = None, visits: int = 1, payer_id: str = ""
) -> PatientEstimate:
    """The patient's share of `visits` visits with these codes and units. Misuse for a code without a charge, NotFound."""
    require("estimate.make")
    patient, practice = find_patient(patient_ref), current_practice()
    day = on or clock.today(current().tenant.timezone)
    _check(services, visits)
    charges = {code: _charge(practice, code) for code, _ in services}
    coverage = _coverage(patient, payer_id)
    if coverage is None:
        lines = [ExpectedLine(c, n, n * charges[c], n * charges[c], n * charges[c], "own charge") for c, n in services]
        told = self_pay(lines, visits)
        due = due_on(clock.today(current().tenant.timezone), day)
        return PatientEstimate(
            patient_key=patient.key, on=day, payer_name="self-pay", checked_on=None, fresh=True, estimate=told,
            good_faith_due=due,
        )  # fmt: skip
    standing = standing_of(practice, patient.key, coverage, day)
    plan = practice.plan(coverage.payer_id, coverage.line_of_business, day)
    lines = _expected(services, charges, coverage, practice, day)
    told = _after_others(patient_share(lines, _benefits(standing, coverage, day), visits), patient, coverage, standing)
    return PatientEstimate(
        patient_key=patient.key,
        on=day,
        payer_name=plan.name if plan else coverage.payer_id,
        checked_on=standing.check.on if standing.check else None,
        fresh=standing.fresh,
        estimate=told,
    )


def _check(services: Services, visits: int) -> None:
    if not services or any(not 0 < units <= 24 for _, units in services):
        raise Misuse("SERVICES", "codes with 1 to 24 units are expected", fix="such as 97530x2,97110")
    if not 0 < visits <= 366:
        raise Misuse("VISITS", "1 to 366 visits are expected")


def _coverage(patient: Patient, payer_id: str) -> Coverage | None:
    found = [one for one in patient.coverages if not payer_id or one.payer_id == payer_id]
    first = found[0] if found else None
    return None if first is None or first.line_of_business is LineOfBusiness.SELF_PAY else first


def _charge(practice: Practice, code: str) -> int:
    cents = practice.charge_cents(code)
    if cents is None:
        raise Misuse("CHARGE_MISSING", "the practice's fee schedule has no charge for the code", where=code)
    return cents


def _benefits(standing: Standing, coverage: Coverage, day: date) -> Benefits:
    """Original Medicare's coinsurance is known without asking (Claims Processing Manual ch.5 s.10.4). What was left of a year
    says nothing of the next, where deductible and maximum start over."""
    told = standing.benefits
    if standing.check is not None and standing.check.on.year != day.year:
        told = told.model_copy(update={"deductible_remaining_cents": None, "out_of_pocket_remaining_cents": None})
    if coverage.line_of_business is LineOfBusiness.MEDICARE and told.coinsurance_percent is None:
        return told.model_copy(update={"coinsurance_percent": settings.value("coinsurance_part_b", day)})
    return told


def _after_others(told: Estimate, patient: Patient, coverage: Coverage, standing: Standing) -> Estimate:
    """What is asked of the patient once the law and a payer after this one are thought of: the share may fall to nothing."""
    nothing = {"first_low_cents": 0, "total_low_cents": 0}
    zero = nothing | {"first_high_cents": 0, "total_high_cents": 0}
    if coverage.line_of_business in _MEDICARE and standing.benefits.names_qmb:
        words = "the payer names the QMB programme: nothing of it may be asked of the patient"
        return told.model_copy(update={**zero, "working": (*told.working, words)})
    after = patient.coverages[patient.coverages.index(coverage) + 1 :]
    later = [one for one in after if one.line_of_business is not LineOfBusiness.SELF_PAY]
    if any(one.line_of_business is LineOfBusiness.MEDICAID for one in later):
        words = "Medicaid pays after it: nothing of it is asked of the patient"
        return told.model_copy(update={**zero, "working": (*told.working, words)})
    if later:
        working = (*told.working, "at least nothing, should the next payer take all of it over")
        unknown = (*told.unknown, "what the next payer takes over of it is not known")
        return told.model_copy(update={**nothing, "working": working, "unknown": unknown})
    return told


def _expected(
    services: Services, charges: Mapping[str, int], coverage: Coverage, practice: Practice, day: date
) -> list[ExpectedLine]:
    """Allowed amounts: Medicare by its schedule; others by the contract, else by what the payer allowed lately, else
    from Medicare's fee up to the charge, for a contract may pay either."""
    medicare = _medicare(services, charges, practice, day)
    if coverage.line_of_business is LineOfBusiness.MEDICARE and medicare:
        return [
            ExpectedLine(code, units, units * charges[code], cents, cents, "Medicare fee schedule")
            for (code, units), cents in zip(services, medicare, strict=True)
        ]
    agreed = _agreed(services, charges, coverage, practice, day)
    if agreed:
        return agreed
    lately = _lately(coverage.payer_id, coverage.line_of_business.value, {code for code, _ in services})
    return [
        _ranged(code, units, charges[code], lately, medicare[n] if medicare else 0)
        for n, (code, units) in enumerate(services)
    ]


def _agreed(
    services: Services, charges: Mapping[str, int], coverage: Coverage, practice: Practice, day: date
) -> list[ExpectedLine]:
    """By the contract in force that day; empty without one, or where it has no rate for a code. A price for the whole day stands
    on the first line."""
    contract = practice.contract(coverage.payer_id, coverage.line_of_business.value, day)
    if contract is None:
        return []
    charged = [ChargedLine(code, units, (), units * charges[code]) for code, units in services]
    try:
        found = expected(charged, contract, day, mpfs.gpci(*mpfs.locality_of_zip(practice.address.zip, day), day))
    except RateUnknown:
        return []
    cents = found.line_cents or (found.total_cents, *(0 for _ in charged[1:]))
    whole = "" if found.line_cents else f", {contract.basis.value.replace('_', ' ')} for all lines"
    words = f"contract: {contract.source}{whole}"
    return [
        ExpectedLine(line.code, line.units, line.charge_cents or 0, each, each, words)
        for line, each in zip(charged, cents, strict=True)
    ]


def _ranged(code: str, units: int, charge: int, lately: Mapping[str, list[int]], medicare: int) -> ExpectedLine:
    whole = units * charge
    each = lately.get(code)
    if each:
        least, most = (min(whole, units * cents) for cents in (min(each), max(each)))
        return ExpectedLine(code, units, whole, least, most, f"this payer's last {len(each)} payments")
    return ExpectedLine(code, units, whole, min(whole, medicare), whole, "from Medicare's fee to the charge")


def _medicare(services: Services, charges: Mapping[str, int], practice: Practice, day: date) -> list[int]:
    try:
        area, locality = mpfs.locality_of_zip(practice.address.zip, day)
        lines = [ChargedLine(code, units, (), units * charges[code]) for code, units in services]
        return [line.allowed_cents for line in allowed(lines, Terms(day, mpfs.gpci(area, locality, day)))]
    except RateUnknown:
        return []


def _lately(payer_id: str, business: str, codes: set[str]) -> dict[str, list[int]]:
    """Cents a unit this payer allowed for the codes in its newest decided claims, of any patient of the practice."""
    page = store.query_index("gsi2", f"CLAIMS#PAYER#{payer_id}", limit=LOOKED_BACK, newest_first=True)
    found: dict[str, list[int]] = {}
    for stored in map(records.to_claim, page.records):
        content = stored.claim.content
        if stored.claim.adjudication is None or content.coverage.line_of_business.value != business:
            continue
        if not codes & {line.cpt for line in content.lines}:
            continue
        decided = [event for event in records.claim_events(stored.claim.claim_id) if event.type == "adjudicated"]
        for line in decided[-1].data.get("payment", {}).get("lines", ()) if decided else ():
            units = int(line.get("units") or 0)
            if line.get("procedure") in codes and line.get("allowed_cents") and units > 0:
                found.setdefault(line["procedure"], []).append(int(line["allowed_cents"]) // units)
    return found


def good_faith(
    patient_ref: str, services: Services, *, on: date, visits: int = 1, diagnoses: Sequence[str] = ()
) -> tuple[Paper, bytes]:
    """The good-faith estimate of a self-pay patient, kept with the patient's papers, and its PDF; the same one again is the one
    there is. NotFound for the patient; Misuse for services, visits, a code without a charge, or what is no diagnosis code."""
    require("estimate.make")
    patient, practice = find_patient(patient_ref), current_practice()
    _check(services, visits)
    if len(diagnoses) > MOST_DIAGNOSES or not all(map(_DIAGNOSIS.fullmatch, diagnoses)):
        raise Misuse("DIAGNOSES", f"at most {MOST_DIAGNOSES} ICD-10 codes are expected", fix="such as M62.81, R27.8")
    today = clock.today(current().tenant.timezone)
    lines = []
    for code, units in services:
        found = cpt.lookup(code, on)
        words = found.meaning if found else ""
        lines.append(GoodFaithLine(code, words, units, _charge(practice, code)))
    made = GoodFaith(
        practice=practice,
        patient=patient,
        made_on=today,
        first_on=on,
        visits=visits,
        lines=tuple(lines),
        diagnoses=tuple(diagnoses),
        dispute_cents=settings.value("gfe_dispute", on),
        dispute_days=settings.value("gfe_dispute_days", on),
    )
    content = render(made)
    paper = attachments.add(GOOD_FAITH, content, patient=patient.key)
    with store.unit_of_work() as uow:
        uow.audit("estimate.made", f"PAT#{patient.key}", ("services", "charges"))
        uow.commit()
    return paper, content
