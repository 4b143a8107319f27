"""The front desk's page: every card with its reason, the CSV, a patient's coverage, the phone form, and the raw answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from portal_browser import SAME_ORIGIN, Browser

from chalicelib.exchange import realtime
from tests.desk_world import desk_world

pytestmark = pytest.mark.aws


@pytest.fixture
def desk(aws: str, practices: Any, tmp_path: Path) -> Any:
    """Gives (slug, id of an auto patient, id of the first)."""
    made = desk_world(aws, tmp_path)
    yield made.slug, made.auto, made.first
    realtime.install(None)


@pytest.fixture
def owner(desk: Any, browser: Callable[[str], Browser]) -> Browser:
    return browser(f"{desk[0]}@coverage.invalid")


def test_the_desk_tells_card_reason_and_action(desk: Any, owner: Browser) -> None:
    slug, _, first = desk
    page = owner.get(f"/p/{slug}/coverage")
    assert page.status == 200
    for words in ("1 to stop, 1 to look at, 1 to go", "The plan is not active", "Ask the patient for the new card"):
        assert words in page.text
    assert any(f"/coverage/{first}/raw/" in link for link in page.links)
    assert page.inline == []


def test_the_csv_has_every_visit_and_runs_nothing(desk: Any, owner: Browser) -> None:
    slug = desk[0]
    answer = owner.client.http.get(f"/p/{slug}/coverage.csv", headers={"Cookie": f"sid={owner.cookie}"})
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["card"] for row in rows] == ["green", "red", "amber"]
    assert rows[0]["patient"].startswith("'=Testcase")
    assert rows[0]["check_id"].startswith("ben_")


def test_the_phone_form_keeps_answers_and_loses_nothing_on_an_error(desk: Any, owner: Browser) -> None:
    slug, auto, _ = desk
    address = f"/p/{slug}/coverage/{auto}"
    form = {**owner.get(address).fields, "payer": "GEICO", "active": "yes", "copay_cents": "thirty", "told_by": "Rep 7"}
    refused = owner.post(f"{address}/phone", form, **SAME_ORIGIN)
    assert refused.status_code == 422
    assert b"Write dollars" in refused.body
    assert b'value="thirty"' in refused.body
    kept = owner.post(f"{address}/phone", {**form, "copay_cents": "$1,000.50"}, **SAME_ORIGIN)
    assert kept.status_code == 303
    page = owner.get(address)
    assert "Copay $1,000.50" in page.text
    assert "Told by Rep 7" in page.text


def test_the_raw_answer_is_one_click_away(desk: Any, owner: Browser) -> None:
    slug, _, first = desk
    page = owner.get(f"/p/{slug}/coverage/{first}")
    (link,) = {link for link in page.links if "/raw/" in link}
    raw = owner.get(link)
    assert "ST*271" in raw.text
    assert "ST*270" in raw.text
    assert owner.get(link[:-4] + "0000").status == 404
    assert owner.get(f"/p/{slug}/coverage/pat_{'0' * 26}").status == 404


def test_asking_now_is_a_post_of_our_own_page(desk: Any, owner: Browser) -> None:
    slug, _, first = desk
    address = f"/p/{slug}/coverage/{first}"
    token = owner.get(address).fields["form_token"]
    assert owner.post(f"{address}/check", {"form_token": token}, **SAME_ORIGIN).status_code == 303
    assert owner.post(f"{address}/check", {"form_token": "x.y"}, **SAME_ORIGIN).status_code == 403


def test_a_date_that_is_none_is_refused_with_words(desk: Any, owner: Browser) -> None:
    assert owner.get(f"/p/{desk[0]}/coverage?on=tomorrow").status == 400
    assert "No visit in these days" in owner.get(f"/p/{desk[0]}/coverage?on=2024-01-01").text
