"""The acting pages of a claim in Debian's Chromium: every act by keyboard alone, and each page to axe in both colour schemes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_portal_in_chromium import violations

from chalicelib.claims import records
from chalicelib.claims.build import build_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.jobs.sync import SyncResult, fetch_waiting, send_written
from chalicelib.local.clearinghouse import SimulatedDoor
from chalicelib.store import directory, identity
from chalicelib.tenancy import enter
from tests.claims.test_secondary_opened import second
from tests.conftest import OPERATOR
from tests.practice import CIGNA, build, line, live_practice, take

pytestmark = [pytest.mark.browser, pytest.mark.aws]
EMAIL = "acts-administrator@web.invalid"
# act, the visit whose claim it is done to, what is typed into which field, where the claim then stands
ACTS = (
    ("hold", "READY", {"#words": "Is this the right patient?"}, "held"),
    ("release", "READY", {}, "ready"),
    ("note", "READY", {"#words": "Looked at by keyboard."}, "ready"),
    ("writeoff", "HELD", {"#reason": "sent too late"}, "closed"),
    ("correct", "PAID", {"#reason": "The note says 45 minutes."}, "ready"),
    ("drop", "PAID", {}, "patient_due"),
    ("void", "VOIDED", {"#reason": "Billed to the wrong payer."}, "ready"),
    ("resubmit", "REJECTED", {}, "ready"),
    ("secondary", "NEXT", {"#reason": "The first payer decided."}, "ready"),
)


@pytest.fixture
def desk(practices, tmp_path):
    """A live practice whose claims stand where each act can be done: its slug, and the claims by visit."""
    practice = live_practice(OPERATOR)
    changed = line("PAID", patient_id="P-PAID", member_id="W100200302", therapist_minutes="45")
    with enter(OPERATOR, practice.slug, "test", directory.directory()) as context:
        rows = [
            line("HELD", patient_id="P-HELD", member_id="W100200301", note_signed_on=""),
            line("PAID", patient_id="P-PAID", member_id="W100200302"),
            line("VOIDED", patient_id="P-VOIDED", **CIGNA),
            line("REJECTED", patient_id="P-REJECTED", member_id="W100200000"),
            line("NEXT", patient_id="P-NEXT", member_id="W100200307", **second(CIGNA)),
        ]
        build(tmp_path, *rows)
        submit_claims()
        result, door = SyncResult(), SimulatedDoor(tmp_path / "clearinghouse")
        send_written(door, OPERATOR, result, [context.tenant.tenant_id])
        fetch_waiting(door, OPERATOR, result)
        take(tmp_path, changed, line("READY", patient_id="P-READY", member_id="W100200305"))
        outcomes = build_claims()
        claims = {item.visit_ids[0]: str(item.claim_id) for item in outcomes}
        found = {item.claim.content.visit_ids[0]: item.claim.claim_id for status in ("held", "secondary_due", "closed",
                 "patient_due", "paid", "accepted", "rejected") for item in records.claims_with_status(status)}  # fmt: skip
    identity.ensure_user(EMAIL, "Ada Placeholder", "fictional-password", "staff", ("administrator",), ("*",))
    return practice.slug, {**found, **claims}


def reach(page, selector):
    """Tab until the element has the focus: whoever has no mouse gets there, or nobody does."""
    wanted = page.locator(selector)
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_every_act_is_done_by_keyboard_alone_on_pages_axe_finds_nothing_wrong_with(open_page, address, desk):
    """With OTBILL_SCREENS set to a folder, the pages are photographed too."""
    from playwright.sync_api import expect

    slug, claims = desk
    page = open_page(EMAIL)
    wrong = []
    for act, visit, typed, stands in ACTS:
        path = f"/p/{slug}/claims/{claims[visit]}"
        page.goto(address + path)
        reach(page, f"nav.moves a[href='{path}/{act}']")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path}/{act}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{act}, {scheme}: {each}" for each in violations(page)]
            if folder := os.environ.get("OTBILL_SCREENS"):
                page.screenshot(path=Path(folder) / f"act-{act}-{scheme}.png")
        for field, words in typed.items():
            reach(page, field)
            page.keyboard.type(words)
        reach(page, "form .acts button")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path}?done={act}")
        expect(page.locator("main")).to_contain_text("Done")
        with enter(OPERATOR, slug, "test", directory.directory()):
            assert records.get_claim(claims[visit]).claim.status == stands, act
    assert wrong == []


def test_an_act_refused_says_so_where_the_keyboard_is_and_keeps_what_was_typed(open_page, address, desk):
    slug, claims = desk
    page = open_page(EMAIL, viewport={"width": 390, "height": 900}, color_scheme="dark")
    page.goto(f"{address}/p/{slug}/claims/{claims['HELD']}/writeoff")
    reach(page, "#reason")
    page.keyboard.type("sent too late")
    reach(page, "#amount")
    page.keyboard.type("20.00")  # an unsent claim is given up whole or not at all
    reach(page, "form .acts button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#errors")
    assert page.title().startswith("Error:")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.input_value("#amount") == "20.00"
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
