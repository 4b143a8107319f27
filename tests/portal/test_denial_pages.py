"""The Denials section as people use it: the list, one denial, acts with a preview, an appeal; and the JSON of it."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest
from chalice.test import Client
from portal_browser import SAME_ORIGIN, Browser, Page, send_file
from signing_in import code_for
from web_world import OPERATOR, OWNER_A, OWNER_B, PASSWORD, World, known_patient

from app import app
from chalicelib.denials import records
from chalicelib.store import directory, identity
from chalicelib.tenancy import enter

pytestmark = pytest.mark.aws
DESK = "denials-desk@web.invalid"


@pytest.fixture(autouse=True)
def _desk(practices: World) -> None:
    """Somebody of our own for these tests: what others are on record for stays as it is."""
    identity.ensure_user(DESK, "Dana Testcase", PASSWORD, "staff", ("biller",), ("*",))


def stored(practice, denial_id=""):
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        return records.get(denial_id or practice.denial_id)


def test_the_list_shows_whom_why_what_next_and_until_when(browser, practices: World) -> None:
    page = browser(DESK).get(f"/p/{practices.a.tenant.slug}/denials")
    for words in (
        "TestcaseA, Denied",
        "CO-197",
        "Authorization",
        "find the authorization",
        "$180.00",
        "no history",
        "2027-03-24",
    ):
        assert words in page.text, words
    assert page.inline == []
    assert len(page.html.encode()) < 100_000
    assert len(page.ids) == len(set(page.ids))
    assert browser(OWNER_B).get(f"/p/{practices.a.tenant.slug}/denials").status == 404
    assert "No denial matches" in browser(DESK).get(f"/p/{practices.a.tenant.slug}/denials?category=limit").text
    assert browser(DESK).get(f"/p/{practices.a.tenant.slug}/denials?category=nosuch").status == 400


def test_all_practices_on_one_list_and_a_practices_person_sees_only_its_own(browser, practices: World) -> None:
    page = browser(DESK).get(f"/p/{practices.a.tenant.slug}/denials?scope=all")
    assert "TestcaseA, Denied" in page.text
    assert "TestcaseB, Denied" in page.text
    own = browser(OWNER_A).get(f"/p/{practices.a.tenant.slug}/denials?scope=all")
    assert own.status == 200
    assert "TestcaseB" not in own.text
    assert "Do the same" not in own.text  # a practice looks on; it does not act


def test_a_denial_of_another_practice_is_not_found(browser, practices: World) -> None:
    page = browser(OWNER_A).get(f"/p/{practices.a.tenant.slug}/denials/{practices.b.denial_id}")
    assert page.status == 404


def test_ways_out_stand_on_the_page_with_reasons_where_there_is_none(browser, practices: World) -> None:
    page = browser(DESK).get(f"/p/{practices.a.tenant.slug}/denials/{practices.a.denial_id}")
    assert page.status == 200
    for words in (
        "Ways out",
        "Appeal",
        "Bill the patient: not now",
        "never the patient's",
        "97530 GO KX",
        "97110 CO GO",
    ):
        assert words in page.text, words
    assert page.inline == []


def send(browser: Browser, practice, path: str, **fields: str):
    """Post a form of the denial's page with its token."""
    token = browser.get(f"/p/{practice.tenant.slug}/denials/{practice.denial_id}").fields["form_token"]
    return browser.post(f"/p/{practice.tenant.slug}{path}", {"form_token": token, **fields}, **SAME_ORIGIN)


def test_a_note_and_a_bulk_act_with_its_preview(browser, practices: World) -> None:
    person, practice = browser(DESK), practices.b
    path = f"/denials/{practice.denial_id}"
    assert send(person, practice, path, do="note", words="Asked the payer by phone").status_code == 303
    assert "Asked the payer by phone" in person.get(f"/p/{practice.tenant.slug}{path}").text
    pick = f"pick:{practice.tenant.slug}:{practice.denial_id}"
    wanted = {"act": "snooze", "until": "2026-10-20", pick: "1"}
    seen = send(person, practice, "/denials/bulk", **wanted)
    assert "1 of 1 denials can be changed" in Page(seen).text
    assert stored(practice).snoozed_until is None
    assert send(person, practice, "/denials/bulk", **wanted, sure="yes").status_code == 303
    assert str(stored(practice).snoozed_until) == "2026-10-20"
    late = send(person, practice, path, do="snooze", until="2030-01-01")
    assert late.status_code == 422
    assert "the deadline is" in Page(late).text
    foreign = {"act": "note", "words": "x", f"pick:{practices.a.tenant.slug}:{practice.denial_id}": "1"}
    assert "0 of 1" in Page(send(person, practice, "/denials/bulk", **foreign)).text


def test_a_form_from_elsewhere_and_a_practices_person_change_nothing(browser, practices: World) -> None:
    path = f"/p/{practices.a.tenant.slug}/denials/{practices.a.denial_id}"
    assert browser(DESK).post(path, {"do": "note", "words": "forged"}).status_code == 403
    assert (
        send(browser(OWNER_A), practices.a, f"/denials/{practices.a.denial_id}", do="note", words="mine").status_code
        == 403
    )
    assert stored(practices.a).acts == 1


def test_an_appeal_is_drafted_packed_and_opened_from_the_page(browser, practices: World) -> None:
    person, practice = browser(DESK), practices.b
    path = f"/denials/{practice.denial_id}"
    with_statement = {"do": "appeal", "recipient": "Aetna appeals", "statement": "He could not have waited."}
    assert send(person, practice, path, **with_statement).status_code == 303
    page = person.get(f"/p/{practice.tenant.slug}{path}")
    for words in (
        "First-level appeal",
        "level 1 · drafted",
        "Missing the authorization or the request for it",
        "Make the packet",
    ):
        assert words in page.text, words
    appeal_id = stored(practice).appeal_id
    refused = send(person, practice, f"/appeals/{appeal_id}", do="packet")
    assert refused.status_code == 422
    assert "the argument lacks the authorization" in Page(refused).text
    assert person.get(f"/p/{practice.tenant.slug}/appeals/{appeal_id}/packet").status == 404  # none was made


def test_the_same_as_json(practices: World) -> None:
    with Client(app, stage_name="test") as client:
        said = {"email": DESK, "password": PASSWORD, "code": code_for(DESK, PASSWORD)}
        answer = client.http.post(
            "/api/session", body=json.dumps(said).encode(), headers={"Content-Type": "application/json"}
        )
        token = {"Authorization": f"Bearer {json.loads(answer.body)['token']}"}
        everything = json.loads(client.http.get("/api/denials?show=all", headers=token).body)
        assert {row["practice"] for row in everything["denials"]} >= {practices.a.tenant.slug, practices.b.tenant.slug}
        slug = practices.a.tenant.slug
        one = json.loads(client.http.get(f"/api/{slug}/denials/{practices.a.denial_id}", headers=token).body)
        assert one["denial"]["carc"] == "197"
        assert {offer["path"] for offer in one["offers"]} >= {"appeal", "ask", "patient"}
        headers = {**token, "Content-Type": "application/json", "Idempotency-Key": "denials-1"}
        body = json.dumps({"denials": [practices.a.denial_id], "act": "note", "words": "x", "preview": True}).encode()
        told = client.http.post(f"/api/{slug}/denials/bulk", body=body, headers=headers)
        assert json.loads(told.body) == {
            "preview": True,
            "results": [{"denial_id": practices.a.denial_id, "possible": True, "why": ""}],
        }
        stranger = client.http.get(f"/api/{slug}/denials/{practices.b.denial_id}", headers=token)
        assert stranger.status_code == 404
        assert client.http.get("/api/denials").status_code == 401


def test_a_document_is_shown_by_an_address_that_names_no_patient(practices: World) -> None:
    from chalicelib import documents

    with enter(OPERATOR, practices.a.tenant.tenant_id, "test", directory.directory()):
        key = documents.put("appeals/test/packet.pdf", b"%PDF-1.7 fictional", "application/pdf")
        address = documents.link(key, "packet.pdf")
    with urlopen(address) as answer:  # noqa: S310 - the embedded AWS of this test
        assert answer.read() == b"%PDF-1.7 fictional"
    assert "Testcase" not in address


def test_a_document_goes_from_a_persons_disk_behind_the_packet(browser, practices: World) -> None:
    """ADR 0016: straight to the store, held apart, and taken when it is clean and what it said it is."""
    from tests.denials.test_appeals import scan

    person, practice = browser(DESK), practices.a
    root = f"/p/{practice.tenant.slug}"
    path = f"/denials/{practice.denial_id}"
    known_patient(practice)
    asked = send(person, practice, f"{path}/uploads")
    assert asked.status_code == 303
    here = asked.headers["Location"]
    page = person.get(here)
    ((action, fields),) = [(to, found) for to, found in page.forms.items() if to.startswith("http")]
    assert "form-action 'self' http" in page.headers["Content-Security-Policy"]
    assert page.inline == []
    early = send(person, practice, here.removeprefix(root), name="Report")
    assert (early.status_code, "no file has come yet" in Page(early).text.lower()) == (422, True)
    fields.pop("file")
    status, back = send_file(action, fields, scan("Progress report, fictional"))
    assert status == 303
    assert back.split("?")[0].endswith(here)
    assert "It has come" in person.get(here).text
    unknown = send(person, practice, here.removeprefix(root), name="My words", evidence="nonsense")
    assert (unknown.status_code, Page(unknown).fields["name"]) == (422, "My words")  # nothing typed is lost
    taken = send(person, practice, here.removeprefix(root), name="Progress report", evidence="progress_report")
    assert (taken.status_code, taken.headers["Location"]) == (303, root + path)
    assert "Progress report 1 page" in person.get(root + path).text
    assert "somebody" not in person.get(root + path).html  # a file's own name may name a patient
    other = here.replace(practice.tenant.slug, practices.b.tenant.slug).replace(
        practice.denial_id, practices.b.denial_id
    )
    assert person.get(other).status == 404
    assert send(browser(OWNER_A), practice, f"{path}/uploads").status_code == 403


def test_what_is_no_pdf_is_not_taken_and_another_file_may_be_chosen(browser, practices: World) -> None:
    person, practice = browser(DESK), practices.a
    root, path = f"/p/{practice.tenant.slug}", f"/denials/{practice.denial_id}"
    known_patient(practice)
    here = send(person, practice, f"{path}/uploads").headers["Location"]
    ((action, fields),) = [(to, found) for to, found in person.get(here).forms.items() if to.startswith("http")]
    fields.pop("file")
    assert send_file(action, fields, b"a letter in plain text")[0] == 303
    told = Page(send(person, practice, here.removeprefix(root), name="Letter"))
    assert told.status == 422
    assert "not of the kind it was announced as" in told.text
    assert "The file is no PDF. Choose another file" in told.text
