"""`otbill login-code` and `login-end`: a demo user's code on this machine and nowhere else; signing somebody out everywhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from chalicelib.cli.main import main
from chalicelib.local import login_codes
from chalicelib.platform.errors import Forbidden, NotFound
from chalicelib.store import configure, identity, provision, runtime, sign_in
from chalicelib.store.sign_in import Step

sys.path.insert(0, str(Path(__file__).parents[1]))

from signing_in import bearer, code_for

pytestmark = pytest.mark.aws
LOGIN, PASSWORD = "coded@example.test", "fictional-password"


@pytest.fixture
def coded(aws: str) -> str:
    provision.ensure_platform()
    user = identity.ensure_user(LOGIN, "Co Ded", PASSWORD, "staff", ["biller"], ["*"])
    login_codes.enrol(LOGIN, PASSWORD)
    return user.user_id


def test_the_printed_code_signs_in(coded: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = runtime().writes
    login_codes.enrol(LOGIN, PASSWORD)
    assert runtime().writes == before, "an authenticator is set up once"
    assert main(["login-code", LOGIN, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert 0 < said["seconds"] <= 30
    step = sign_in.with_password(LOGIN, PASSWORD)
    assert isinstance(step, Step)
    assert sign_in.with_code(step, said["code"]).principal.user_id == coded


def test_no_code_is_told_on_real_aws_nor_to_a_user(coded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login-code", LOGIN, "--as", coded]) == 1
    assert "NOT_PERMITTED" in capsys.readouterr().err
    before = runtime().settings
    for changed in ({"stage": "dev"}, {"aws_endpoint": "https://aws.invalid"}):
        configure(before.model_copy(update=changed))
        try:
            with pytest.raises(Forbidden, match="ONLY_EMBEDDED"):
                login_codes.current(LOGIN)
        finally:
            configure(before)
    with pytest.raises(NotFound):
        login_codes.current("nobody@example.test")


def test_an_administrator_resets_a_lost_authenticator_but_not_their_own(
    coded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = identity.ensure_user("lost@example.test", "Lo St", PASSWORD, "staff", ["administrator"], ["*"])
    boss = identity.ensure_user("boss@example.test", "Bo Ss", PASSWORD, "staff", ["administrator"], ["*"])
    login_codes.enrol("lost@example.test", PASSWORD)
    token = bearer("lost@example.test")
    assert identity.principal_for_token(token) == lost
    assert main(["login-reset", "lost@example.test", "--as", lost.user_id]) == 1
    assert "OWN_RESET" in capsys.readouterr().err
    assert main(["login-reset", "lost@example.test", "--as", coded]) == 1
    assert identity.principal_for_token(token) == lost
    assert main(["login-reset", "lost@example.test", "--as", boss.user_id]) == 0
    assert identity.principal_for_token(token) is None
    step = sign_in.with_password("lost@example.test", PASSWORD)
    assert isinstance(step, Step)
    assert step.need == "set_up"
    login_codes.enrol("lost@example.test", PASSWORD)
    again = sign_in.with_password("lost@example.test", PASSWORD)
    assert isinstance(again, Step)
    assert sign_in.with_code(again, code_for("lost@example.test")).principal == lost
    assert main(["login-reset", "nobody@example.test"]) == 1


def test_an_administrator_ends_everything_of_a_user(coded: str, capsys: pytest.CaptureFixture[str]) -> None:
    boss = identity.ensure_user("boss@example.test", "Bo Ss", PASSWORD, "staff", ["administrator"], ["*"])
    principal = identity.find_user(coded)
    assert principal is not None
    session = identity.start_session(principal)
    assert main(["login-end", LOGIN, "--as", coded]) == 1
    assert identity.find_session(session) is not None
    assert main(["login-end", LOGIN, "--as", boss.user_id]) == 0
    assert identity.find_session(session) is None
    assert main(["login-end", "nobody@example.test"]) == 1
    assert "USER_UNKNOWN" in capsys.readouterr().err
