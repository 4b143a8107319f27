"""Signing in: the right password and nothing else, sessions that end, tokens that can be taken back."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import store
from chalicelib.platform.errors import Forbidden, Misuse
from chalicelib.store import control, identity, passwords, provision
from chalicelib.tenancy import Principal

pytestmark = pytest.mark.aws
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash at full cost takes 0.3 s; only the test about the cost needs it."""
    if "carry_their_cost" not in request.node.name:
        monkeypatch.setattr(passwords, "_LOG2_N", 4)


@pytest.fixture
def biller(aws: str) -> Principal:
    provision.ensure_platform()
    return identity.ensure_user("biller@example.test", "Bill Er", PASSWORD, "staff", ["biller"], ["*"])


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda instant: monkeypatch.setenv("OTBILL_NOW", instant)


def test_the_right_password_signs_in_however_the_name_is_typed(biller: Principal) -> None:
    assert identity.authenticate(" Biller@Example.test", PASSWORD) == biller


def test_a_wrong_password_and_an_unknown_name_get_one_answer(biller: Principal) -> None:
    answers = []
    for login, password in (("biller@example.test", PASSWORD + "x"), ("nobody@example.test", PASSWORD)):
        with pytest.raises(Forbidden) as refused:
            identity.authenticate(login, password)
        answers.append(refused.value.as_dict())
    assert answers[0] == answers[1]


def test_no_password_session_or_token_is_readable_in_the_table(biller: Principal) -> None:
    session, token = identity.start_session(biller), identity.issue_token(biller.user_id, "demo")
    pages = (
        store.runtime()
        .client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=store.runtime().settings.control_table)
    )
    everything = str([page["Items"] for page in pages])
    for secret in (PASSWORD, session, token, token.removeprefix("otb_")):
        assert secret not in everything


def test_ensuring_a_user_again_writes_nothing_and_a_change_is_stored(biller: Principal) -> None:
    before = store.runtime().writes
    identity.ensure_user("biller@example.test", "Bill Er", PASSWORD, "staff", ["biller"], ["*"])
    assert store.runtime().writes == before
    session = identity.start_session(biller)
    identity.ensure_user("biller@example.test", "Bill Er", PASSWORD, "staff", ["viewer"], ["tnt_1"])
    found = identity.find_session(session)
    assert found is not None
    assert (found.principal.roles, found.principal.tenants) == ({"viewer"}, {"tnt_1"}), "a removed role is gone at once"
    assert biller.user_id in {user.user_id for user in identity.list_users()}


def test_a_session_ends_after_fifteen_idle_minutes(biller: Principal, at: Any) -> None:
    at("2026-09-30T08:00:00")
    session = identity.start_session(biller)
    for minutes in (10, 20, 30):
        at(f"2026-09-30T08:{minutes}:00")
        assert identity.find_session(session) is not None
    at("2026-09-30T08:44:59")
    assert identity.find_session(session) is not None
    at("2026-09-30T08:59:59")
    assert identity.find_session(session) is None


def test_a_session_ends_after_twelve_hours_however_busy(biller: Principal, at: Any) -> None:
    at("2026-09-30T08:00:00")
    session = identity.start_session(biller)
    for quarter in range(1, 72):
        at(f"2026-09-30T{8 + quarter // 6:02d}:{quarter % 6 * 10:02d}:00")
        assert identity.find_session(session) is not None
    at("2026-09-30T20:00:00")
    assert identity.find_session(session) is None


def test_reading_pages_writes_at_most_once_a_minute(biller: Principal, at: Any) -> None:
    at("2026-09-30T08:00:00")
    session = identity.start_session(biller)
    before = store.runtime().writes
    for second in range(0, 60, 10):
        at(f"2026-09-30T08:00:{second:02d}")
        identity.find_session(session)
    assert store.runtime().writes == before
    at("2026-09-30T08:01:30")
    identity.find_session(session)
    assert store.runtime().writes == before + 1


def test_signing_out_ends_the_session_and_twice_is_fine(biller: Principal) -> None:
    session = identity.start_session(biller)
    identity.end_session(session)
    identity.end_session(session)
    assert identity.find_session(session) is None
    assert identity.find_session("made-up") is None


def test_a_token_speaks_for_its_user_until_it_expires_or_is_revoked(biller: Principal, at: Any) -> None:
    at("2026-09-30T08:00:00")
    token = identity.issue_token(biller.user_id, "sync", timedelta(days=2))
    other = identity.issue_token(biller.user_id, "other")
    assert identity.principal_for_token(token) == biller
    assert identity.principal_for_token(token + "x") is None
    assert identity.principal_for_token("") is None
    at("2026-10-02T08:00:00")
    assert identity.principal_for_token(token) is None
    listed = {t.label: t for t in identity.list_tokens(biller.user_id)}
    assert identity.revoke_token(biller.user_id, listed["other"].token_id)
    assert identity.principal_for_token(other) is None
    assert not identity.revoke_token(biller.user_id, listed["other"].token_id)


def test_a_short_password_is_refused(aws: str) -> None:
    with pytest.raises(Misuse, match="PASSWORD_TOO_SHORT"):
        identity.ensure_user("x@example.test", "X", "short", "staff")


def test_two_hashes_of_one_password_differ_and_carry_their_cost() -> None:
    one, two = passwords.hashed(PASSWORD), passwords.hashed(PASSWORD)
    assert one != two
    assert one.startswith("scrypt$15$8$3$")
    assert passwords.matches(PASSWORD, one)


def test_an_expired_session_record_would_be_removed_by_the_store(biller: Principal, at: Any) -> None:
    at("2026-09-30T08:00:00")
    session = identity.start_session(biller)
    record = control.get(*identity._session_key(session))
    assert record is not None
    # By the wall clock, as DynamoDB's TTL is: the frozen day may be long gone, and the session must still live.
    assert record.expires_at is not None
    assert abs(record.expires_at - (time.time() + 12 * 3600)) < 60
