"""A forgotten or first password: an administrator gives a one-time one, which opens nothing but the choice of another."""

from __future__ import annotations

import json

import pytest

from chalicelib.cli.main import main
from chalicelib.local import login_codes
from chalicelib.platform.errors import Forbidden, Misuse
from chalicelib.store import audit_chain, directory, identity, sign_in, user_pool
from chalicelib.tenancy import Principal, enter
from tests.practice import live_practice

pytestmark = pytest.mark.aws
OLD, OWN = "fictional-old-password", "a few words in a row"


@pytest.fixture
def house(aws: str, operator: Principal, monkeypatch: pytest.MonkeyPatch) -> str:
    """Id of a practice of its own."""
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30T14:00Z")
    return directory.directory().find(live_practice(operator).slug)[0].tenant_id


def _person(house: str, name: str, *roles: str, kind: str = "practice") -> str:
    login = f"{name}@{house[-8:]}.invalid"
    identity.ensure_user(login, "Fictional", OLD, kind, roles, (house,))
    return login


def _given(login: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    assert main(["login-password", login, "--json", *more]) == 0
    return str(json.loads(capsys.readouterr().out)["one_time_password"])


def test_the_one_time_password_opens_nothing_but_the_choice_of_another(
    house: str, capsys: pytest.CaptureFixture[str]
) -> None:
    login = _person(house, "desk", "front_desk")
    found = identity.find_login(login)
    assert found is not None
    session = identity.start_session(found)
    once = _given(login, capsys)
    assert identity.find_session(session) is None, "who was signed in is out"
    with pytest.raises(Forbidden, match="SIGN_IN_REFUSED"):
        sign_in.with_password(login, OLD)
    step = sign_in.with_password(login, once)
    assert isinstance(step, sign_in.Step)
    assert step.need == "password"
    for weak, code in (("short", "TOO_SHORT"), ("x" * 257, "TOO_LONG"), (login.upper(), "IS_NAME")):
        with pytest.raises(Misuse, match=code):
            sign_in.with_own_password(step, weak)
    done = sign_in.with_own_password(step, OWN)
    assert isinstance(done, sign_in.SignedIn)
    assert isinstance(sign_in.with_password(login, OWN), sign_in.SignedIn)
    with pytest.raises(Forbidden):
        sign_in.with_password(login, once)


def test_the_authenticator_is_asked_for_after_the_choice_as_ever(
    house: str, capsys: pytest.CaptureFixture[str]
) -> None:
    login = _person(house, "owner", "owner")
    login_codes.enrol(login, OLD)
    step = sign_in.with_password(login, _given(login, capsys))
    assert isinstance(step, sign_in.Step)
    after = sign_in.with_own_password(step, OWN)
    assert isinstance(after, sign_in.Step), "a password alone never signs an owner in"
    assert after.need == "code"
    assert isinstance(user_pool.check_password(identity.user_id_of(login), OWN), user_pool.CodeNeeded)


def test_a_step_of_another_kind_sets_no_password(house: str) -> None:
    login = _person(house, "plain", "front_desk")
    with pytest.raises(Forbidden):
        sign_in.with_own_password(sign_in.Step("code", identity.user_id_of(login), "s"), OWN)
    assert isinstance(sign_in.with_password(login, OLD), sign_in.SignedIn)


def test_what_is_done_to_a_sign_in_is_on_record_and_only_for_ones_own_people(
    house: str, operator: Principal, capsys: pytest.CaptureFixture[str]
) -> None:
    login, boss = _person(house, "therapist", "therapist"), _person(house, "boss", "administrator", kind="staff")
    elsewhere = directory.directory().find(live_practice(operator).slug)[0].tenant_id
    stranger = f"stranger@{house[-8:]}.invalid"
    identity.ensure_user(stranger, "Fictional", OLD, "practice", ("owner",), (house, elsewhere))
    as_boss = ("--as", identity.user_id_of(boss))
    _given(login, capsys, *as_boss)
    assert main(["login-end", login, *as_boss]) == 0
    assert main(["login-reset", login, *as_boss]) == 0
    for refused in (boss, stranger, "nobody@example.test"):
        assert main(["login-password", refused, *as_boss]) == 1, refused
    assert main(["login-password", boss, "--as", identity.user_id_of(login)]) == 1, (
        "a therapist gives nobody a password"
    )
    with enter(operator, house, "test", directory.directory()):
        done = [entry for entry in audit_chain.entries("2026-09-30") if entry["action"].startswith("login.")]
    assert {entry["action"] for entry in done} == {
        "login.password_reset", "login.ended", "login.authenticator_reset"}  # fmt: skip
    assert {entry["actor"] for entry in done} == {identity.user_id_of(boss)}
