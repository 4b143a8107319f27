"""Writes visits.csv (200 fictional visits of harborview-ot) and expected_visits.csv beside it; run by hand, result committed.

    python tests/data/make_visits.py

Uses the standard library only. What each pattern of minutes becomes stands in patterns.py, worked out by hand; what each
planted error leads to stands in ERRORS below. Nothing is computed from minutes here.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from patterns import PATTERNS

HERE = Path(__file__).parent
HEADER = (
    "visit_id,line_number,date_of_service,start_time,end_time,place_of_service,facility_id,case_id,rendering_npi,assistant_id,"
    "referring_npi,referring_last_name,referring_first_name,patient_id,last_name,first_name,middle_name,date_of_birth,sex,"
    "address,city,state,zip,phone,payer_id,line_of_business,member_id,group_number,relationship,subscriber_last_name,"
    "subscriber_first_name,subscriber_date_of_birth,secondary_payer_id,secondary_line_of_business,secondary_member_id,"
    "secondary_group_number,secondary_relationship,secondary_subscriber_last_name,secondary_subscriber_first_name,"
    "secondary_subscriber_date_of_birth,msp_type,benefits_assigned,release_on_file,"
    + ",".join(f"diagnosis_{n}" for n in range(1, 13))
    + ",diagnosis_pointers,cpt,therapist_minutes,assistant_minutes,units,modifiers,charge,distinct_service,"
    "total_treatment_minutes,note_signed_on,note_signed_by,first_treatment_on,plan_of_care_start,plan_of_care_end,"
    "plan_of_care_certified_on,plan_sent_on,order_signed_on,progress_report_on,kx_attested,abn_signed_on,"
    "authorization_number,referral_number,patient_paid,accident_type,accident_date,accident_state,"
    "property_casualty_claim_number,first_care_on,emc_on"
).split(",")
TWICE_FAR_APART = "V0020"  # a clean visit whose first row is repeated at the end of the file
THERAPISTS = {"1999999026": "Odalys Sample OT", "1999999034": "Tomas Example OT"}
REFERRERS = (
    ("1999999315", "Referrer", "Pilar"),
    ("1999999323", "Doctorname", "Emil"),
    ("1999999331", "Orderwriter", "June"),
)


@dataclass(frozen=True)
class Plan:
    """What ot_rules.md and payers.csv say of a plan: unit rule, whether OT lines carry GO, whether assistants carry CO."""

    payer_id: str
    business: str
    rule: str
    go: bool
    co: bool


PLANS = {
    "medicare": Plan("09102", "medicare", "cms", True, True),
    "uhc": Plan("87726", "commercial", "cms", True, False),
    "uhc_ma": Plan("87726", "medicare_advantage", "cms", True, True),
    "aetna": Plan("60054", "commercial", "midpoint", True, False),
    "cigna": Plan("62308", "commercial", "midpoint", True, False),
    "humana": Plan("61101", "commercial", "cms", True, True),
    "humana_ma": Plan("61101", "medicare_advantage", "cms", True, True),
    "blue": Plan("00590", "commercial", "midpoint", False, False),
    "geico": Plan("GEICO", "auto", "midpoint", False, False),
    "progressive": Plan("PROGR", "auto", "midpoint", False, False),
    "statefarm": Plan("31059", "auto", "midpoint", False, False),
    "wc": Plan("31059", "workers_compensation", "midpoint", False, False),
}
ERRORS: dict[str, tuple[str, str]] = {
    # planted error -> finding that must hold the visit ('' = clean), why
    "no_go": ("", "GO is missing in the file; it is derived, so nothing is held"),
    "row_twice": ("", "a row stands twice, alike in every column: read once"),
    "roster": ("", "member id ending 000: only the payer knows, 277CA A3; nothing here shows it"),
    "ended": ("", "member id ending 13: the payer answers CO-27; nothing here shows it"),
    "order_exception": ("", "plan not certified, but a signed order is on file and the plan was sent within 30 days (42 CFR 424.24(c))"),
    "dx_dead": ("DX_INVALID", "ICD-10-CM code that is not in force on the date of service"),
    "dx_header": ("DX_NOT_BILLABLE", "ICD-10-CM category that has subdivisions"),
    "no_unit": ("UNITS_ZERO", "the documented minutes give no unit"),
    "poc_expired": ("POC_EXPIRED", "the plan of care ended before the visit"),
    "mbi": ("MEMBER_ID_INVALID", "not shaped like a Medicare number (11 characters, no S, L, O, I, B, Z)"),
    "npi": ("NPI_INVALID THERAPIST_NOT_CREDENTIALED", "rendering NPI whose check digit is wrong, so nobody the payer knows"),
    "no_state": ("ACCIDENT_INCOMPLETE", "auto claim without the accident's state"),
    "unsigned": ("NOTE_UNSIGNED", "the treatment note is not signed"),
    "no_referrer": ("REFERRING_MISSING", "Medicare therapy claim without the certifying physician (CPM5 10.3.5)"),
    "no_auth": ("AUTH_MISSING", "the plan wants an authorization, none given"),
    "bad_cell": ("VISIT_INCOMPLETE", "one of three rows cannot be read; the rest would bill short"),
    "late": ("TIMELY_FILING", "past the payer's filing limit on 2026-09-30"),
    "ota_unknown": ("ASSISTANT_NOT_LISTED", "the assistant is not in the practice file"),
    "ota_eval": ("ASSISTANT_EVALUATION", "an assistant may not evaluate"),
    "wc": ("WC_NOT_SUPPORTED", "workers' compensation is not supported yet"),
    "unproven_59": ("DISTINCT_SERVICE_UNPROVEN", "59 in the file, separate time not documented"),
    "ncci": ("NCCI_MODIFIER_NEEDED", "an edit pair without a modifier, separate time not documented"),
    "twice": ("DUPLICATE_VISIT", "same patient, date, code and time as the visit before it"),
}


@dataclass
class Patient:
    number: int
    plan: str
    member: str
    first: str
    last: str
    born: str
    sex: str
    dx: str  # space-separated
    visits: str  # 'pattern' or 'pattern!error' each, space-separated
    start: str  # first visit
    therapist: str = "1999999026"
    extra: dict[str, str] = field(default_factory=dict)
    step: tuple[int, ...] = (3, 4)


@dataclass
class Made:
    when: date
    patient: Patient
    pattern: str
    error: str
    rows: list[dict[str, str]]
    key: str = ""


def child(last: str, first: str, born: str) -> dict[str, str]:
    return {
        "relationship": "child",
        "subscriber_last_name": last,
        "subscriber_first_name": first,
        "subscriber_date_of_birth": born,
    }


def spouse(last: str, first: str, born: str) -> dict[str, str]:
    return {**child(last, first, born), "relationship": "spouse"}


def second(payer: str, business: str, member: str) -> dict[str, str]:
    return {
        "secondary_payer_id": payer,
        "secondary_line_of_business": business,
        "secondary_member_id": member,
        "secondary_relationship": "self",
    }


def auto(claim_number: str, when: str, first_care: str, emc: str) -> dict[str, str]:
    return {
        "accident_type": "AA",
        "accident_date": when,
        "accident_state": "FL",
        "property_casualty_claim_number": claim_number,
        "first_care_on": first_care,
        "emc_on": emc,
    }


R2 = "1999999034"
PATIENTS = [
    # Medicare Part B: CMS rule, GO, CO; last digit of the number: 5-6 25.00, 7 50.00, 8 100.00 deductible at the simulator
    Patient(1, "medicare", "1TE4TE5MK70", "Marigold", "Testcase", "1948-03-14", "F", "I69.351 R27.8",
            "E2 T1 T2!no_go A3 C2 A4", "2026-07-06", extra=second("00590", "commercial", "XJS900100010")),
    Patient(2, "medicare", "2TE4TE5MK71", "Bertram", "Sample", "1944-11-02", "M", "S52.531D",
            "E1 M1 T14 A2 T4!row_twice T15", "2026-07-07", R2),
    Patient(3, "medicare", "3TE4TE5MK75", "Clementine", "Placeholder", "1950-01-30", "F", "G20.A1",
            "E3 T5 T6 A9 T7", "2026-07-08"),
    Patient(4, "medicare", "4TE4TE5MK77", "Dorothea", "Example", "1939-06-21", "F", "M62.81",
            "E1 T8 T9 A5 A11", "2026-07-09", extra={"place_of_service": "12"}),
    Patient(5, "medicare", "5TE4TE5MK88", "Edmund", "Testcase", "1946-09-09", "M", "I69.354",
            "E2 T1 A6", "2026-07-13"),
    Patient(6, "medicare", "6TE4TE5MK13", "Florence", "Sample", "1951-12-12", "F", "M25.511",
            "E1!ended T17!ended", "2026-08-03", R2),
    Patient(7, "medicare", "7TE4TE5MK09", "Gideon", "Placeholder", "1942-04-04", "M", "R41.841 I69.311",
            "E1 T9 C1 C3 T11", "2026-07-14", R2),
    Patient(8, "medicare", "8TE4TE5MK72", "Henrietta", "Example", "1949-08-18", "F", "M18.11",
            "E4 M2 M3 M4 G1 G2 E5", "2026-07-15", extra=second("60054", "commercial", "W000000810")),
    Patient(9, "medicare", "9TE4TE5MK76", "Ignatius", "Testcase", "1945-02-27", "M", "G56.01",
            "E1 A7 A8 A12 T12!no_go", "2026-07-16"),
    Patient(10, "medicare", "1UE4TE5MK73", "Josephine", "Sample", "1947-05-05", "F", "M75.121",
            "E2!order_exception T1!order_exception M5!order_exception T13!order_exception", "2026-07-20", R2),
    # Medicare, errors
    Patient(11, "medicare", "2UE4TE5MK74", "Kasimir", "Placeholder", "1943-07-07", "M", "M62.81",
            "E1 Z1!no_unit T1!dx_dead N1!ncci N3!unproven_59", "2026-07-21"),
    Patient(12, "medicare", "3UE4TE5MK78", "Leopoldine", "Example", "1940-10-10", "F", "R27.8",
            "T1!poc_expired T2!poc_expired", "2026-08-17", R2,
            {"plan_of_care_start": "2026-05-11", "plan_of_care_end": "2026-08-08", "first_treatment_on": "2026-05-11",
             "plan_of_care_certified_on": "2026-05-20"}),
    Patient(13, "medicare", "123456789A", "Mortimer", "Testcase", "1941-01-01", "M", "M25.531",
            "T1!mbi", "2026-08-04"),
    Patient(14, "medicare", "1EG4TE5MO72", "Nathalia", "Sample", "1952-02-20", "F", "M25.531",
            "T9!mbi", "2026-08-05", R2),
    Patient(15, "medicare", "4UE4TE5MK70", "Octavius", "Placeholder", "1938-03-03", "M", "I69.351",
            "E2 T1!npi T3!unsigned T1!no_referrer T2!no_referrer A2!ota_unknown EA!ota_eval", "2026-08-06"),
    Patient(16, "medicare", "5UE4TE5MK71", "Philomena", "Example", "1953-06-16", "F", "M24.541",
            "T4!bad_cell T18!bad_cell T1", "2026-08-10", R2),
    Patient(17, "medicare", "6UE4TE5MK72", "Quentin", "Testcase", "1944-04-24", "M", "G30.9 R41.844",
            "D1 D3", "2026-08-11"),
    Patient(18, "medicare", "7UE4TE5MK79", "Rosalind", "Sample", "1947-07-17", "F", "S43.421D",
            "E1 T1 T1!twice A9", "2026-08-12", R2),
    # UnitedHealthcare commercial: CMS rule, GO; 90 days
    Patient(19, "uhc", "900100021", "Sebastian", "Placeholder", "1981-05-15", "M", "M77.11",
            "E1 T2 T3 T5!no_go", "2026-07-13", extra={"group_number": "700100"}),
    Patient(20, "uhc", "900100022", "Theodora", "Example", "1975-09-25", "F", "G56.02",
            "E2 M1 T6", "2026-07-14", R2, {"group_number": "700100", **spouse("Example", "Ulric", "1973-03-23")}),
    Patient(21, "uhc", "900100023", "Ursula", "Testcase", "1990-12-01", "F", "M65.4",
            "T17!late T1 T10", "2026-07-01", extra={"group_number": "700200"}, step=(13, 5)),
    Patient(22, "uhc", "900100088", "Valentin", "Sample", "1968-08-08", "M", "M79.641",
            "E1 T1 T1!npi", "2026-08-18", R2),
    # UnitedHealthcare Medicare Advantage: CMS rule, GO, CO, authorization
    Patient(23, "uhc_ma", "910200031", "Wilhelmina", "Placeholder", "1949-11-19", "F", "I69.354",
            "E2 A3 A4 C1", "2026-07-15", extra={"authorization_number": "AUTH10023"}),
    Patient(24, "uhc_ma", "910200032", "Xavier", "Example", "1951-01-21", "M", "M62.81",
            "E1 T3 A10 T4 N3!unproven_59", "2026-07-16", R2, {"authorization_number": "AUTH10024"}),
    # Aetna: midpoint; deductible by last digit
    Patient(25, "aetna", "W000000045", "Yolanda", "Testcase", "1984-02-14", "F", "M25.641",
            "E1 T2 T3 T4!no_go", "2026-07-13", extra={"group_number": "AE1000"}),
    Patient(26, "aetna", "W000000046", "Zacharias", "Sample", "2018-06-06", "M", "F84.0 R27.8",
            "E2 T16 A9", "2026-07-14", R2, {"group_number": "AE1000", **child("Sample", "Anselma", "1986-06-26")}),
    Patient(27, "aetna", "W000000049", "Araminta", "Placeholder", "1979-03-29", "F", "S52.532D",
            "E3 T9 T11 T15", "2026-07-20"),
    Patient(28, "aetna", "W000000088", "Balthazar", "Example", "1971-10-30", "M", "M19.041",
            "E2 T10 T1", "2026-08-03", R2),
    Patient(29, "aetna", "W000001000", "Calliope", "Testcase", "1992-04-12", "F", "M25.512",
            "E1!roster T1!roster", "2026-08-24"),
    Patient(30, "aetna", "W000000050", "Desmond", "Sample", "1966-05-06", "M", "G56.01",
            "E1 Z2!no_unit T7", "2026-08-10", R2),
    # Cigna: midpoint; copay 30.00; 90 days
    Patient(31, "cigna", "U00000051", "Eulalia", "Placeholder", "1988-01-08", "F", "M65.4",
            "E1 T1 T2 T8", "2026-07-13", extra={"group_number": "CG2000"}),
    Patient(32, "cigna", "U00000052", "Fabian", "Example", "2019-09-19", "M", "F82",
            "E2 T16 T5", "2026-07-14", R2, {"group_number": "CG2000", **child("Example", "Griselda", "1990-09-09")}),
    Patient(33, "cigna", "U00000088", "Gwendolyn", "Testcase", "1973-07-23", "F", "M77.11",
            "E1 T18 T10", "2026-08-11"),
    Patient(34, "cigna", "U00001000", "Horatio", "Sample", "1980-08-28", "M", "M25.531",
            "E1!roster", "2026-08-25", R2),
    Patient(35, "cigna", "U00000054", "Isadora", "Placeholder", "1995-05-25", "F", "S63.501D",
            "T1!late T11!unsigned T1!dx_header N2!ncci T6", "2026-07-01", extra={"group_number": "CG2000"}, step=(19, 6)),
    # Humana commercial: CMS rule, GO, CO, authorization; 90 days
    Patient(36, "humana", "H00000061", "Jeremiah", "Example", "1969-09-01", "M", "M75.121",
            "E1 T2 A3 A2 T4", "2026-07-15", extra={"authorization_number": "AUTH10036", "patient_paid": "40.00"}),
    Patient(37, "humana", "H00000062", "Katinka", "Testcase", "1977-07-07", "F", "M18.11",
            "E2 M2 T1!no_auth T6", "2026-07-20", R2, {"authorization_number": "AUTH10037"}),
    # Humana Medicare Advantage: CMS rule, GO, CO, authorization
    Patient(38, "humana_ma", "H00000071", "Lucretia", "Sample", "1946-06-30", "F", "I69.351",
            "E2 A5 A11 T3 A1 C2", "2026-07-08", extra={"authorization_number": "AUTH10038"}),
    Patient(39, "humana_ma", "H00000072", "Maximilian", "Placeholder", "1950-02-02", "M", "G20.A1",
            "E1 T9!no_auth A2!ota_unknown A7 T5", "2026-07-09", R2, {"authorization_number": "AUTH10039"}),
    # Florida Blue: midpoint; 10 % coinsurance
    Patient(40, "blue", "XJS900100040", "Nicoletta", "Example", "1983-03-03", "F", "M25.641",
            "E1 T2 T3 T6", "2026-07-06"),
    Patient(41, "blue", "XJS900100047", "Orlando", "Testcase", "1972-12-22", "M", "S66.312D",
            "E2 T14 T4 T1 T1!twice", "2026-07-07", R2, second("60054", "commercial", "W000000411")),
    Patient(42, "blue", "XJS900100048", "Petronella", "Sample", "2017-11-11", "F", "F88",
            "E1 T16 T9", "2026-07-16", extra=child("Sample", "Rufus", "1985-01-15")),
    Patient(43, "blue", "XJS900100029", "Quirin", "Placeholder", "1964-04-14", "M", "S23.420D",
            "E1 T9 T11 T1!dx_header A1", "2026-09-01", R2),
    Patient(44, "blue", "XJS900100031", "Rosamund", "Example", "1991-10-21", "F", "M66.241",
            "T1 T9!dx_dead EA!ota_eval T18 T10", "2026-08-04"),
    # auto (PIP): midpoint, no GO; 35 days, interest over 30
    Patient(45, "geico", "GP4500045", "Sigismund", "Testcase", "1987-08-17", "M", "S13.4XXD M54.2",
            "E1 T1 T2 T3 M1", "2026-08-27", extra=auto("0123456789000045", "2026-08-14", "2026-08-15", "2026-08-16")),
    Patient(46, "geico", "GP4600046", "Tatiana", "Sample", "1993-03-13", "F", "S63.501D",
            "E2 T1!no_state T17 T9", "2026-08-28", R2, auto("0123456789000046", "2026-08-20", "2026-08-21", "2026-08-21")),
    Patient(47, "progressive", "PR4700047", "Ulrike", "Placeholder", "1976-06-26", "F", "M54.2",
            "E1 T4 T10", "2026-08-27", extra=auto("PRG4700047", "2026-08-19", "2026-08-20", "2026-08-20")),
    Patient(48, "progressive", "PR4800048", "Vasily", "Example", "1958-08-28", "M", "M25.511",
            "T1!late T18 T11 A9", "2026-08-20", R2, auto("PRG4800048", "2026-08-10", "2026-08-11", "2026-08-12"), (14, 4)),
    Patient(49, "statefarm", "SF4900049", "Winifred", "Testcase", "1985-05-05", "F", "S13.4XXD",
            "E1 T6 T1!no_state T2", "2026-09-02", R2, auto("59A4900B9", "2026-08-24", "2026-08-25", "2026-08-26")),
    Patient(50, "statefarm", "SF5000050", "Yannick", "Sample", "1970-01-10", "M", "S43.421D",
            "E2 T8 T18 M5", "2026-08-28", extra=auto("59A5000B0", "2026-08-17", "2026-08-18", "2026-08-18")),
    Patient(51, "wc", "WC5100051", "Zinnia", "Placeholder", "1989-09-29", "F", "M66.241",
            "T1!wc T2!wc", "2026-09-08", extra={"accident_type": "EM", "accident_date": "2026-08-31", "accident_state": "FL",
                                              "property_casualty_claim_number": "59W510051"}),
]


def workday(day: date) -> date:
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def note_lines(pattern: str) -> list[tuple[str, str, str, str, str]]:
    """(cpt, therapist minutes, assistant minutes, modifiers, distinct service) of each line of the note."""
    out = []
    for part in PATTERNS[pattern][0].split(", "):
        cpt, minutes, *rest = part.split()
        therapist, _, assistant = minutes.partition("+")
        out.append((cpt, therapist, assistant, " ".join(rest), "Y" if rest else ""))
    return out


def note_rows(patient: Patient, when: date, pattern: str, error: str, first_day: date, clock: int) -> list[dict[str, str]]:
    plan, business = PLANS[patient.plan], PLANS[patient.plan].business
    rows = []
    lines = note_lines(pattern)
    total = sum(int(one or 0) + int(two or 0) for _, one, two, _, _ in lines)
    start = timedelta(hours=8 + clock)
    end = start + timedelta(minutes=total + 5)
    referrer = REFERRERS[patient.number % 3]
    certified = first_day + timedelta(days=9)
    base = {
        "date_of_service": when.isoformat(),
        "start_time": clock_text(start),
        "end_time": clock_text(end),
        "place_of_service": "11",
        "case_id": f"CASE{patient.number:03}",
        "rendering_npi": patient.therapist,
        "assistant_id": "",
        "referring_npi": referrer[0],
        "referring_last_name": referrer[1],
        "referring_first_name": referrer[2],
        "patient_id": f"P{patient.number:04}",
        "last_name": patient.last,
        "first_name": patient.first,
        "date_of_birth": patient.born,
        "sex": patient.sex,
        "address": f"{patient.number} Example Way",
        "city": "Miami",
        "state": "FL",
        "zip": f"331{patient.number:02}",
        "phone": f"30555501{patient.number:02}",
        "payer_id": plan.payer_id,
        "line_of_business": business,
        "member_id": patient.member,
        "relationship": "self",
        "benefits_assigned": "Y",
        "release_on_file": "Y",
        "total_treatment_minutes": str(total),
        "note_signed_on": when.isoformat(),
        "note_signed_by": THERAPISTS[patient.therapist],
        "first_treatment_on": first_day.isoformat(),
        "plan_of_care_start": first_day.isoformat(),
        "plan_of_care_end": (first_day + timedelta(days=89)).isoformat(),
        "plan_of_care_certified_on": certified.isoformat(),
        **{f"diagnosis_{n}": code for n, code in enumerate(patient.dx.split(), 1)},
        **patient.extra,
    }
    if (when - first_day).days >= 14:
        base["progress_report_on"] = (first_day + timedelta(days=14)).isoformat()
    spoil(base, error, first_day)
    for number, (cpt, therapist, assistant, modifiers, distinct) in enumerate(lines, 1):
        if assistant:
            base["assistant_id"] = base["assistant_id"] or ("ota-placeholder" if patient.number % 2 else "ota-specimen")
        go = "GO" if plan.go and error != "no_go" else ""
        if error == "unproven_59" and number == 2:
            modifiers = "59"
        rows.append(
            {
                "line_number": str(number),
                "cpt": cpt,
                "therapist_minutes": therapist,
                "assistant_minutes": "" if assistant == "0" else assistant,
                "modifiers": " ".join(filter(None, ("CO" if plan.co and therapist == "0" and error != "ota_eval" else "", go, modifiers))),
                "distinct_service": distinct,
                "diagnosis_pointers": "1 2" if len(patient.dx.split()) > 1 else "1",
                "charge": "77.50" if cpt == "97530" and patient.number in (19, 31) else "",
            }
        )
    rows = [{**base, **row} for row in rows]
    if error == "bad_cell":
        column, value = ("date_of_service", "08/32/2026") if pattern == "T4" else ("therapist_minutes", "fifteen")
        rows[1][column] = value
    return rows


def spoil(base: dict[str, str], error: str, first_day: date) -> None:
    """Plant the visit-wide errors; those of single rows are planted where rows are made."""
    changes: dict[str, dict[str, str]] = {
        "dx_header": {"diagnosis_1": "M25.51" if base["payer_id"] == "62308" else "M54.5"},
        "dx_dead": {"diagnosis_1": "S02.10XD" if base["payer_id"] == "09102" else "M86.8X41"},
        "npi": {"rendering_npi": "1999999027"},
        "no_state": {"accident_state": ""},
        "unsigned": {"note_signed_on": "", "note_signed_by": ""},
        "no_referrer": {"referring_npi": "", "referring_last_name": "", "referring_first_name": ""},
        "no_auth": {"authorization_number": ""},
        "ota_unknown": {"assistant_id": "ota-nobody"},
        "order_exception": {
            "plan_of_care_certified_on": "",
            "order_signed_on": (first_day - timedelta(days=5)).isoformat(),
            "plan_sent_on": (first_day + timedelta(days=3)).isoformat(),
        },
    }
    base.update(changes.get(error, {}))


def clock_text(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def make() -> list[Made]:
    made: list[Made] = []
    for patient in PATIENTS:
        day = first_day = date.fromisoformat(patient.start)
        for index, item in enumerate(patient.visits.split()):
            pattern, _, error = item.partition("!")
            if index and error != "twice":
                day = workday(day + timedelta(days=patient.step[(index - 1) % len(patient.step)] if index < 3 else 3 + index % 2))
            clock = (patient.number + index) % 8
            if error == "twice":
                clock = (patient.number + index - 1) % 8
            rows = note_rows(patient, day, pattern, error, first_day, clock)
            if error == "twice":  # the other therapist wrote the same hour down too
                signed_by_other(rows, next(npi for npi in THERAPISTS if npi != patient.therapist))
            made.append(Made(day, patient, pattern, error, rows))
            partner = {"D1": ("D2", R2), "D3": ("D4", patient.therapist)}.get(pattern)
            if partner:
                rows = note_rows(patient, day, partner[0], error, first_day, clock + 2)
                signed_by_other(rows, partner[1])
                made.append(Made(day, patient, partner[0], error, rows))
    made.sort(key=lambda item: (item.when, item.patient.number, item.error == "twice", item.rows[0]["start_time"]))
    for number, item in enumerate(made, 1):
        item.key = f"V{number:04}"
    return made


def signed_by_other(rows: list[dict[str, str]], npi: str) -> None:
    for row in rows:
        row["rendering_npi"], row["note_signed_by"] = npi, THERAPISTS[npi]


def american(text: str) -> str:
    return f"{text[5:7]}/{text[8:10]}/{text[:4]}" if len(text) == 10 and text[4] == "-" else text


def write_visits(made: list[Made]) -> None:
    dates = [name for name in HEADER if name.endswith(("_on", "_date", "_of_service", "_of_birth")) or name.startswith("plan_of_care_")]
    rows = []
    for number, item in enumerate(made):
        for row in item.rows:
            row["visit_id"] = item.key
            if number % 3 == 0:  # the export of one of the practice's two front desks
                row.update({name: american(row[name]) for name in dates if name != "place_of_service" and row.get(name)})
            rows.append(row)
            if item.error == "row_twice" and row["line_number"] == "2":
                rows.append(dict(row))
    again = next(row for row in rows if row["visit_id"] == TWICE_FAR_APART and row["line_number"] == "1")
    rows.append(dict(again))  # a second exact repeat, far from its first
    shuffled = random.Random(20260930)  # noqa: S311 - order only
    for index in shuffled.sample(range(len(rows) - 1), 40):
        rows[index], rows[index + 1] = rows[index + 1], rows[index]
    with (HERE / "visits.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER, lineterminator="\r\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def expected_lines(item: Made) -> str:
    """'97530x2:GO 97110x1:CO+GO' from the pattern and the plan; the house order is CO, GO, then 59."""
    plan = PLANS[item.patient.plan]
    out = []
    for part in PATTERNS[item.pattern][1 if plan.rule == "cms" else 2].split():
        units, _, flag = part.partition("/")
        if flag == "CO" and not plan.co:
            raise SystemExit(f"{item.pattern}: assistant units on {item.patient.plan}, which wants no CO; use another pattern")
        modifiers = [name for name, wanted in (("CO", flag == "CO"), ("GO", plan.go), ("59", flag == "59")) if wanted]
        out.append(f"{units}:{'+'.join(modifiers)}" if modifiers else units)
    return " ".join(out)


def write_expected(made: list[Made]) -> None:
    with (HERE / "expected_visits.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("visit_id", "expected_status", "reasons", "lines", "note"))
        for item in made:
            reason, why = ERRORS[item.error] if item.error else ("", "")
            lines = "" if reason else expected_lines(item)
            why = why or ("a row stands twice, far apart: read once" if item.key == TWICE_FAR_APART else "")
            note = "; ".join(filter(None, (f"{item.patient.plan} {item.pattern}", why, "" if reason else PATTERNS[item.pattern][3])))
            writer.writerow((item.key, "held" if reason else "clean", reason, lines, note))


def main() -> None:
    made = make()
    write_visits(made)
    write_expected(made)
    held = sum(1 for item in made if item.error and ERRORS[item.error][0])
    print(f"{len(made)} visits, {held} held, {sum(len(item.rows) for item in made)} lines, last {made[-1].when}")  # noqa: T201


if __name__ == "__main__":
    main()
