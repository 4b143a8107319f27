"""Signing in: the right password and a fresh code, sessions that end, tokens that can be taken back."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyotp
import pytest

from chalicelib import store
from chalicelib.local import login_codes
from chalicelib.platform.errors import Forbidden, Misuse
from chalicelib.store import bearer, control, identity, provision, sign_in, user_pool
from chalicelib.store.sign_in import SignedIn, Step
from chalicelib.tenancy import Principal

sys.path.insert(0, str(Path(__file__).parents[1]))

import signing_in
from signing_in import code_for

pytestmark = pytest.mark.aws
PASSWORD, BILLER = "correct horse battery", "biller@example.test"


@pytest.fixture
def biller(aws: str) -> Principal:
    provision.ensure_platform()
    return identity.ensure_user("biller@example.test", "Bill Er", PASSWORD, "staff", ["biller"], ["*"])


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda instant: monkeypatch.setenv("OTBILL_NOW", instant)


@pytest.fixture
def desk(aws: str) -> Principal:
    """Somebody whose role needs no second factor."""
    provision.ensure_platform()
    return identity.ensure_user("desk@example.test", "Des K", PASSWORD, "practice", ["front_desk"], ["tnt_1"])


@pytest.fixture
def enrolled(biller: Principal) -> Principal:
    login_codes.enrol(BILLER, PASSWORD)
    return biller


def test_the_right_password_signs_in_however_the_name_is_typed(desk: Principal) -> None:
    signed_in = sign_in.with_password(" Desk@Example.test", PASSWORD)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.principal == desk


def test_a_wrong_password_and_an_unknown_name_get_one_answer(desk: Principal) -> None:
    answers = []
    for login, password in (
        ("desk@example.test", PASSWORD + "x"),
        ("nobody@example.test", PASSWORD),
        ("desk@example.test", ""),
    ):
        with pytest.raises(Forbidden) as refused:
            sign_in.with_password(login, password)
        answers.append(refused.value.as_dict())
    assert answers[0] == answers[1] == answers[2]


def test_staff_set_up_an_authenticator_before_they_get_in_and_need_it_ever_after(biller: Principal) -> None:
    fresh = identity.ensure_user("fresh@example.test", "Fresh", PASSWORD, "staff", ["biller"], ["*"])
    step = sign_in.with_password("fresh@example.test", PASSWORD)
    assert isinstance(step, Step)
    assert step.need == "set_up"
    assert identity.user_of(bearer.claims_of(step.secret)) is None, "a token for the password alone opens nothing"
    step = sign_in.begin_set_up(step)
    authenticator = pyotp.TOTP(step.key)
    wrong = f"{(int(authenticator.now()) + 500_000) % 1_000_000:06d}"
    for code in (wrong, "", "12345", "123456789", "١٢٣٤٥٦"):
        with pytest.raises(Forbidden, match="CODE_REFUSED"):
            sign_in.confirm_set_up(step, code)
    assert not identity.second_factor(fresh.user_id)
    code = authenticator.now()
    assert sign_in.confirm_set_up(step, f" {code[:3]} {code[3:]} ").principal == fresh
    again = sign_in.with_password("fresh@example.test", PASSWORD)
    assert isinstance(again, Step)
    assert again.need == "code"
    with pytest.raises(Forbidden, match="CODE_REFUSED"):
        sign_in.with_code(again, code)  # the code that finished the set-up is spent


def test_a_code_signs_in_once_also_when_it_is_used_twice_at_the_same_moment(enrolled: Principal) -> None:
    step, code = sign_in.with_password(BILLER, PASSWORD), code_for(BILLER)
    assert isinstance(step, Step)

    def enter(_: int) -> bool:
        try:
            return sign_in.with_code(step, code).principal == enrolled
        except Forbidden:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(enter, range(4))) == [False, False, False, True]


def test_a_kept_step_is_sealed_ends_once_and_in_time(enrolled: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    step = sign_in.with_password(BILLER, PASSWORD)
    assert isinstance(step, Step)
    opaque = sign_in.keep(step)
    assert sign_in.find(opaque) == step
    record = control.get(*sign_in._step_key(opaque))
    assert record is not None
    assert opaque not in str(record)
    assert step.secret not in str(record.data)
    assert sign_in.find(opaque + "x") is None
    assert sign_in.find("") is None
    monkeypatch.setattr(sign_in.time, "time", lambda: record.data["until"])
    assert sign_in.find(opaque) is None
    monkeypatch.undo()
    assert sign_in.end(opaque)
    assert not sign_in.end(opaque)
    assert sign_in.find(opaque) is None


def test_the_pool_is_as_strict_as_it_must_be(desk: Principal) -> None:
    idp, pool = store.runtime().client("cognito-idp"), user_pool.find_pool()
    assert pool is not None
    described = idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]
    client = idp.describe_user_pool_client(UserPoolId=pool.pool_id, ClientId=pool.client_id)["UserPoolClient"]
    assert described["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert described["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert idp.get_user_pool_mfa_config(UserPoolId=pool.pool_id)["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert set(client["ExplicitAuthFlows"]) == {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert (client["AccessTokenValidity"], client["TokenValidityUnits"]["AccessToken"]) == (60, "minutes")
    assert user_pool.ensure_pool() == pool


def test_no_password_session_or_token_is_readable_in_the_table(enrolled: Principal) -> None:
    session, token = identity.start_session(enrolled), signing_in.bearer(BILLER, PASSWORD)
    pages = (
        store.runtime()
        .client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=store.runtime().settings.control_table)
    )
    everything = str([page["Items"] for page in pages])
    for secret in (PASSWORD, session, token, token.rpartition(".")[2]):
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


def test_a_token_speaks_for_its_user_until_everything_is_ended(desk: Principal) -> None:
    token, session = signing_in.bearer("desk@example.test", PASSWORD), identity.start_session(desk)
    assert identity.principal_for_token(token) == desk
    for wrong in (token + "x", token[:-2], "", "otb_" + "A" * 43, "é" + token):
        assert identity.principal_for_token(wrong) is None
    identity.end_everything(desk.user_id)
    assert identity.principal_for_token(token) is None
    assert identity.find_session(session) is None
    assert identity.find_session(identity.start_session(desk)) is not None


def test_a_new_password_ends_what_the_old_one_opened(aws: str) -> None:
    provision.ensure_platform()
    user = identity.ensure_user("moved@example.test", "Mo Ved", PASSWORD, "practice", ["therapist"], ["tnt_1"])
    token, session = signing_in.bearer("moved@example.test", PASSWORD), identity.start_session(user)
    identity.ensure_user("moved@example.test", "Mo Ved", PASSWORD + " 2", "practice", ["therapist"], ["tnt_1"])
    assert identity.principal_for_token(token) is None
    assert identity.find_session(session) is None


def test_a_person_made_again_in_the_pool_is_another(desk: Principal) -> None:
    token = signing_in.bearer("desk@example.test", PASSWORD)
    pool = user_pool.find_pool()
    assert pool is not None
    store.runtime().client("cognito-idp").admin_delete_user(UserPoolId=pool.pool_id, Username=desk.user_id)
    assert identity.ensure_user("desk@example.test", "Des K", PASSWORD, "practice", ["front_desk"], ["tnt_1"]) == desk
    assert identity.principal_for_token(token) is None


def test_a_role_that_needs_a_second_factor_ends_what_was_given_without(aws: str) -> None:
    provision.ensure_platform()
    identity.ensure_user("rise@example.test", "Ri Se", PASSWORD, "practice", ["therapist"], ["tnt_1"])
    user = identity.find_login("rise@example.test")
    assert user is not None
    token, session = signing_in.bearer("rise@example.test", PASSWORD), identity.start_session(user)
    assert identity.principal_for_token(token) is not None
    assert identity.find_session(session) is not None
    identity.ensure_user("rise@example.test", "Ri Se", PASSWORD, "practice", ["owner"], ["tnt_1"])
    assert identity.principal_for_token(token) is None
    assert identity.find_session(session) is None


def test_a_short_password_is_refused(aws: str) -> None:
    with pytest.raises(Misuse, match="PASSWORD_TOO_SHORT"):
        identity.ensure_user("x@example.test", "X", "short", "staff")


def test_an_expired_session_record_would_be_removed_by_the_store(biller: Principal, at: Any) -> None:
    at("2026-09-30T08:00:00")
    session = identity.start_session(biller)
    record = control.get(*identity._session_key(session))
    assert record is not None
    # By the wall clock, as DynamoDB's TTL is: the frozen day may be long gone, and the session must still live.
    assert record.expires_at is not None
    assert abs(record.expires_at - (time.time() + 12 * 3600)) < 60
