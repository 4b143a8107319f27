"""How large a body may be: 64 KB, but for the route that carries a bank's file; beyond it nothing is read."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client
from signing_in import bearer
from web_world import PASSWORD, World

from app import app
from chalicelib.store import identity

pytestmark = pytest.mark.aws


@pytest.fixture
def client():
    with Client(app, stage_name="test") as made:
        yield made


def post(client: Any, practices: World, path: str, body: Any) -> tuple[int, str]:
    login = "poster@web.invalid"
    identity.ensure_user(login, "Penny Poster", PASSWORD, "staff", ("administrator",), ("*",))
    headers = {"Authorization": f"Bearer {bearer(login)}", "Content-Type": "application/json"}
    answer = client.http.post(
        f"/api/{practices.a.tenant.slug}/{path}",
        body=json.dumps(body).encode(),
        headers={**headers, "Idempotency-Key": str(uuid4())},
    )
    return answer.status_code, str(json.loads(answer.body).get("code", ""))


def test_a_banks_file_of_a_busy_month_is_taken(client, practices: World) -> None:
    rows = "".join(f"2026-09-{n:02d},1.00,TRACE{n},{'as the bank writes it ' * 1000}\n" for n in range(1, 5))
    content = "date,amount,trace,memo\n" + rows
    assert len(content) > 64 * 1024
    assert post(client, practices, "deposits", {"content": content}) == (200, "")


def test_what_is_larger_is_refused_before_it_is_read(client, practices: World) -> None:
    assert post(client, practices, "deposits", {"content": "x" * (4 * 1024 * 1024)}) == (413, "BODY_TOO_LARGE")
    assert post(client, practices, "deposits", {"content": "x" * 2_000_001}) == (422, "INVALID")
    path = f"claims/{practices.a.claims['paid']}/note"
    assert post(client, practices, path, {"words": "x" * 70_000}) == (413, "BODY_TOO_LARGE")
