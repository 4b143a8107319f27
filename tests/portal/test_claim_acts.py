"""What people do to a claim in the portal: they see what will happen, press one button, and the claim's page tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from portal_browser import SAME_ORIGIN, Browser, Page

from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.model import Status
from chalicelib.claims.submission import submit_claims
from chalicelib.jobs.sync import SyncResult, fetch_waiting, send_written
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.onboarding.model import Practice
from chalicelib.store import directory, identity, journal
from chalicelib.tenancy import enter
from tests.claims.test_secondary_opened import second
from tests.conftest import OPERATOR
from tests.practice import CIGNA, build, line, live_practice, take
from tests.signing_in import bearer

pytestmark = pytest.mark.aws
PASSWORD = "fictional-password"


@dataclass
class Desk:
    """A live practice, its claims by the practice's visit id, and people at their browsers."""

    practice: Practice
    claims: dict[str, str]
    staff: Browser
    owner: Browser
    auditor: Browser
    folder: Path

    def path(self, visit: str, act: str = "") -> str:
        return f"/p/{self.practice.slug}/claims/{self.claims[visit]}{act and '/' + act}"

    def claim(self, visit: str) -> Any:
        with self.inside():
            return records.get_claim(self.claims[visit]).claim

    def inside(self) -> Any:
        return enter(OPERATOR, self.practice.slug, "test", directory.directory())

    def exchange(self) -> None:
        """Send what is ready, let the payers answer, take their answers in."""
        with self.inside() as context:
            build_claims()
            submit_claims()
        result, door = SyncResult(), SimulatedDoor(self.folder / "clearinghouse")
        send_written(door, OPERATOR, result, [context.tenant.tenant_id])
        fetch_waiting(door, OPERATOR, result)

    def act(self, visit: str, act: str, by: Browser | None = None, **fields: str) -> tuple[int, Page]:
        """Open the act's page, fill its form as it came, send it; the claim's page or the refusal."""
        who = by or self.staff
        shown = who.get(self.path(visit, act))
        assert shown.status == 200, shown.text
        assert shown.inline == []
        answer = who.post(self.path(visit, act), {**shown.fields, **fields}, **SAME_ORIGIN)
        if answer.status_code == 303:
            return 303, who.get(str(answer.headers["Location"]))
        return answer.status_code, Page(answer)


@pytest.fixture(scope="module")
def made() -> dict[str, Desk]:
    return {}


@pytest.fixture
def desk(
    aws: str,
    made: dict[str, Desk],
    client: Any,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    if aws not in made:
        made[aws] = _make(client, tmp_path_factory.mktemp("acts"))
    kept = made[aws]
    for browser in (kept.staff, kept.owner, kept.auditor):
        browser.client = client
    return kept


def _make(client: Any, folder: Path) -> Desk:
    practice = live_practice(OPERATOR)
    with enter(OPERATOR, practice.slug, "test", directory.directory()) as context:
        visits = ("READY", "HELD", "PAID", "VOIDED", "REJECTED", "API", "NEXT", "NEXT2")
        rows = [
            line(visit, patient_id=f"P-{visit}", member_id=f"W10020030{number}") for number, visit in enumerate(visits)
        ]
        rows[1]["note_signed_on"] = ""
        rows[3] |= CIGNA
        rows[4]["member_id"] = "W100200000"
        for number, row in enumerate(rows[6:], 7):
            row |= {"member_id": f"W10020030{number}", **second(CIGNA)}
        outcomes = build(folder, *rows)
        tenant_id = context.tenant.tenant_id
    claims = {item.visit_ids[0]: str(item.claim_id) for item in outcomes}
    people = [
        _sit_down(client, f"{name}-{tenant_id[-6:]}@acts.invalid", words, kind, role, tenant_id)
        for name, words, kind, role in (
            ("staff", "Billie Testcase", "staff", "administrator"),
            ("owner", "Olive Placeholder", "practice", "owner"),
            ("auditor", "Audrey Placeholder", "staff", "auditor"),
        )
    ]
    return Desk(practice, claims, *people, folder)


def _sit_down(client: Any, email: str, name: str, kind: str, role: str, tenant_id: str) -> Browser:
    tenants = ("*",) if kind == "staff" else (tenant_id,)
    person = identity.ensure_user(email, name, PASSWORD, kind, (role,), tenants)
    return Browser(client, identity.start_session(person))


def test_a_claim_is_held_and_let_go_again(desk: Desk) -> None:
    page = desk.staff.get(desk.path("READY"))
    assert desk.path("READY", "hold") in page.links
    assert desk.path("READY", "release") not in page.links, "nobody holds it"
    assert desk.path("READY", "void") not in page.links, "no payer has it"
    status, page = desk.act("READY", "hold", reason="practice_question", words="Is this the right patient?")
    assert (status, desk.claim("READY").status) == (303, Status.HELD)
    assert "Done The claim is held." in page.text
    assert "Held: Is this the right patient?; looked at again on 2026-10-07" in page.text
    assert "person Billie Testcase" in page.text, "the timeline says who"
    status, page = desk.act("READY", "release")
    assert (status, desk.claim("READY").status) == (303, Status.READY)
    assert "The hold was ended" in page.text


def test_a_note_is_put_once_however_often_the_form_is_sent(desk: Desk) -> None:
    form = desk.owner.get(desk.path("READY", "note"))
    sent = {**form.fields, "words": "The practice looked at it."}
    first = desk.owner.post(desk.path("READY", "note"), sent, **SAME_ORIGIN)
    again = desk.owner.post(desk.path("READY", "note"), sent, **SAME_ORIGIN)
    assert (first.status_code, again.status_code) == (303, 409)
    assert "The claim changed since this page was opened" in Page(again).text
    assert "The practice looked at it." in Page(again).html, "nothing typed is lost"
    assert desk.owner.get(desk.path("READY")).text.count("The practice looked at it.") == 1


def test_a_form_needs_our_page_and_the_persons_own_token(desk: Desk) -> None:
    form = desk.staff.get(desk.path("READY", "note")).fields
    before = desk.claim("READY").sequence
    for fields, headers in (
        ({**form, "words": "x", "form_token": ""}, SAME_ORIGIN),
        (
            {**form, "words": "x", "form_token": desk.owner.get(desk.path("READY", "note")).fields["form_token"]},
            SAME_ORIGIN,
        ),
        ({**form, "words": "x"}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        assert desk.staff.post(desk.path("READY", "note"), fields, **headers).status_code == 403
    assert desk.claim("READY").sequence == before


@pytest.mark.parametrize("act", ["hold", "release", "void", "correct", "resubmit", "secondary", "writeoff", "drop"])
def test_who_may_not_sees_no_button_and_no_page(desk: Desk, act: str) -> None:
    for browser in (desk.owner, desk.auditor):
        assert browser.get(desk.path("HELD", act)).status == 403
        assert desk.path("HELD", act) not in browser.get(desk.path("HELD")).links
        answer = browser.post(desk.path("HELD", act), browser.get(desk.path("HELD")).fields, **SAME_ORIGIN)
        assert answer.status_code == 403
    assert desk.auditor.get(desk.path("HELD", "note")).status == 403


def test_an_act_that_cannot_be_done_says_why_and_what_instead(desk: Desk) -> None:
    page = desk.staff.get(desk.path("READY", "void"))
    assert "Cannot be done now" in page.text
    assert "Instead:" in page.text
    assert "form_token" not in page.html.split("<main")[1]


def test_an_unsent_claim_is_given_up_whole_by_a_listed_reason(desk: Desk) -> None:
    page = desk.staff.get(desk.path("HELD", "writeoff"))
    assert "The payer owes $150.00." in page.text
    status, page = desk.act("HELD", "writeoff", party="payer", reason="timely_filing", amount="20.00")
    assert status == 422
    assert "An unsent claim is given up whole or not at all" in page.text
    status, page = desk.act("HELD", "writeoff", party="payer", reason="timely_filing", amount="a lot")
    assert status == 400
    status, page = desk.act("HELD", "writeoff", party="payer", reason="timely_filing")
    assert (status, desk.claim("HELD").status) == (303, Status.CLOSED)
    assert "Gave up 150.00 the payer owed: sent too late" in page.text
    with desk.inside():
        assert journal.verify()["balanced"]


def test_a_paid_claim_is_corrected_and_the_payer_decides_again(desk: Desk) -> None:
    """Correction (7) by the portal, out, answered, and every step on the timeline with its source in words."""
    desk.exchange()
    assert desk.claim("PAID").adjudication is not None
    page = desk.staff.get(desk.path("PAID", "correct"))
    assert "The visits say what the claim says" in page.text
    status, page = desk.act("PAID", "correct")
    assert (status, "the claim already says what its visits say" in page.text.lower()) == (422, True)
    with desk.inside():
        take(desk.folder, line("PAID", patient_id="P-PAID", member_id="W100200302", therapist_minutes="45"))
    page = desk.staff.get(desk.path("PAID", "correct"))
    assert "New: 97530 GO, 3 units, $225.00." in page.text or "3 units, $225.00." in page.text
    status, page = desk.act("PAID", "correct", reason="The note says 45 minutes.")
    assert (status, desk.claim("PAID").status) == (303, Status.READY)
    assert desk.path("PAID", "drop") in page.links
    desk.exchange()
    claim = desk.claim("PAID")
    assert [item.frequency for item in claim.submissions] == ["1", "7"]
    page = desk.staff.get(desk.path("PAID"))
    with desk.inside():
        events = records.claim_events(claim.claim_id)
    shown = page.html.split('id="timeline"')[1].split("</ol>")[0]
    assert shown.count("<li>") == len(events), "every event"
    for words in ("our own work", "the clearinghouse’s receipt", "the payer’s first answer", "the payer’s remittance"):
        assert words.replace("’", "'") in page.text.replace("’", "'")


def test_a_void_needs_a_reason_and_takes_the_claim_back(desk: Desk) -> None:
    assert desk.claim("VOIDED").payer_control_number
    status, page = desk.act("VOIDED", "void", reason=" ")
    assert (status, "A void needs a reason" in page.text) == (400, True)
    status, _ = desk.act("VOIDED", "void", reason="Billed to the wrong payer.")
    assert (status, desk.claim("VOIDED").status) == (303, Status.READY)
    desk.exchange()
    assert desk.claim("VOIDED").status is Status.VOIDED
    with desk.inside():
        assert journal.balance(desk.claims["VOIDED"]).charge_cents == 0
        assert journal.verify()["balanced"]


def test_a_rejected_claim_goes_again_once_it_is_mended(desk: Desk) -> None:
    assert desk.claim("REJECTED").status is Status.REJECTED
    with desk.inside():
        take(desk.folder, line("REJECTED", patient_id="P-REJECTED", member_id="W100200304"))
    page = desk.staff.get(desk.path("REJECTED", "resubmit"))
    assert "Something beside the lines changed" in page.text
    status, _ = desk.act("REJECTED", "resubmit")
    assert (status, desk.claim("REJECTED").status) == (303, Status.READY)
    desk.exchange()
    claim = desk.claim("REJECTED")
    assert claim.adjudication is not None
    assert [item.frequency for item in claim.submissions] == ["1", "1"]


def test_a_program_does_the_same_with_a_key_that_makes_it_once(desk: Desk, client: Any) -> None:
    """The API: what may be done, each act, a replay that does nothing, and refusals with their code."""
    with desk.inside():
        take(desk.folder, line("API2", patient_id="P-API2", member_id="W100200306"))
        claim_id = next(str(item.claim_id) for item in build_claims() if "API2" in item.visit_ids)
    person = identity.find_login(f"staff-{_tenant(desk)[-6:]}@acts.invalid")
    assert person is not None
    token = bearer(person.user_id, PASSWORD)
    base = f"/api/{desk.practice.slug}/claims/{claim_id}"

    def call(method: str, path: str, body: Any = None, key: str = "k") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
        answer = client.http.request(
            method, f"{base}/{path}", headers, json.dumps(body).encode() if body is not None else b""
        )
        return answer.status_code, json.loads(answer.body)

    assert [act["act"] for act in call("GET", "acts")[1]["acts"]] == ["hold", "note"]
    hold = {"reason": "payer_issue", "follow_up_on": "2026-10-05"}
    status, held = call("POST", "hold", hold, "h1")
    assert (status, held["status"], held["hold"]["reason"]) == (200, "held", "payer_issue")
    assert call("POST", "hold", hold, "h1") == (200, held), "the same key again does nothing"
    assert call("POST", "release", {}, "r1")[1]["status"] == "ready"
    sequence = call("POST", "note", {"words": "By a program."}, "n1")[1]["sequence"]
    assert call("POST", "note", {"words": "By a program."}, "n1")[1]["sequence"] == sequence
    for path, body, code in (
        ("void", {"reason": "x"}, "EVENT_NOT_ALLOWED"),
        ("correct", {}, "EVENT_NOT_ALLOWED"),
        ("resubmit", {}, "EVENT_NOT_ALLOWED"),
        ("drop", {}, "NO_CORRECTION"),
        ("writeoff", {"reason": "small_balance", "party": "payer"}, "EVENT_NOT_ALLOWED"),
        ("void", {}, "INVALID"),
        ("hold", {**hold, "reason": "no such"}, "HOLD_REASON"),
        ("release", {"overrides": ["MUE_EXCEEDED"], "reason": "x"}, "EVENT_NOT_ALLOWED"),
    ):
        status, told = call("POST", path, body, f"refused-{path}-{code}")
        assert (status >= 400, told["code"]) == (True, code), path


def test_the_next_payer_is_billed_with_one_button_and_a_form_sent_twice_bills_it_once(desk: Desk) -> None:
    assert desk.path("NEXT", "secondary") not in desk.staff.get(desk.path("READY")).links
    desk.exchange()
    page = desk.staff.get(desk.path("NEXT"))
    assert desk.path("NEXT", "secondary") in page.links
    page = desk.staff.get(desk.path("NEXT", "secondary"))
    assert "A claim goes to Cigna, with what was decided before it." in page.text
    assert "It tells that Aetna paid $" in page.text
    assert "as_new" not in page.fields, "nothing there to correct"
    sent = dict(page.fields)
    first = desk.staff.post(desk.path("NEXT", "secondary"), sent, **SAME_ORIGIN)
    again = desk.staff.post(desk.path("NEXT", "secondary"), sent, **SAME_ORIGIN)
    assert (first.status_code, again.status_code) == (303, 409)
    claim = desk.claim("NEXT")
    assert (claim.status, claim.sending and claim.sending.sequence) == (Status.READY, "S")
    with desk.inside():
        assert [event.type for event in records.claim_events(claim.claim_id)].count("secondary_opened") == 1
    assert desk.act("NEXT", "drop")[0] == 303
    assert desk.claim("NEXT").status is Status.SECONDARY_DUE
    status, page = desk.act("NEXT", "secondary", paper="yes", reason="Its door is shut.")
    assert (status, desk.claim("NEXT").sending.paper) == (303, True)
    assert "A claim to Cigna is to be sent, with what was decided before it. Its door is shut." in page.text


def test_a_program_bills_the_next_payer_once_under_its_key(desk: Desk, client: Any) -> None:
    desk.exchange()
    person = identity.find_login(f"staff-{_tenant(desk)[-6:]}@acts.invalid")
    assert person is not None
    token = bearer(person.user_id, PASSWORD)

    def bill(visit: str, key: str) -> tuple[int, Any]:
        path = f"/api/{desk.practice.slug}/claims/{desk.claims[visit]}/secondary"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
        answer = client.http.request("POST", path, headers, b'{"reason": "By a program."}')
        return answer.status_code, json.loads(answer.body)

    status, told = bill("NEXT2", "s1")
    assert (status, told["status"], told["sending"]["sequence"]) == (200, "ready", "S")
    assert bill("NEXT2", "s1") == (200, told)
    status, told = bill("NEXT2", "s2")
    assert (status, told["code"]) == (409, "EVENT_NOT_ALLOWED")
    status, told = bill("API", "s3")
    assert (status >= 400, told["code"]) == (True, "EVENT_NOT_ALLOWED")


def _tenant(desk: Desk) -> str:
    with desk.inside() as context:
        return str(context.tenant.tenant_id)
