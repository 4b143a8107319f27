"""What a practice's file says of a payer's plan stands over the directory, by date of service; never over Medicare's manuals."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest

from chalicelib.claims.drafting import draft_day
from chalicelib.claims.rule_book import RuleBook
from chalicelib.intake.model import VisitLine
from chalicelib.onboarding.practice_file import PracticeFileRefused, parse
from chalicelib.tenancy import enter
from tests.claims.test_rules_two_hundred_visits import OPERATOR, ROOT, OneTenant, stored_visits

FILE = (ROOT / "tenants" / "harborview-ot.toml").read_text()
CONTRACT = """
[[payers.plan]]
from = "2026-07-01"
to = "2026-08-31"
source = "Aetna agreement of 2026-06-12, section 4"
unit_rule = "cms"
timely_filing_days = 60
"""


def with_plan(payer_id: str, text: str) -> Any:
    """The practice file with a table behind the payer's own."""
    parts = FILE.split("[[payers]]")
    at = next(n for n, part in enumerate(parts) if f'payer_id = "{payer_id}"' in part and n)
    head, *rest = parts[at].split("\n\n[", 1)
    parts[at] = head + "\n" + text + "".join("\n[" + more for more in rest)
    made = "[[payers]]".join(parts)
    tomllib.loads(made)
    return parse(made.encode(), slug="harborview-ot")


def test_within_its_dates_the_contract_counts_and_outside_the_directory_does():
    practice = with_plan("60054", CONTRACT)
    inside = practice.plan("60054", "commercial", date(2026, 8, 31))
    outside = practice.plan("60054", "commercial", date(2026, 9, 1))
    assert (inside.unit_rule, inside.timely_filing_days, inside.tag) == ("cms", 60, "practice")
    assert inside.source == "practice file: Aetna agreement of 2026-06-12, section 4"
    assert outside.unit_rule == "midpoint"
    assert outside.tag != "practice"


def test_units_follow_the_contract():
    """24 and 23 minutes: midpoint counts 2 and 2, total time 3 in all."""
    item = next(i for i in stored_visits() if i.visit and i.visit.primary.payer_id == "60054")
    assert item.visit is not None
    lines = tuple(
        VisitLine(line_number=n, cpt=cpt, therapist_minutes=minutes, charge_cents=7500)
        for n, (cpt, minutes) in enumerate((("97530", 24), ("97110", 23)), 1)
    )
    visit = item.visit.model_copy(update={"lines": lines, "date_of_service": date(2026, 8, 20)})
    day = [item.model_copy(update={"visit": visit})]
    with enter(OPERATOR, "harborview-ot", "test", OneTenant()):
        for practice, units in ((with_plan("60054", CONTRACT), 3), (with_plan("60054", ""), 4)):
            (draft,) = draft_day(day, practice, RuleBook())
            assert sum(line.units for line in draft.content.lines) == units


@pytest.mark.parametrize(
    ("payer", "text", "code"),
    [
        ("09102", 'from = "2026-01-01"\nsource = "memo"\nunit_rule = "midpoint"', "FIXED_BY_LAW"),
        ("60054", 'from = "2026-01-01"\nsource = "memo"', "NOTHING_SET"),
        ("60054", 'from = "2026-02-01"\nto = "2026-01-01"\nsource = "memo"\nunit_rule = "cms"', "DATES_ORDER"),
        ("60054", 'from = "2026-01-01"\nunit_rule = "cms"', "MISSING"),
        ("09102", 'from = "2026-01-01"\nsource = "memo"\nkx_used = false', "FIXED_BY_LAW"),
        ("09102", 'from = "2026-01-01"\nsource = "memo"\nabn_used = false', "FIXED_BY_LAW"),
        ("60054", 'from = "2026-01-01"\nsource = "memo"\nkx_always = true', "EXTRA_FORBIDDEN"),
    ],
)
def test_a_wrong_setting_is_refused(payer: str, text: str, code: str):
    with pytest.raises(PracticeFileRefused) as refused:
        with_plan(payer, f"[[payers.plan]]\n{text}\n")
    assert code in {problem.code for problem in refused.value.problems}
