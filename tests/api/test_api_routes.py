"""The JSON API: what a program gets, and what it is refused."""

from __future__ import annotations

import io
import json
import time
from datetime import datetime
from typing import Any

import pytest
from chalice.test import Client, HTTPResponse
from signing_in import code_for
from web_world import OWNER_A, OWNER_B, PASSWORD, STAFF, World

from app import app
from chalicelib.platform.logging import logger
from chalicelib.store import identity

pytestmark = pytest.mark.aws


class Api:
    """A signed-in caller."""

    def __init__(self, client: Client, token: str) -> None:
        self.client, self.token = client, token

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.http.get(path, headers={"Authorization": f"Bearer {self.token}"})
        return answer.status_code, json.loads(answer.body)


@pytest.fixture
def client():
    with Client(app, stage_name="test") as made:  # "dev" would bring its environment along
        yield made


def post_session(client: Client, body: Any) -> HTTPResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.http.post("/api/session", body=content, headers={"Content-Type": "application/json"})


_tokens: dict[str, str] = {}


@pytest.fixture
def caller(client: Client, practices: World):
    def sign_in(email: str) -> Api:
        if email not in _tokens:
            answer = post_session(client, {"email": email, "password": PASSWORD, "code": code_for(email)})
            assert answer.status_code == 201, answer.body
            _tokens[email] = json.loads(answer.body)["token"]
        return Api(client, _tokens[email])

    return sign_in


def test_a_token_opens_the_practices_it_names(client, practices):
    answer = post_session(client, {"email": OWNER_A, "password": PASSWORD, "code": code_for(OWNER_A)})
    body = json.loads(answer.body)
    assert body["tenants"] == [practices.a.tenant.slug]
    assert body["token"].count(".") == 2
    left = (
        datetime.fromisoformat(body["expires_at"]).timestamp() - time.time()
    )  # Cognito's own time, not the frozen day
    assert 3500 < left <= 3600


def test_a_code_is_asked_for_and_only_a_right_one_gives_a_token(client, practices):
    credentials = {"email": OWNER_A, "password": PASSWORD}
    right = code_for(OWNER_A)
    wrong = f"{(int(right) + 500_000) % 1_000_000:06d}"
    answers = [post_session(client, credentials | more) for more in ({}, {"code": wrong}, {"code": right})]
    assert [answer.status_code for answer in answers] == [401, 401, 201]
    assert [json.loads(answer.body).get("code") for answer in answers[:2]] == ["CODE_NEEDED", "CODE_REFUSED"]


def test_who_must_have_an_authenticator_gets_no_token_without(client, practices):
    tenants = (practices.a.tenant.tenant_id,)
    identity.ensure_user("new-owner@web.invalid", "New Owner", PASSWORD, "practice", ("owner",), tenants)
    answer = post_session(client, {"email": "new-owner@web.invalid", "password": PASSWORD})
    assert (answer.status_code, json.loads(answer.body)["code"]) == (401, "SECOND_FACTOR_NOT_SET_UP")
    identity.ensure_user("new-desk@web.invalid", "New Desk", PASSWORD, "practice", ("front_desk",), tenants)
    assert post_session(client, {"email": "new-desk@web.invalid", "password": PASSWORD}).status_code == 201


def test_wrong_password_and_unknown_name_look_the_same(client, practices):
    wrong = post_session(client, {"email": OWNER_A, "password": "not-the-password"})
    unknown = post_session(client, {"email": "nobody@web.invalid", "password": "not-the-password"})
    assert wrong.status_code == unknown.status_code == 401
    strip = [{k: v for k, v in json.loads(each.body).items() if k != "instance"} for each in (wrong, unknown)]
    assert strip[0] == strip[1]


def test_guessing_ends_after_ten_tries(client, practices):
    tries = [post_session(client, {"email": "guess@web.invalid", "password": f"guess-{n}"}) for n in range(11)]
    assert [each.status_code for each in tries[:10]] == [401] * 10
    assert tries[10].status_code == 429


@pytest.mark.parametrize("header", [None, "Bearer ", "Bearer otb_forged", "Basic abc", "otb_forged"])
def test_without_a_valid_token_there_is_nothing(client, practices, header):
    headers = {"Authorization": header} if header is not None else {}
    answer = client.http.get(f"/api/{practices.a.tenant.slug}/claims", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "otb_forged" not in answer.body.decode()


def test_claims_come_with_money_that_adds_up(caller, practices):
    status, body = caller(STAFF).get(f"/api/{practices.a.tenant.slug}/claims")
    assert status == 200
    assert {row["claim_id"] for row in body["claims"]} == set(practices.a.claims.values())
    for row in body["claims"]:
        parts = ("paid_cents", "adjusted_cents", "patient_cents", "open_cents")
        assert row["charge_cents"] == sum(row[name] for name in parts) == 18_000


def test_filters_and_pages_cover_every_claim_once(caller, practices):
    slug, api = practices.a.tenant.slug, caller(STAFF)
    _, held = api.get(f"/api/{slug}/claims?status=held&status=denied")
    assert {row["status"] for row in held["claims"]} == {"held", "denied"}
    _, nobody = api.get(f"/api/{slug}/claims?payer=NOSUCH")
    assert nobody["claims"] == []
    seen, cursor = [], ""
    while cursor is not None:
        _, page = api.get(f"/api/{slug}/claims?limit=3{f'&cursor={cursor}' if cursor else ''}")
        assert len(page["claims"]) <= 3
        seen += [row["claim_id"] for row in page["claims"]]
        cursor = page["cursor"]
    assert sorted(seen) == sorted(practices.a.claims.values())


def test_one_claim_tells_its_findings_events_and_payments(caller, practices):
    slug, api = practices.a.tenant.slug, caller(OWNER_A)
    _, held = api.get(f"/api/{slug}/claims/{practices.a.claims['held']}")
    assert held["findings"][0]["code"] == "POC_EXPIRED"
    _, paid = api.get(f"/api/{slug}/claims/{practices.a.claims['paid']}")
    assert [event["type"] for event in paid["events"]] == [
        "drafted", "scrubbed", "submitted", "accepted", "adjudicated"]  # fmt: skip
    assert paid["payments"][0]["lines"][0]["adjustments"][0] == {"group": "CO", "reason": "45", "amount_cents": 3000}


def test_remittances_and_summary(caller, practices):
    slug, api = practices.a.tenant.slug, caller(STAFF)
    _, listed = api.get(f"/api/{slug}/remittances")
    assert [(row["trace"], row["amount_cents"], row["balanced"]) for row in listed["remittances"]] == [
        ("EFTA0001", 14_500, True)
    ]
    _, one = api.get(f"/api/{slug}/remittances/{practices.a.remittance_id}")
    assert [part["patient_control_number"] for part in one["unmatched"]] == ["NOTOURS1"]
    assert one["provider_adjustments"][0]["reason"] == "WO"
    _, summary = api.get(f"/api/{slug}/summary")
    assert summary["charge_cents"] == 7 * 18_000
    assert summary["suspense_cents"] == 4_000
    assert summary["balanced"] is True


def test_visits_are_listed(caller, practices):
    status, body = caller(OWNER_A).get(f"/api/{practices.a.tenant.slug}/visits?state=built&state=waiting")
    assert (status, body) == (200, {"visits": [], "cursor": None})


OTHERS = ("claims", "claims/{claim}", "remittances", "remittances/{remittance}", "summary", "visits")


@pytest.mark.parametrize("path", OTHERS)
def test_another_practice_is_not_there(caller, practices, path):
    """A's owner with B's slug and B's id, B's ids under A's slug, and a practice nobody has: the same 404."""
    ids = {"claim": practices.b.claims["paid"], "remittance": practices.b.remittance_id}
    api = caller(OWNER_A)
    there = [api.get(f"/api/{ref}/{path.format(**ids)}") for ref in
             (practices.b.tenant.slug, practices.b.tenant.tenant_id, "no-such-practice")]  # fmt: skip
    assert [status for status, _ in there] == [404] * 3
    assert len({body["detail"] for _, body in there}) == 1
    if "{" in path:
        status, _ = api.get(f"/api/{practices.a.tenant.slug}/{path.format(**ids)}")
        assert status == 404
        assert caller(OWNER_B).get(f"/api/{practices.b.tenant.slug}/{path.format(**ids)}")[0] == 200


@pytest.mark.parametrize(
    "claim_id", ["clm_short", "PAT", "clm_" + "A" * 26, "clm_" + "0" * 26, "pat_" + "0" * 26, "%23"]
)
def test_ids_that_cannot_be_ours_are_not_found(caller, practices, claim_id):
    status, body = caller(STAFF).get(f"/api/{practices.a.tenant.slug}/claims/{claim_id}")
    assert (status, body["title"]) == (404, "Not Found")


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=0", 422), ("limit=201", 422), ("limit=x", 422), ("status=Marigold", 422), ("nosuch=1", 422),
     ("limit=5&limit=6", 400), ("cursor=forged", 400)],
)  # fmt: skip
def test_queries_are_checked_and_never_repeated(caller, practices, query, status):
    found, body = caller(STAFF).get(f"/api/{practices.a.tenant.slug}/claims?{query}")
    assert found == status
    assert body["code"]
    assert "Marigold" not in json.dumps(body)
    assert "nosuch" not in json.dumps(body)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"[]", 422), (b"", 422), ({"email": "a@b.c"}, 422), (b'{"email":"' + b"x" * 70_000 + b'"}', 413),
     ({"email": "a@b.c", "password": "secret-canary", "Marigold Testcase": 1}, 422)],
)  # fmt: skip
def test_bodies_are_checked_and_never_repeated(client, practices, body, status):
    answer = post_session(client, body)
    assert answer.status_code == status
    assert b"canary" not in answer.body
    assert b"Marigold" not in answer.body


def test_an_unexpected_fault_tells_its_request_id_and_nothing_else(client, practices, caller, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Marigold Testcase 123-45-6789")

    log = io.StringIO()
    monkeypatch.setattr("chalicelib.api.http._log", logger("api-test", log))
    monkeypatch.setattr("chalicelib.api.resources.list_claims", broken)
    status, body = caller(STAFF).get(f"/api/{practices.a.tenant.slug}/claims")
    assert (status, body["code"]) == (500, "INTERNAL")
    assert "request failed" in log.getvalue()
    told = json.dumps(body) + log.getvalue()
    assert "Marigold" not in told
    assert "6789" not in told


def test_methods_and_media_types_are_refused_as_problems(client, practices):
    answer = client.http.post("/api/session", body=b"a=b", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert json.loads(answer.body)["code"] == "UNSUPPORTED_MEDIA_TYPE"
    assert b"text/plain" not in answer.body
    wrong = client.http.get("/api/session")
    assert wrong.status_code == 405
    assert wrong.headers["Allow"] == "POST"


def test_every_answer_carries_the_security_headers(client, practices):
    for path in ("/sign-in", "/api/none/claims", "/p/none/claims", "/static/portal.css"):
        headers = client.http.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
        assert headers["X-Request-Id"].startswith("req_")
        assert headers["Cache-Control"] == "no-store"


def test_the_app_never_shows_stack_traces():
    assert app.debug is False
    assert app.configure_logs is False


def test_events_are_followed_by_number(practices, caller) -> None:
    """A program that keeps the last number it saw gets every event once."""
    from chalicelib.store import directory, outbox
    from chalicelib.tenancy import enter
    from tests.conftest import OPERATOR

    with enter(OPERATOR, practices.a.tenant.slug, "test", directory.directory()):
        outbox.number()
    api = caller(STAFF)
    status, first = api.get(f"/api/{practices.a.tenant.slug}/events?limit=2")
    assert (status, [event["sequence"] for event in first["events"]], first["after"]) == (200, [1, 2], 2)
    _, rest = api.get(f"/api/{practices.a.tenant.slug}/events?after=2")
    assert [event["sequence"] for event in rest["events"]] == list(range(3, rest["after"] + 1))
    assert api.get(f"/api/{practices.a.tenant.slug}/events?after={rest['after']}")[1]["events"] == []
    assert api.get(f"/api/{practices.a.tenant.slug}/events?after=-1")[0] == 422


def test_a_program_uploads_a_paper_and_what_never_arrived_is_not_taken(practices, caller):
    slug, headers = practices.a.tenant.slug, {"Content-Type": "application/json"}
    staff = caller(STAFF)

    def post(path: str, body: Any, key: str) -> tuple[int, Any]:
        sent = {**headers, "Authorization": f"Bearer {staff.token}", "Idempotency-Key": key}
        answer = staff.client.http.post(f"/api/{slug}{path}", body=json.dumps(body).encode(), headers=sent)
        return answer.status_code, json.loads(answer.body)

    asked = {"patient": "pat_" + "0" * 26, "name": "prescription", "content_type": "application/pdf"}
    assert post("/uploads", asked, "upload-1")[0] == 404  # no such patient
    assert post("/uploads", {**asked, "content_type": "text/html"}, "upload-2")[0] == 422
    assert post("/uploads/upl_" + "0" * 26 + "/finish", {}, "upload-3")[0] == 404
    from chalicelib.store import Record, directory, unit_of_work
    from chalicelib.tenancy import enter
    from tests.conftest import OPERATOR

    with enter(OPERATOR, slug, "test", directory.directory()) as context, unit_of_work() as uow:
        patient = context.make_id("pat", "upload")
        uow.create(Record(f"PAT#{patient}", "PROFILE", "patient", {}))
        uow.commit()
    status, form = post("/uploads", {**asked, "patient": patient}, "upload-4")
    assert status == 200
    assert form["fields"]["key"].endswith(form["upload_id"])
    assert form["expires_in_s"] == 300
