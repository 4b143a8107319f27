"""The front desk's page: every card with its reason, the CSV, a patient's coverage, the phone form, and the raw answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from portal_browser import SAME_ORIGIN, Browser
from web_world import PASSWORD

from chalicelib.coverage.batch import run_batch
from chalicelib.exchange import realtime
from chalicelib.intake.records import patient_key
from chalicelib.intake.schedule import import_schedule
from chalicelib.local.clearinghouse import realtime_doors
from chalicelib.store import directory, identity
from chalicelib.tenancy import enter
from tests.conftest import OPERATOR
from tests.practice import live_practice

pytestmark = pytest.mark.aws
COLUMNS = (
    "appointment_id,date_of_service,start_time,patient_id,services,last_name,first_name,date_of_birth,sex,payer_id,"
)
COLUMNS += "line_of_business,member_id,relationship\n"
ROWS = (
    "C1,2026-09-30,09:00,C1,97530x2,=Testcase,Sorrel,1988-04-05,F,60054,commercial,W100200301,self\n"
    "C2,2026-10-02,10:00,C2,97530x2,Testcase,Fennel,1979-04-05,M,60054,commercial,W100200313,self\n"
    "C3,2026-10-02,11:00,C3,97530x2,Testcase,Dill,1979-04-05,M,GEICO,auto,G1,self\n"
    "C4,2026-11-02,11:00,C4,97530x2,Testcase,Anise,1979-04-05,F,GEICO,auto,G2,self\n"
)


_made: dict[str, tuple[str, str, str]] = {}


@pytest.fixture
def desk(aws: str, practices: Any, tmp_path: Path) -> Any:
    """Booked visits, asked about, made once; gives (slug, id of an auto patient, id of the first)."""
    realtime.install(realtime_doors(tmp_path / "payers"))
    if aws not in _made:
        _made[aws] = _make(tmp_path / "schedule.csv")
    yield _made[aws]
    realtime.install(None)


def _make(path: Path) -> tuple[str, str, str]:
    slug = live_practice(OPERATOR).slug
    path.write_text(COLUMNS + ROWS)
    with enter(OPERATOR, slug, "test", directory.directory()) as context:
        import_schedule(path)
        run_batch(realtime.door("simulated"), days=40)
        owner = ("practice", ("owner",), (context.tenant.tenant_id,))
        identity.ensure_user(f"{slug}@coverage.invalid", "Olive Desk", PASSWORD, *owner)
        return slug, patient_key("C4"), patient_key("C1")


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
