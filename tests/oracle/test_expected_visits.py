"""The export of 200 visits, read, coded and scrubbed in memory, against the hand-written answers: every line, every hold."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from chalicelib.claims.drafting import Draft, draft_day
from chalicelib.claims.judging import judge
from chalicelib.claims.rule_book import RuleBook
from chalicelib.claims.surroundings import Surroundings
from chalicelib.intake.assemble import agree, to_visit
from chalicelib.intake.records import RejectedRow, StoredVisit
from chalicelib.intake.rows import read_row
from chalicelib.intake.table import read_table
from chalicelib.onboarding import practice_file
from chalicelib.tenancy.context import enter
from chalicelib.tenancy.model import Placement, Principal, Tenant, TenantState
from chalicelib.therapy.model import Finding

ROOT = Path(__file__).parents[2]
PRACTICE = practice_file.load(ROOT / "tenants/harborview-ot.toml")


class OnePractice:
    """A directory of one practice that has no records: nothing here is stored."""

    def find(self, slug_or_id: str) -> tuple[Tenant, Placement]:
        tenant = Tenant(tenant_id="t", slug=slug_or_id, name="Harborview", state=TenantState.LIVE, code="HARB")
        placement = Placement(
            tenant_id="t", table_name="", bucket="", prefix="", key_arn="", code="HARB", id_key=b"fictional" * 4
        )
        return tenant, placement


def answers() -> dict[str, dict[str, str]]:
    with (ROOT / "tests/data/expected_visits.csv").open(newline="", encoding="utf-8") as file:
        return {row["visit_id"]: row for row in csv.DictReader(file)}


def read_days() -> list[list[StoredVisit]]:
    """The visits of the export by patient and day, with the rows that could not be read."""
    rows, rejected = defaultdict(list), defaultdict(list)
    for number, raw in read_table(ROOT / "tests/data/visits.csv"):
        assert isinstance(raw, dict), raw
        values, faults = read_row(number, raw)
        if faults:
            rejected[raw["visit_id"]] += [
                RejectedRow(line_number=None, column=f.column, code=f.code, reason=f.reason, fix=f.fix) for f in faults
            ]
        else:
            rows[raw["visit_id"]].append((number, values))
    days = defaultdict(list)
    for visit_id, found in sorted(rows.items()):
        kept, faults = agree(found)
        assert faults == []
        visit = to_visit(kept)
        days[visit.patient_id, visit.date_of_service].append(
            StoredVisit(
                key=f"vis_{visit_id}",
                visit_id=visit_id,
                date_of_service=visit.date_of_service,
                visit=visit,
                rejected=tuple(rejected[visit_id]),
            )
        )
    return list(days.values())


@pytest.fixture(scope="module")
def judged() -> list[tuple[Draft, tuple[Finding, ...]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTBILL_NOW", "2026-09-30")
        operator = Principal(user_id="operator", name="operator", kind="operator", tenants=frozenset({"*"}))
        with enter(operator, "harborview-ot", "test", OnePractice()):
            days = [(day, draft_day(day, PRACTICE, RuleBook())) for day in read_days()]
            return [
                (draft, judge(draft, day, PRACTICE, Surroundings(drafts=drafts)))
                for day, drafts in days
                for draft in drafts
            ]


def test_every_visit_is_on_a_claim(judged: list[tuple[Draft, tuple[Finding, ...]]]):
    claimed = Counter(visit for draft, _ in judged for visit in draft.content.visit_ids)
    assert claimed == Counter(list(answers()))


def test_holds_are_exactly_the_planted_ones(judged: list[tuple[Draft, tuple[Finding, ...]]]):
    known = answers()
    wrong = {}
    for draft, findings in judged:
        wanted = {code for visit in draft.content.visit_ids for code in known[visit]["reasons"].split()}
        found = {finding.code for finding in findings if finding.severity == "error"}
        if found != wanted:
            wrong[draft.content.visit_ids] = (sorted(wanted), sorted(found))
    assert wrong == {}


def test_units_and_modifiers_of_clean_visits_are_the_hand_written_ones(
    judged: list[tuple[Draft, tuple[Finding, ...]]],
):
    known = answers()
    wrong = {}
    for draft, _ in judged:
        expected = [known[visit] for visit in draft.content.visit_ids]
        if any(row["reasons"] for row in expected):
            continue
        wanted = Counter(line for row in expected for line in row["lines"].split())
        found = Counter(
            f"{line.cpt}x{line.units}" + (":" + "+".join(line.modifiers) if line.modifiers else "")
            for line in draft.content.lines
        )
        if found != wanted:
            wrong[draft.content.visit_ids] = (sorted(wanted.elements()), sorted(found.elements()))
    assert wrong == {}
