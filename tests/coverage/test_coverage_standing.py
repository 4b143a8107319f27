"""What a stored answer says of another day than the one it was asked for: as far as its dates go, and no further."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.coverage.model import BenefitDay, BenefitRecord, BenefitRow, Benefits, Limit, Outcome
from chalicelib.coverage.standing import active_on, therapy_used_cents

ASKED = date(2026, 9, 15)


def day(text: str, begin: str, end: str = "") -> BenefitDay:
    return BenefitDay(qualifier=text, begin=date.fromisoformat(begin), end=date.fromisoformat(end) if end else None)


def check(active: Any, *dates: BenefitDay, on: date = ASKED, outcome: Outcome = Outcome.ANSWERED, **more: Any):
    row = BenefitRow(code="6" if active == "no" else "1", service_types=("30",), dates=dates)
    return BenefitRecord(
        check_id=f"ben_{on}",
        patient_key="pat_1",
        payer_id="60054",
        payer_name="Payer",
        line_of_business="commercial",
        on=on,
        outcome=outcome,
        words="",
        benefits=Benefits(active=active, rows=(row,), **more),
        checked_at=f"{on}T10:00:00Z",
        source="271",
    )


@pytest.mark.parametrize(
    ("checks", "on", "said"),
    [
        ([], ASKED, None),
        ([check("no")], ASKED, False),
        ([check("yes")], ASKED, True),
        ([check("unknown")], ASKED, None),
        ([check("no")], date(2026, 9, 1), None),
        ([check("no", day("347", "2026-08-31"))], date(2026, 9, 1), False),
        ([check("no", day("346", "2026-01-01"), day("347", "2026-08-31"))], date(2026, 8, 1), True),
        ([check("no", day("347", "2026-08-31"))], date(2026, 8, 1), None),
        ([check("yes", day("346", "2026-01-01"))], date(2026, 9, 1), True),
        ([check("yes", day("346", "2026-09-10"))], date(2026, 9, 1), None),
        ([check("yes", day("346", "2026-01-01"))], date(2026, 9, 20), None),
        ([check("yes", day("291", "2026-01-01", "2026-09-30"))], date(2026, 9, 20), True),
        ([check("yes", day("291", "2026-01-01", "2026-09-30"))], date(2026, 10, 1), False),
        ([check("no", outcome=Outcome.REJECTED)], ASKED, None),
        ([check("no", on=date(2026, 9, 1)), check("yes", day("346", "2026-01-01"))], date(2026, 9, 1), True),
    ],
)
def test_what_the_answers_say_of_a_day(checks: list[BenefitRecord], on: date, said: bool | None):
    assert active_on(checks, on) is said


def test_an_ended_part_does_not_end_the_other():
    answer = check("yes", day("347", "2026-06-30"))
    still = BenefitRow(code="1", service_types=("30",), dates=(day("346", "2026-01-01"),))
    both = answer.model_copy(
        update={"benefits": answer.benefits.model_copy(update={"rows": (*answer.benefits.rows, still)})}
    )
    assert active_on([both], date(2026, 9, 1)) is True


def test_used_is_the_limit_less_what_is_left_of_this_year_only():
    limit = Limit(scope="occupational_therapy", measure="dollars", total=248_000, remaining=48_000)
    assert therapy_used_cents([check("yes", limits=(limit,))], 2026) == 200_000
    assert therapy_used_cents([check("yes", limits=(limit,))], 2027) is None
    shared = limit.model_copy(update={"scope": "combined"})
    assert therapy_used_cents([check("yes", limits=(shared,))], 2026) is None
