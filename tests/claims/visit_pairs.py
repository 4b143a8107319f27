"""Pairs of visits as a practice hands them in: the same rows twice, one column changed; found first, then not.

Rows are columns of the native visit file over `tests.practice.line` (a clean visit of an Aetna member on 2026-09-01). Each pair
has a patient of its own; `A` is the visit judged unless `of` names another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from chalicelib import store
from chalicelib.claims import accidents
from chalicelib.coverage import records as checks
from chalicelib.coverage.asking import judge
from chalicelib.coverage.authorization import Allowance
from chalicelib.coverage.authorize import Entry, add
from chalicelib.coverage.model import BenefitRecord, Benefits, Limit, Outcome
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import find_visits, patient_key, visit_key
from tests.coverage.test_situations import answer as edi
from tests.practice import AETNA, ASSISTANT, CIGNA, MEDICARE, THERAPISTS

Row = dict[str, str]
Severity = Literal["error", "warning"]
SERVED = date(2026, 9, 1)
ADVANTAGE = {"payer_id": "87726", "line_of_business": "medicare_advantage", "member_id": "U100200305"}
AUTO = {
    "payer_id": "GEICO",
    "line_of_business": "auto",
    "member_id": "",
    "accident_type": "AA",
    "accident_date": "2026-08-20",
    "accident_state": "FL",
    "property_casualty_claim_number": "0512345678",
    "first_care_on": "2026-08-25",
    "emc_on": "2026-08-26",
}
GO = {"modifiers": "GO"}
CLOCK = {"start_time": "09:00", "end_time": "10:30", "total_treatment_minutes": "90"}
"""Room for every service of the visit, one after the other."""
RULES = b'[[rules]]\nname = "ask-first"\nwhen = { plan = ["G-77"] }\nthen = "hold"\n'


@dataclass(frozen=True)
class Pair:
    """`column` of row `row` says `bad`, then `good`; a column about the visit says it on every row of that row's visit.

    `before` tells the records something of the patient before the first build; `seed` are visits built before that.
    """

    code: str
    severity: Severity
    column: str
    bad: str
    good: str
    rows: tuple[Row, ...] = ({},)
    row: int = 0
    of: str = "A"
    before: Callable[[str], None] | None = None
    seed: tuple[Row, ...] = ()
    seeded: Callable[[str], None] | None = None


def told(payer: Row, benefits: Benefits) -> Callable[[str], None]:
    """The payer answered about this coverage on the day of the visit."""

    def put(patient: str) -> None:
        coverage = Coverage.model_validate(
            {name: payer[name] for name in ("payer_id", "line_of_business", "member_id")}
        )
        key = patient_key(patient)
        record = BenefitRecord(
            check_id=checks.check_id(key, coverage, SERVED.isoformat()),
            patient_key=key,
            payer_id=coverage.payer_id,
            payer_name="Payer",
            line_of_business=coverage.line_of_business,
            on=SERVED,
            outcome=Outcome.ANSWERED,
            words="answered",
            benefits=benefits,
            checked_at=f"{SERVED}T12:00:00Z",
            source="271",
        )
        with store.unit_of_work() as uow:
            checks.put_check(uow, record)
            uow.commit()

    return put


def said(payer: Row, body: str) -> Callable[[str], None]:
    """The same from a 271: these segments after the subscriber."""
    return told(payer, judge(edi(body), "T1", SERVED, payer["line_of_business"])[3])


def used(cents: int) -> Callable[[str], None]:
    """Medicare's own figure of the year's occupational therapy."""
    limit = Limit(scope="occupational_therapy", measure="dollars", total=1_000_000, remaining=1_000_000 - cents)
    return told(MEDICARE, Benefits(active="yes", limits=(limit,)))


def authorized(patient: str) -> None:
    """Five units of 97530 from the day of the visit through October."""
    units = Allowance(codes=("97530",), measure="units", approved=5)
    add(
        Entry(
            patient=patient,
            payer_id="87726",
            number="AU-1",
            start=SERVED,
            end=date(2026, 10, 31),
            allowances=(units,),
        )
    )


def exhausted(visit_id: str) -> None:
    """The insurer wrote that this accident's benefits are used up."""
    (stored,) = find_visits([visit_key(visit_id)]).values()
    accidents.mark_exhausted(stored.claim_ids[0], date(2026, 9, 3))


def on(day: date) -> Row:
    return {"date_of_service": day.isoformat(), "note_signed_on": day.isoformat()}


def two(first: Row, second: Row, **both: str) -> tuple[Row, ...]:
    """Two lines of one visit."""
    return ({**both, **first}, {**both, **second, "line_number": "2"})


def visits(first: Row, second: Row, **both: str) -> tuple[Row, ...]:
    """Two visits of one patient."""
    return ({**both, **first, "visit_id": "A"}, {**both, **second, "visit_id": "B"})


def eleven_days() -> tuple[Row, ...]:
    days = [SERVED + timedelta(days=n) for n in range(11)]
    return tuple({**MEDICARE, **GO, **on(day), "visit_id": f"{n:02d}"} for n, day in enumerate(days, 1))


GROUP = {"cpt": "97150", "therapist_minutes": "45", **GO}
ASSISTED = {"therapist_minutes": "", "assistant_minutes": "30", "assistant_id": ASSISTANT}
REMOTE = {"place_of_service": "10", "modifiers": "GO 95"}
HOSPICE = "EB*1*IND*30*MB~EB*X*IND*45~DTP*292*D8*20260801~"
REPLACED = "EB*1*IND*30*MA~EB*R*IND*30*HN*SUNSHINE MEDICARE~DTP*290*RD8*20260101-20261231~"

PAIRS = (
    Pair("VISIT_INCOMPLETE", "error", "cpt", "9753", "97530", two({}, {"cpt": "97110"}), row=1),
    Pair("WC_NOT_SUPPORTED", "error", "line_of_business", "workers_compensation", "commercial"),
    Pair("SELF_PAY", "error", "line_of_business", "self_pay", "commercial"),
    Pair("UNKNOWN_PAYER", "error", "payer_id", "99999", "60054"),
    Pair("PAYER_NOT_ENROLLED", "error", "payer_id", "47570", "60054"),
    Pair("THERAPIST_NOT_CREDENTIALED", "error", "rendering_npi", THERAPISTS[1], THERAPISTS[0], ({**CIGNA},)),
    Pair("CODE_UNKNOWN", "error", "cpt", "99213", "97530"),
    Pair("CODE_NOT_PAYABLE", "warning", "cpt", "97010", "97018", two(GO, GO, **MEDICARE), row=1),
    Pair("CODE_INVALID_FOR_PAYER", "error", "cpt", "97014", "G0283", two(GO, GO, **MEDICARE), row=1),
    Pair("CHARGE_MISSING", "error", "charge", "", "90.00", ({"cpt": "29125", "therapist_minutes": "20"},)),
    Pair("UNITS_ZERO", "error", "therapist_minutes", "7", "8"),
    Pair("UNITS_ZERO", "warning", "therapist_minutes", "7", "8", two({}, {"cpt": "97110"}), row=1),
    Pair("NO_TIMED_MINUTES", "error", "therapist_minutes", "", "15"),
    Pair("MINUTES_INVALID", "warning", "therapist_minutes", "481", "480", (GROUP,)),
    Pair("MINUTES_EXCEED_TOTAL", "error", "total_treatment_minutes", "29", "30", ({**MEDICARE, **GO},)),
    Pair("MINUTES_EXCEED_TOTAL", "warning", "total_treatment_minutes", "29", "30"),
    Pair("UNITS_MISMATCH", "warning", "units", "3", "2"),
    Pair("GO_MISSING", "warning", "modifiers", "", "GO"),
    Pair("DISCIPLINE_CONFLICT", "error", "modifiers", "GP", "GO"),
    Pair("CO_MISSING", "warning", "modifiers", "GO", "GO CO", ({**MEDICARE, **ASSISTED},)),
    Pair("CO_UNSUPPORTED", "error", "modifiers", "GO CO", "GO", ({**MEDICARE},)),
    Pair("CO_ON_EVALUATION", "error", "modifiers", "GO CO", "GO", ({**MEDICARE, "cpt": "97165"},)),
    Pair("ASSISTANT_EVALUATION", "error", "assistant_minutes", "5", "", ({"cpt": "97165", "assistant_id": ASSISTANT},)),
    Pair("ASSISTANT_NOT_LISTED", "error", "assistant_id", "ota-nobody", ASSISTANT, ({**ASSISTED},)),
    Pair("KX_NEEDED", "error", "kx_attested", "", "Y", ({**MEDICARE, **GO},), before=used(247_000)),
    Pair("KX_NOT_NEEDED", "warning", "kx_attested", "Y", "", ({**MEDICARE, **GO},)),
    Pair("KX_NOT_ATTESTED", "warning", "modifiers", "GO KX", "GO", ({**MEDICARE},)),
    Pair(
        "THERAPY_REVIEW_THRESHOLD",
        "warning",
        "therapist_minutes",
        "30",
        "15",
        ({**MEDICARE, **GO, "kx_attested": "Y"},),
        before=used(295_000),
    ),
    Pair(
        "GA_KX_CONFLICT",
        "error",
        "modifiers",
        "GO KX GA",
        "GO KX",
        ({**MEDICARE, "kx_attested": "Y", "abn_signed_on": "2026-09-01"},),
        before=used(247_000),
    ),
    Pair("ABN_UNPROVEN", "error", "abn_signed_on", "", "2026-09-01", ({**MEDICARE, "modifiers": "GO GA"},)),
    Pair("ABN_CONFLICT", "error", "modifiers", "GO GA GZ", "GO GA", ({**MEDICARE, "abn_signed_on": "2026-09-01"},)),
    Pair(
        "GO_UNSUPPORTED",
        "warning",
        "modifiers",
        "GO",
        "",
        ({**MEDICARE, "cpt": "L3908", "charge": "90.00", "units": "1"},),
    ),
    Pair("MODIFIER_UNKNOWN", "warning", "modifiers", "GO ZZ", "GO"),
    Pair("MODIFIERS_TOO_MANY", "error", "modifiers", "76 77 RT 52", "76 RT 52"),
    Pair(
        "DISTINCT_SERVICE_UNPROVEN",
        "error",
        "distinct_service",
        "",
        "Y",
        two(GROUP, {"modifiers": "GO 59"}, **MEDICARE, **CLOCK),
        row=1,
    ),
    Pair("DISTINCT_SERVICE_UNPROVEN", "warning", "distinct_service", "", "Y", ({"modifiers": "GO 59", **CLOCK},)),
    Pair("NCCI_BUNDLED", "error", "cpt", "97124", "97110", two({"cpt": "97140"}, {}), row=1),
    Pair(
        "NCCI_MODIFIER_NEEDED",
        "error",
        "modifiers",
        "GO",
        "GO 59",
        two(GROUP, {"distinct_service": "Y"}, **MEDICARE, **CLOCK),
        row=1,
    ),
    Pair("ADD_ON_WITHOUT_PRIMARY", "error", "cpt", "97530", "97129", two({}, {"cpt": "97130"})),
    Pair("MUE_EXCEEDED", "error", "therapist_minutes", "105", "90"),
    Pair("EVALUATION_REPEATED", "error", "cpt", "97168", "97530", two({"cpt": "97165"}, {}), row=1),
    Pair("POS_INVALID", "error", "place_of_service", "98", "12"),
    Pair("DX_INVALID", "error", "diagnosis_1", "M25.519X", "M25.511"),
    Pair("DX_NOT_BILLABLE", "error", "diagnosis_1", "M25.51", "M25.511"),
    Pair("POC_MISSING", "error", "plan_of_care_start", "", "2026-08-03", ({**MEDICARE, **GO},)),
    Pair("POC_MISSING", "warning", "plan_of_care_start", "", "2026-08-03"),
    Pair("POC_EXPIRED", "error", "plan_of_care_end", "2026-08-31", "2026-09-01", ({**MEDICARE, **GO},)),
    Pair("POC_NOT_CERTIFIED", "error", "plan_of_care_certified_on", "", "2026-08-10", ({**MEDICARE, **GO},)),
    Pair(
        "POC_NOT_CERTIFIED", "warning", "plan_of_care_certified_on", "2026-09-03", "2026-09-02", ({**MEDICARE, **GO},)
    ),
    Pair("PROGRESS_REPORT_DUE", "error", "progress_report_on", "", "2026-09-09", eleven_days(), row=8, of="11"),
    Pair("NOTE_UNSIGNED", "error", "note_signed_on", "", "2026-09-01"),
    Pair("REFERRING_MISSING", "error", "referring_npi", "", MEDICARE["referring_npi"], ({**MEDICARE, **GO},)),
    Pair("NPI_INVALID", "error", "referring_npi", "1999990014", "1999990017", ({**MEDICARE, **GO},)),
    Pair("MEMBER_ID_INVALID", "error", "member_id", "1EG4TE5MO72", "1EG4TE5MK72", ({**MEDICARE, **GO},)),
    Pair("ACCIDENT_INCOMPLETE", "error", "accident_state", "", "FL", ({**AUTO},)),
    Pair("FIRST_CARE_LATE", "warning", "first_care_on", "2026-09-04", "2026-09-03", ({**AUTO},)),
    Pair(
        "BENEFITS_EXHAUSTED",
        "error",
        "property_casualty_claim_number",
        "0512345670",
        "0512345679",
        ({**AUTO},),
        seed=({**AUTO, **on(date(2026, 8, 31)), "property_casualty_claim_number": "0512345670", "visit_id": "S"},),
        seeded=exhausted,
    ),
    Pair("AUTH_MISSING", "error", "authorization_number", "", "A1", ({**ADVANTAGE, **GO},)),
    Pair(
        "AUTH_EXCEEDED",
        "error",
        "date_of_service",
        "2026-08-31",
        "2026-09-01",
        ({**ADVANTAGE, **GO, "authorization_number": "AU-1"},),
        before=authorized,
    ),
    Pair(
        "AUTH_EXCEEDED",
        "warning",
        "therapist_minutes",
        "60",
        "45",
        ({**ADVANTAGE, **GO, "authorization_number": "AU-1"},),
        before=authorized,
    ),
    Pair("TIMELY_FILING", "error", "initiation_notice_on", "", "2026-09-10", ({**AUTO, **on(date(2026, 8, 25))},)),
    Pair("TIMELY_FILING", "warning", "initiation_notice_on", "", "2026-09-10", ({**AUTO},)),
    Pair(
        "DUPLICATE_VISIT",
        "error",
        "start_time",
        "10:30",
        "10:45",
        visits({"start_time": "10:00", "end_time": "10:45"}, {"end_time": "11:30"}),
        row=1,
        of="B",
    ),
    Pair(
        "COVERAGE_INACTIVE", "error", "member_id", "W100200301", "W100200302", before=told(AETNA, Benefits(active="no"))
    ),
    Pair(
        "COVERED_ELSEWHERE",
        "error",
        "member_id",
        "1EG4TE5MK72",
        "1EG4TE5MK73",
        ({**MEDICARE, **GO},),
        before=said(MEDICARE, HOSPICE),
    ),
    Pair(
        "OTHER_PAYER_FIRST",
        "error",
        "member_id",
        "1EG4TE5MK72",
        "1EG4TE5MK73",
        ({**MEDICARE, **GO},),
        before=said(MEDICARE, REPLACED),
    ),
    Pair("TELEHEALTH_MISMATCH", "warning", "place_of_service", "11", "10", (REMOTE,)),
    Pair("TELEHEALTH_NOT_COVERED", "error", "date_of_service", "2028-01-01", "2026-09-01", ({**MEDICARE, **REMOTE},)),
    Pair("DX_SIDE_UNSPECIFIED", "warning", "diagnosis_1", "M25.519", "M25.512"),
    Pair("DX_AGE_CONFLICT", "error", "date_of_birth", "2007-02-03", "1950-02-03", ({"diagnosis_1": "Z68.35"},)),
    Pair("DX_SEX_CONFLICT", "warning", "sex", "F", "M", ({"diagnosis_2": "N40.1"},)),
    Pair("DX_SIDE_CONFLICT", "warning", "modifiers", "GO LT", "GO RT", ({"diagnosis_1": "M25.511"},)),
    Pair("BILLER_RULE", "error", "group_number", "G-77", "G-78"),
    Pair("SERVICE_IN_FUTURE", "error", "date_of_service", "2026-10-01", "2026-09-01"),
    Pair("POS_INSTITUTIONAL", "warning", "place_of_service", "31", "32", ({**MEDICARE, **GO},)),
    Pair("CLAIM_UNWRITABLE", "error", "state", "ZZ", "FL"),
)

NOT_FROM_A_VISIT = {
    "DX_MISSING": "the import refuses a row without diagnosis_1, and the visit waits as VISIT_INCOMPLETE",
    "DX_POINTER_INVALID": "the import refuses a pointer at an empty diagnosis; none means the first four",
    "DX_REPEATED": "a visit's diagnoses are united, each once, before the claim is made",
    "BIRTH_DATE_INVALID": "the import refuses a birth date that is missing or after the visit",
    "MEMBER_ID_MISSING": "the import refuses a row without a member id (auto: and without a claim number)",
    "TAX_ID_INVALID": "a practice file with such a tax id is refused when it is applied",
    "TAXONOMY_INVALID": "a practice file with such a taxonomy is refused when it is applied",
}
"""Codes no visit file and no record of ours can lead to today; `test_rules_pairs.py` has their claims."""
