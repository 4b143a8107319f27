"""What is asked of a patient after the law, a payer that comes next, and the turn of the year have been thought of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims.estimating import estimate
from chalicelib.coverage import records
from chalicelib.coverage.authorization import Allowance
from chalicelib.coverage.authorize import Entry, add
from chalicelib.coverage.model import BenefitRecord, Benefits, Outcome
from chalicelib.intake.records import patient
from chalicelib.platform.errors import Misuse
from chalicelib.tenancy import Principal
from tests.coverage.test_front_desk import appointment, booked
from tests.practice import AETNA, MEDICARE, live_practice

pytestmark = pytest.mark.aws
NOW = date(2026, 9, 30)
SERVICES = [("97530", 2)]


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", NOW.isoformat())
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def told(folder: Path, benefits: dict[str, Any], **columns: str) -> str:
    """A patient booked with these columns, whose payer answered so today."""
    booked(folder, appointment(1, **columns))
    who = patient("N1")
    coverage = who.coverages[0]
    check = BenefitRecord(
        check_id=records.check_id(who.key, coverage, NOW.isoformat()), patient_key=who.key, payer_id=coverage.payer_id,
        payer_name="Payer", line_of_business=coverage.line_of_business, on=NOW, outcome=Outcome.ANSWERED, words="active",
        benefits=Benefits.model_validate({"active": "yes", **benefits}), checked_at="2026-09-30T10:00:00Z", source="271",
    )  # fmt: skip
    with store.unit_of_work() as uow:
        records.put_check(uow, check)
        uow.commit()
    return who.key


SHARE = {"deductible_cents": 25_700, "deductible_remaining_cents": 0}


def test_a_qualified_medicare_beneficiary_owes_nothing(practice, tmp_path):
    key = told(tmp_path, {**SHARE, "rows": [{"code": "1", "insurance_type": "QM"}]}, **MEDICARE)
    made = estimate(key, SERVICES).estimate
    assert (made.first_high_cents, made.total_high_cents) == (0, 0)
    assert any("QMB" in words for words in made.working)


@pytest.mark.parametrize(("business", "most"), [("commercial", None), ("medicaid", 0)])
def test_a_payer_after_the_first_may_take_the_share_over(practice, tmp_path, business, most):
    second = {
        "secondary_payer_id": "60054",
        "secondary_line_of_business": business,
        "secondary_member_id": "W100200302",
        "secondary_relationship": "self",
    }
    made = estimate(told(tmp_path, SHARE, **MEDICARE, **second), SERVICES).estimate
    assert made.total_low_cents == 0
    if most is None:
        assert made.total_high_cents > 0
        assert any("next payer" in words for words in made.unknown)
    else:
        assert made.total_high_cents == most


def test_what_was_left_of_this_year_says_nothing_of_the_next(practice, tmp_path):
    key = told(tmp_path, {**SHARE, "coinsurance_percent": "20", "out_of_pocket_remaining_cents": 100})
    this, then = (estimate(key, SERVICES, on=on).estimate for on in (date(2026, 10, 2), date(2027, 1, 4)))
    assert this.total_high_cents == 100
    assert then.total_high_cents > this.total_high_cents
    assert {"what is left of the deductible is not known", "the out-of-pocket maximum is not known"} <= set(
        then.unknown
    )


def test_an_authorization_for_a_code_no_claim_can_carry_is_refused(practice, tmp_path):
    booked(tmp_path, appointment(1, **AETNA))
    with pytest.raises(Misuse, match="five letters or digits"):
        add(Entry("N1", "60054", "A-1", allowances=(Allowance(codes=("97530", "9711"), measure="units", approved=6),)))
