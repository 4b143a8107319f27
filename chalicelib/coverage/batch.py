"""Many checks at once: who is due, 16 questions in flight, answers kept in chunks as they come.

Nightly for the next days' schedule, monthly, and on 1 January, when benefits start over. What a payer does not answer tonight is
asked again the next night; one shut door stops no other question.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import islice
from typing import Literal

from chalicelib import clock, documents, store
from chalicelib.coverage import records
from chalicelib.coverage.asking import (
    EDI,
    Case,
    Said,
    judge,
    put_with_tasks,
    question,
    record_of,
    refusal,
    settled,
)
from chalicelib.coverage.digest import commit_with_digest
from chalicelib.coverage.model import BenefitRecord, Outcome
from chalicelib.coverage.service import checks_of
from chalicelib.coverage.standing import stand
from chalicelib.exchange.realtime import MAX_ANSWER_BYTES, RealtimeDoor
from chalicelib.intake.model import Coverage, LineOfBusiness
from chalicelib.intake.records import Patient, find_patients, patient_key, visits_with_date
from chalicelib.intake.schedule import EXPECTED, on_day
from chalicelib.onboarding.apply import current_practice
from chalicelib.onboarding.model import Practice
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store import control
from chalicelib.tenancy import current, require

IN_FLIGHT = 16
AHEAD_DAYS = 7
LOOKING = 4  # patients whose checks are read at once
CHUNK = 30  # checks in one transaction and in one pair of documents
Mode = Literal["nightly", "monthly", "new_year"]
Asked = tuple[Case, bytes, bytes]
"""A case, its 270, the 271 that came."""


@dataclass(slots=True)
class BatchResult:
    """Coverages looked at, and what came of them. `unanswered` questions stay due."""

    looked_at: int = 0
    good: int = 0
    asked: int = 0
    answered: int = 0
    rejected: int = 0
    unreadable: int = 0
    unanswered: int = 0
    by_phone: int = 0
    not_enrolled: int = 0

    def count(self, outcome: Outcome) -> None:
        names = {Outcome.PHONE: "by_phone"}
        name = names.get(outcome, outcome.value)
        setattr(self, name, getattr(self, name) + 1)

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


def run_batch(
    door: RealtimeDoor, mode: Mode = "nightly", *, days: int = AHEAD_DAYS, in_flight: int = IN_FLIGHT
) -> BatchResult:
    """Ask every coverage that is due in the current practice. The same batch again asks only what was not answered."""
    require("eligibility.batch")
    practice, result = current_practice(), BatchResult()
    today = clock.today(current().tenant.timezone)
    answers = ask_all(_askable(_due(practice, mode, today, days, result), result), door, in_flight)
    keeping: list[Future[None]] = []
    with ThreadPoolExecutor(1) as keeper:  # one hand keeps what came while others are asked
        while chunk := list(islice(answers, CHUNK)):
            keeping.append(keeper.submit(copy_context().run, _keep_answers, chunk, result))
            _raise_first(keeping)
    for one in keeping:
        one.result()
    result.unanswered = result.asked - result.answered - result.rejected - result.unreadable
    return result


def _raise_first(keeping: Sequence[Future[None]]) -> None:
    """A store that fails stops the batch at once; what was kept stays, the rest is asked again next time."""
    for one in keeping:
        if one.done():
            one.result()


def _askable(due: Iterable[Case], result: BatchResult) -> Iterator[Case]:
    """Cases a question goes out for; of the others it is kept why none does."""
    for case in due:
        said = refusal(case)
        if said is None:
            result.asked += 1
            yield case
            continue
        result.count(said.outcome)
        if case.before is None or case.before.outcome is not said.outcome:
            _keep([(case, record_of(case, said))])


def _due(practice: Practice, mode: Mode, today: date, days: int, result: BatchResult) -> Iterator[Case]:
    """Coverages whose answer is not good for the day it is needed for; each once."""
    wanted = people(mode, today, days)
    found = find_patients(wanted)
    for key, stored in _looked_up(sorted(wanted.keys() & found.keys())):
        for coverage in found[key].coverages:
            if coverage.line_of_business is LineOfBusiness.SELF_PAY:
                continue
            result.looked_at += 1
            if _good(practice, key, coverage, mode, wanted[key], today, stored):
                result.good += 1
            else:
                yield _case(practice, found[key], coverage, today, stored)


def _looked_up(keys: Iterable[str]) -> Iterator[tuple[str, list[BenefitRecord]]]:
    """Each patient's checks, read some patients ahead."""
    ahead: deque[tuple[str, Future[list[BenefitRecord]]]] = deque()
    left = iter(keys)
    with ThreadPoolExecutor(LOOKING) as pool:
        while True:
            for key in islice(left, 2 * LOOKING - len(ahead)):
                ahead.append((key, pool.submit(copy_context().run, records.find_checks, key)))
            if not ahead:
                return
            key, future = ahead.popleft()
            yield key, future.result()


def _case(practice: Practice, patient: Patient, coverage: Coverage, on: date, stored: Sequence[BenefitRecord]) -> Case:
    """As `case_of`, from the checks already read."""
    identifier = records.check_id(patient.key, coverage, on.isoformat())
    before = next((one for one in stored if one.check_id == identifier and one.on == on), None)
    return Case(practice, patient, coverage, on, identifier, before)


def people(mode: Mode, today: date, days: int = AHEAD_DAYS) -> dict[str, date]:
    """Patients by the last day they are booked for; monthly and on 1 January also those seen in this month and the last."""
    span = days if mode == "nightly" else max(days, 31)
    found: dict[str, date] = {}
    for n in range(span + 1):
        for item in on_day(today + timedelta(days=n)):
            if item.status in EXPECTED:
                found[item.patient_key] = item.on
    if mode != "nightly":
        month = today.replace(day=1)
        for prefix in (f"{month:%Y-%m}", f"{month - timedelta(days=1):%Y-%m}"):
            for visit in visits_with_date(prefix):
                if visit.visit is not None:
                    found.setdefault(patient_key(visit.visit.patient_id), today)
    return found


def _good(
    practice: Practice, key: str, coverage: Coverage, mode: Mode, needed: date, today: date, stored: list[BenefitRecord]
) -> bool:
    checks = checks_of(key, coverage, stored)
    newest = max(checks, key=lambda one: one.on, default=None)
    if newest is not None and newest.on == today and settled(newest):
        return True
    if mode == "monthly":
        return newest is not None and settled(newest) and (newest.on.year, newest.on.month) == (today.year, today.month)
    if mode == "new_year":
        return newest is not None and settled(newest) and newest.on.year == today.year
    return stand(checks, needed, practice.eligibility(coverage.payer_id).stale_after_days).fresh


def ask_all(cases: Iterable[Case], door: RealtimeDoor, in_flight: int = IN_FLIGHT) -> Iterator[Asked]:
    """Ask, at most `in_flight` at a time, and give answers as they come. A question nobody answers gives none.

    Cases are taken as there is room for them, so that looking for the next ones and keeping answers go on while payers think.
    """
    numbers = _numbers()
    waiting: dict[Future[bytes], tuple[Case, bytes]] = {}
    left = iter(cases)
    with ThreadPoolExecutor(in_flight) as pool:
        while True:
            for case in islice(left, in_flight - len(waiting)):
                sent = question(case, next(numbers))
                waiting[pool.submit(door.ask, sent)] = (case, sent)
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                case, sent = waiting.pop(future)
                if not isinstance(future.exception(), (Fault, OSError)):
                    yield case, sent, future.result()


def _numbers() -> Iterator[int]:
    """Interchange control numbers, reserved by the block; what is left of the last one is a gap."""
    while True:
        yield from control.next_numbers("interchange", CHUNK)


def _keep_answers(chunk: Sequence[Asked], result: BatchResult) -> None:
    """One document of the questions and one of the answers; each check knows its bytes in them."""
    questions, asked_spans = _joined(sent for _, sent, _ in chunk)
    answers, told_spans = _joined(answer[:MAX_ANSWER_BYTES] for _, _, answer in chunk)
    name = f"eligibility/{chunk[0][0].on}/batch-{sha256(questions + answers).hexdigest()[:24]}"
    asked, told = documents.put(f"{name}.270", questions, EDI), documents.put(f"{name}.271", answers, EDI)
    made = []
    for (case, _, answer), asked_span, told_span in zip(chunk, asked_spans, told_spans, strict=True):
        outcome, words, fix, benefits = judge(answer, case.trace, case.on, case.coverage.line_of_business.value)
        said = Said(outcome, words, fix, benefits, "271", asked, told, asked_span, told_span)
        made.append((case, record_of(case, said)))
        result.count(outcome)
    _keep(made)


def _joined(parts: Iterable[bytes]) -> tuple[bytes, list[tuple[int, int]]]:
    whole, spans = b"", []
    for part in parts:
        spans.append((len(whole), len(whole) + len(part)))
        whole += part
    return whole, spans


def _keep(made: Sequence[tuple[Case, BenefitRecord]]) -> None:
    """In one transaction; one by one when another check of one of them came in between, which then stands."""

    def write(uow: store.UnitOfWork) -> None:
        put_with_tasks(uow, made)
        subjects = tuple(f"PAT#{case.patient.key}" for case, _ in made)
        uow.audit("eligibility.checked", subjects[0], ("benefits",), subjects[1:])

    try:
        commit_with_digest(write)
    except Conflict:
        if len(made) > 1:
            for one in made:
                _keep([one])
