"""The coverage pages in Debian's Chromium: to axe in both colour schemes and widths, by keyboard, without JavaScript."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.exchange import realtime
from tests.desk_world import Desk, desk_world

pytestmark = [pytest.mark.browser, pytest.mark.aws]

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
PAGES = {
    "coverage": "/p/{slug}/coverage",
    "coverage-none": "/p/{slug}/coverage?on=2024-01-01",
    "coverage-patient": "/p/{slug}/coverage/{first}",
    "coverage-patient-medicare": "/p/{slug}/coverage/{medicare}",
    "coverage-raw": "/p/{slug}/coverage/{first}/raw/{check_id}",
    "coverage-authorizations": "/p/{slug}/coverage/{advantage}/authorizations",
    "coverage-authorizations-renew": "/p/{slug}/coverage/{advantage}/authorizations?renew={auth_id}",
    "coverage-authorizations-none": "/p/{slug}/coverage/{first}/authorizations",
    "coverage-estimate": "/p/{slug}/coverage/{first}/estimate",
    "coverage-questionnaire": "/p/{slug}/coverage/{medicare}/questionnaire",
}


@pytest.fixture
def desk(aws: str, practices: Any, tmp_path: Path) -> Iterator[Desk]:
    yield desk_world(aws, tmp_path)
    realtime.install(None)


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": RULES}).response
    assert len(found["passes"]) > 5  # axe really looked
    return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in found["violations"]]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_coverage_page_is_accessible_and_fits(open_page, address, desk, scheme, width):
    """What forms answer is looked at too: errors and an estimate. OTBILL_SCREENS = a folder for photographs."""
    folder = os.environ.get("OTBILL_SCREENS")
    page = open_page(desk.login, color_scheme=scheme, viewport={"width": width, "height": 900})
    wrong: list[str] = []

    def look(name: str) -> None:
        wrong.extend(f"{name}: {each}" for each in violations(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{name}: wider than the screen")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png", full_page=True)

    for name, path in PAGES.items():
        page.goto(address + path.format(**vars(desk)))
        look(name)
    page.goto(f"{address}/p/{desk.slug}/coverage/{desk.first}/estimate")
    page.click("text=Estimate >> nth=-1")
    look("coverage-estimate-made")
    page.click("text=Make the PDF")
    look("coverage-good-faith-made")
    page.goto(f"{address}/p/{desk.slug}/coverage/{desk.first}/authorizations")
    page.click("text=Keep this authorization")
    look("coverage-authorizations-errors")
    page.goto(f"{address}/p/{desk.slug}/coverage/{desk.auto}")
    page.click("text=Keep these answers")
    look("coverage-phone-errors")
    assert wrong == []


def test_the_front_desk_is_walked_by_keyboard_only(open_page, address, desk):
    page = open_page(desk.login)
    page.goto(f"{address}/p/{desk.slug}/coverage")
    rows = page.eval_on_selector_all("a.row", "all => all.map(each => each.getAttribute('href'))")
    for key in "jjk":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{rows[0]}")
    page.focus("text=Estimate")
    page.keyboard.press("Enter")
    page.wait_for_url("**/estimate")
    page.focus("#visits")
    page.keyboard.press("Control+a")
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=6 visits in all")


def test_an_authorization_is_entered_by_keyboard_and_mended_where_it_was_wrong(open_page, address, desk):
    page = open_page(desk.login)
    page.goto(f"{address}/p/{desk.slug}/coverage/{desk.auto}/authorizations")
    page.focus("#count_1")
    page.keyboard.type("ten")
    page.keyboard.press("Enter")
    page.wait_for_selector("#errors")
    assert page.title().startswith("Error:")
    assert page.input_value("#count_1") == "ten"
    page.click("#errors a")
    assert page.evaluate("document.activeElement.id") == "count_1"
    page.keyboard.press("Control+a")
    page.keyboard.type("10")
    page.focus("#auth_number")
    page.keyboard.type(f"KB-{desk.slug}")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=kept")
    assert f"KB-{desk.slug}".upper() in page.inner_text("main")


def test_the_questionnaire_works_without_javascript(open_page, address, desk):
    page = open_page(desk.login, java_script_enabled=False)
    page.goto(f"{address}/p/{desk.slug}/coverage/{desk.medicare}/questionnaire")
    page.fill("#told_by", "patient")
    page.select_option("#work_injury", "yes")
    page.click("text=Keep these answers")
    page.wait_for_selector("text=Another payer pays first (type 15)")


def test_the_desk_prints_a_day_sheet(open_page, address, desk):
    """On paper the menu, the search and the buttons are gone, and the cards stay."""
    page = open_page(desk.login)
    page.goto(f"{address}/p/{desk.slug}/coverage")
    page.emulate_media(media="print")
    assert not page.is_visible("header nav")
    assert not page.is_visible(".find")
    assert page.is_visible("text=The plan is not active")
