"""The schedule, the batch, the phone and the desk: who is asked, once, and what the front desk sees before the visit."""

from __future__ import annotations

import csv
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims.build import build_claims
from chalicelib.claims.records import get_claim
from chalicelib.claims.retroactive import review
from chalicelib.claims.submission import submit_claims
from chalicelib.claims.therapy_year import therapy_year
from chalicelib.coverage import records
from chalicelib.coverage.batch import run_batch
from chalicelib.coverage.desk import desk
from chalicelib.coverage.history import history
from chalicelib.coverage.model import BenefitRecord, Benefits, Outcome
from chalicelib.coverage.phone import Answers, record_answers, therapy_used
from chalicelib.coverage.service import find_shown, raw
from chalicelib.coverage.view import as_shown
from chalicelib.intake.model import Coverage
from chalicelib.intake.records import patient_key
from chalicelib.intake.schedule import ScheduleResult, import_schedule
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.platform.errors import Fault, Misuse
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from tests.practice import AETNA, MEDICARE, line, live_practice, only, take

pytestmark = pytest.mark.aws
NOW = date(2026, 9, 30)
_files = itertools.count(1)
NAMED = {
    "last_name": "Testcase",
    "first_name": "Sorrel",
    "date_of_birth": "1988-04-05",
    "sex": "F",
    "relationship": "self",
}


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


class Door:
    """The simulated payers, counting; shut for member ids in `shut`."""

    def __init__(self, folder: Path, shut: tuple[bytes, ...] = ()) -> None:
        self.simulator, self.shut = SimulatedClearinghouse(folder, NOW), shut
        self.asked = self.at_once = self.most = 0
        self.lock = threading.Lock()

    def ask(self, question: bytes) -> bytes:
        with self.lock:
            self.asked += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            if any(member in question for member in self.shut):
                raise Fault("DOOR_SHUT", "the clearinghouse does not answer")
            time.sleep(0.05)  # long enough for another question to come meanwhile, on a busy machine too
            return self.simulator.ask(question)
        finally:
            with self.lock:
                self.at_once -= 1


def booked(folder: Path, *rows: dict[str, str]) -> ScheduleResult:
    path = folder / f"schedule-{next(_files)}.csv"
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)
    return import_schedule(path)


def appointment(number: int, **more: str) -> dict[str, str]:
    base = {
        "appointment_id": f"A{number}",
        "date_of_service": "2026-10-02",
        "start_time": "09:00",
        "services": "97530x2",
    }
    return {**base, "patient_id": f"N{number}", **NAMED, **AETNA, **more}


def test_a_schedule_names_new_patients_amends_by_id_and_rejects_what_it_cannot_place(practice, tmp_path):
    first = booked(
        tmp_path, appointment(1), appointment(2, last_name="", payer_id=""), appointment(3, services="97530y2")
    )
    assert (first.rows, first.added, first.patients) == (3, 1, 1)
    assert {(fault.row, fault.code) for fault in first.rejected} == {(3, "PATIENT_UNKNOWN"), (4, "SERVICES_UNREADABLE")}
    again = booked(tmp_path, appointment(1), appointment(1, start_time="11:00"))
    assert (again.added, again.amended) == (0, 1)
    assert booked(tmp_path, appointment(1, start_time="11:00")).unchanged == 1
    assert [row.start_time for row in desk(date(2026, 10, 2))] == ["11:00"]


def test_the_batch_asks_everybody_booked_once_and_goes_on_after_a_shut_door(practice, tmp_path):
    people = [appointment(n, member_id=f"W10020{n:04d}") for n in range(1, 9)]
    gone = appointment(9, member_id="W100200999", status="cancelled")
    later = appointment(10, member_id="W100200777", date_of_service="2026-10-20")
    auto = appointment(11, payer_id="GEICO", line_of_business="auto", member_id="G1")
    booked(tmp_path, *people, gone, later, auto)
    door = Door(tmp_path / "payers", shut=(b"W100200003",))
    first = run_batch(door, in_flight=4)
    assert (first.looked_at, first.asked, first.answered, first.unanswered, first.by_phone) == (9, 8, 7, 1, 1)
    assert 1 < door.most <= 4
    door.shut = ()
    second = run_batch(door)
    assert (second.good, second.asked, second.answered) == (7, 1, 1)
    assert run_batch(door).asked == 0
    assert [task.kind for task in open_tasks()] == ["eligibility_phone"]
    for n in (1, 8):
        (check,) = records.find_checks(patient_key(f"N{n}"))
        sent, came = raw(check)
        assert f"W10020{n:04d}".encode() in sent
        assert came.startswith(b"ISA")
        assert came.count(b"ISA*") == 1
        assert f"W10020{n:04d}".encode() in came


def test_what_is_asked_again_monthly_and_in_the_new_year(practice, tmp_path, monkeypatch):
    booked(tmp_path, appointment(1), appointment(2, date_of_service="2027-01-04", appointment_id="B"))
    door = Door(tmp_path / "payers")
    assert run_batch(door).asked == 1
    assert run_batch(door, "monthly").asked == 0
    monkeypatch.setenv("OTBILL_NOW", "2026-10-01")
    assert run_batch(door).asked == 0
    assert run_batch(door, "monthly").asked == 1
    monkeypatch.setenv("OTBILL_NOW", "2027-01-01")
    assert run_batch(door, "new_year").asked == 1
    assert run_batch(door, "new_year").asked == 0


def test_the_desk_shows_a_card_and_the_check_that_covers_each_visit(practice, tmp_path):
    booked(
        tmp_path,
        appointment(1, member_id="W100200301"),
        appointment(2, member_id="W100200313", start_time="10:00"),
        appointment(3, member_id="W100200000", start_time="11:00"),
        appointment(4, start_time="12:00", date_of_service="2026-10-09", member_id="W100200309"),
    )
    run_batch(Door(tmp_path / "payers"))
    rows = desk(NOW, 10)
    assert [row.card.tone for row in rows] == ["green", "red", "red", "amber"]
    assert rows[0].checked_on == NOW
    assert rows[0].check_id == only(records.find_checks(rows[0].patient_key)).check_id
    assert "not active" in rows[1].card.reasons[0]
    assert "does not find" in rows[2].card.reasons[0]
    assert rows[3].card.reasons == ("coverage was never checked",)


def test_a_furnished_visit_stands_on_the_desk_without_being_booked(practice, tmp_path):
    take(tmp_path, line("V1"))
    (row,) = desk(date(2026, 9, 1))
    assert (row.documented, row.patient_name, row.services) == (True, "Testcase, Marigold", (("97530", 1),))


def test_what_a_payer_says_by_phone_is_a_check_and_settles_the_task(practice, tmp_path):
    booked(tmp_path, appointment(1, payer_id="GEICO", line_of_business="auto", member_id="G1"))
    run_batch(Door(tmp_path / "payers"))
    told = Answers(active="yes", told_by="Rep 7", reference="C-1", copay_cents=0, visits_total=20, visits_remaining=2)
    check = record_answers("N1", "GEICO", told)
    assert open_tasks() == []
    (row,) = desk(date(2026, 10, 2))
    assert (row.card.tone, row.source, row.check_id) == ("amber", "phone", check.check_id)
    assert any("2 of 20 visits" in words for words in row.card.reasons)
    shown = as_shown(find_shown("N1")[0])
    assert list(shown) == [
        "active", "plan", "network", "copay_cents", "coinsurance_percent", "deductible_remaining_cents", "limits",
        "authorization_required", "other_payers", "checked_at", "source",
    ]  # fmt: skip
    assert set(shown["limits"][0]) == {"scope", "measure", "total", "remaining", "period"}
    with pytest.raises(Misuse, match="who spoke"):
        record_answers("N1", "GEICO", Answers(active="yes"))
    with pytest.raises(Misuse, match="more visits"):
        record_answers("N1", "GEICO", told.model_copy(update={"visits_remaining": 30}))


def test_the_therapy_year_says_what_is_known_by_whom_and_what_is_not(practice, tmp_path):
    take(tmp_path, line("V1", **MEDICARE))
    build_claims()
    before = therapy_year("P1", 2026)
    assert before.reported_cents is None
    assert before.pending_cents > 0
    assert "other providers" in before.unknown[0]
    therapy_used("P1", "09102", 200_000, NOW, "the contractor's portal")
    after = therapy_year("P1", 2026)
    assert (after.reported_cents, after.reported_on) == (200_000, NOW)
    assert after.used_cents == 200_000 + before.pending_cents
    assert [meter.threshold_cents for meter in after.meters] == [248_000, 300_000]
    assert therapy_year("P1", 2021).used_cents == 0


def test_coverage_that_ended_looking_back_becomes_one_task_for_what_was_sent(practice, tmp_path):
    take(tmp_path, line("V1"))
    claim = str(only(build_claims()).claim_id)
    submit_claims()
    coverage = Coverage(**AETNA)
    benefits = Benefits.model_validate(
        {"active": "no", "rows": [{"code": "6", "dates": [{"qualifier": "347", "begin": "2026-08-31"}]}]}
    )
    check = BenefitRecord(
        check_id=records.check_id(patient_key("P1"), coverage, NOW.isoformat()), patient_key=patient_key("P1"),
        payer_id="60054", payer_name="Aetna", line_of_business="commercial", on=NOW, outcome=Outcome.ANSWERED, words="ended",
        benefits=benefits, checked_at="2026-09-30T10:00:00Z", source="271",
    )  # fmt: skip
    with store.unit_of_work() as uow:
        records.put_check(uow, check)
        uow.commit()
    assert [one.claim_id for one in review(patient_key("P1"))] == [claim]
    review(patient_key("P1"))
    (task,) = [task for task in open_tasks() if task.kind == "retroactive_termination"]
    assert task.amount_cents == get_claim(claim).claim.content.charge_cents
    (span,) = history("P1")
    assert span.ended_looking_back == (date(2026, 9, 1),)
