"""A POST sent twice acts once; too many requests are told when to come back; guessing passwords ends, wherever it comes from."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest
import signing_in
from chalice.test import Client
from web_world import OWNER_A, PASSWORD, STAFF, World

from app import app
from chalicelib.api import actions, limits
from chalicelib.platform.errors import Fault
from chalicelib.store import configure, identity, runtime

pytestmark = pytest.mark.aws


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch):
    limits.forget()
    with Client(app, stage_name="test") as made:  # "dev" would bring its environment along
        yield made
    limits.forget()


def bearer(login: str = STAFF) -> dict[str, str]:
    return {"Authorization": f"Bearer {signing_in.bearer(login)}", "Content-Type": "application/json"}


def post(
    client: Any, world: World, key: str, body: bytes = b"{}", login: str = STAFF, path: str = "claims/build"
) -> Any:
    headers = {**bearer(login), **({"Idempotency-Key": key} if key else {})}
    return client.http.post(f"/api/{world.a.tenant.slug}/{path}", headers=headers, body=body)


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the action behind the route really ran."""
    ran: list[int] = []

    def act() -> list[Any]:
        ran.append(1)
        return []

    monkeypatch.setattr(actions, "build_claims", act)
    return ran


def test_the_same_key_gets_the_same_answer_and_acts_once(client, practices: World, acts: list[int]) -> None:
    first, second = post(client, practices, "key-1"), post(client, practices, "key-1")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.body == second.body
    assert len(acts) == 1
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"


def test_a_key_belongs_to_its_principal_and_request(client, practices: World, acts: list[int]) -> None:
    post(client, practices, "key-2")
    other = post(client, practices, "key-2", path="claims/submit")
    assert (other.status_code, json.loads(other.body)["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert post(client, practices, "key-2", body=b"{ }").status_code == 422
    assert len(acts) == 1
    assert post(client, practices, "key-2", login=OWNER_A).status_code == 403  # and a role that may not, may not


@pytest.mark.parametrize("key", ["", "a" * 256, "two words", "Zoë"])
def test_a_post_needs_a_key(client, practices: World, acts: list[int], key: str) -> None:
    answer = post(client, practices, key)
    assert (answer.status_code, json.loads(answer.body)["code"]) == (400, "IDEMPOTENCY_KEY_NEEDED")
    assert acts == []


def test_while_the_first_runs_the_second_is_told_so(client, practices: World, monkeypatch: pytest.MonkeyPatch) -> None:
    inner: list[int] = []

    def slow() -> list[Any]:
        def other() -> None:
            with Client(app, stage_name="test") as second:
                inner.append(post(second, practices, "key-3").status_code)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return []

    monkeypatch.setattr(actions, "build_claims", slow)
    assert post(client, practices, "key-3").status_code == 200
    assert inner == [409]


def test_what_failed_can_be_tried_again_under_its_key(
    client, practices: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def flaky() -> list[Any]:
        tries.append(1)
        if len(tries) == 1:
            raise Fault("STORE_BUSY", "busy")
        return []

    monkeypatch.setattr(actions, "build_claims", flaky)
    assert [post(client, practices, "key-4").status_code for _ in range(3)] == [503, 200, 200]
    assert len(tries) == 2


def test_a_request_whose_process_died_is_taken_over_after_its_lease(
    client, practices: World, acts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.api import idempotency

    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(actions, "build_claims", die)
        dying.setattr(idempotency, "_write", lambda _: None)
        with pytest.raises(Died):
            post(client, practices, "key-5")
    assert post(client, practices, "key-5").status_code == 409
    later = __import__("time").time() + idempotency.LEASE_S + 1
    monkeypatch.setattr(idempotency, "time", SimpleNamespace(time=lambda: later))  # the process's own clock stays
    assert post(client, practices, "key-5").status_code == 200
    assert len(acts) == 1


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits' clock stands, so that no minute turns within a test."""
    from chalicelib.api import identity as signing_in
    from chalicelib.api import limits

    now = __import__("time").time()
    for module in (limits, signing_in):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now))


def test_requests_beyond_the_limit_are_refused_with_when_to_come_back(client, practices: World, still) -> None:
    before = runtime().settings
    configure(before.model_copy(update={"requests_per_minute": 25}))
    try:
        roles, tenants = ("owner",), (practices.a.tenant.tenant_id,)
        identity.ensure_user("busy@web.invalid", "Busy", PASSWORD, "practice", roles, tenants)
        headers = bearer("busy@web.invalid")
        answers = [client.http.get(f"/api/{practices.a.tenant.slug}/summary", headers=headers) for _ in range(27)]
    finally:
        configure(before)
    codes = [answer.status_code for answer in answers]
    assert codes == [200] * 25 + [429] * 2
    assert answers[0].headers["RateLimit-Policy"].startswith('"principal";q=25;w=60')
    assert '"practice"' in answers[0].headers["RateLimit"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert json.loads(answers[-1].body)["code"] == "TOO_MANY_REQUESTS"


def test_a_minute_is_paid_for_in_portions(client, practices: World) -> None:
    headers = bearer(OWNER_A)
    before = runtime().writes_apart
    for _ in range(10):
        client.http.get(f"/api/{practices.a.tenant.slug}/summary", headers=headers)
    assert runtime().writes_apart - before <= 4  # a portion of the principal's and one of the practice's, twice at most


def guess(client: Any, login: str, password: str, address: str) -> int:
    from chalicelib.api import requests

    class From:
        context = {"identity": {"sourceIp": address}}

    remembered = requests.current
    requests.current = lambda: From()  # type: ignore[assignment]
    try:
        from chalicelib.api.identity import TooManyTries, sign_in
        from chalicelib.platform.errors import Forbidden

        try:
            sign_in(login, password)
        except Forbidden:
            return 401
        except TooManyTries:
            return 429
        return 200
    finally:
        requests.current = remembered


def test_a_name_guessed_at_from_many_addresses_is_locked(client, practices: World, still) -> None:
    codes = [guess(client, "spread@web.invalid", "wrong", f"198.51.100.{n}") for n in range(31)]
    assert codes == [401] * 30 + [429]


def test_an_address_that_guesses_at_many_names_is_stopped(client, practices: World, still) -> None:
    codes = [guess(client, f"name{n}@web.invalid", "wrong", "203.0.113.9") for n in range(51)]
    assert codes == [401] * 50 + [429]


def test_guesses_made_at_once_are_all_counted(client, practices: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from chalicelib.store import control

    with ThreadPoolExecutor(8) as pool:
        sums = list(pool.map(lambda _: control.count_up("test-at-once", "1", 1, 2_000_000_000), range(40)))
    assert sorted(sums) == list(range(1, 41))


def test_a_right_password_begins_again(client, practices: World) -> None:
    for _ in range(3):
        assert [guess(client, OWNER_A, "wrong", "192.0.2.7") for _ in range(4)] == [401] * 4
        assert guess(client, OWNER_A, PASSWORD, "192.0.2.7") == 200


def test_a_kept_answer_lies_unreadable_and_comes_back_whole(client, practices: World, monkeypatch) -> None:
    """Answers repeat notes, names and numbers: a copy of the table, a backup or a stream must not show them."""
    said = {"claim_id": "clm_" + "0" * 26, "status": "held", "words": "Zanzibar Quillfeather, 123-45-6789"}
    monkeypatch.setattr(actions, "BuiltAnswer", lambda claims: [said] * 1000)
    monkeypatch.setattr(actions, "build_claims", list)
    first, again = (post(client, practices, "kept-answer") for _ in range(2))
    assert first.status_code == 200, first.body
    assert first.body == again.body
    assert again.headers["Idempotency-Replayed"] == "true"
    stored = _everything_in_the_table(practices)
    assert '"request"' in stored
    assert "Quillfeather" not in stored
    assert "123-45-6789" not in stored


def test_an_answer_too_large_to_keep_is_given_all_the_same(client, practices: World, monkeypatch) -> None:
    """What was done stands; the key is free again, since doing it again changes nothing."""
    import os

    large = [os.urandom(300_000).hex()]
    monkeypatch.setattr(actions, "BuiltAnswer", lambda claims: large)
    monkeypatch.setattr(actions, "build_claims", list)
    first, again = (post(client, practices, "large-answer") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in again.headers


def _everything_in_the_table(practices: World) -> str:
    from chalicelib.store import directory

    _, placement = directory.directory().find(practices.a.tenant.slug)
    dynamodb = runtime().client("dynamodb")
    pages = dynamodb.get_paginator("scan").paginate(TableName=placement.table_name)
    return json.dumps([item for page in pages for item in page["Items"]])
