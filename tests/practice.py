"""A live practice of its own for a test, and visits for it: the shortest way from a visit to a posted payment."""

from __future__ import annotations

import csv
import itertools
from datetime import date
from pathlib import Path
from typing import Any

from chalicelib.claims.build import build_claims
from chalicelib.claims.settling import Outcome
from chalicelib.intake.service import ImportResult, import_visits
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.model import Practice
from chalicelib.onboarding.practice_file import load
from chalicelib.tenancy import Principal

try:
    from canary_watch import planted  # the very module pytest loaded as its plugin
except ImportError:
    from tests.canary_watch import planted

REPOSITORY = Path(__file__).resolve().parents[1]
_numbers = itertools.count(1)

THERAPISTS = tuple(who.npi for who in load(REPOSITORY / "tenants/harborview-ot.toml").therapists if who.kind == "OT")
ASSISTANT = next(who.id for who in load(REPOSITORY / "tenants/harborview-ot.toml").therapists if who.kind == "OTA")

AETNA = {"payer_id": "60054", "line_of_business": "commercial", "member_id": "W100200301"}
CIGNA = {"payer_id": "62308", "line_of_business": "commercial", "member_id": "U1002003001"}
MEDICARE = {
    "payer_id": "09102",
    "line_of_business": "medicare",
    "member_id": "1EG4TE5MK72",
    "referring_npi": "1999990017",
    "referring_last_name": "Referrer",
    "referring_first_name": "Rhea",
    "plan_of_care_certified_on": "2026-08-10",
}


def npi(number: int) -> str:
    """A fictional NPI with the right check digit (Luhn over 80840 + the first nine digits)."""
    body = f"1988{number:05d}"
    total = 0
    for place, digit in enumerate(reversed("80840" + body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def live_practice(operator: Principal) -> Practice:
    """A fresh live practice like harborview, with identifiers of its own."""
    number = next(_numbers)
    base = load(REPOSITORY / "tenants/harborview-ot.toml")
    practice = base.model_copy(update={"slug": f"practice-{number}", "npi": npi(number), "tax_id": f"00{number:07d}"})
    apply(practice, operator)
    return practice


def line(visit: str = "V1", number: int = 1, **more: str) -> dict[str, str]:
    """A clean visit line of an Aetna member on 2026-09-01: one timed service of 30 minutes."""
    base = {
        "visit_id": visit,
        "line_number": str(number),
        "date_of_service": "2026-09-01",
        "place_of_service": "11",
        "rendering_npi": THERAPISTS[0],
        "patient_id": "P1",
        "last_name": "Testcase",
        "first_name": "Marigold",
        "date_of_birth": "1950-02-03",
        "sex": "F",
        "address": "1 Example Way",
        "city": "Miami",
        "state": "FL",
        "zip": "33101",
        "relationship": "self",
        "diagnosis_1": "M62.81",
        "cpt": "97530",
        "therapist_minutes": "30",
        "charge": "75.00",
        "note_signed_on": "2026-09-01",
        "note_signed_by": "A. Therapist",
        "first_treatment_on": "2026-08-03",
        "plan_of_care_start": "2026-08-03",
        "plan_of_care_end": "2026-10-30",
        "plan_of_care_certified_on": "2026-08-10",
        **AETNA,
        **planted(),
    }
    return {**base, **more}


def take(folder: Path, *rows: dict[str, str]) -> ImportResult:
    """Import rows into the current practice."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / f"visits-{next(_numbers)}.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    return import_visits(path)


def build(folder: Path, *rows: dict[str, str]) -> list[Outcome]:
    """Import rows and build their claims."""
    take(folder, *rows)
    return build_claims()


def only(items: Any) -> Any:
    """The one item of a collection."""
    (item,) = items
    return item


DAY = date(2026, 9, 30)
