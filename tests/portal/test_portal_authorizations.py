"""Authorizations, estimate and the Medicare questionnaire in the portal: entered, asked for, renewed, decided; none lost."""

from __future__ import annotations

import io
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from portal_browser import SAME_ORIGIN, Browser
from pypdf import PdfReader
from web_world import PASSWORD

from chalicelib.exchange import realtime
from chalicelib.store import directory, identity
from chalicelib.tenancy import enter
from tests.conftest import OPERATOR
from tests.desk_world import Desk, desk_world

pytestmark = pytest.mark.aws
FORM = {"start": "2026-11-01", "end": "2026-12-31", "codes_1": "97110, 97140", "measure_1": "visits", "count_1": "12",
        "diagnoses": "M62.81", "state": "approved", "how": "phone", "reference": "CALL-9"}  # fmt: skip


@pytest.fixture
def desk(aws: str, practices: Any, tmp_path: Path) -> Iterator[Desk]:
    yield desk_world(aws, tmp_path)
    realtime.install(None)


@pytest.fixture
def owner(desk: Desk, browser: Callable[[str], Browser]) -> Browser:
    return browser(desk.login)


def send(owner: Browser, address: str, form: dict[str, str], to: str = "") -> Any:
    fields = {name: value for name, value in owner.get(address).fields.items() if name == "form_token"}
    return owner.post(address + to, {**fields, **form}, **SAME_ORIGIN)


def test_what_is_kept_shows_with_its_forecast(desk: Desk, owner: Browser) -> None:
    page = owner.get(f"/p/{desk.slug}/coverage/{desk.advantage}/authorizations")
    assert page.status == 200
    assert page.inline == []
    for words in ("AU-77", "approved", "2 visits", "8 units", "2026-11-05", "by the schedule", "schedule needs more"):
        assert words in page.text, words


def test_one_is_entered_and_an_error_loses_nothing(desk: Desk, owner: Browser) -> None:
    address = f"/p/{desk.slug}/coverage/{desk.medicare}/authorizations"
    form = {**FORM, "plan": "09102 medicare", "auth_number": "", "end": "2026-10-01", "count_1": "many"}
    refused = send(owner, address, form)
    assert refused.status_code == 422
    assert b"a whole number" in refused.body
    assert b'value="97110, 97140"' in refused.body
    no_number = send(owner, address, {**form, "count_1": "12", "end": "2026-12-31"})
    assert no_number.status_code == 422
    assert b"An approved authorization has a number" in no_number.body
    backwards = send(owner, address, {**form, "count_1": "12", "auth_number": "N-5"})
    assert b"It ends before it begins" in backwards.body
    kept = send(owner, address, {**form, "count_1": "12", "auth_number": "N-5", "end": "2026-12-31"})
    assert kept.status_code == 303
    page = owner.get(kept.headers["Location"])
    for words in ("The authorization is kept", "N-5", "97110+97140", "12 visits"):
        assert words in page.text, words


def test_one_is_asked_for_electronically_and_renewed(desk: Desk, owner: Browser) -> None:
    address = f"/p/{desk.slug}/coverage/{desk.advantage}/authorizations"
    asked = send(owner, address, {**FORM, "plan": "87726 medicare_advantage", "reference": ""}, "/request")
    assert asked.status_code == 303
    page = owner.get(asked.headers["Location"])
    assert "The payer was asked" in page.text
    assert "certified as asked" in page.text.lower()
    renewal = owner.get(f"{address}?renew={desk.auth_id}")
    assert renewal.fields["reference"] == "AU-77"
    assert (renewal.fields["codes_1"], renewal.fields["start"]) == ("97530", "2026-12-01")
    for words in ("To get progress report", "To get measures"):
        assert words in renewal.text
    assert owner.get(f"{address}?renew=aut_{'0' * 26}").status == 404
    other = f"/p/{desk.slug}/coverage/{desk.medicare}/authorizations?renew={desk.auth_id}"
    assert owner.get(other).status == 404  # another patient's is none


def test_a_payer_that_takes_no_request_leaves_a_task_and_is_decided_here(desk: Desk, owner: Browser) -> None:
    address = f"/p/{desk.slug}/coverage/{desk.first}/authorizations"
    asked = send(owner, address, {**FORM, "plan": "60054 commercial", "codes_1": "97535"}, "/request")
    page = owner.get(asked.headers["Location"])
    assert "a task was opened" in page.text
    auth_id = page.fields["auth_id"]
    wrong = send(owner, address, {"auth_id": auth_id, "state": "approved", "number": "", "approved": "8"}, "/decide")
    assert wrong.status_code == 422
    assert b"has a number" in wrong.body
    done = send(owner, address, {"auth_id": auth_id, "state": "partly", "number": "OK-8", "approved": "8"}, "/decide")
    assert done.status_code == 303
    assert "OK-8" in owner.get(address).text
    stranger = f"/p/{desk.slug}/coverage/{desk.medicare}/authorizations"
    theirs = {"auth_id": auth_id, "state": "denied", "number": "", "approved": ""}
    assert send(owner, stranger, theirs, "/decide").status_code == 404


def test_without_a_door_the_page_says_so_and_keeps_the_form(desk: Desk, owner: Browser) -> None:
    realtime.install(None)
    address = f"/p/{desk.slug}/coverage/{desk.advantage}/authorizations"
    refused = send(owner, address, {**FORM, "plan": "87726 medicare_advantage"}, "/request")
    assert refused.status_code == 422
    assert b"no real-time door" in refused.body
    assert b'value="97110, 97140"' in refused.body


def test_a_therapist_sees_them_and_enters_none(desk: Desk, browser: Callable[[str], Browser]) -> None:
    login = f"therapist-{desk.slug}@coverage.invalid"
    with enter(OPERATOR, desk.slug, "test", directory.directory()) as context:
        tenants = (context.tenant.tenant_id,)
    identity.ensure_user(login, "Theo Desk", PASSWORD, "practice", ("therapist",), tenants)
    therapist = browser(login)
    address = f"/p/{desk.slug}/coverage/{desk.advantage}/authorizations"
    page = therapist.get(address)
    assert "AU-77" in page.text
    assert "codes_1" not in page.fields
    token = page.fields["form_token"]  # of the sign-out form
    assert therapist.post(address, {**FORM, "form_token": token}, **SAME_ORIGIN).status_code == 403


def test_the_estimate_comes_with_its_working_and_what_is_not_known(desk: Desk, owner: Browser) -> None:
    address = f"/p/{desk.slug}/coverage/{desk.first}/estimate"
    assert owner.get(address).fields["codes"] == "97530x2"  # the next booked visit
    told = send(owner, address, {"codes": "97530x2", "on": "2026-09-30", "visits": "3"})
    assert told.status_code == 200
    assert b"3 visits in all" in told.body
    assert b"97530 x 2: charge" in told.body
    wrong = send(owner, address, {"codes": "9753", "on": "soon", "visits": "0"})
    assert wrong.status_code == 422
    for words in (b"Write codes and units", b"Write a date", b'value="9753"'):
        assert words in wrong.body
    assert b"1 to 366 visits" in send(owner, address, {"codes": "97530", "on": "2026-09-30", "visits": "0"}).body


def test_the_questionnaire_is_kept_and_judged(desk: Desk, owner: Browser) -> None:
    address = f"/p/{desk.slug}/coverage/{desk.medicare}/questionnaire"
    assert "never answered" in owner.get(address).text
    form = {"on": "2026-09-29", "told_by": "", "work_injury": "no", "auto_accident": "no", "liability": "no",
            "black_lung": "no", "veterans": "no", "entitled_by": "age", "group_plan": "yes", "employees": "50"}  # fmt: skip
    nobody = send(owner, address, form)
    assert nobody.status_code == 422
    assert b"names who answered" in nobody.body
    assert b'value="50"' in nobody.body
    assert send(owner, address, {**form, "told_by": "patient", "employees": "many"}).status_code == 422
    assert send(owner, address, {**form, "told_by": "patient"}).status_code == 303
    page = owner.get(address)
    assert "Another payer pays first (type 12)" in page.text
    assert "told by patient" in page.text


def test_the_good_faith_estimate_is_made_and_downloaded_from_the_estimate(desk: Desk, owner: Browser) -> None:
    address = f"/p/{desk.slug}/coverage/{desk.first}"
    asked = {"codes": "97530x2", "on": "2026-10-07", "visits": "3"}
    assert b"Make the PDF" in send(owner, f"{address}/estimate", asked).body
    form = {**asked, "form_token": owner.get(f"{address}/estimate").fields["form_token"]}
    wrong = owner.post(f"{address}/good-faith", {**form, "diagnoses": "shoulder"}, **SAME_ORIGIN)
    assert wrong.status_code == 422
    for words in (b"ICD-10 codes are expected", b'value="shoulder"', b"3 visits in all"):
        assert words in wrong.body
    made = owner.post(f"{address}/good-faith", {**form, "diagnoses": "m62.81"}, **SAME_ORIGIN)
    assert made.status_code == 200
    (link,) = set(re.findall(r'href="([^"]+/papers/[^"]+)"', made.body.decode()))
    again = owner.post(f"{address}/good-faith", {**form, "diagnoses": "m62.81"}, **SAME_ORIGIN)
    assert again.body.count(link.encode()) == 1
    answer = owner.client.http.get(link, headers={"Cookie": f"sid={owner.cookie}"})
    assert answer.status_code == 303
    with urllib.request.urlopen(answer.headers["Location"]) as found:  # noqa: S310 - the embedded document store
        assert found.headers["Content-Disposition"].startswith("attachment;")
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(found.read())).pages)
    for words in (
        "Good faith estimate",
        "Sorrel",
        "97530",
        "3 visits from 2026-10-07",
        "M62.81",
        "$400",
        "quality of the care",
    ):
        assert words in " ".join(text.split())
    other = link.replace(desk.first, desk.medicare)
    assert owner.get(other).status == 404  # a paper of another patient
    assert owner.get(link[:-4] + "0000").status == 404
