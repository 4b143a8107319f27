"""Visits become claims: grouped, coded, checked, and kept true to their visits until they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.lifecycle import fold
from chalicelib.claims.model import Status
from chalicelib.claims.submission import submit_claims
from chalicelib.store import journal
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal
from tests.practice import ASSISTANT, MEDICARE, THERAPISTS, build, line, live_practice, only, take

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def practice(aws: str, in_tenant: InTenant, operator: Principal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        yield practice


def claim_of(outcome: Any) -> Any:
    return records.get_claim(outcome.claim_id).claim


def test_a_clean_visit_is_ready_with_its_charge_in_the_ledger(practice: Any, tmp_path: Path) -> None:
    outcome = only(build(tmp_path, line()))
    assert (outcome.status, outcome.reasons) == ("ready", ())
    assert [(item.cpt, item.units, item.charge_cents) for item in claim_of(outcome).content.lines] == [
        ("97530", 2, 15000)
    ]
    assert journal.balance(outcome.claim_id).charge_cents == 15000


def test_building_again_writes_nothing(practice: Any, tmp_path: Path) -> None:
    build(tmp_path, line(), line("V2", patient_id="P2"))
    before = store.runtime().writes
    assert build_claims() == []
    assert all(item.change == "unchanged" for item in rescrub())
    assert store.runtime().writes == before


def test_one_claim_per_therapist_although_minutes_pool(practice: Any, tmp_path: Path) -> None:
    """20 + 20 minutes of one Medicare day are three units in all (ot_rules.md 1.1 row 2), over two claims."""
    rows = (
        line("V1", therapist_minutes="20", cpt="97112", **MEDICARE),
        line("V2", therapist_minutes="20", cpt="97110", rendering_npi=THERAPISTS[1], **MEDICARE),
    )
    outcomes = build(tmp_path, *rows)
    assert len({item.claim_id for item in outcomes}) == 2
    assert sorted(only(claim_of(item).content.lines).units for item in outcomes) == [1, 2]


def test_two_visits_of_a_day_share_a_claim(practice: Any, tmp_path: Path) -> None:
    rows = (
        line("V1", start_time="09:00", end_time="09:30"),
        line("V2", cpt="97110", start_time="14:00", end_time="14:30"),
    )
    outcome = only(build(tmp_path, *rows))
    assert outcome.visit_ids == ("V1", "V2")


def test_another_case_is_another_claim(practice: Any, tmp_path: Path) -> None:
    assert len(build(tmp_path, line("V1", case_id="A"), line("V2", cpt="97110", case_id="B"))) == 2


def test_over_fifty_lines_are_split(practice: Any, tmp_path: Path) -> None:
    codes = [f"{number}.0{digit}" for number in range(60, 66) for digit in range(9)]
    rows = [line("V1", number, charge=charge, therapist_minutes="15") for number, charge in enumerate(codes, 1)]
    outcomes = build(tmp_path, *rows)
    assert [len(claim_of(item).content.lines) for item in outcomes] == [50, 4]
    assert sum(journal.balance(item.claim_id).charge_cents for item in outcomes) == sum(
        int(code.replace(".", "")) for code in codes
    )


def test_the_therapist_renders_never_the_assistant(practice: Any, tmp_path: Path) -> None:
    row = line(therapist_minutes="0", assistant_minutes="30", assistant_id=ASSISTANT, **MEDICARE)
    content = claim_of(only(build(tmp_path, row))).content
    assert content.rendering.npi == THERAPISTS[0]
    assert only(content.lines).modifiers == ("CO", "GO")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"line_of_business": "workers_compensation"}, "WC_NOT_SUPPORTED"),
        ({"line_of_business": "self_pay", "member_id": ""}, "SELF_PAY"),
        ({"payer_id": "NOBODY"}, "UNKNOWN_PAYER"),
        ({"cpt": "97799", "charge": "", "units": "1"}, "CHARGE_MISSING"),
        ({"note_signed_on": ""}, "NOTE_UNSIGNED"),
        ({"zip": "33101", "address": "PO"}, ""),
    ],
)
def test_a_claim_that_cannot_be_billed_is_held_with_its_reason(
    practice: Any, tmp_path: Path, change: dict[str, str], code: str
) -> None:
    outcome = only(build(tmp_path, line(**change)))
    assert outcome.status == ("held" if code else "ready")
    assert not code or code in outcome.reasons


def test_a_bad_row_holds_the_whole_visit_and_mending_it_releases(practice: Any, tmp_path: Path) -> None:
    held = only(build(tmp_path, line(), line(number=2, cpt="97110", therapist_minutes="soon")))
    assert held.reasons == ("VISIT_INCOMPLETE",)
    mended = only(build(tmp_path, line(number=2, cpt="97110", therapist_minutes="15")))
    assert (mended.claim_id, mended.status) == (held.claim_id, "ready")
    assert len(claim_of(mended).content.lines) == 2


def test_a_visit_of_which_no_row_is_readable_is_held_too(practice: Any, tmp_path: Path) -> None:
    outcome = only(build(tmp_path, line(sex="?")))
    assert (outcome.claim_id, outcome.visit_ids, outcome.reasons) == (None, ("V1",), ("VISIT_INCOMPLETE",))


def test_a_changed_visit_amends_the_unsent_claim_and_its_charge(practice: Any, tmp_path: Path) -> None:
    first = only(build(tmp_path, line()))
    second = only(build(tmp_path, line(therapist_minutes="45")))
    assert (second.claim_id, second.change) == (first.claim_id, "amended")
    assert journal.balance(first.claim_id).charge_cents == 22500
    assert journal.verify()["balanced"]
    assert [event.type for event in records.claim_events(first.claim_id)] == [
        "drafted",
        "scrubbed",
        "amended",
        "scrubbed",
    ]


def test_a_changed_visit_of_a_sent_claim_opens_one_correction_task(practice: Any, tmp_path: Path) -> None:
    first = only(build(tmp_path, line()))
    submit_claims()
    for _ in range(2):
        build(tmp_path, line(therapist_minutes="45"))
    claim = claim_of(first)
    assert claim.status is Status.SUBMITTED
    assert only(claim.content.lines).units == 2
    assert [task.kind for task in open_tasks()] == ["correction"]
    assert journal.balance(first.claim_id).charge_cents == 15000


def test_a_visit_that_moves_to_another_day_leaves_no_claim_behind(practice: Any, tmp_path: Path) -> None:
    build(tmp_path, line("V1"), line("V2", cpt="97110"))
    outcomes = build(tmp_path, line("V1", date_of_service="2026-09-02"), line("V2", cpt="97110"))
    live = [
        item.claim.content
        for status in Status
        if status is not Status.WITHDRAWN
        for item in records.claims_with_status(status)
    ]
    assert sorted((str(content.date_of_service), content.visit_ids) for content in live) == [
        ("2026-09-01", ("V2",)),
        ("2026-09-02", ("V1",)),
    ]
    assert journal.verify()["balanced"]
    total = sum(balance.charge_cents for balance in journal.iter_balances())
    assert total == sum(content.charge_cents for content in live), outcomes


def test_the_stored_claim_is_the_fold_of_its_events(practice: Any, tmp_path: Path) -> None:
    first = only(build(tmp_path, line()))
    build(tmp_path, line(therapist_minutes="45"))
    submit_claims()
    stored = records.get_claim(first.claim_id).claim
    assert fold(records.claim_events(first.claim_id)) == stored


def test_the_public_export_format_is_accepted_with_only_the_required_columns(practice: Any, tmp_path: Path) -> None:
    from chalicelib.intake.columns import REQUIRED

    row = {name: text for name, text in line().items() if name in (*REQUIRED, "member_id")}
    assert take(tmp_path, row).rejected == []
    outcome = only(build_claims())
    assert outcome.status == "held"  # no minutes, no signature: held, never lost
    assert "NOTE_UNSIGNED" in outcome.reasons


def test_a_visit_added_to_a_day_already_sent_is_not_billed_twice(practice: Any, tmp_path: Path) -> None:
    """V0 comes later and sorts first: the day's claim would get another id, and V1 would go out again."""
    sent = only(build(tmp_path, line("V1")))
    submit_claims()
    outcomes = build(tmp_path, line("V0", cpt="97110"))
    assert [(item.claim_id, item.change) for item in outcomes] == [(sent.claim_id, "correction")]
    assert submit_claims() == ([], [])


def test_every_visit_of_a_shared_claim_is_judged_and_keeps_its_diagnosis(practice: Any, tmp_path: Path) -> None:
    """GIVEN two visits on one claim WHEN the second is unsigned THEN it is held, and no line loses its diagnosis."""
    first = line("V1", start_time="09:00", end_time="09:30")
    second = line("V2", cpt="97110", start_time="14:00", end_time="14:30", diagnosis_1="M25.511")
    held = only(build(tmp_path, first, {**second, "note_signed_on": ""}))
    assert held.reasons == ("NOTE_UNSIGNED",)
    content = claim_of(only(build(tmp_path, second))).content
    told = {item.cpt: [content.diagnoses[pointer - 1] for pointer in item.diagnosis_pointers] for item in content.lines}
    assert told == {"97530": ["M6281"], "97110": ["M25511"]}


def test_a_visit_that_leaves_for_a_later_day_does_not_take_the_claim_with_it(practice: Any, tmp_path: Path) -> None:
    shared = only(build(tmp_path, line("V1"), line("V2", cpt="97110")))
    build(tmp_path, line("V2", cpt="97110", date_of_service="2026-09-03"))
    claim = claim_of(shared)
    assert (claim.status, claim.content.visit_ids) == (Status.READY, ("V1",))
    assert sum(balance.charge_cents for balance in journal.iter_balances()) == 30000


def test_a_changed_visit_is_not_sent_before_its_claim_follows(practice: Any, tmp_path: Path) -> None:
    build(tmp_path, line())
    take(tmp_path, line(therapist_minutes="45"))
    assert submit_claims() == ([], [])
    build_claims()
    assert len(submit_claims()[0]) == 1


def test_parts_of_a_split_claim_are_told_apart_after_sending(practice: Any, tmp_path: Path) -> None:
    rows = [line("V1", n, charge=f"{n}.00", therapist_minutes="15") for n in range(1, 53)]
    parts = build(tmp_path, *rows)
    submit_claims()
    again = build(tmp_path, line("V2", cpt="97110", rendering_npi=THERAPISTS[1]))
    assert {
        item.claim_id: item.change for item in again if item.claim_id in {part.claim_id for part in parts}
    }.keys() <= {part.claim_id for part in parts}
    assert journal.verify()["balanced"]


@pytest.mark.parametrize("bad", ["cells", "quote"])
def test_an_unreadable_row_holds_the_visit_it_is_of(practice: Any, tmp_path: Path, bad: str) -> None:
    from chalicelib.intake.service import import_visits
    from tests.intake.test_visit_import import write

    file = write(tmp_path / "v.csv", line(), line(number=2, cpt="97110"))
    head, one, two = file.read_text().splitlines()
    file.write_text(
        "\n".join([head, one, two + ",surplus" if bad == "cells" else two.replace("97110", '"97110')]) + "\n"
    )
    import_visits(file)
    assert only(build_claims()).reasons == ("VISIT_INCOMPLETE",)
