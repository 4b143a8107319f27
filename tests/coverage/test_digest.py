"""What the front desk reads of a patient in one item: the same as the records say, whoever wrote them, and at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import store
from chalicelib.coverage import digest
from chalicelib.coverage.authorization import Allowance
from chalicelib.coverage.authorize import Entry, add, decide
from chalicelib.coverage.batch import run_batch
from chalicelib.coverage.coordination import MspAnswers
from chalicelib.coverage.desk import desk
from chalicelib.coverage.model import BenefitDay, BenefitRecord, BenefitRow, Benefits, Outcome
from chalicelib.coverage.phone import Answers, record_answers
from chalicelib.coverage.questionnaire import keep
from chalicelib.coverage.standing import covering, digest_of, newest_first, stand
from chalicelib.intake.records import patient_key
from chalicelib.tenancy import Principal
from tests.coverage.test_front_desk import Door, appointment, booked
from tests.practice import MEDICARE, live_practice

NOW = date(2026, 9, 30)


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


def kept(*patients: str) -> list[digest.Digest]:
    """The digests as stored; None in the list would be a patient without one."""
    keys = [patient_key(one) for one in patients]
    assert len(store.get_many((f"PAT#{key}", "DIGEST") for key in keys)) == len(keys)
    found = digest.find_digests(keys)
    return [found[key].model_copy(update={"version": 0, "created_at": ""}) for key in keys]


def worked_out(*patients: str) -> list[digest.Digest]:
    return [digest.worked_out(patient_key(one)) for one in patients]


def authorization(patient: str, number: str, **more: Any) -> Any:
    allowance = Allowance(codes=("97530",), measure="units", approved=6)
    return add(
        Entry(patient, "60054", number, start=date(2026, 9, 1), end=date(2026, 12, 1), allowances=(allowance,), **more)
    )


@pytest.mark.aws
def test_the_digest_says_what_the_records_say_after_every_kind_of_write(practice, tmp_path, monkeypatch):
    auto = appointment(2, payer_id="GEICO", line_of_business="auto", member_id="G1")
    booked(tmp_path, appointment(1), auto, appointment(3, **MEDICARE))
    run_batch(Door(tmp_path / "payers"))
    assert kept("N1", "N2", "N3") == worked_out("N1", "N2", "N3")
    record_answers("N2", "GEICO", Answers(active="yes", told_by="Rep 7"))
    keep("N3", MspAnswers(on=date(2026, 9, 1)), "patient")
    keep("N3", MspAnswers(on=date(2026, 8, 1), group_plan="no"), "daughter")
    held = authorization("N1", "AU-1", state="requested")
    authorization("N1", "AU-2")
    decide(held.auth_id, approved=4)
    monkeypatch.setenv("OTBILL_NOW", "2026-11-02")
    run_batch(Door(tmp_path / "payers"), "monthly")
    found = kept("N1", "N2", "N3")
    assert found == worked_out("N1", "N2", "N3")
    assert (len(found[0].authorizations), found[1].checks[0].active, found[2].asked) == (2, "yes", date(2026, 9, 1))


@pytest.mark.aws
def test_records_of_before_the_digest_was_kept_show_on_the_desk_and_enter_it_with_the_next_write(practice, tmp_path):
    booked(tmp_path, appointment(1, member_id="W100200313"))
    run_batch(Door(tmp_path / "payers"))
    authorization("N1", "AU-1")
    before = desk(date(2026, 10, 2))
    for age in ("gone", "of an older schema"):
        with store.unit_of_work() as uow:
            record = store.get(f"PAT#{patient_key('N1')}", "DIGEST")
            assert record is not None
            if age == "gone":
                uow.delete(record)
            else:
                uow.replace(store.Record(*record.key, record.kind, {"checks": "other"}, record.version, schema=0))
            uow.commit()
        assert desk(date(2026, 10, 2)) == before
        authorization("N1", f"AU-{age}")
        assert kept("N1") == worked_out("N1")
        before = desk(date(2026, 10, 2))
    assert len(kept("N1")[0].authorizations) == 3


@pytest.mark.aws
def test_hands_that_write_about_one_patient_at_once_all_stand_in_the_digest(practice, tmp_path):
    booked(tmp_path, appointment(1))
    numbers = [f"AU-{n}" for n in range(6)]
    threads = [threading.Thread(target=copy_context().run, args=(authorization, "N1", number)) for number in numbers]
    for one in threads:
        one.start()
    run_batch(Door(tmp_path / "payers"))
    for one in threads:
        one.join()
    (found,) = kept("N1")
    assert [found] == worked_out("N1")
    assert (len(found.authorizations), len(found.checks)) == (6, 1)


@pytest.mark.aws
def test_the_desk_asks_the_store_a_few_times_however_many_patients_are_booked(practice, tmp_path):
    def requests(many: int) -> list[str]:
        asked: list[str] = []

        def note(model: Any, **_: Any) -> None:
            asked.append(model.name)

        session = store.runtime().session
        session.register("before-call", note)
        client = store.runtime().client("dynamodb")
        client.meta.events.register("before-call", note)
        try:
            assert len(desk(date(2026, 10, 2))) == many
        finally:
            client.meta.events.unregister("before-call", note)
        return asked

    booked(tmp_path, *(appointment(n, member_id=f"W10020{n:04d}") for n in range(1, 4)))
    run_batch(Door(tmp_path / "payers"))
    for n in range(1, 4):
        authorization(f"N{n}", f"AU-{n}")
    few = requests(3)
    booked(tmp_path, *(appointment(n, member_id=f"W10020{n:04d}") for n in range(4, 31)))
    run_batch(Door(tmp_path / "payers"))
    for n in range(4, 31):
        authorization(f"N{n}", f"AU-{n}")
    assert requests(30) == few
    assert 0 < len(few) <= 8


_DAYS = st.integers(-40, 40).map(lambda n: NOW + timedelta(days=n))
_ROW = st.builds(
    lambda code, days: BenefitRow(code=code, dates=tuple(days)),
    st.sampled_from("16A"),
    st.lists(
        st.builds(
            BenefitDay, qualifier=st.sampled_from(("346", "347", "291", "307")), begin=_DAYS, end=_DAYS | st.none()
        ),
        max_size=2,
    ),
)
_CHECKS = st.lists(
    st.tuples(
        _DAYS, st.integers(0, 3), st.sampled_from(Outcome), st.sampled_from(("yes", "no", "unknown")),
        st.lists(_ROW, max_size=3),
    ),
    max_size=8,
)  # fmt: skip


def _check(number: int, made: Any) -> BenefitRecord:
    on, hour, outcome, active, rows = made
    return BenefitRecord(
        check_id=f"ben_{number}", patient_key="pat_x", payer_id="60054", payer_name="Aetna", line_of_business="commercial", on=on,
        outcome=outcome, words="", benefits=Benefits(active=active, rows=tuple(rows)),
        checked_at=f"{on}T0{hour}:00:00Z", source="271",
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_CHECKS, st.lists(_DAYS, min_size=1, max_size=4))
def test_the_checks_the_digest_names_stand_for_all_of_them(made: Any, days: list[date]) -> None:
    """The desk reads only the checks that cover its days, and the newest: every day then stands as with all of them."""
    checks = [_check(number, one) for number, one in enumerate(made)]
    told = [digest_of(check) for check in checks]
    chosen = {one.check_id for one in (*(covering(told, day) for day in days), *newest_first(told)[:1]) if one}
    read = [check for check in checks if check.check_id in chosen]
    for day in days:
        assert stand(read, day, 30) == stand(checks, day, 30)


def test_a_digest_is_read_as_it_was_written() -> None:
    check = _check(
        1, (NOW, 1, Outcome.ANSWERED, "yes", [BenefitRow(code="1", dates=(BenefitDay(qualifier="346", begin=NOW),))])
    )
    made = digest.Digest(patient_key="pat_x", checks=(digest_of(check),), asked=NOW)
    assert made.checks[0].spans == ((NOW, None),)
    assert digest.Digest.model_validate_json(made.model_dump_json()) == made
