"""The 200 visits of tests/data, read, coded and scrubbed without any storage: the hand-written answers, and nothing else held."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.drafting import Draft, draft_day
from chalicelib.claims.judging import judge
from chalicelib.claims.rule_book import RuleBook
from chalicelib.claims.surroundings import Surroundings
from chalicelib.documentation.model import chart
from chalicelib.documentation.service import note_of
from chalicelib.intake.assemble import agree, to_visit
from chalicelib.intake.records import RejectedRow, StoredVisit
from chalicelib.intake.rows import read_row
from chalicelib.onboarding.practice_file import load
from chalicelib.tenancy import Placement, Principal, Tenant, TenantState, enter
from chalicelib.therapy.model import Finding, Severity

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
OPERATOR = Principal(user_id="usr_1", name="Operator", kind="operator", tenants={"*"})


class OneTenant:
    def find(self, slug_or_id: str) -> tuple[Tenant, Placement]:
        tenant = Tenant(tenant_id="tnt_1", slug=slug_or_id, name="Harborview", state=TenantState.LIVE, code="HARB")
        placement = Placement(
            tenant_id="tnt_1", table_name="t", bucket="b", prefix="p/", key_arn="k", code="HARB", id_key=b"k" * 32
        )
        return tenant, placement


def stored_visits() -> list[StoredVisit]:
    """As the import leaves them: a bad row rejected, its visit incomplete, a repeated row read once."""
    values: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    faults: dict[str, list[RejectedRow]] = defaultdict(list)
    with (DATA / "visits.csv").open(newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            read, wrong = read_row(number, row)
            if wrong:
                first = wrong[0]
                faults[row["visit_id"]].append(
                    RejectedRow(
                        line_number=None, column=first.column, code=first.code, reason=first.reason, fix=first.fix
                    )
                )
            elif all(known != read for _, known in values[row["visit_id"]]):
                values[row["visit_id"]].append((number, read))
    found = []
    for visit_id in sorted({*values, *faults}):
        rows, _ = agree(sorted(values[visit_id], key=lambda item: item[1]["line_number"]))
        visit = to_visit(rows) if rows else None
        found.append(
            StoredVisit(
                key=f"vis_{visit_id}",
                visit_id=visit_id,
                date_of_service=visit.date_of_service if visit else None,
                visit=visit,
                rejected=tuple(faults[visit_id]),
            )
        )
    return found


@pytest.fixture(scope="module")
def judged() -> dict[str, list[tuple[Draft, tuple[Finding, ...]]]]:
    practice = load(ROOT / "tenants" / "harborview-ot.toml")
    days: dict[tuple[str, Any], list[StoredVisit]] = defaultdict(list)
    for item in stored_visits():
        if item.visit is not None:
            days[item.visit.patient_id, item.date_of_service].append(item)
    found: dict[str, list[tuple[Draft, tuple[Finding, ...]]]] = defaultdict(list)
    with pytest.MonkeyPatch.context() as patch, enter(OPERATOR, "harborview-ot", "test", OneTenant()):
        patch.setenv("OTBILL_NOW", "2026-09-30")
        notes = [note for note in map(note_of, stored_visits()) if note is not None]
        for day in days.values():
            drafts = draft_day(day, practice, RuleBook())
            for draft in drafts:
                mine = [note for note in notes if note.patient_key == draft.content.patient_key]
                around = Surroundings(drafts=drafts, chart=chart(mine, draft.content.case_id))
                result = (draft, judge(draft, day, practice, around))
                for visit_id in draft.content.visit_ids:
                    found[visit_id].append(result)
    return found


def answers() -> list[dict[str, str]]:
    with (DATA / "expected_visits.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def errors(found: list[tuple[Draft, tuple[Finding, ...]]]) -> set[str]:
    return {finding.code for _, findings in found for finding in findings if finding.severity is Severity.ERROR}


def test_held_and_why(judged: dict[str, list[tuple[Draft, tuple[Finding, ...]]]]):
    wrong = []
    for row in answers():
        got, wanted = errors(judged[row["visit_id"]]), set(row["reasons"].split())
        if got != wanted:
            wrong.append((row["visit_id"], sorted(got), sorted(wanted), row["note"]))
    assert wrong == []


def test_units_and_modifiers(judged: dict[str, list[tuple[Draft, tuple[Finding, ...]]]]):
    wrong = []
    for row in answers():
        if row["expected_status"] != "clean":
            continue
        lines = [
            f"{line.cpt}x{line.units}" + (":" + "+".join(line.modifiers) if line.modifiers else "")
            for draft, _ in judged[row["visit_id"]]
            for line in draft.content.lines
            if line.visit_id == row["visit_id"]
        ]
        if lines != row["lines"].split():
            wrong.append((row["visit_id"], lines, row["lines"], row["note"]))
    assert wrong == []


def test_no_clean_visit_is_held_and_every_finding_says_how_to_mend_it(
    judged: dict[str, list[tuple[Draft, tuple[Finding, ...]]]],
):
    clean = [row["visit_id"] for row in answers() if row["expected_status"] == "clean"]
    assert len(clean) > 150
    assert [visit_id for visit_id in clean if errors(judged[visit_id])] == []
    findings = [finding for found in judged.values() for _, each in found for finding in each]
    assert all(finding.message and finding.fix and finding.citation for finding in findings)
