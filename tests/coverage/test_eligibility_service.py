"""A coverage check end to end: the 270 that leaves, the 271 that comes, and what is kept of both."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from chalicelib import documents, store
from chalicelib.coverage import records
from chalicelib.coverage.model import BenefitRecord, Outcome
from chalicelib.coverage.service import check_patient, judge
from chalicelib.coverage.view import as_json
from chalicelib.intake.model import Address, Coverage, Person
from chalicelib.intake.records import Patient, patient_key, patient_record
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.practice_file import load, parse
from chalicelib.platform.errors import Fault, NotFound
from chalicelib.support.tasks import open_tasks
from chalicelib.x12 import read_270

ROOT = Path(__file__).parents[2]
NOW = date(2026, 9, 30)
pytestmark = pytest.mark.aws
_numbers = itertools.count(1)
MARIGOLD = Person(last_name="Testcase", first_name="Marigold", date_of_birth=date(1950, 2, 3), sex="F")
MEDICARE = Coverage(payer_id="09102", line_of_business="medicare", member_id="1EG4TE5MK75")
HOLDER = Person(last_name="Testcase", first_name="Basil", date_of_birth=date(1948, 1, 1), sex="M")


class Door:
    """The simulated payers, counting and keeping what was asked; or a fixed answer."""

    def __init__(self, folder: Path, answer: bytes | None = None) -> None:
        self.simulator = SimulatedClearinghouse(folder, NOW)
        self.answer = answer
        self.asked: list[bytes] = []

    def ask(self, question: bytes) -> bytes:
        self.asked.append(question)
        return self.simulator.ask(question) if self.answer is None else self.answer


@pytest.fixture(scope="module")
def practice_slug() -> str:
    return "harborview-ot"


@pytest.fixture
def at_practice(aws, operator, in_tenant, monkeypatch, practice_slug):
    monkeypatch.setenv("OTBILL_NOW", NOW.isoformat())
    apply(load(ROOT / f"tenants/{practice_slug}.toml"), operator)

    @contextmanager
    def enter() -> Iterator[None]:
        with in_tenant(practice_slug):
            yield

    return enter


def covered_by(*coverages: Coverage) -> Patient:
    """Store a fresh patient with these coverages in the current practice."""
    number = f"P-{next(_numbers)}"
    patient = Patient(
        key=patient_key(number),
        practice_patient_id=number,
        person=MARIGOLD,
        address=Address(),
        coverages=coverages,
        as_of="2026-09-01",
    )
    with store.unit_of_work() as uow:
        uow.create(patient_record(patient))
        uow.commit()
    return patient


def united(member_id: str = "U100000005", **other) -> Coverage:
    return Coverage(payer_id="87726", line_of_business="commercial", member_id=member_id, **other)


def check_one(patient: Patient, door: Door, **options) -> BenefitRecord:
    (check,) = check_patient(patient.practice_patient_id, door, **options)
    return check


def test_the_payers_answer_is_read_and_kept_with_both_raw_files(at_practice, tmp_path):
    door = Door(tmp_path)
    with at_practice():
        patient = covered_by(united())
        check = check_one(patient, door)
        assert records.find_checks(patient.key) == [check]
        assert documents.get(check.question) == door.asked[0]
        assert b"*271*" in documents.get(check.answer)
    told = as_json(check)
    assert (told["outcome"], told["active"], told["copay_cents"], told["source"]) == ("answered", "yes", 3500, "271")
    (limit,) = told["limits"]
    assert (limit["measure"], limit["total"], limit["remaining"], limit["scope"]) == (
        "visits",
        30,
        30,
        "occupational_therapy",
    )
    assert told["authorization_required"] == "unknown"


def test_the_question_names_practice_patient_and_occupational_therapy(at_practice, tmp_path):
    door = Door(tmp_path)
    with at_practice():
        check = check_one(covered_by(united()), door)
    read = read_270(door.asked[0])
    assert read.clean
    (request,) = read.requests
    assert set(request.service_types) == {"AD", "30"}
    assert (request.provider.npi, request.payer_id, request.member_id) == ("1999999018", "87726", "U100000005")
    assert (request.subscriber.last_name, request.subscriber.date_of_birth) == ("Testcase", date(1950, 2, 3))
    assert request.date == NOW
    assert request.trace.lower() in check.check_id
    assert read.interchanges[0].usage == "P"


def test_a_dependent_is_asked_about_beside_the_subscriber(at_practice, tmp_path):
    door = Door(tmp_path)
    with at_practice():
        check_one(covered_by(united(relationship="spouse", subscriber=HOLDER)), door)
    (request,) = read_270(door.asked[0]).requests
    assert request.subscriber.first_name == "Basil"
    assert request.dependent is not None
    assert (request.dependent.first_name, request.relationship) == ("Marigold", "01")


def test_asked_again_the_same_day_nothing_is_sent_or_written(at_practice, tmp_path):
    door = Door(tmp_path)
    with at_practice():
        patient = covered_by(united())
        first = check_one(patient, door)
        before = store.runtime().writes
        assert check_one(patient, door) == first
        assert (len(door.asked), store.runtime().writes) == (1, before)
        assert check_one(patient, door, again=True).version == first.version + 1
    assert len(door.asked) == 2


def test_a_member_nobody_knows_comes_with_the_likely_fix(at_practice, tmp_path):
    with at_practice():
        check = check_one(covered_by(united("U100000000")), Door(tmp_path))
    assert check.outcome is Outcome.REJECTED
    assert [error.reason for error in check.benefits.errors] == ["75"]
    assert check.benefits.active == "unknown"
    assert "member id" in check.fix


def test_ended_coverage_is_not_active(at_practice, tmp_path):
    with at_practice():
        check = check_one(covered_by(united("U100000013")), Door(tmp_path))
    assert (check.outcome, check.benefits.active) == (Outcome.ANSWERED, "no")


def test_medicare_tells_coinsurance_and_what_is_left_of_the_deductible(at_practice, tmp_path):
    with at_practice():
        check = check_one(covered_by(MEDICARE), Door(tmp_path))
    told = as_json(check)
    assert (told["coinsurance_percent"], told["copay_cents"]) == (20, None)
    assert (told["deductible_cents"], told["deductible_remaining_cents"]) == (2500, 2500)


def test_an_auto_insurer_is_phoned_not_asked(at_practice, tmp_path):
    door = Door(tmp_path)
    with at_practice():
        patient = covered_by(Coverage(payer_id="GEICO", line_of_business="auto"))
        check = check_one(patient, door)
        again = check_one(patient, door)
        tasks = [task for task in open_tasks() if task.subject == f"PAT#{patient.key}"]
    assert (check.outcome, check.source, door.asked) == (Outcome.PHONE, "us", [])
    assert again == check
    assert [(task.kind, task.owner) for task in tasks] == [("eligibility_phone", "us")]
    assert "Testcase" not in tasks[0].words


def test_without_enrolment_nothing_is_sent(aws, operator, in_tenant, monkeypatch, tmp_path):
    monkeypatch.setenv("OTBILL_NOW", NOW.isoformat())
    text = (ROOT / "tenants/harborview-ot.toml").read_text()
    text = (
        text.replace('slug = "harborview-ot"', 'slug = "no-270-ot"')
        .replace("1999999018", "1234567893")
        .replace("001234567", "001234999")
    )
    apply(parse(text.replace('"270" = { from = "2025-01-01"', '"270" = { from = "2027-01-01"').encode()), operator)
    door = Door(tmp_path)
    with in_tenant("no-270-ot"):
        check = check_one(covered_by(united()), door)
    assert (check.outcome, door.asked) == (Outcome.NOT_ENROLLED, [])


@pytest.mark.parametrize("answer", [b"", b"<html>502 Bad Gateway</html>", b"ISA*00*", b"\x00" * 5000])
def test_an_answer_that_is_none_is_kept_and_said(at_practice, tmp_path, answer):
    with at_practice():
        patient = covered_by(united())
        check = check_one(patient, Door(tmp_path, answer))
        assert check.outcome is Outcome.UNREADABLE
        assert documents.get(check.answer) == answer
        assert check_one(patient, Door(tmp_path / "later")).outcome is Outcome.ANSWERED  # and it is asked again


def test_somebody_elses_answer_is_not_ours(at_practice, tmp_path):
    door = Door(tmp_path)
    with at_practice():
        check_one(covered_by(united("U100000005")), door)
        theirs = door.simulator.ask(door.asked[0])
        check = check_one(covered_by(united("U100000006")), Door(tmp_path, theirs))
    assert check.outcome is Outcome.UNREADABLE
    assert check.benefits.active == "unknown"


def test_a_shut_door_keeps_nothing(at_practice, tmp_path):
    class Shut:
        def ask(self, question: bytes) -> bytes:
            raise Fault("DOOR_SHUT", "the clearinghouse does not answer")

    with at_practice():
        patient = covered_by(united())
        with pytest.raises(Fault):
            check_patient(patient.key, Shut())
        assert records.find_checks(patient.key) == []


def test_every_coverage_is_asked_primary_first_but_not_what_the_patient_pays(at_practice, tmp_path):
    with at_practice():
        patient = covered_by(
            MEDICARE,
            united(),
            Coverage(payer_id="SELF", line_of_business="self_pay"),
        )
        door = Door(tmp_path)
        assert [check.payer_id for check in check_patient(patient.key, door)] == ["09102", "87726"]
        assert [check.payer_id for check in check_patient(patient.key, door, payer_id="87726")] == ["87726"]
        with pytest.raises(NotFound):
            check_patient(patient.key, door, payer_id="62308")


def test_an_oversized_answer_is_refused():
    outcome, words, _, _ = judge(b"ISA" + b"x" * (2 * 1024 * 1024), "T", NOW)
    assert outcome is Outcome.UNREADABLE
    assert "larger" in words
