"""From a posted payment to the work list, across practices, and out of it again by every way that is offered."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from chalicelib import documents, store
from chalicelib.denials import acts, counts, paths, queue, records, view
from chalicelib.denials.patterns import patterns
from chalicelib.denials.queue import Wanted
from chalicelib.denials.refresh import refresh
from chalicelib.platform.errors import Forbidden, NotFound, OtbillError, Refused
from chalicelib.store import control, identity, journal, outbox
from chalicelib.store.directory import directory
from chalicelib.support import tasks
from chalicelib.tenancy import Principal, enter
from tests.denials.conftest import Desk
from tests.practice import MEDICARE, line, live_practice, npi, take

pytestmark = pytest.mark.aws
DENIED = (("CO", "50", 15000),)


def staff(user: str, *roles: str, tenants: tuple[str, ...] = ("*",)) -> Principal:
    return Principal(user_id=user, name=user, kind="staff", roles=frozenset(roles), tenants=frozenset(tenants))


def offer(denial_id: str, path: str) -> Any:
    return next(item for item in paths.offers(denial_id) if item.path == path)


def test_a_posted_denial_comes_to_the_list_once_and_takes_over_from_its_task(desk: Desk) -> None:
    (claim_id,) = desk.claims(line())
    desk.post(desk.answer(claim_id, DENIED, remarks=("N115",)))
    assert [task.kind for task in tasks.open_tasks()] == ["denied"]
    assert refresh().found == 1
    before = store.runtime().writes
    assert refresh().found == 0
    assert store.runtime().writes == before  # again: nothing is written
    (found,) = records.open_denials()
    assert (found.carc, found.remarks, found.category, found.amount_cents) == ("50", ("N115",), "necessity", 15000)
    assert found.deadline == date(2027, 3, 29)  # Aetna: 180 days from 2026-09-30
    assert found.lines[0].number == 1
    assert tasks.open_tasks() == []
    assert list(outbox.waiting("LineDenied")) == []
    open_cents = journal.balance(claim_id).open_cents
    assert open_cents == found.amount_cents  # the list's dollars are what the ledger has open


def test_a_refresh_that_dies_before_it_commits_is_made_up_for_by_the_next(desk: Desk, monkeypatch) -> None:
    (claim_id,) = desk.claims(line())
    desk.post(desk.answer(claim_id, DENIED))

    def die(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(store.UnitOfWork, "commit", die)
        with pytest.raises(RuntimeError):
            refresh()
    assert records.open_denials() == []
    assert len(list(outbox.waiting("LineDenied"))) == 1
    assert refresh().found == 1
    assert len(records.of_claim(claim_id)) == 1


def test_zero_paid_for_a_deductible_never_comes_to_the_list(desk: Desk) -> None:
    (claim_id,) = desk.claims(line())
    desk.post(desk.answer(claim_id, (("CO", "45", 5000), ("PR", "1", 10000))))
    assert refresh().found == 0
    assert desk.claim(claim_id).status == "patient_due"


def test_openemr_7186_a_denied_line_is_not_written_off_and_ottehr_9695_the_status_says_denied(desk: Desk) -> None:
    """A denial in an ERA was written off, and did not move the status. Here it stays owed, is work, and shows."""
    (claim_id,) = desk.claims(line(number=1), line(number=2, cpt="97110", charge="65.00"))
    desk.post(desk.answer(claim_id, (("CO", "45", 5000),), (("CO", "97", 13000),)))
    refresh()
    (found,) = records.open_denials()
    assert [item.cpt for item in found.lines] == ["97110"]
    balance = journal.balance(claim_id)
    assert (balance.paid_cents, balance.adjusted_cents, balance.open_cents) == (10000, 5000, 13000)
    assert desk.claim(claim_id).status == "partly_denied"


def test_the_list_is_in_order_of_dollars_for_each_day_left(desk: Desk) -> None:
    rows = [
        line("V1", charge="75.00"),
        line("V2", date_of_service="2026-09-02", charge="20.00", note_signed_on="2026-09-02"),
        line("V3", date_of_service="2026-09-03", charge="75.00", note_signed_on="2026-09-03"),
    ]
    first, small, third = desk.claims(*rows)
    desk.post(
        desk.answer(first, DENIED),
        desk.answer(small, (("CO", "50", 4000),)),
        desk.answer(third, (("CO", "16", 15000),), remarks=("MA130",)),
    )
    refresh()
    listed = queue.ranked(desk.operator, Wanted(), [desk.practice.slug])
    # 150.00 in 121 days until the filing limit (2026-12-30 + ...), 150.00 in 180, 40.00 in 180.
    assert [entry.denial.claim_id for entry in listed] == [third, first, small]
    assert [entry.days_left for entry in listed] == [93, 180, 180]
    assert listed[1].daily_cents == 15000 // 180
    only_small = queue.ranked(desk.operator, Wanted(reasons=("16",)), [desk.practice.slug])
    assert [entry.denial.claim_id for entry in only_small] == [third]


def test_the_list_goes_over_practices_and_only_over_those_one_may_see(desk: Desk, in_tenant, tmp_path) -> None:
    desk.denied(DENIED)
    other = live_practice(desk.operator)
    with in_tenant(other.slug) as context:
        second = Desk(other, desk.operator, tmp_path)
        theirs = second.denied(DENIED)
        their_id = context.tenant.tenant_id
    with in_tenant(desk.practice.slug) as context:
        own_id = context.tenant.tenant_id
    both = staff("usr_both", "denials_specialist", tenants=(own_id, their_id))
    one = staff("usr_one", "denials_specialist", tenants=(own_id,))
    assert {entry.slug for entry in queue.ranked(both, Wanted())} == {desk.practice.slug, other.slug}
    assert {entry.slug for entry in queue.ranked(one, Wanted())} == {desk.practice.slug}
    assert queue.ranked(staff("usr_none", tenants=("*",)), Wanted()) == []  # no role, no row
    rows = queue.rows(both, queue.ranked(both, Wanted()))
    assert {row.patient_name for row in rows} == {"Testcase, Marigold"}
    with pytest.raises(NotFound):
        queue.rows(one, queue.ranked(both, Wanted()))  # the right is asked again for every row
    pairs = [(own_id, queue.ranked(one, Wanted())[0].denial.denial_id), (their_id, theirs.denial_id)]
    results = acts.bulk(one, pairs, "note", words="Called the payer", commit=True)
    assert [item.possible for item in results] == [True, False]
    with enter(desk.operator, their_id, "test", directory()):
        assert [act.kind for act in records.history(theirs.denial_id)] == ["found"]
        with pytest.raises(NotFound):
            records.get(pairs[0][1])


def test_ottehr_9313_many_at_once_with_a_preview_that_changes_nothing(desk: Desk) -> None:
    found = desk.denied(DENIED)
    tenant = desk.practice.slug
    identity.ensure_user(
        "denials@work.invalid", "Dana Testcase", "fictional-password", "staff", ("denials_specialist",), ("*",)
    )
    dana = identity.find_login("denials@work.invalid")
    assert dana is not None
    preview = acts.bulk(desk.operator, [(tenant, found.denial_id)], "snooze", until=date(2027, 4, 1))
    assert [item.possible for item in preview] == [False]
    assert "deadline" in preview[0].why
    assert acts.bulk(desk.operator, [(tenant, found.denial_id)], "snooze", until=date(2026, 10, 9))[0].possible
    assert records.get(found.denial_id).snoozed_until is None
    acts.bulk(desk.operator, [(tenant, found.denial_id)], "assign", user_id=dana.user_id, commit=True)
    acts.bulk(desk.operator, [(tenant, found.denial_id)], "snooze", until=date(2026, 10, 9), commit=True)
    acts.note(found.denial_id, "Waits for the policy")
    after = records.get(found.denial_id)
    assert (after.assigned_to, after.snoozed_until) == (dana.user_id, date(2026, 10, 9))
    assert queue.ranked(desk.operator, Wanted(), [tenant]) == []
    assert len(queue.ranked(desk.operator, Wanted(show="snoozed", assigned=dana.user_id), [tenant])) == 1
    said = [(act.kind, act.words) for act in records.history(found.denial_id)][1:]
    assert said == [
        ("assigned", "Assigned to Dana Testcase"),
        ("snoozed", "Put away until 2026-10-09"),
        ("noted", "Waits for the policy"),
    ]
    with pytest.raises(Refused):
        acts.assign(found.denial_id, "usr_nobody")


def test_ottehr_9656_9617_canvas_436_a_denied_claim_goes_again_as_a_replacement_and_settles(desk: Desk) -> None:
    """Frequency 7 with the payer's number, in the file itself; what the payer then pays settles the denial (openemr #4334: no
    payment is lost on the way)."""
    found = desk.denied((("CO", "4", 15000),))
    assert offer(found.denial_id, "correct").possible is False  # nothing about the visit was mended
    assert offer(found.denial_id, "appeal").why == "this reason is mended, not appealed"
    take(desk.folder, line(diagnosis_1="R27.8"))
    assert offer(found.denial_id, "correct").possible
    after = paths.correct(found.denial_id, reason="other diagnosis")
    assert after.state == "waiting"
    sending = desk.claim(found.claim_id).sending
    assert (sending.frequency, sending.original_reference) == ("7", "PAYER77")
    sent = documents.get(desk.night().document).decode()
    assert ":7*" in next(part for part in sent.split("~") if part.startswith("CLM*"))
    assert "REF*F8*PAYER77~" in sent
    desk.post(
        desk.answer(found.claim_id, (("CO", "4", -15000),), status="22"),
        desk.answer(found.claim_id, (("CO", "45", 5000),)),
        on=date(2026, 10, 2),
    )
    assert refresh().resolved == 1
    settled = records.get(found.denial_id)
    assert (settled.state, settled.resolution, settled.recovered_cents) == ("resolved", "paid", 10000)
    assert journal.balance(found.claim_id).paid_cents == 10000
    again = desk.denied((("CO", "4", 15000),), visit="V2", date_of_service="2026-09-02", note_signed_on="2026-09-02")
    assert counts.likelihood(again, records.resolved()).words == "1 of 1 of this payer with CO-4 paid after all"
    (pattern,) = patterns()
    assert (pattern.lines, pattern.denied_cents, pattern.open_cents, pattern.recovered) == (2, 30000, 15000, 1)


def test_no_history_says_so_and_other_practices_are_counts_only(desk: Desk, in_tenant) -> None:
    found = desk.denied(DENIED)
    assert counts.likelihood(found, records.resolved()).words == "no history"
    stored = list(control.iter_query("DENIALS#60054#50"))
    assert all(set(item.data) == {"denied", "decided", "won"} for item in stored)
    assert all(type(number) is int for item in stored for number in item.data.values())
    with in_tenant(live_practice(desk.operator).slug):
        told = counts.elsewhere("60054", "50")
        assert told.decided == sum(item.data["decided"] for item in stored)
        assert f"in {len(stored)} other" in told.like


def test_a_denial_goes_on_to_the_next_payer(desk: Desk) -> None:
    """ottehr #9184: one claim, two insurances; the first one's denial goes along with the second one's claim."""
    united = {"payer_id": "87726", "line_of_business": "commercial", "member_id": "900200300", "relationship": "self"}
    found = desk.denied((("CO", "27", 15000),), **{f"secondary_{name}": value for name, value in united.items()})
    assert offer(found.denial_id, "next_payer").possible
    after = paths.next_payer(found.denial_id)
    assert after.state == "waiting"
    sending = desk.claim(found.claim_id).sending
    assert (sending.kind, sending.sequence) == ("secondary", "S")
    assert [
        (cas.group, cas.reason, cas.amount_cents) for line in sending.prior[0].lines for cas in line.adjustments
    ] == [("CO", "27", 15000)]


def test_denied_again_is_a_new_denial_of_the_same_owner(desk: Desk) -> None:
    found = desk.denied((("CO", "4", 15000),))
    acts._write(found.model_copy(update={"assigned_to": "usr_dana"}), "assigned", "Assigned")
    take(desk.folder, line(diagnosis_1="R27.8"))
    paths.correct(found.denial_id)
    desk.night()
    desk.post(
        desk.answer(found.claim_id, (("CO", "4", -15000),), status="22"),
        desk.answer(found.claim_id, (("CO", "4", 15000),)),
        on=date(2026, 10, 2),
    )
    refresh()
    first, second = records.of_claim(found.claim_id)
    assert (first.resolution, second.state, second.assigned_to) == ("denied_again", "open", "usr_dana")


def test_a_write_off_needs_a_listed_reason_and_the_authority(desk: Desk, in_tenant) -> None:
    found = desk.denied((("CO", "29", 15000),))
    specialist = staff("usr_spec", "denials_specialist")
    with in_tenant(desk.practice.slug, specialist):
        assert offer(found.denial_id, "write_off").possible is False
        with pytest.raises(Forbidden):
            paths.write_off(found.denial_id)
    with in_tenant(desk.practice.slug, staff("usr_biller", "biller")):
        with pytest.raises(OtbillError):
            paths.write_off(found.denial_id, "because")
        after = paths.write_off(found.denial_id)
    assert (after.state, after.resolution) == ("resolved", "written_off")
    assert journal.balance(found.claim_id).open_cents == 0
    assert desk.claim(found.claim_id).write_offs[0].reason == "timely_filing"


def test_the_practice_is_asked_and_the_denial_comes_back_with_the_answer_or_the_day(desk: Desk, monkeypatch) -> None:
    found = desk.denied((("CO", "27", 15000),))
    after = paths.ask(found.denial_id, "front_desk", date(2026, 10, 5), "Which plan covered the patient that day?")
    assert after.state == "asked"
    (task,) = tasks.open_tasks()
    assert (task.owner, task.role, task.due_on) == ("practice", "front_desk", date(2026, 10, 5))
    tenant = [desk.practice.slug]
    assert queue.ranked(desk.operator, Wanted(), tenant) == []
    assert len(queue.ranked(desk.operator, Wanted(show="waiting"), tenant)) == 1
    monkeypatch.setenv("OTBILL_NOW", "2026-10-05")
    assert len(queue.ranked(desk.operator, Wanted(), tenant)) == 1  # overdue: ours again
    tasks.finish(task.task_id)
    assert refresh().changed == 1
    assert records.get(found.denial_id).state == "open"


def test_openemr_4707_only_the_lines_refused_as_unprocessable_go_again(desk: Desk) -> None:
    (claim_id,) = desk.claims(line(number=1), line(number=2, cpt="97110", charge="65.00"))
    desk.accept(claim_id)
    paid, refused = (("CO", "45", 5000),), (("CO", "16", 13000),)
    answer = desk.answer(claim_id, paid, refused)
    lines = (answer.lines[0], dataclasses.replace(answer.lines[1], remark_codes=("MA130", "M53")))
    desk.post(dataclasses.replace(answer, lines=lines))
    refresh()
    (found,) = records.open_denials()
    assert (found.category, found.appealable) == ("information", "no")
    assert found.deadline == date(2026, 12, 30)  # Aetna: a new claim within 120 days of 2026-09-01
    assert paths.correct(found.denial_id).state == "waiting"
    sending = desk.claim(claim_id).sending
    assert (sending.kind, sending.frequency, sending.lines) == ("lines", "1", (2,))
    assert journal.balance(claim_id).paid_cents == 10000


def test_openemr_6614_medicare_is_asked_to_reopen_and_ottehr_9294_every_code_has_words(desk: Desk) -> None:
    found = desk.denied((("CO", "11", 15000),), remarks=("M76", "N115"), **{**MEDICARE, "referring_npi": npi(78)})
    shown = view.denial_view(found.denial_id)
    assert shown.words == "Diagnosis does not support the procedure"
    assert all(words and "not in our list" not in words for words in shown.remarks.values())
    take(desk.folder, line(**{**MEDICARE, "referring_npi": npi(78), "diagnosis_1": "R27.8"}))
    reopening = offer(found.denial_id, "correct")
    assert (reopening.name, reopening.possible) == ("Ask for a reopening", True)
    assert paths.correct(found.denial_id, reason="wrong diagnosis").state == "waiting"
    assert desk.claim(found.claim_id).sending is None  # Part B takes no corrected claim
    assert "reopening" in {task.kind for task in tasks.open_tasks()}


def test_what_cannot_be_done_is_absent_with_its_reason(desk: Desk) -> None:
    found = desk.denied((("CO", "16", 15000),), remarks=("MA130",))
    said = {item.path: (item.possible, item.why) for item in paths.offers(found.denial_id)}
    assert said["appeal"] == (False, "the payer made no decision that could be appealed")
    assert said["patient"] == (False, "what is denied under CO is never the patient's")
    assert said["next_payer"] == (False, "the patient has no further payer on record")
    assert said["ask"][0]
    assert said["document"][0]
