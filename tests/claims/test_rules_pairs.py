"""For every finding code a claim that has it and one that has not; clean claims have nothing held.

Pairs of whole visits, imported and built, are in `test_rules_visit_pairs.py`; here are the limits and the lines of business.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.claims.biller_rules import parse
from chalicelib.claims.facts import Allowance, Authorization, SameDayVisit, ScrubFacts, treatment_days
from chalicelib.claims.findings import edits_page
from chalicelib.claims.model import ClaimContent, ClaimLine, Provider
from chalicelib.claims.rules import scrub
from chalicelib.codes import payers
from chalicelib.codes.findings import registry
from chalicelib.intake.model import Accident, Address, Coverage, LineOfBusiness, Person, PlanOfCare, Referrer
from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import Finding, Service, Severity

DAY = date(2026, 8, 3)
TODAY = date(2026, 8, 20)
NPI = "1999999018"
WRONG_NPI = "1999999017"
ADDRESS = Address(line1="1 Example Way", city="Miami", state="FL", zip="33101")
MEMBERS = {"medicare": "1EG4TE5MK73", "auto": "POL900100"}
PAYERS = {
    "medicare": "09102",
    "medicare_advantage": "61101",
    "commercial": "60054",
    "auto": "GEICO",
    "tricare": "TREST",
    "medicaid": "77027",
}
POC = PlanOfCare(
    first_treatment_on=date(2026, 7, 6),
    start=date(2026, 7, 6),
    end=date(2026, 10, 3),
    certified_on=date(2026, 7, 10),
)
CRASH = Accident(type="AA", date=date(2026, 7, 1), state="FL", claim_number="CLM900", first_care_on=date(2026, 7, 5))


def line(number: int = 1, cpt: str = "97530", units: int = 2, **changes: Any) -> ClaimLine:
    fields: dict[str, Any] = {
        "number": number,
        "visit_id": "V1",
        "visit_line": number,
        "cpt": cpt,
        "modifiers": ("GO",),
        "units": units,
        "minutes": 15 * units,
        "charge_cents": 9000 * units,
    }
    return ClaimLine(**fields | changes)


def claim(business: str = "medicare", **changes: Any) -> ClaimContent:
    fields: dict[str, Any] = {
        "claim_id": "clm_1",
        "visit_ids": ("V1",),
        "patient_key": "pat_1",
        "practice_patient_id": "P1",
        "date_of_service": DAY,
        "place_of_service": "11",
        "billing": Provider(npi=NPI, last_name="Harborview", is_person=False, tax_id="001234567", address=ADDRESS),
        "rendering": Provider(npi="1999999026", last_name="Sample", first_name="Odalys"),
        "referrer": Referrer(npi="1999999315", last_name="Referrer", first_name="Pilar"),
        "patient": Person(last_name="Testcase", first_name="Marigold", date_of_birth=date(1948, 3, 14), sex="F"),
        "patient_address": ADDRESS,
        "coverage": Coverage(
            payer_id=PAYERS.get(business, "NONE"),
            line_of_business=LineOfBusiness(business),
            member_id=MEMBERS.get(business, "W900100001"),
        ),
        "payer_name": "Payer",
        "diagnoses": ("M25.511",),
        "lines": (line(),),
        "note_signed_on": DAY,
        "plan_of_care": POC,
        "authorization_number": "A1" if business == "medicare_advantage" else "",
        "accident": CRASH if business == "auto" else None,
    }
    return ClaimContent(**fields | changes)


def facts(content: ClaimContent, **changes: Any) -> ScrubFacts:
    plan = payers.plan(content.coverage.payer_id, content.coverage.line_of_business.value, content.date_of_service)
    known: dict[str, Any] = {
        "today": TODAY,
        "plan": plan,
        "enrolled_837": True,
        "therapist_credentialed": date(2025, 1, 1),
        "listed_assistants": frozenset({"OTA1"}),
    }
    return ScrubFacts(**known | changes)


def found(content: ClaimContent, **changes: Any) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in scrub(content, facts(content, **changes))}


def coverage(content: ClaimContent, **changes: Any) -> Coverage:
    return content.coverage.model_copy(update=changes)


def poc(**changes: Any) -> PlanOfCare:
    return POC.model_copy(update=changes)


ERROR, WARNING = Severity.ERROR, Severity.WARNING
BASE = claim()
AUTO = claim("auto")


def two(first: str, second: str, **changes: Any) -> ClaimContent:
    return claim(lines=(line(1, first, 1), line(2, second, 1, **changes)))


def taught(taxonomy: str) -> Provider:
    return Provider(npi="1999999026", last_name="Sample", taxonomy=taxonomy)


def used(before: int, this: int) -> dict[str, Any]:
    return {"threshold_used_cents": before, "expected_allowed_cents": this}


def approved(**changes: Any) -> dict[str, Any]:
    return {"authorization": Authorization(**changes)}


def patient(born: int, sex: str = "F") -> Person:
    """Born on the day of service of that year."""
    return Person(last_name="Testcase", first_name="Marigold", date_of_birth=DAY.replace(year=born), sex=sex)


def counted(used: int, other: int) -> dict[str, Any]:
    """Two counts, 10 units of 97530 and so many of any other code."""
    mine = Allowance(codes=frozenset({"97530"}), counts="units", approved=10, used=used)
    return approved(allowances=(Allowance(codes=frozenset({"97110"}), counts="units", approved=other), mine))


UNWRITABLE = Finding(code="CLAIM_UNWRITABLE", severity=ERROR, message="m", fix="f", citation="c")
RULES = parse(b"""[[rules]]\nname = "medicare-hold"\nwhen = { payer = ["09102"] }\nthen = "hold"\n""")
LEAP = claim(date_of_service=date(2027, 3, 1))  # Medicare's calendar year from here has 366 days
REMOTE = claim("commercial", place_of_service="10")


# code, severity, claim that has it, changed facts, claim that has not, its changed facts
PAIRS: list[tuple[str, Severity, ClaimContent, dict[str, Any], ClaimContent, dict[str, Any]]] = [
    ("VISIT_INCOMPLETE", ERROR, BASE, {"incomplete_rows": ("row 4: sex",)}, BASE, {}),
    ("VISIT_INCOMPLETE", ERROR, BASE, {"disagreeing_columns": ("member_id",)}, BASE, {}),
    ("WC_NOT_SUPPORTED", ERROR, claim("workers_compensation"), {}, claim("commercial"), {}),
    ("SELF_PAY", ERROR, claim("self_pay"), {}, claim("commercial"), {}),
    ("UNKNOWN_PAYER", ERROR, BASE, {"plan": None}, BASE, {}),
    ("PAYER_NOT_ENROLLED", ERROR, BASE, {"enrolled_837": False}, BASE, {"enrolled_837": None}),
    ("PAYER_NOT_ENROLLED", ERROR, BASE, {"enrolled_837": TODAY + timedelta(1)}, BASE, {"enrolled_837": TODAY}),
    (
        "THERAPIST_NOT_CREDENTIALED",
        ERROR,
        BASE,
        {"therapist_credentialed": DAY + timedelta(1)},
        BASE,
        {"therapist_credentialed": DAY},
    ),
    (
        "THERAPIST_NOT_CREDENTIALED",
        ERROR,
        BASE,
        {"therapist_credentialed": False},
        BASE,
        {"therapist_credentialed": None},
    ),
    ("CODE_UNKNOWN", ERROR, claim(lines=(line(cpt="99213"),)), {}, BASE, {}),
    ("CODE_NOT_PAYABLE", WARNING, two("97530", "97010"), {}, two("97530", "97018"), {}),
    ("CODE_INVALID_FOR_PAYER", ERROR, two("97530", "97014"), {}, two("97530", "G0283"), {}),
    ("CHARGE_MISSING", ERROR, claim(lines=(line(charge_cents=0),)), {}, BASE, {}),
    ("UNITS_ZERO", ERROR, claim(lines=()), {}, BASE, {}),
    (
        "MINUTES_EXCEED_TOTAL",
        ERROR,
        claim(total_treatment_minutes=29),
        {},
        claim(total_treatment_minutes=30),
        {},
    ),
    (
        "ASSISTANT_EVALUATION",
        ERROR,
        claim(lines=(line(cpt="97165", units=1, assistant_minutes=1),)),
        {},
        claim(lines=(line(cpt="97165", units=1),)),
        {},
    ),
    ("ASSISTANT_NOT_LISTED", ERROR, claim(assistant_id="OTA9"), {}, claim(assistant_id="OTA1"), {}),
    (
        "ASSISTANT_NOT_LISTED",
        ERROR,
        claim(assistant_id="OTA9"),
        {},
        claim(assistant_id="OTA9"),
        {"listed_assistants": None},
    ),
    ("NCCI_BUNDLED", ERROR, two("97140", "97124"), {}, two("97110", "97124"), {}),
    ("NCCI_MODIFIER_NEEDED", ERROR, two("97150", "97530"), {}, two("97150", "97530", modifiers=("GO", "59")), {}),
    ("NCCI_MODIFIER_NEEDED", ERROR, two("97150", "97110"), {}, two("97140", "97530"), {}),
    (
        "NCCI_MODIFIER_NEEDED",
        ERROR,
        BASE,
        {"same_day_units": {"97150": 1}},
        BASE,
        {"same_day_units": {"97150": 1}, "same_day_distinct": frozenset({"97150"})},
    ),
    (
        "ADD_ON_WITHOUT_PRIMARY",
        ERROR,
        claim(lines=(line(cpt="97130", units=1),)),
        {},
        claim(lines=(line(cpt="97130", units=1),)),
        {"same_day_units": {"97129": 1}},
    ),
    ("ADD_ON_WITHOUT_PRIMARY", ERROR, claim(lines=(line(cpt="97130", units=1),)), {}, two("97129", "97130"), {}),
    ("MUE_EXCEEDED", ERROR, claim(lines=(line(units=7),)), {}, claim(lines=(line(units=6),)), {}),
    ("MUE_EXCEEDED", ERROR, BASE, {"same_day_units": {"97530": 5}}, BASE, {"same_day_units": {"97530": 4}}),
    ("EVALUATION_REPEATED", ERROR, two("97165", "97168"), {}, two("97165", "97530"), {}),
    ("EVALUATION_REPEATED", ERROR, two("97165", "97530"), {"same_day_units": {"97166": 1}}, two("97165", "97530"), {}),
    ("POS_INVALID", ERROR, claim(place_of_service="98"), {}, claim(place_of_service="12"), {}),
    ("DX_MISSING", ERROR, claim(diagnoses=()), {}, BASE, {}),
    ("DX_INVALID", ERROR, claim(diagnoses=("M25.519X",)), {}, BASE, {}),
    ("DX_INVALID", ERROR, claim(diagnoses=("C78.31",)), {}, claim(diagnoses=("C78.39",)), {}),
    ("DX_NOT_BILLABLE", ERROR, claim(diagnoses=("M25.51",)), {}, BASE, {}),
    ("DX_POINTER_INVALID", ERROR, claim(lines=(line(diagnosis_pointers=(2,)),)), {}, BASE, {}),
    ("DX_POINTER_INVALID", ERROR, claim(lines=(line(diagnosis_pointers=()),)), {}, BASE, {}),
    ("DX_REPEATED", WARNING, claim(diagnoses=("M25.511", "M25511")), {}, claim(diagnoses=("M25.511", "M62.81")), {}),
    ("POC_MISSING", ERROR, claim(plan_of_care=PlanOfCare()), {}, BASE, {}),
    (
        "POC_MISSING",
        ERROR,
        claim(plan_of_care=poc(start=DAY + timedelta(1))),
        {},
        claim(plan_of_care=poc(start=DAY)),
        {},
    ),
    (
        "POC_MISSING",
        WARNING,
        claim("commercial", plan_of_care=PlanOfCare()),
        {},
        claim("auto", plan_of_care=PlanOfCare()),
        {},
    ),
    ("POC_EXPIRED", ERROR, claim(plan_of_care=poc(end=DAY - timedelta(1))), {}, claim(plan_of_care=poc(end=DAY)), {}),
    (
        "POC_EXPIRED",
        ERROR,
        claim(plan_of_care=poc(first_treatment_on=None, start=DAY - timedelta(91), end=None)),
        {},
        claim(plan_of_care=poc(first_treatment_on=None, start=DAY - timedelta(90), end=None)),
        {},
    ),
    (
        "POC_EXPIRED",
        ERROR,
        claim("commercial", plan_of_care=poc(end=DAY - timedelta(1))),
        {},
        claim("commercial", plan_of_care=poc(end=DAY)),
        {},
    ),
    (
        "POC_EXPIRED",
        ERROR,
        claim("medicare_advantage", plan_of_care=poc(first_treatment_on=None, start=DAY - timedelta(91), end=None)),
        {},
        claim("commercial", plan_of_care=poc(first_treatment_on=None, start=DAY - timedelta(91), end=None)),
        {},
    ),
    ("POC_NOT_CERTIFIED", ERROR, claim(plan_of_care=poc(certified_on=None)), {}, BASE, {}),
    ("POC_NOT_CERTIFIED", WARNING, claim(plan_of_care=poc(certified_on=None)), {"today": date(2026, 8, 5)}, BASE, {}),
    (
        "POC_NOT_CERTIFIED",
        WARNING,
        claim(plan_of_care=poc(certified_on=date(2026, 8, 6))),
        {},
        claim(plan_of_care=poc(certified_on=date(2026, 8, 5))),
        {},
    ),
    (
        "POC_NOT_CERTIFIED",
        WARNING,
        claim("commercial", plan_of_care=poc(certified_on=None)),
        {},
        claim("auto", plan_of_care=poc(certified_on=None)),
        {},
    ),
    (
        "POC_NOT_CERTIFIED",
        ERROR,
        claim(plan_of_care=poc(certified_on=None, order_signed_on=date(2026, 7, 1), sent_on=date(2026, 8, 6))),
        {},
        claim(plan_of_care=poc(certified_on=None, order_signed_on=date(2026, 7, 1), sent_on=date(2026, 8, 5))),
        {},
    ),
    (
        "POC_NOT_CERTIFIED",
        ERROR,
        claim(plan_of_care=poc(certified_on=None)),
        {},
        claim(plan_of_care=poc(certified_on=None)),
        {"delayed_certification": True},
    ),
    ("PROGRESS_REPORT_DUE", ERROR, BASE, {"treatment_days_since_report": 11}, BASE, {"treatment_days_since_report": 7}),
    (
        "PROGRESS_REPORT_DUE",
        WARNING,
        BASE,
        {"treatment_days_since_report": 8},
        BASE,
        {"treatment_days_since_report": None},
    ),
    (
        "PROGRESS_REPORT_DUE",
        WARNING,
        BASE,
        {"treatment_days_since_report": 10},
        AUTO,
        {"treatment_days_since_report": 10},
    ),
    ("NOTE_UNSIGNED", ERROR, claim(note_signed_on=None), {}, BASE, {}),
    ("NOTE_UNSIGNED", ERROR, claim(note_signed_on=TODAY + timedelta(1)), {}, claim(note_signed_on=TODAY), {}),
    ("REFERRING_MISSING", ERROR, claim(referrer=Referrer(npi="1999999315")), {}, BASE, {}),
    (
        "REFERRING_MISSING",
        ERROR,
        claim(referrer=Referrer(last_name="Referrer")),
        {},
        claim("commercial", referrer=Referrer(last_name="Referrer")),
        {},
    ),
    ("NPI_INVALID", ERROR, claim(rendering=Provider(npi=WRONG_NPI, last_name="Sample")), {}, BASE, {}),
    ("NPI_INVALID", ERROR, claim(referrer=Referrer(npi=WRONG_NPI, last_name="Referrer")), {}, BASE, {}),
    ("TAX_ID_INVALID", ERROR, claim(billing=BASE.billing.model_copy(update={"tax_id": "12345678"})), {}, BASE, {}),
    ("MEMBER_ID_MISSING", ERROR, claim(coverage=coverage(BASE, member_id="")), {}, BASE, {}),
    (
        "MEMBER_ID_MISSING",
        ERROR,
        claim("auto", coverage=coverage(AUTO, member_id=""), accident=CRASH.model_copy(update={"claim_number": ""})),
        {},
        claim("auto", coverage=coverage(AUTO, member_id="")),
        {},
    ),
    (
        "MEMBER_ID_INVALID",
        ERROR,
        claim(coverage=coverage(BASE, member_id="1EG4TE5MO73")),
        {},
        claim(coverage=coverage(BASE, member_id="1eg4-te5-mk73")),
        {},
    ),
    (
        "BIRTH_DATE_INVALID",
        ERROR,
        claim(patient=BASE.patient.model_copy(update={"date_of_birth": DAY + timedelta(1)})),
        {},
        BASE,
        {},
    ),
    ("BIRTH_DATE_INVALID", ERROR, claim(patient=BASE.patient.model_copy(update={"date_of_birth": None})), {}, BASE, {}),
    ("ACCIDENT_INCOMPLETE", ERROR, claim("auto", accident=CRASH.model_copy(update={"state": ""})), {}, AUTO, {}),
    ("ACCIDENT_INCOMPLETE", ERROR, claim("auto", accident=None), {}, AUTO, {}),
    ("ACCIDENT_INCOMPLETE", ERROR, claim("auto", accident=CRASH.model_copy(update={"claim_number": ""})), {}, AUTO, {}),
    ("ACCIDENT_INCOMPLETE", ERROR, claim("auto", accident=CRASH.model_copy(update={"date": None})), {}, AUTO, {}),
    (
        "ACCIDENT_INCOMPLETE",
        ERROR,
        claim("commercial", accident=Accident(type="AA", date=DAY)),
        {},
        claim("commercial", accident=Accident(type="OA", date=DAY)),
        {},
    ),
    (
        "FIRST_CARE_LATE",
        WARNING,
        claim("auto", accident=CRASH.model_copy(update={"first_care_on": date(2026, 7, 16)})),
        {},
        claim("auto", accident=CRASH.model_copy(update={"first_care_on": date(2026, 7, 15)})),
        {},
    ),
    ("AUTH_MISSING", ERROR, claim("medicare_advantage", authorization_number=""), {}, claim("medicare_advantage"), {}),
    (
        "AUTH_MISSING",
        ERROR,
        claim("medicare_advantage", authorization_number="", lines=(line(cpt="97168", units=1),)),
        {},
        claim("medicare_advantage", authorization_number="", lines=(line(cpt="97165", units=1),)),
        {},
    ),
    ("TIMELY_FILING", ERROR, LEAP, {"today": date(2028, 3, 2)}, LEAP, {"today": date(2027, 12, 1)}),
    ("TIMELY_FILING", WARNING, LEAP, {"today": date(2028, 3, 1)}, LEAP, {"today": date(2027, 12, 1)}),
    ("TIMELY_FILING", ERROR, AUTO, {"today": DAY + timedelta(36)}, AUTO, {"today": DAY + timedelta(27)}),
    ("TIMELY_FILING", WARNING, AUTO, {"today": DAY + timedelta(35)}, AUTO, {"today": DAY + timedelta(20)}),
    ("TIMELY_FILING", WARNING, AUTO, {"today": DAY + timedelta(28)}, AUTO, {"today": DAY + timedelta(27)}),
    ("SERVICE_IN_FUTURE", ERROR, BASE, {"today": DAY - timedelta(1)}, BASE, {"today": DAY}),
    ("TAXONOMY_INVALID", ERROR, claim(rendering=taught("224Z00000X")), {}, claim(rendering=taught("225XH1200X")), {}),
    ("TAXONOMY_INVALID", ERROR, claim(rendering=taught("225X")), {}, claim(rendering=taught("")), {}),
    ("TAXONOMY_INVALID", WARNING, claim(rendering=taught("225100000X")), {}, claim(rendering=taught("225X00000X")), {}),
    ("POS_INSTITUTIONAL", WARNING, claim(place_of_service="31"), {}, claim(place_of_service="32"), {}),
    (
        "POC_EXPIRED",
        ERROR,
        claim(plan_of_care=poc(first_treatment_on=DAY - timedelta(91), start=DAY - timedelta(70), end=None)),
        {},
        claim(plan_of_care=poc(first_treatment_on=DAY - timedelta(91), start=DAY - timedelta(60), end=None)),
        {},
    ),
    ("KX_NEEDED", ERROR, BASE, {"threshold_used_cents": 248_001}, BASE, {"threshold_used_cents": 248_000}),
    ("KX_NEEDED", ERROR, BASE, used(247_000, 1_001), BASE, used(247_000, 1_000)),
    ("KX_NEEDED", ERROR, BASE, used(247_000, 1_001), claim(kx_attested=True), used(247_000, 1_001)),
    ("KX_NEEDED", ERROR, BASE, used(300_000, 0), claim(lines=(line(modifiers=("GO", "GA")),)), used(300_000, 0)),
    ("KX_NEEDED", ERROR, BASE, used(300_000, 0), claim("medicare_advantage"), used(300_000, 0)),
    ("KX_NEEDED", ERROR, BASE, used(300_000, 0), BASE, {"expected_allowed_cents": 300_000}),
    ("KX_NOT_NEEDED", WARNING, claim(kx_attested=True), used(198_399, 0), claim(kx_attested=True), used(198_400, 0)),
    ("THERAPY_REVIEW_THRESHOLD", WARNING, BASE, used(299_000, 1_001), BASE, used(299_000, 1_000)),
    ("BILLER_RULE", ERROR, BASE, {"biller_rules": RULES}, claim("commercial"), {"biller_rules": RULES}),
    ("CLAIM_UNWRITABLE", ERROR, claim(coding_findings=(UNWRITABLE,)), {}, BASE, {}),
    ("AUTH_EXCEEDED", ERROR, BASE, approved(end=DAY - timedelta(1)), BASE, approved(end=DAY)),
    ("AUTH_EXCEEDED", ERROR, BASE, approved(start=DAY + timedelta(1)), BASE, approved(start=DAY)),
    ("AUTH_EXCEEDED", ERROR, BASE, approved(codes=frozenset({"97110"})), BASE, approved(codes=frozenset({"97530"}))),
    ("AUTH_EXCEEDED", ERROR, BASE, approved(approved=10, used=10), BASE, approved(approved=10, used=6)),
    ("AUTH_EXCEEDED", WARNING, BASE, approved(approved=10, used=9), BASE, approved(approved=None, used=9)),
    ("AUTH_EXCEEDED", WARNING, BASE, approved(approved=10, used=7), BASE, approved(approved=12, used=7)),
    (
        "AUTH_EXCEEDED",
        ERROR,
        BASE,
        approved(approved=10, used=9, counts="units"),
        BASE,
        approved(approved=20, counts="units"),
    ),
    ("BENEFITS_EXHAUSTED", ERROR, AUTO, {"benefits_exhausted_on": DAY}, AUTO, {"benefits_exhausted_on": None}),
    ("COVERAGE_INACTIVE", ERROR, BASE, {"coverage_active": False}, BASE, {"coverage_active": True}),
    ("COVERAGE_INACTIVE", ERROR, BASE, {"coverage_active": False}, BASE, {"coverage_active": None}),
    ("AUTH_MISSING", ERROR, BASE, {"authorization_required": "yes"}, BASE, {"authorization_required": "unknown"}),
    ("AUTH_EXCEEDED", ERROR, BASE, approved(state="pended"), BASE, approved(state="partly")),
    ("AUTH_EXCEEDED", ERROR, BASE, counted(10, 10), BASE, counted(1, 10)),
    ("COVERED_ELSEWHERE", ERROR, BASE, {"coverage_stays": ("hospice",)}, BASE, {"coverage_stays": ()}),
    ("OTHER_PAYER_FIRST", ERROR, BASE, {"payers_first": ("a payer before it",)}, BASE, {"payers_first": ()}),
    (
        "TELEHEALTH_MISMATCH",
        WARNING,
        REMOTE,
        {},
        REMOTE.model_copy(update={"lines": (line(modifiers=("GO", "95")),)}),
        {},
    ),
    (
        "TELEHEALTH_MISMATCH",
        WARNING,
        claim(lines=(line(modifiers=("GO", "95")),)),
        {},
        claim(place_of_service="10"),
        {},
    ),
    (
        "TELEHEALTH_NOT_COVERED",
        ERROR,
        claim(place_of_service="10", date_of_service=date(2028, 1, 1)),
        {},
        claim(place_of_service="10", date_of_service=date(2027, 12, 31)),
        {},
    ),
    ("DX_SIDE_UNSPECIFIED", WARNING, claim(diagnoses=("M25.519",)), {}, claim(diagnoses=("M25.512",)), {}),
    (
        "DX_SIDE_CONFLICT",
        WARNING,
        claim(lines=(line(modifiers=("GO", "LT")),)),
        {},
        claim(lines=(line(modifiers=("GO", "RT")),)),
        {},
    ),
    (
        "DX_SIDE_CONFLICT",
        WARNING,
        claim(lines=(line(modifiers=("GO", "LT")),)),
        {},
        claim(diagnoses=("M25.511", "M25.512"), lines=(line(modifiers=("GO", "LT"), diagnosis_pointers=(1, 2)),)),
        {},
    ),
    ("DX_SEX_CONFLICT", WARNING, claim(diagnoses=("M25.511", "N40.1")), {}, claim(diagnoses=("M25.511", "N81.10")), {}),
    (
        "DX_SEX_CONFLICT",
        WARNING,
        claim(diagnoses=("O26.891",), patient=patient(born=1994, sex="M")),
        {},
        claim(diagnoses=("O26.891",), patient=patient(born=1994, sex="U")),
        {},
    ),
    (
        "DX_AGE_CONFLICT",
        ERROR,
        claim(diagnoses=("Z68.35",), patient=patient(born=2007)),
        {},
        claim(diagnoses=("Z68.35",), patient=patient(born=2006)),
        {},
    ),
    (
        "DX_AGE_CONFLICT",
        ERROR,
        claim(diagnoses=("Z68.52",), patient=patient(born=2006)),
        {},
        claim(diagnoses=("Z68.52",), patient=patient(born=2007)),
        {},
    ),
    ("DX_AGE_CONFLICT", ERROR, claim(diagnoses=("Z38.00",)), {}, claim(diagnoses=("P07.18",)), {}),
    (
        "DUPLICATE_VISIT",
        ERROR,
        BASE,
        {
            "same_day_visits": (
                SameDayVisit("V1", frozenset({"97530"}), "10:00", "10:45", 2),
                SameDayVisit("V0", frozenset({"97530"}), "10:30", "11:00", 1),
            )
        },
        BASE,
        {
            "same_day_visits": (
                SameDayVisit("V1", frozenset({"97530"}), "10:00", "10:30", 2),
                SameDayVisit("V0", frozenset({"97530"}), "10:30", "11:00", 1),
            )
        },
    ),
    (
        "DUPLICATE_VISIT",
        WARNING,
        BASE,
        {
            "same_day_visits": (
                SameDayVisit("V1", frozenset({"97530"}), "", "", 2),
                SameDayVisit("V0", frozenset({"97530"}), "10:30", "11:00", 1),
            )
        },
        BASE,
        {
            "same_day_visits": (
                SameDayVisit("V1", frozenset({"97530"}), "10:00", "10:45", 1),
                SameDayVisit("V2", frozenset({"97530"}), "10:00", "10:45", 2),
            )
        },
    ),
]


@pytest.mark.parametrize(
    ("code", "severity", "bad", "bad_facts", "good", "good_facts"),
    PAIRS,
    ids=[f"{n}-{pair[0]}" for n, pair in enumerate(PAIRS)],
)
def test_found_and_clean(
    code: str,
    severity: Severity,
    bad: ClaimContent,
    bad_facts: dict[str, Any],
    good: ClaimContent,
    good_facts: dict[str, Any],
):
    assert found(bad, **bad_facts).get(code) is severity
    assert code not in found(good, **good_facts)


def coded(*services: Service, business: str = "medicare") -> dict[str, Severity]:
    plan = payers.plan(PAYERS[business], business, DAY)
    assert plan is not None
    return {finding.code: finding.severity for finding in code_day(services, plan, DAY).findings}


def served(code: str = "97530", minutes: int = 15, *modifiers: str, **changes: Any) -> Service:
    return replace(Service("V1/1", code, minutes, file_modifiers=modifiers or ("GO",)), **changes)


CODING_PAIRS: list[tuple[str, Severity, list[Service], list[Service]]] = [
    ("UNITS_ZERO", ERROR, [served(minutes=7)], [served(minutes=8)]),
    ("UNITS_ZERO", WARNING, [served(minutes=15), served("97140", 3)], [served(minutes=15), served("97140", 8)]),
    ("NO_TIMED_MINUTES", ERROR, [served(minutes=0)], [served("97150", 0)]),
    ("MINUTES_INVALID", ERROR, [served(minutes=-5)], [served(minutes=5)]),
    ("MINUTES_INVALID", WARNING, [served(minutes=481)], [served(minutes=480)]),
    ("UNITS_MISMATCH", WARNING, [served(documented_units=2)], [served(documented_units=1)]),
    ("GO_MISSING", WARNING, [served("97530", 15, "RT")], [served("97530", 15, "GO", "RT")]),
    ("DISCIPLINE_CONFLICT", ERROR, [served("97530", 15, "GP")], [served()]),
    ("DISCIPLINE_CONFLICT", ERROR, [served("97161", 0)], [served("97165", 0)]),
    (
        "CO_MISSING",
        WARNING,
        [served(minutes=0, assistant_minutes=15)],
        [served("97530", 0, "GO", "CO", assistant_minutes=15)],
    ),
    (
        "CO_UNSUPPORTED",
        ERROR,
        [served("97530", 15, "GO", "CO")],
        [served("97530", 0, "GO", "CO", assistant_minutes=15)],
    ),
    ("GO_UNSUPPORTED", WARNING, [served("L3808", 0, "GO")], [served("L3808", 0, "RT")]),
    (
        "ABN_CONFLICT",
        ERROR,
        [served("97530", 15, "GO", "GA", "GZ", abn_signed=True)],
        [served("97530", 15, "GO", "GA", abn_signed=True)],
    ),
    ("CO_ON_EVALUATION", ERROR, [served("97165", 30, "GO", "CO")], [served("97165", 30)]),
    (
        "KX_NOT_ATTESTED",
        WARNING,
        [served("97530", 15, "GO", "KX")],
        [served("97530", 15, "GO", "KX", kx_attested=True)],
    ),
    (
        "GA_KX_CONFLICT",
        ERROR,
        [served("97530", 15, "GO", "GA", abn_signed=True, kx_attested=True)],
        [served("97530", 15, "GO", "GA", abn_signed=True)],
    ),
    ("ABN_UNPROVEN", ERROR, [served("97530", 15, "GO", "GA")], [served("97530", 15, "GO", "GA", abn_signed=True)]),
    ("MODIFIER_UNKNOWN", WARNING, [served("97530", 15, "GO", "ZZ")], [served("97530", 15, "GO", "95")]),
    (
        "MODIFIERS_TOO_MANY",
        ERROR,
        [served("97530", 15, "GO", "95", "76", "RT", "52")],
        [served("97530", 15, "GO", "95", "76", "RT")],
    ),
    (
        "DISTINCT_SERVICE_UNPROVEN",
        WARNING,
        [served("97530", 15, "GO", "59")],
        [served("97530", 15, "GO", "59", distinct_service=True, visit_minutes=15)],
    ),
    (
        "DISTINCT_SERVICE_UNPROVEN",
        ERROR,
        [served("97150", 30), served("97530", 15, "GO", "59")],
        [
            served("97150", 30, visit_minutes=45),
            served("97530", 15, "GO", "59", distinct_service=True, visit_minutes=45),
        ],
    ),
]


@pytest.mark.parametrize(
    ("code", "severity", "bad", "good"), CODING_PAIRS, ids=[f"{n}-{pair[0]}" for n, pair in enumerate(CODING_PAIRS)]
)
def test_coding_found_and_clean(code: str, severity: Severity, bad: list[Service], good: list[Service]):
    assert coded(*bad).get(code) is severity
    assert code not in coded(*good)


@pytest.mark.parametrize("business", sorted(PAYERS))
def test_a_clean_claim_has_no_finding(business: str):
    assert scrub(claim(business), facts(claim(business))) == ()
    assert coded(served("97530", 30), served("97110", 15), business=business) == {}


def test_not_known_holds_nothing():
    assert scrub(BASE, ScrubFacts(today=TODAY, plan=payers.plan("09102", "medicare", DAY))) == ()


def test_coding_findings_are_passed_on():
    told = Finding(code="GO_MISSING", severity=WARNING, message="m", fix="f", citation="c", line=1)
    assert scrub(claim(coding_findings=(told,)), facts(BASE)) == (told,)


def test_an_unknown_diagnosis_only_warns_where_no_table_covers_the_date():
    old = claim(date_of_service=date(2024, 8, 3), diagnoses=("M25.519X",), note_signed_on=date(2024, 8, 3))
    assert found(old)["DX_INVALID"] is WARNING
    known = claim(date_of_service=date(2024, 8, 3), note_signed_on=date(2024, 8, 3))
    assert "DX_INVALID" not in found(known)


def test_an_unproven_59_is_one_finding_and_not_two():
    """The pair is held once, as DISTINCT_SERVICE_UNPROVEN, where the file claimed separate time without a record of it."""
    plan = payers.plan("09102", "medicare", DAY)
    assert plan is not None
    services = [served("97150", 30), served("97530", 15, "GO", "59")]
    day = code_day([replace(services[0], key="V1/1"), replace(services[1], key="V1/2")], plan, DAY)
    content = claim(lines=(line(1, "97150", 1), line(2, "97530", 1)), coding_findings=day.findings)
    held = [f.code for f in scrub(content, facts(content)) if f.severity is ERROR]
    assert held == ["DISTINCT_SERVICE_UNPROVEN"]


def test_every_code_of_the_registry_has_its_pair():
    proved = {pair[0] for pair in PAIRS} | {pair[0] for pair in CODING_PAIRS}
    assert set(registry()) == proved


def test_the_page_of_finding_codes_is_made_from_the_registry():
    from pathlib import Path

    assert (Path(__file__).parents[2] / "docs" / "edits.md").read_text() == edits_page()


def test_treatment_days_count_days_and_not_visits():
    days = [date(2026, 7, n) for n in (1, 3, 3, 8, 10)]
    assert treatment_days(days, None, date(2026, 7, 8)) == 3
    assert treatment_days(days, date(2026, 7, 3), date(2026, 7, 31)) == 2
    assert treatment_days(days, date(2026, 7, 10), date(2026, 7, 31)) == 0
