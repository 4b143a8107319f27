"""An estimate takes the practice's own contract with the payer; figures worked by hand from the terms."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.estimating import PatientEstimate, estimate
from chalicelib.coverage.phone import Answers, record_answers
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.model import ContractSchedule
from chalicelib.onboarding.practice_file import PracticeFileRefused, parse
from chalicelib.tenancy import Principal
from tests.practice import REPOSITORY, line, live_practice, take

pytestmark = pytest.mark.aws
ON = date(2026, 9, 30)
TERMS: dict[str, Any] = {"from": "2026-01-01", "to": "2026-12-31", "source": "Fictional agreement of 2025-11-03"}


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", ON.isoformat())
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def estimated(practice: Any, operator: Principal, folder: Path, on: date = ON, **terms: Any) -> PatientEstimate:
    """97530 x 2 and 97110 x 1 (charges 75.00 and as filed), the plan pays 80 % after no deductible."""
    payers = tuple(
        payer.model_copy(update={"contract": (ContractSchedule.model_validate({**TERMS, **terms}),)})
        if payer.payer_id == "60054"
        else payer
        for payer in practice.payers
    )
    apply(practice.model_copy(update={"payers": payers}), operator)
    take(folder, line("V1"))
    told = Answers(active="yes", told_by="Rep", coinsurance_percent=20, deductible_remaining_cents=0)  # type: ignore[arg-type]
    record_answers("P1", "60054", told)
    return estimate("P1", [("97530", 2), ("97110", 1)], on=on)


@pytest.mark.parametrize(
    ("terms", "allowed"),
    [
        ({"basis": "per_code", "rates": {"97530": "40.00", "97110": "30.50"}}, 2 * 4000 + 3050),
        ({"basis": "per_diem", "amount": "95.00"}, 9500),
        ({"basis": "case_rate", "amount": "120.00"}, 12000),
    ],
)
def test_the_share_follows_the_contract(
    practice: Any, operator: Principal, tmp_path: Path, terms: dict[str, Any], allowed: int
) -> None:
    found = estimated(practice, operator, tmp_path, **terms).estimate
    assert (found.first_low_cents, found.first_high_cents) == (allowed // 5, allowed // 5)
    assert "contract: Fictional agreement of 2025-11-03" in found.working[0]
    assert "what the payer allows is not known exactly" not in found.unknown


def test_percent_of_medicare_is_that_part_of_the_fee_schedule(
    practice: Any, operator: Principal, tmp_path: Path
) -> None:
    whole = estimated(practice, operator, tmp_path, basis="percent_of_medicare", percent=100).estimate
    more = estimated(practice, operator, tmp_path, basis="percent_of_medicare", percent=120).estimate
    assert whole.first_low_cents == whole.first_high_cents > 0
    assert abs(more.first_low_cents - whole.first_low_cents * 120 / 100) <= 2  # each unit is rounded by itself


@pytest.mark.parametrize(
    ("on", "terms"),
    [
        (ON, {"basis": "per_code", "rates": {"97530": "40.00"}}),  # no rate for 97110
        (ON, {"basis": "per_diem", "amount": "95.00", "to": "2026-08-31"}),  # over
        (ON, {"basis": "per_diem", "amount": "95.00", "line_of_business": "medicare_advantage"}),  # another plan's
    ],
)
def test_a_contract_that_does_not_reach_leaves_the_range(
    practice: Any, operator: Principal, tmp_path: Path, on: date, terms: dict[str, Any]
) -> None:
    found = estimated(practice, operator, tmp_path, on, **terms).estimate
    assert found.first_low_cents < found.first_high_cents
    assert not any("contract:" in words for words in found.working)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ('basis = "per_diem"\npercent = 110', "CONTRACT_BASIS"),
        ('basis = "per_code"', "CONTRACT_BASIS"),
        ('basis = "per_diem"\namount = "95"\nto = "2025-01-01"', "DATES_ORDER"),
        ('basis = "handshake"\namount = "95.00"', "ENUM"),
    ],
)
def test_a_contract_that_cannot_be_is_refused_by_name(table: str, code: str) -> None:
    text = (REPOSITORY / "tenants/harborview-ot.toml").read_text()
    head, mark, rest = text.partition("[[payers]]")
    first, again, others = rest.partition("[[payers]]")
    contract = f'[[payers.contract]]\nfrom = "2026-01-01"\nsource = "Fictional"\n{table}\n\n'
    with pytest.raises(PracticeFileRefused) as refused:
        parse((head + mark + first + contract + again + others).encode())
    assert code in {problem.code for problem in refused.value.problems}
