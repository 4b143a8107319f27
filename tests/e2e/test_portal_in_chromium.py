"""The portal in Debian's Chromium: by keyboard, without JavaScript, in both colour schemes, and to axe."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pyotp
import pytest
from signing_in import code_for, code_for_set_up
from web_world import OWNER_A, PASSWORD, STAFF, known_patient

from chalicelib.exchange import mail
from chalicelib.store import identity

pytestmark = [pytest.mark.browser, pytest.mark.aws]

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
PAGES = {
    "sign-in": "/sign-in",
    "forgot": "/sign-in/forgot",
    "inquiry": "/inquiry",
    "inquiry-sent": "/inquiry/sent",
    "attention": "/p/{slug}/attention",
    "claims": "/p/{slug}/claims",
    "claims-filtered": "/p/{slug}/claims?status=held&status=denied&payer=60054",
    "claims-none": "/p/{slug}/claims?payer=NOSUCH",
    "claim-held": "/p/{slug}/claims/{held}",
    "claim-paid": "/p/{slug}/claims/{paid}",
    "remittances": "/p/{slug}/remittances",
    "remittance": "/p/{slug}/remittances/{remittance}",
    "remittance-raw": "/p/{slug}/remittances/{remittance}/raw",
    "unmatched": "/p/{slug}/remittances/unmatched",
    "refunds": "/p/{slug}/remittances/refunds",
    "bank": "/p/{slug}/remittances/bank",
    "denials": "/p/{slug}/denials",
    "denials-all": "/p/{slug}/denials?scope=all&show=all",
    "denials-none": "/p/{slug}/denials?category=limit",
    "denial": "/p/{slug}/denials/{denial}",
    "denial-patterns": "/p/{slug}/denials/patterns",
    "tasks": "/p/{slug}/tasks",
    "summary": "/p/{slug}/summary",
}


def addresses(practices) -> dict[str, str]:
    practice = practices.a
    ids = {
        "slug": practice.tenant.slug,
        "remittance": practice.remittance_id,
        "denial": practice.denial_id,
        **practice.claims,
    }
    return {name: path.format(**ids) for name, path in PAGES.items()}


def violations(page) -> list[str]:
    """What axe finds, one line each: rule and the first places."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": RULES}).response
    assert len(found["passes"]) > 5  # axe really looked
    return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in found["violations"]]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(open_page, address, practices, scheme, width):
    """With OTBILL_SCREENS set to a folder, the pages are photographed too."""
    folder = os.environ.get("OTBILL_SCREENS")
    page = open_page(STAFF, color_scheme=scheme, viewport={"width": width, "height": 900})
    wrong = []
    for name, path in addresses(practices).items():
        page.goto(address + path)
        wrong += [f"{name}: {each}" for each in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name}: wider than the screen")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png")
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_opened_menus_and_errors_are_accessible_too(open_page, address, practices, scheme):
    page = open_page(STAFF, color_scheme=scheme)
    page.goto(f"{address}/p/{practices.a.tenant.slug}/claims")
    page.keyboard.press("?")
    for summary in (".switch > summary", ".facet > summary"):
        page.click(summary)
        assert violations(page) == []
        page.click(summary)  # closed again: a long list of practices lies over what stands below it
    page.goto(f"{address}/p/{practices.a.tenant.slug}/claims/{practices.a.claims['paid']}")
    page.click(".why summary")
    assert violations(page) == []
    page.goto(f"{address}/inquiry")
    page.click("text=Send the inquiry")
    assert violations(page) == []


def test_a_biller_signs_in_and_walks_the_list_by_keyboard_only(open_page, address, practices):
    slug = practices.a.tenant.slug
    page = open_page()
    page.goto(f"{address}/p/{slug}/claims")
    page.focus("#email")
    page.keyboard.type(STAFF)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code")
    page.focus("#code")
    page.keyboard.type(code_for(STAFF))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/p/{slug}/claims")
    rows = page.eval_on_selector_all("a.row", "all => all.map(each => each.getAttribute('href'))")
    for key in "jjk":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{rows[0]}")
    assert "1 of 7 on the list" in page.inner_text("#walk")
    page.keyboard.press("n")
    page.wait_for_url(f"**{rows[1]}")
    page.keyboard.press("p")
    page.wait_for_url(f"**{rows[0]}")
    page.keyboard.press("/")
    page.keyboard.type(practices.a.numbers["paid"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/claims/{practices.a.claims['paid']}")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_a_document_is_uploaded_without_script(open_page, address, practices, tmp_path, scheme, width):
    """The browser itself posts the file to the document store and comes back; the page's policy lets it, and no other place."""
    from playwright.sync_api import expect

    from tests.denials.test_appeals import scan

    practice, folder = practices.b, os.environ.get("OTBILL_SCREENS")
    known_patient(practice)
    (tmp_path / "report.pdf").write_bytes(scan(f"Progress report, fictional, {scheme}"))
    page = open_page(STAFF, color_scheme=scheme, viewport={"width": width, "height": 900}, java_script_enabled=False)
    page.goto(f"{address}/p/{practice.tenant.slug}/denials/{practice.denial_id}")
    page.get_by_role("button", name="Add a document", exact=True).click()
    page.get_by_label("A PDF").set_input_files(tmp_path / "report.pdf")
    if folder:
        page.screenshot(path=Path(folder) / f"denial-upload-1-{scheme}-{width}.png", full_page=True)
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_text("It has come")).to_be_visible()
    expect(page).to_have_url(re.compile(f"^{re.escape(address)}/p/"))
    page.get_by_label("What the packet calls it").fill(f"Report {scheme}")
    page.get_by_label("What it shows").select_option("progress_report")
    if folder:
        page.screenshot(path=Path(folder) / f"denial-upload-2-{scheme}-{width}.png", full_page=True)
    page.get_by_role("button", name="Put it behind the claim").click()
    expect(page.get_by_text(f"Report {scheme}").first).to_be_visible()
    if folder:
        page.screenshot(path=Path(folder) / f"denial-upload-3-{scheme}-{width}.png", full_page=True)
    page.go_back()
    watched = open_page(STAFF, color_scheme=scheme, viewport={"width": width, "height": 900})
    watched.goto(page.url)
    assert violations(watched) == []
    assert watched.evaluate("document.documentElement.scrollWidth") <= width


def test_denials_are_chosen_assigned_and_put_away_by_keyboard_only(open_page, address, practices):
    from playwright.sync_api import expect

    page = open_page(STAFF)
    page.goto(f"{address}/p/{practices.a.tenant.slug}/denials")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("tbody tr.at input[type=checkbox]")).to_be_checked()
    page.keyboard.press("s")
    expect(page.locator("#act")).to_have_value("snooze")
    expect(page.locator("#until")).to_be_focused()
    page.locator("tbody tr.at a.row").focus()
    page.keyboard.press("a")
    expect(page.locator("#act")).to_have_value("assign")
    expect(page.locator("#user_id")).to_be_focused()
    page.locator("tbody tr.at a.row").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#assign-user")).to_be_visible()
    for key, field in (("a", "assign-user"), ("s", "snooze-until"), ("e", "note-words")):
        page.locator("h1").click()  # a single key counts outside of fields only
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(key)
        expect(page.locator(f"#{field}")).to_be_focused()


def test_single_keys_can_be_switched_off(open_page, address, practices):
    page = open_page(STAFF)
    page.goto(f"{address}/p/{practices.a.tenant.slug}/claims")
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.reload()
    page.keyboard.press("j")
    assert page.locator("tr.at").count() == 0


def test_filtering_keeps_the_page_and_tells_what_came(open_page, address, practices):
    from playwright.sync_api import expect

    page = open_page(STAFF)
    page.goto(f"{address}/p/{practices.a.tenant.slug}/claims")
    page.evaluate("window.stayed = true")
    page.click(".facet > summary")
    page.check("input[value=denied]")
    page.click("#filters button")
    page.wait_for_url("**status=denied*")
    expect(page.locator("#announce")).to_have_text("1 claims shown")  # polled from outside: the page's CSP refuses eval
    assert page.evaluate("window.stayed") is True
    assert page.locator("a.row").count() == 1
    assert page.get_attribute("#export", "href").endswith("claims.csv?status=denied")
    page.click(".chip")
    page.wait_for_url(f"**/p/{practices.a.tenant.slug}/claims")
    assert page.locator("a.row").count() == 7


def test_the_inquiry_is_mended_where_it_was_wrong(open_page, address, practices):
    page = open_page()
    page.goto(f"{address}/inquiry")
    answers = {"practice_name": "Chromium Testcase OT", "state": "NY", "therapists": "2", "monthly_visits": "90",
               "contact_name": "Marigold Testcase", "email": "not an address", "phone": "212-555-0188"}  # fmt: skip
    for name, text in answers.items():
        page.fill(f"#{name}", text)
    page.click("text=Send the inquiry")
    assert page.title().startswith("Error:")
    assert page.evaluate("document.activeElement.id") == "errors"
    page.click("#errors a")
    assert page.evaluate("document.activeElement.id") == "email"
    assert page.input_value("#practice_name") == "Chromium Testcase OT"
    page.fill("#email", "marigold@testcase.example")
    page.click("text=Send the inquiry")
    page.wait_for_url("**/inquiry/sent")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_second_steps_are_accessible_and_let_in(open_page, address, practices, scheme, width):
    """Setting up an authenticator, then signing in with its code; a wrong one says what to do."""
    login, folder = f"fresh-{scheme}-{width}@web.invalid", os.environ.get("OTBILL_SCREENS")
    identity.ensure_user(login, "Fresh Owner", PASSWORD, "practice", ("owner",), (practices.a.tenant.tenant_id,))
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    wrong = []

    def look(name):
        wrong.extend(f"{name}: {each}" for each in violations(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name}: wider than the screen")
        if folder and width == 1440:
            page.screenshot(path=Path(folder) / f"{name}-{scheme}.png")

    def password():
        page.goto(f"{address}/sign-in")
        page.fill("#email", login)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")

    password()
    page.wait_for_url("**/sign-in/set-up")
    look("sign-in-set-up")
    assert page.locator(".qr svg").bounding_box()["width"] > 150
    key = page.inner_text(".typed-key").replace(" ", "")
    page.fill("#code", code_for_set_up(key))
    page.keyboard.press("Enter")
    page.wait_for_url("**/attention")
    page.context.clear_cookies()
    password()
    page.wait_for_url("**/sign-in/code")
    assert page.evaluate("document.activeElement.id") == "code"
    look("sign-in-code")
    code = pyotp.TOTP(key).now()
    page.keyboard.type(code[:3] + " " + code[3:])
    page.keyboard.press("Enter")
    page.wait_for_url("**/attention")
    assert wrong == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_choosing_a_password_is_accessible_and_fits(open_page, address, practices, scheme, width):
    """After a one-time password, and with the code of a mail; right, wrong, and done."""
    from playwright.sync_api import expect

    login, folder = f"one-time-{scheme}-{width}@web.invalid", os.environ.get("OTBILL_SCREENS")
    tenants = (practices.a.tenant.tenant_id,)
    person = identity.ensure_user(login, "One Time", PASSWORD, "practice", ("front_desk",), tenants)
    once, own = identity.reset_password(person.user_id), "a few words in a row"
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    wrong = []

    def look(name):
        wrong.extend(f"{name}: {each}" for each in violations(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name}: wider than the screen")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png", full_page=True)

    def twice(password, again):
        page.fill("#password", password)
        page.fill("#again", again)
        page.keyboard.press("Enter")

    page.goto(f"{address}/sign-in")
    page.fill("#email", login)
    page.fill("#password", once)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Choose your password")
    expect(page.locator("#password")).to_be_focused()
    look("sign-in-password")
    twice(own, "another")
    expect(page.locator("#errors")).to_be_focused()
    look("sign-in-password-error")
    twice(own, own)
    page.wait_for_url("**/attention")
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in")
    page.click("text=Forgot your password?")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type(login)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Choose a new password")
    expect(page.locator("#code")).to_be_focused()
    look("reset")
    page.fill("#code", "aaaa-bbbb-cccc")
    twice(own, own)
    expect(page.locator("#errors")).to_be_focused()
    look("reset-error")
    found = re.search(r"\n([a-z0-9]{4}(?:-[a-z0-9]{4}){2})\n", mail.folder().newest(person.user_id))
    assert found is not None
    page.fill("#code", found[1])
    twice(f"{own} more", f"{own} more")
    expect(page.locator("h1")).to_have_text("Your password is changed")
    look("reset-done")
    assert wrong == []


def test_everything_works_without_javascript(open_page, address, practices):
    slug = practices.a.tenant.slug
    page = open_page(java_script_enabled=False)
    page.goto(f"{address}/")
    page.fill("#email", OWNER_A)
    page.fill("#password", PASSWORD)
    page.click("button:has-text('Sign in')")
    page.wait_for_url("**/sign-in/code")
    page.fill("#code", code_for(OWNER_A))
    page.click("button:has-text('Sign in')")
    page.wait_for_url(f"**/p/{slug}/attention")
    page.click("nav >> text=Claims")
    page.click(".facet > summary")
    page.check("input[value=held]")
    page.click("#filters button")
    page.wait_for_url("**status=held*")
    page.click("a.row")
    assert "Holds the claim" in page.inner_text("main")
    page.click("text=Sign out")
    page.wait_for_url(f"{address}/sign-in")


def test_a_page_with_all_its_files_is_under_150_kb(open_page, address, practices):
    page = open_page(STAFF)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.goto(f"{address}/p/{practices.a.tenant.slug}/claims", wait_until="networkidle")
    assert len(sizes) >= 4
    assert sum(sizes) < 150_000
