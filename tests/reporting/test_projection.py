"""Figures kept up to date: whatever happens, they are what all the records say, and a page reads a few items for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import corrections, holds, records
from chalicelib.claims.build import build_claims
from chalicelib.claims.model import Status
from chalicelib.claims.queries import list_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.cli.main import main
from chalicelib.jobs.sync import SyncResult, fetch_waiting, send_written
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.onboarding.model import Practice
from chalicelib.reporting import projection
from chalicelib.reporting.figures import name
from chalicelib.reporting.summary import attention, summary
from chalicelib.store import changes
from chalicelib.support.tasks import finish, open_task, open_tasks
from chalicelib.tenancy import Principal, current
from tests.practice import CIGNA, MEDICARE, build, line, live_practice, take

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def practice(aws: str, in_tenant: InTenant, operator: Principal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def kept() -> Counter[str]:
    return projection.current_standing().figures


def agree() -> None:
    """What is kept is what the records say, figure by figure."""
    right, _ = projection.worked_out()
    assert {key: number for key, number in kept().items() if number} == {k: n for k, n in right.items() if n}


def test_after_everything_that_happens_the_figures_are_what_the_records_say(
    practice: Practice, tmp_path: Path, operator: Principal
) -> None:
    rows = [line("V1"), line("V2", patient_id="P2", **CIGNA), line("V3", patient_id="P3", note_signed_on=""),
            line("V4", patient_id="P4", member_id="W100200000"), line("V5", patient_id="P5", **MEDICARE),
            line("V6", patient_id="P6", member_id="W100200313")]  # fmt: skip
    take(tmp_path, *rows, line("V7", patient_id="P7", cpt="nonsense"))
    agree()
    by_visit = {item.visit_ids[0]: str(item.claim_id) for item in build_claims() if item.claim_id}
    agree()
    holds.hold(by_visit["V1"], "payer_issue", follow_up_on=date(2026, 10, 5))
    agree()
    holds.release(by_visit["V1"])
    holds.write_off(by_visit["V3"], "timely_filing", party="payer")
    agree()
    submit_claims()
    agree()
    door, result = SimulatedDoor(tmp_path / "house"), SyncResult()
    send_written(door, operator, result, [current().tenant.tenant_id])
    fetch_waiting(door, operator, result)
    agree()
    assert kept()["denied"] >= 1
    assert kept()[name("status", Status.REJECTED)] == 1
    take(tmp_path, line("V1", therapist_minutes="45"))
    corrections.correct(by_visit["V1"])
    agree()
    finish(open_tasks()[0].task_id)
    agree()
    assert projection.verify() == []


def test_the_summary_and_the_cards_say_the_same_as_the_lists(practice: Practice, tmp_path: Path) -> None:
    build(tmp_path, line("V1"), line("V2", patient_id="P2", note_signed_on=""), line("V3", patient_id="P3", **CIGNA))
    submit_claims()
    found = summary()
    assert found.by_status == {"held": 1, "submitted": 2}
    assert found.counts == {
        "visits": 3, "visits_incomplete": 0, "claims": 3, "submitted": 2, "accepted": 0, "paid": 0, "denied": 0,
        "held": 1, "rejected": 0, "tasks": 0,
    }  # fmt: skip
    assert (found.charge_cents, found.open_cents, found.balanced, found.behind) == (45000, 45000, True, False)
    assert [(payer.payer_name, payer.claims, payer.charge_cents) for payer in found.by_payer] == [
        ("Aetna", 2, 30000),
        ("Cigna", 1, 15000),
    ]
    assert [(reason.code, reason.claims) for reason in found.held] == [("NOTE_UNSIGNED", 1)]
    cards = {card.key: card for card in attention()}
    (held,) = list_claims(statuses=["held"]).rows
    assert (cards["held"].count, cards["held"].amount_cents) == (1, 15000)
    assert cards["held"].nearest_deadline == held.deadline
    assert cards["no_response"].count == 0


def test_what_waits_for_an_answer_too_long_is_seen_on_the_day_and_not_before(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, line())
    submit_claims()
    for day, count in (("2026-10-30", 0), ("2026-10-31", 1)):
        monkeypatch.setenv("OTBILL_NOW", day)
        assert {card.key: card.count for card in attention()}["no_response"] == count


def test_a_person_of_the_practice_sees_what_waits_on_the_practice(
    practice: Practice, tmp_path: Path, in_tenant: InTenant
) -> None:
    build(tmp_path, line("V1"), line("V2", patient_id="P2", note_signed_on=""))
    holds.hold(records_of("V1"), "payer_issue", follow_up_on=date(2026, 10, 5))
    tenant_id = current().tenant.tenant_id
    owner = Principal(user_id="usr_o", name="Owner", kind="practice", roles={"owner"}, tenants={tenant_id})
    with in_tenant(practice.slug, owner):
        mine = {card.key: card.count for card in attention()}
    ours = {card.key: card.count for card in attention()}
    assert (mine["held"], ours["held"]) == (1, 2)


def records_of(visit: str) -> str:
    found = [i.claim for s in Status for i in records.claims_with_status(s) if visit in i.claim.content.visit_ids]
    return found[0].claim_id


@contextmanager
def reads() -> Iterator[list[str]]:
    """Names of the DynamoDB reads made inside."""
    seen: list[str] = []

    def note(model: Any, **_: Any) -> None:
        if model.name in ("Query", "GetItem", "BatchGetItem"):
            seen.append(model.name)

    session = store.runtime().session
    session.register("before-call", note, unique_id="reads")
    store.runtime()._clients.clear()
    store.runtime()._bound.clear()
    try:
        yield seen
    finally:
        session.unregister("before-call", unique_id="reads")
        store.runtime()._clients.clear()
        store.runtime()._bound.clear()


def test_a_page_reads_as_few_items_for_many_claims_as_for_few(practice: Practice, tmp_path: Path) -> None:
    counts = []
    for first, last in ((1, 3), (3, 40)):
        build(tmp_path, *(line(f"V{n}", patient_id=f"P{n}") for n in range(first, last)))
        kept()
        with reads() as seen:
            summary()
            attention()
            list_claims(limit=2)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 11, counts


def test_a_page_counts_only_so_much_and_says_that_more_waits(practice: Practice, tmp_path: Path) -> None:
    build(tmp_path, *(line(f"V{n}", patient_id=f"P{n}") for n in range(45)))
    assert projection.refresh(most_notes=40) is True
    before = summary(1).counts["claims"]
    assert projection.refresh() is False
    assert (before <= 45, summary().counts["claims"], summary().behind) == (True, 45, False)
    agree()


def test_a_change_of_more_records_than_fit_a_transaction_is_counted_in_parts(practice: Practice) -> None:
    with store.unit_of_work() as uow:
        for number in range(90):
            open_task(uow, "correction", "clm_x", "look", amount_cents=1, natural_key=str(number))
        uow.commit()
    assert summary().counts["tasks"] == 90
    assert not store.query(changes.NOTES).records
    agree()


def test_many_readers_at_once_count_each_change_once(practice: Practice, tmp_path: Path) -> None:
    build(tmp_path, *(line(f"V{n}", patient_id=f"P{n}") for n in range(20)))
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(copy_context().run, kept) for _ in range(4)]
        assert all(one.result() is not None for one in done)
    assert kept()["claims"] == 20
    agree()


def test_dying_while_counting_counts_nothing_twice(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the commit nothing is counted, after it the notes are gone: there is no moment between."""
    build(tmp_path, line("V1"), line("V2", patient_id="P2"))
    commit = store.UnitOfWork.commit
    for before in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(store.UnitOfWork, "commit", _dies(commit, before=before))
            with pytest.raises(KeyboardInterrupt):
                projection.refresh()
        agree()
        build(tmp_path, line(f"V{3 + before}", patient_id="P3"))
    agree()


def _dies(commit: Callable[[Any], None], *, before: bool) -> Callable[[Any], None]:
    def dying(self: Any) -> None:
        if not before:
            commit(self)
        raise KeyboardInterrupt

    return dying


def test_a_wrong_figure_is_found_named_shown_and_mended(
    practice: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(tmp_path, line("V1"))
    assert summary().balanced
    record = store.get(*projection.SUMMARY)
    assert record is not None
    figures = {**record.data["figures"], "claims": 7, name("money", "open_cents"): 1}
    with store.unit_of_work() as uow:
        uow.replace(record.with_data({**record.data, "figures": figures}))
        uow.commit()
    assert main(["report", "verify", "--tenant", practice.slug]) == 1
    said = capsys.readouterr().out
    assert "claims: 7 is kept, the records say 1" in said
    assert "money | open_cents: 1 is kept, the records say 15000" in said
    assert not summary().balanced
    assert main(["report", "verify", "--tenant", practice.slug, "--rebuild"]) == 0
    assert summary().balanced
    assert summary().proved_at
    agree()


def test_a_rebuild_puts_back_what_lists_lack_and_loses_no_change(practice: Practice, tmp_path: Path) -> None:
    build(tmp_path, line("V1"), line("V2", patient_id="P2"))
    claim_id = records_of("V1")
    lost = store.get(f"CLM#{claim_id}", "LISTED")
    assert lost is not None
    with store.unit_of_work() as uow:
        uow.delete(lost)
        uow.commit()
    assert len(list_claims().rows) == 1
    projection.rebuild()
    assert len(list_claims().rows) == 2
    assert not store.query(changes.NOTES).records
    holds.note(claim_id, "after")
    with store.unit_of_work() as uow:
        open_task(uow, "correction", claim_id, "look", amount_cents=5, natural_key="k")
        uow.commit()
    agree()


def test_the_list_is_in_order_pages_whole_and_leaves_withdrawn_claims_out(practice: Practice, tmp_path: Path) -> None:
    build(tmp_path, *(line(f"V{n}", patient_id=f"P{n}", date_of_service=f"2026-09-{n:02d}") for n in range(1, 8)))
    # V7 was of the same patient and day as V6: its own claim is withdrawn.
    build(tmp_path, line("V7", patient_id="P6", date_of_service="2026-09-06"))
    rows, cursor = [], None
    while True:
        page = list_claims(limit=3, cursor=cursor)
        rows += page.rows
        cursor = page.cursor
        if cursor is None:
            break
    assert len({row.claim_id for row in rows}) == len(rows) == 6
    assert [(row.deadline, row.date_of_service) for row in rows] == sorted(
        (r.deadline, r.date_of_service) for r in rows
    )
    assert [row.status for row in list_claims(statuses=["withdrawn"]).rows] == [Status.WITHDRAWN]
    assert sum(row.charge_cents for row in rows) == 7 * 15000


def test_claims_list_in_a_pipe_has_an_id_and_one_line_for_each_claim(
    practice: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(tmp_path, line("V1"), line("V2", patient_id="P2", note_signed_on=""))
    capsys.readouterr()
    assert main(["claims", "list", "--tenant", practice.slug]) == 0
    heading, *lines = capsys.readouterr().out.strip().splitlines()
    assert heading.startswith("claim")
    assert len(lines) == 2
    assert {text.split()[0] for text in lines} == {row.claim_id for row in list_claims().rows}
