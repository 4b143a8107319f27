"""The Medicare questionnaire is kept with its day and who answered (sealed: a person's words), and shown at the desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.cli.main import main
from chalicelib.coverage.coordination import MspAnswers
from chalicelib.coverage.desk import desk
from chalicelib.coverage.questionnaire import keep, of_patient
from chalicelib.intake.records import patient_key
from chalicelib.platform.errors import Forbidden, Misuse
from chalicelib.store import sealed
from chalicelib.tenancy import Principal
from tests.practice import MEDICARE, line, live_practice, take

pytestmark = pytest.mark.aws
WORKING = MspAnswers(
    on=date(2026, 9, 29), work_injury="no", auto_accident="no", liability="no", entitled_by="age", group_plan="yes",
    employees=50,
)  # fmt: skip


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def test_answers_are_kept_with_day_and_who_and_told_anew_the_same_day(practice: Any, tmp_path: Path) -> None:
    take(tmp_path, line("V1", **MEDICARE))
    keep("P1", MspAnswers(on=date(2026, 6, 1)), "patient")
    first = keep("P1", WORKING, "daughter Testcase")
    assert (first.outcome.medicare_first, first.outcome.type, first.asked_by) == ("no", "12", "usr_operator")
    assert first.good_until == date(2026, 12, 28)
    keep("P1", WORKING.model_copy(update={"employees": 5}), "patient")
    found = of_patient(patient_key("P1"))
    assert [(one.answers.on, one.told_by, one.outcome.medicare_first) for one in found] == [
        (date(2026, 9, 29), "patient", "yes"),
        (date(2026, 6, 1), "patient", "unknown"),
    ]


def test_who_answered_lies_sealed(practice: Any, tmp_path: Path) -> None:
    take(tmp_path, line("V1", **MEDICARE))
    keep("P1", WORKING, "daughter Testcase")
    record = store.get(f"PAT#{patient_key('P1')}", "MSP#2026-09-29")
    assert record is not None
    from chalicelib.tenancy import current

    stored = sealed.seal(record, current().placement.table_name)
    assert "Testcase" not in stored
    assert sealed.PREFIX in stored


def test_the_desk_says_that_another_payer_goes_first(practice: Any, tmp_path: Path) -> None:
    take(tmp_path, line("V1", **MEDICARE))
    said = "by the Medicare questionnaire another payer pays first (type 12)"
    assert not any(said in words for row in desk(date(2026, 9, 1)) for words in row.card.reasons)
    keep("P1", WORKING, "patient")
    (row,) = desk(date(2026, 9, 1))
    assert any(words.startswith(said) for words in row.card.reasons)


def test_what_cannot_be_is_refused(practice: Any, tmp_path: Path, in_tenant: Any) -> None:
    take(tmp_path, line("V1"), line("V2", patient_id="P2", **MEDICARE))
    with pytest.raises(Misuse, match="Original Medicare"):
        keep("P1", WORKING, "patient")
    with pytest.raises(Misuse, match="who answered"):
        keep("P2", WORKING, " ")
    with pytest.raises(Misuse, match="to come"):
        keep("P2", WORKING.model_copy(update={"on": date(2026, 10, 5)}), "patient")


def test_a_therapist_does_not_keep_one(practice: Any, tmp_path: Path) -> None:
    from chalicelib.store import directory
    from chalicelib.tenancy import current, enter

    take(tmp_path, line("V1", **MEDICARE))
    tenant = current().tenant.tenant_id
    who = Principal(
        user_id="usr_t", name="T", kind="practice", roles=frozenset({"therapist"}), tenants=frozenset({tenant})
    )
    with enter(who, tenant, "test", directory.directory()), pytest.raises(Forbidden):
        keep("P1", WORKING, "patient")


def test_the_command_keeps_and_shows(practice: Any, tmp_path: Path, capsys: Any) -> None:
    take(tmp_path, line("V1", **MEDICARE))
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"on": "2026-09-29", "work_injury": "no"}))
    words = ["coverage", "questionnaire", "--tenant", practice.slug, "--patient", "P1"]
    assert main([*words, "--answers", str(answers), "--told-by", "patient"]) == 1
    assert "still to ask: auto accident, liability, group plan, entitled by" in " ".join(
        capsys.readouterr().out.split()
    )
    assert main([*words, "--json"]) == 1
    (kept,) = json.loads(capsys.readouterr().out)["questionnaires"]
    assert (kept["told_by"], kept["answers"]["on"]) == ("patient", "2026-09-29")
