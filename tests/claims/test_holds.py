"""People and claims: holds end when they should, findings are overruled by those who may, amounts given up within limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import authority, corrections, holds
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.graph import NotNow
from chalicelib.claims.submission import submit_claims
from chalicelib.cli.main import main
from chalicelib.onboarding.apply import apply, current_practice
from chalicelib.onboarding.model import Enrolment
from chalicelib.platform.errors import Forbidden, Misuse, OtbillError, Refused
from chalicelib.store import directory, iter_query
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal, current, enter
from tests.claims.bench_desk import Desk, proven
from tests.practice import build, line, live_practice, only

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
MARCH = {
    "date_of_service": "2026-03-02",
    "first_treatment_on": "2026-02-02",
    "plan_of_care_start": "2026-02-02",
    "plan_of_care_end": "2026-04-30",
    "plan_of_care_certified_on": "2026-02-10",
    "note_signed_on": "2026-03-02",
}
SOON, LATER = date(2026, 10, 5), date(2026, 10, 15)


def person(kind: str, *roles: str) -> Principal:
    tenants = frozenset((current().tenant.tenant_id,))
    return Principal(user_id=f"usr_{kind}", name="Pat Testcase", kind=kind, roles=frozenset(roles), tenants=tenants)


def acting(who: Principal) -> AbstractContextManager[Any]:
    return enter(who, current().tenant.tenant_id, "test", directory.directory())


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    with in_tenant(live_practice(operator).slug):
        yield Desk(operator, tmp_path)


def built(desk: Desk, **more: str) -> str:
    return str(only(build(desk.folder, line(**more))).claim_id)


def code_of(error: type[OtbillError], act: Callable[[], object]) -> str:
    with pytest.raises(error) as caught:
        act()
    return caught.value.code


def test_a_held_claim_is_in_no_batch_and_goes_when_released(desk: Desk) -> None:
    claim_id = built(desk)
    claim = holds.hold(claim_id, "records_requested", follow_up_on=SOON, words="asked for the note", owner="practice")  # type: ignore[arg-type]
    assert (claim.status, claim.owner, claim.deadline) == ("held", "practice", SOON)
    rescrub()
    assert desk.claim(claim_id).status == "held", "checking again does not end a person's hold"
    assert submit_claims()[0] == []
    assert holds.release(claim_id).status == "ready"
    assert len(submit_claims()[0]) == 1
    assert code_of(NotNow, lambda: holds.hold(claim_id, "payer_issue", follow_up_on=SOON)) == "EVENT_NOT_ALLOWED"


def test_a_release_checks_again_and_a_finding_still_holds(desk: Desk) -> None:
    claim_id = built(desk, note_signed_on="")
    assert code_of(NotNow, lambda: holds.release(claim_id)) == "NOT_HELD"
    holds.hold(claim_id, "records_requested", follow_up_on=SOON)
    claim = holds.release(claim_id)
    assert (claim.status, claim.hold) == ("held", None)
    assert "NOTE_UNSIGNED" in {finding.code for finding in claim.findings}


def test_a_hold_for_enrolment_ends_by_itself_on_its_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    claim_id = built(desk)
    holds.hold(claim_id, "pending_enrolment", follow_up_on=SOON, release_on=LATER)
    assert holds.release_due() == []
    monkeypatch.setenv("OTBILL_NOW", "2026-10-15")
    assert [claim.status for claim in holds.release_due()] == ["ready"]


def test_a_hold_for_enrolment_ends_when_the_practice_file_has_it_in_force(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice, enrolled = current_practice(), Enrolment.model_validate({"state": "live", "from": date(2026, 10, 12)})
    later = tuple(
        item.model_copy(update={"enrolment": {**item.enrolment, "837": enrolled}}) if item.payer_id == "60054" else item
        for item in practice.payers
    )
    apply(practice.model_copy(update={"payers": later}), desk.operator)
    claim_id = built(desk)
    holds.hold(claim_id, "pending_enrolment", follow_up_on=SOON)
    assert holds.release_due() == []
    monkeypatch.setenv("OTBILL_NOW", "2026-10-12")
    assert [claim.status for claim in holds.release_due()] == ["ready"]
    holds.hold(claim_id, "pending_enrolment", follow_up_on=LATER, words="the payer lost the form")
    assert holds.release_due() == [], "a person who holds in spite of the file is not overruled"


def test_a_hold_that_would_have_ended_already_is_refused_and_one_that_cannot_end_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = built(desk), built(desk, visit_id="V2", patient_id="P2", member_id="W100200302")
    past = date(2026, 9, 30)
    assert code_of(Misuse, lambda: holds.hold(one, "payer_issue", follow_up_on=SOON, release_on=past)) == "RELEASE_PAST"
    for claim_id in (one, two):
        holds.hold(claim_id, "payer_issue", follow_up_on=SOON, release_on=LATER)
    monkeypatch.setenv("OTBILL_NOW", "2026-10-15")
    whole = holds.fresh_draft

    def gone(claim: Any, practice: Any) -> Any:
        if claim.claim_id == one:
            raise Refused("VISITS_GONE", "none of its visits can be billed any more", fix="void the claim")
        return whole(claim, practice)

    monkeypatch.setattr(holds, "fresh_draft", gone)
    assert [claim.claim_id for claim in holds.release_due()] == [two]
    assert holds.release_due() == []
    told = [task for task in open_tasks() if task.kind == "hold"]
    assert [(task.subject, "void the claim" in task.words) for task in told] == [(one, True)], "once"


def test_only_listed_findings_are_overruled_by_who_may_with_a_reason_and_audited(desk: Desk) -> None:
    claim_id = built(desk, **MARCH)
    assert {f.code for f in desk.claim(claim_id).findings if f.severity == "error"} == {"TIMELY_FILING"}

    def overrule(code: str = "TIMELY_FILING", reason: str = "the payer agreed in writing") -> Any:
        return holds.release(claim_id, overrides=[code], reason=reason)

    assert code_of(Misuse, lambda: overrule("NOTE_UNSIGNED")) == "NOT_OVERRIDABLE"
    assert code_of(Misuse, lambda: overrule(reason="")) == "REASON_MISSING"
    assert code_of(Refused, lambda: overrule("AUTH_MISSING")) == "NO_SUCH_FINDING"
    for who in (person("staff", "biller"), person("practice", "owner"), person("practice", "operator")):
        with acting(who):
            assert code_of(Forbidden, overrule) == "NOT_PERMITTED"
    with acting(person("staff", "administrator")):
        claim = overrule()
    assert claim.status == "ready"
    (override,) = claim.overrides
    assert (override.code, override.role, override.by) == ("TIMELY_FILING", "administrator", "usr_staff")
    actions = {
        record.data["action"] for n in range(16) for record in iter_query(f"AUD#{claim.updated_at[:10]}#{n:02d}")
    }
    assert "claim.overridden" in actions
    rescrub()
    assert desk.claim(claim_id).status == "ready", "it stands as long as the claim says the same"
    desk.change(line(**MARCH, therapist_minutes="45"))
    assert desk.claim(claim_id).status == "held", "and not a day longer"


def test_a_write_off_moves_what_was_owed_and_closes_the_claim(desk: Desk) -> None:
    claim_id = desk.billed(line(member_id="W100200313"))  # this payer's coverage has ended: all of it is denied
    assert desk.money(claim_id) == (15000, 0, 0, 0, 15000)
    claim = holds.write_off(claim_id, "not_covered", party="payer", amount_cents=5000)
    assert (claim.status, desk.money(claim_id)) == ("denied", (15000, 0, 5000, 0, 10000))
    claim = holds.write_off(claim_id, "not_covered", party="payer")
    assert (claim.status, claim.owner, desk.money(claim_id)) == ("closed", "nobody", (15000, 0, 15000, 0, 0))
    assert code_of(Refused, lambda: holds.write_off(claim_id, "not_covered", party="payer")) == "NOTHING_OWED"
    assert proven()
    corrections.void(claim_id, reason="never given")  # and what was given up comes back before the charge goes
    desk.send()
    assert desk.claim(claim_id).status == "voided"
    assert desk.accounts(claim_id) == {}
    assert proven()


def test_write_offs_need_a_listed_reason_and_the_authority(desk: Desk) -> None:
    claim_id = desk.billed(line(member_id="W100200313"))

    def give(reason: str, party: str = "payer", cents: int | None = None) -> Callable[[], Any]:
        return lambda: holds.write_off(claim_id, reason, party=party, amount_cents=cents)

    assert code_of(Misuse, give("because")) == "WRITE_OFF_REASON"
    assert code_of(Misuse, give("bad_debt")) == "WRITE_OFF_REASON", "a payer has no bad debt here"
    assert code_of(Misuse, give("small_balance", "neighbour")) == "PARTY"
    assert code_of(Refused, give("small_balance", cents=1001)) == "WRITE_OFF_AMOUNT", "no role makes it a small balance"
    assert code_of(Refused, give("timely_filing", cents=15001)) == "MORE_THAN_OWED"
    with acting(person("practice", "owner")):
        assert code_of(Forbidden, give("timely_filing")) == "NOT_PERMITTED"
    with acting(person("staff", "biller")):
        assert code_of(Forbidden, give("appeals_exhausted")) == "NOT_PERMITTED"
        assert give("timely_filing")().status == "closed"


def test_an_amount_that_is_no_amount_of_dollars_is_said_to_be_none(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    claim_id = built(desk, note_signed_on="")
    move = ["claims", "writeoff", "--tenant", current().tenant.slug, "--claim", claim_id, "--party", "payer"]
    assert main([*move, "--reason", "timely_filing", "--amount", "a lot"]) == 2
    assert "NOT_DOLLARS" in capsys.readouterr().err


def test_a_claim_that_will_never_be_sent_is_given_up_whole_and_stays_given_up(desk: Desk) -> None:
    claim_id = built(desk, note_signed_on="")
    assert (
        code_of(Refused, lambda: holds.write_off(claim_id, "timely_filing", party="payer", amount_cents=1))
        == "ONLY_WHOLE"
    )
    holds.write_off(claim_id, "timely_filing", party="payer")
    assert desk.claim(claim_id).status == "closed"
    desk.change(line())
    build_claims()
    assert desk.claim(claim_id).status == "closed"
    assert submit_claims()[0] == []
    assert proven()


def test_a_practice_may_note_but_not_decide(desk: Desk) -> None:
    claim_id = built(desk)
    with acting(person("practice", "front_desk")):
        holds.note(claim_id, "The patient called.")
        for act in (
            lambda: holds.hold(claim_id, "payer_issue", follow_up_on=SOON),
            lambda: holds.release(claim_id),
            lambda: corrections.correct(claim_id),
            lambda: corrections.void(claim_id, reason="r"),
            lambda: corrections.resubmit(claim_id),
            lambda: corrections.drop(claim_id),
        ):
            assert code_of(Forbidden, act) == "NOT_PERMITTED"
    assert desk.events(claim_id)[-1] == "noted"
    assert code_of(Misuse, lambda: holds.note(claim_id, " ")) == "NOTE_EMPTY"
    assert code_of(Misuse, lambda: holds.note(claim_id, "x" * 501)) == "TOO_LONG"


def test_a_hold_needs_a_listed_reason_and_a_day_to_come(desk: Desk) -> None:
    claim_id = built(desk)
    assert code_of(Misuse, lambda: holds.hold(claim_id, "later", follow_up_on=SOON)) == "HOLD_REASON"
    assert code_of(Misuse, lambda: holds.hold(claim_id, "other", follow_up_on=SOON)) == "HOLD_REASON"
    assert (
        code_of(Misuse, lambda: holds.hold(claim_id, "payer_issue", follow_up_on=date(2026, 9, 29))) == "FOLLOW_UP_PAST"
    )


def test_the_commands_hold_release_note_and_write_off(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    claim_id = built(desk)
    about = ["--tenant", current().tenant.slug, "--claim", claim_id]
    assert main(["claims", "hold", *about, "--reason", "payer_issue", "--follow-up", "2026-10-05"]) == 0
    assert "is held: Payer issue: the payer has a known problem" in capsys.readouterr().out
    assert main(["claims", "note", *about, "The payer's portal is down."]) == 0
    assert main(["claims", "release", *about]) == 0
    assert main(["claims", "hold", *about, "--reason", "payer_issue", "--follow-up", "tomorrow"]) == 2
    assert (
        main(["claims", "writeoff", *about, "--reason", "timely_filing", "--party", "payer", "--amount", "1.00"]) == 1
    )
    assert set(authority.WRITE_OFFS) >= {"small_balance"}
