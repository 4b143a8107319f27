"""Estimates over the API: the patient's share, and the good-faith estimate as a document that downloads."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client
from signing_in import code_for
from web_world import PASSWORD

from app import app
from chalicelib.exchange import realtime
from tests.desk_world import Desk, desk_world

pytestmark = pytest.mark.aws
SERVICES = [{"code": "97530", "units": 2}, {"code": "97110"}]


@pytest.fixture
def desk(aws: str, practices: Any, tmp_path: Path) -> Iterator[Desk]:
    yield desk_world(aws, tmp_path)
    realtime.install(None)


@pytest.fixture
def post(desk: Desk) -> Iterator[Any]:
    with Client(app, stage_name="test") as client:
        signed = client.http.post(
            "/api/session",
            body=json.dumps({"email": desk.login, "password": PASSWORD, "code": code_for(desk.login)}).encode(),
            headers={"Content-Type": "application/json"},
        )
        token = json.loads(signed.body)["token"]

        def send(path: str, body: Any) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            headers["Idempotency-Key"] = uuid4().hex
            answer = client.http.post(path, body=json.dumps(body).encode(), headers=headers)
            return answer.status_code, json.loads(answer.body)

        yield send


def test_a_patients_share_and_the_document_of_one_who_pays(post: Any, desk: Desk) -> None:
    base = f"/api/{desk.slug}/patients/{desk.first}"
    status, told = post(f"{base}/estimate", {"services": SERVICES, "on": "2026-09-30", "visits": 2})
    assert status == 200
    assert told["estimate"]["visits"] == 2
    assert 0 < told["estimate"]["charge_cents"] == 2 * told["estimate"]["charge_cents"] // 2
    asked = {"services": SERVICES, "on": "2026-10-07", "visits": 2, "diagnoses": ["M62.81"]}
    status, made = post(f"{base}/good-faith", asked)
    assert (status, made["content_type"]) == (200, "application/pdf")
    with urllib.request.urlopen(made["url"]) as found:  # noqa: S310 - the embedded document store
        assert found.headers["Content-Disposition"].startswith("attachment;")
        assert found.read().startswith(b"%PDF-")
    assert post(f"{base}/good-faith", asked)[1]["paper_id"] == made["paper_id"]


def test_what_cannot_be_estimated_is_refused_with_words(post: Any, desk: Desk) -> None:
    base = f"/api/{desk.slug}/patients/{desk.first}"
    assert post(f"{base}/good-faith", {})[1]["code"] == "SERVICES"
    assert post(f"{base}/good-faith", {"services": SERVICES, "diagnoses": ["knee"]})[1]["code"] == "DIAGNOSES"
    assert post(f"{base}/estimate", {"services": [{"code": "97530", "units": 99}]})[0] == 422
    assert post(f"/api/{desk.slug}/patients/pat_{'0' * 26}/estimate", {"services": SERVICES})[0] == 404
