"""The public form: what a practice sends becomes an inquiry; what is wrong is said beside the field, and nothing is lost."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from portal_browser import SAME_ORIGIN, Browser, Page

from chalicelib.api import identity
from chalicelib.portal import inquiry
from tests.proof.world import OPERATOR

pytestmark = pytest.mark.aws

GOOD = {
    "practice_name": "Marigold Hand Therapy",
    "contact_name": "Marigold Testcase",
    "email": "marigold@testcase.example",
    "phone": "(212) 555-0188",
    "state": "ny",
    "software": "A spreadsheet",
    "therapists": "3",
    "payers": "Medicare, Aetna",
    "monthly_visits": "240",
    "message": "We would like to start in January.",
}


def send(client, form: dict[str, str], **headers: str):
    return Browser(client, "").post("/inquiry", form, **headers)


def test_the_form_asks_with_labels_hints_and_autocomplete(client, practices):
    page = Page(client.http.get("/inquiry"))
    assert set(GOOD) <= set(page.fields)
    for name in GOOD:
        assert f'for="{name}"' in page.html
    for token in ("organization", "name", "email", "tel"):
        assert f'autocomplete="{token}"' in page.html


def test_a_good_inquiry_is_kept(client, practices):
    from chalicelib.onboarding.inquiries import list_inquiries

    answer = send(client, GOOD, **SAME_ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inquiry/sent")
    kept = [inquiry for inquiry in list_inquiries(OPERATOR) if inquiry.form.practice_name == "Marigold Hand Therapy"]
    assert [(each.form.state, each.form.phone, each.form.therapists) for each in kept] == [("NY", "2125550188", 3)]
    again = send(client, GOOD)  # a program without browser headers; the same again is the same inquiry
    assert again.status_code == 303
    assert len([each for each in list_inquiries(OPERATOR) if each.form.practice_name == "Marigold Hand Therapy"]) == 1


def test_what_is_wrong_is_said_above_and_beside_and_nothing_is_cleared(client, practices):
    page = Page(send(client, GOOD | {"email": "no<at>sign", "phone": "12", "therapists": ""}, **SAME_ORIGIN))
    assert page.status == 422
    assert "3 answers need another look" in page.text
    assert "<title>Error:" in page.html
    assert [link for link in page.links if link.startswith("#") and link != "#main"] == [
        "#therapists",
        "#email",
        "#phone",
    ]
    assert page.fields["email"] == "no<at>sign"
    assert page.fields["practice_name"] == GOOD["practice_name"]
    assert "no<at>sign" not in page.html
    assert page.html.count('aria-invalid="true"') == 3
    assert 'id="email-error"' in page.html
    assert "Write it like name@example.com." in page.text


def test_what_people_typed_comes_back_as_text(client, practices):
    page = Page(send(client, GOOD | {"message": "</textarea><script>alert(1)</script>", "email": ""}, **SAME_ORIGIN))
    assert "<script>alert" not in page.html
    assert "&lt;script&gt;" in page.html


def test_too_much_is_refused(client, practices):
    assert send(client, GOOD | {"message": "x" * 70_000}, **SAME_ORIGIN).status_code == 413
    assert send(client, {f"f{n}": "1" for n in range(300)}, **SAME_ORIGIN).status_code == 400


def test_inquiries_without_end_are_refused_and_nothing_typed_is_lost(client, practices, monkeypatch):
    """Nobody is signed in here: an address sends so many in an hour, and what is wrong with a form costs none of them."""
    standing = int(time.time())
    monkeypatch.setattr(identity, "time", SimpleNamespace(time=lambda: standing))
    monkeypatch.setattr(identity, "source_address", lambda: f"flood-{standing}")
    monkeypatch.setattr(inquiry, "MAX_AN_HOUR", 2)
    assert send(client, GOOD | {"phone": "12"}, **SAME_ORIGIN).status_code == 422
    assert [send(client, GOOD, **SAME_ORIGIN).status_code for _ in range(2)] == [303, 303]
    page = Page(send(client, GOOD, **SAME_ORIGIN))
    assert page.status == 429
    assert "Wait an hour" in page.text
    assert page.fields["email"] == GOOD["email"]
