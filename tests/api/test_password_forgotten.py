"""A forgotten password, and tokens that renew: what a person and a program get, and what a thief is refused."""

from __future__ import annotations

import json
import os
import re
import time
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.test import Client, HTTPResponse
from signing_in import code_for
from web_world import PASSWORD, World

from app import app
from chalicelib.api import recovery
from chalicelib.cli.main import main
from chalicelib.compliance import password_reset
from chalicelib.platform.errors import Forbidden
from chalicelib.store import audit_chain, control, directory, identity, renewal, sign_in, user_pool
from chalicelib.tenancy import Principal, enter

pytestmark = pytest.mark.aws
OWN = "another few words in a row"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recovery, "FLOOR_S", 0.0)
    monkeypatch.setattr(recovery.identity, "source_address", lambda: f"test-{os.urandom(8).hex()}")
    standing = int(time.time())  # no quarter of an hour turns while tries are counted
    monkeypatch.setattr(recovery.identity, "time", SimpleNamespace(time=lambda: standing))
    with Client(app, stage_name="test") as made:
        yield made


def post(client: Client, path: str, **body: str) -> HTTPResponse:
    return client.http.post(path, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def person(practices: World, name: str, *roles: str) -> str:
    """A person of practice A nobody else uses, who has the authenticator their role needs."""
    login = f"{name}-{os.urandom(4).hex()}@web.invalid"
    identity.ensure_user(login, "Fictional", PASSWORD, "practice", roles, (practices.a.tenant.tenant_id,))
    if "owner" in roles:
        code_for(login)
    return login


def mailed_code(login: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["login-mail", login, "--json"]) == 0
    found = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", json.loads(capsys.readouterr().out)["mail"])
    assert found is not None
    return found[0]


def signed_in(client: Client, login: str, password: str = PASSWORD) -> dict[str, Any]:
    answer = post(client, "/api/session", email=login, password=password)
    assert answer.status_code == 201, answer.body
    return dict(json.loads(answer.body))


def claims_status(client: Client, practices: World, token: str) -> int:
    path = f"/api/{practices.a.tenant.slug}/claims"
    return int(client.http.get(path, headers={"Authorization": f"Bearer {token}"}).status_code)


def same(answer: HTTPResponse) -> tuple[int, dict[str, Any]]:
    return answer.status_code, {name: value for name, value in json.loads(answer.body).items() if name != "instance"}


def test_the_mailed_code_gives_a_new_password_and_ends_everything(client, practices, capsys):
    login = person(practices, "forgot", "front_desk")
    before = signed_in(client, login)
    assert claims_status(client, practices, before["token"]) == 200
    assert post(client, "/api/password/forgot", email=login).status_code == 202
    code = mailed_code(login, capsys)
    weak = post(client, "/api/password/reset", email=login, code=code, password="short")
    assert json.loads(weak.body)["code"] == "PASSWORD_TOO_SHORT", "and the code still counts"
    done = post(client, "/api/password/reset", email=login, code=code.upper().replace("-", " "), password=OWN)
    assert done.status_code == 200, done.body
    assert claims_status(client, practices, before["token"]) == 401
    assert post(client, "/api/session/refresh", refresh_token=before["refresh_token"]).status_code == 401
    assert post(client, "/api/session", email=login, password=PASSWORD).status_code == 401
    signed_in(client, login, OWN)
    again = post(client, "/api/password/reset", email=login, code=code, password=PASSWORD)
    assert again.status_code == 422, "a code works once"
    user = identity.find_login(login)
    operator = Principal(user_id="usr_test", name="Test", kind="operator", tenants=frozenset({"*"}))
    with enter(operator, practices.a.tenant.tenant_id, "test", directory.directory()):
        noted = [entry for entry in audit_chain.entries("2026-09-30") if entry["action"] == "login.password_chosen"]
    assert user is not None
    assert user.user_id in {entry["actor"] for entry in noted}


def test_nothing_tells_whether_there_is_such_an_account(client, practices):
    login = person(practices, "known", "front_desk")
    known, unknown = (post(client, "/api/password/forgot", email=each) for each in (login, "nobody@web.invalid"))
    assert same(known) == same(unknown)
    tried = [
        post(client, "/api/password/reset", email=each, code="aaaa-bbbb-cccc", password=OWN)
        for each in (login, "nobody@web.invalid")
    ]
    assert same(tried[0]) == same(tried[1])
    assert tried[0].status_code == 422


def test_asking_and_guessing_end(client, practices):
    login = person(practices, "guessed", "front_desk")
    for each in (login, f"un{login}"):
        asked = [post(client, "/api/password/forgot", email=each).status_code for _ in range(6)]
        assert asked == [202] * 5 + [429]
        body = {"email": each, "code": "aaaa-bbbb-cccc", "password": OWN}
        tried = [post(client, "/api/password/reset", **body).status_code for _ in range(11)]
        assert tried == [422] * 10 + [429]


def test_one_address_asks_for_so_many_names_and_no_more(client, practices, monkeypatch):
    monkeypatch.setattr(recovery.identity, "source_address", lambda: f"one-{id(practices)}-{os.getpid()}")
    asked = [post(client, "/api/password/forgot", email=f"nobody-{n}@web.invalid").status_code for n in range(21)]
    assert asked == [202] * 20 + [429]


def test_the_newest_code_alone_counts_and_not_for_long_nor_for_another(client, practices, capsys):
    login, other = person(practices, "newest", "front_desk"), person(practices, "other", "front_desk")
    post(client, "/api/password/forgot", email=login)
    first = mailed_code(login, capsys)
    post(client, "/api/password/forgot", email=login)
    second = mailed_code(login, capsys)
    post(client, "/api/password/forgot", email=other)
    for email, code in ((login, first), (other, second)):
        assert post(client, "/api/password/reset", email=email, code=code, password=OWN).status_code == 422
    stored = control.get(f"RESET#{identity.user_id_of(login)}", "CODE")
    assert stored is not None
    assert second.replace("-", "") not in str(stored), "a copy of the table opens nothing"
    control.replace(stored.with_data({**stored.data, "until": 1}))
    assert post(client, "/api/password/reset", email=login, code=second, password=OWN).status_code == 422


def test_the_second_factor_is_asked_for_after_a_reset_as_ever(client, practices, capsys):
    login = person(practices, "owner", "owner")
    post(client, "/api/password/forgot", email=login)
    code = mailed_code(login, capsys)
    assert post(client, "/api/password/reset", email=login, code=code, password=OWN).status_code == 200
    answer = post(client, "/api/session", email=login, password=OWN)
    assert json.loads(answer.body)["code"] == "CODE_NEEDED"


def test_who_has_yet_to_set_up_an_authenticator_gets_no_code(client, practices, capsys):
    login = f"no-factor-{os.urandom(4).hex()}@web.invalid"
    identity.ensure_user(login, "Fictional", PASSWORD, "practice", ("owner",), (practices.a.tenant.tenant_id,))
    assert post(client, "/api/password/forgot", email=login).status_code == 202
    assert main(["login-mail", login]) == 1, "whoever reads the mailbox could set one up"


def test_a_refresh_token_gives_the_next_pair_once(client, practices):
    first = signed_in(client, person(practices, "renew", "front_desk"))
    second = json.loads(post(client, "/api/session/refresh", refresh_token=first["refresh_token"]).body)
    assert claims_status(client, practices, second["token"]) == 200
    assert second["refresh_token"] != first["refresh_token"]
    third = json.loads(post(client, "/api/session/refresh", refresh_token=second["refresh_token"]).body)
    assert claims_status(client, practices, third["token"]) == 200


def test_a_refresh_token_used_again_ends_the_thief_and_the_owner(client, practices):
    login = person(practices, "stolen", "front_desk")
    first, apart = signed_in(client, login), signed_in(client, login)
    second = json.loads(post(client, "/api/session/refresh", refresh_token=first["refresh_token"]).body)
    assert post(client, "/api/session/refresh", refresh_token=first["refresh_token"]).status_code == 401
    assert post(client, "/api/session/refresh", refresh_token=second["refresh_token"]).status_code == 401
    assert [claims_status(client, practices, each["token"]) for each in (first, second)] == [401, 401]
    assert claims_status(client, practices, apart["token"]) == 200, "another sign-in of the same person goes on"


def test_signing_out_ends_the_tokens_of_that_sign_in(client, practices):
    tokens = signed_in(client, person(practices, "leaves", "front_desk"))
    for refresh in (tokens["refresh_token"], tokens["refresh_token"], "no-such-token"):
        assert post(client, "/api/session/end", refresh_token=refresh).status_code == 200
    assert claims_status(client, practices, tokens["token"]) == 401
    assert post(client, "/api/session/refresh", refresh_token=tokens["refresh_token"]).status_code == 401


def test_a_refresh_token_is_bent_old_or_of_somebody_signed_out_since(client, practices):
    login = person(practices, "bent", "front_desk")
    tokens = signed_in(client, login)
    token = str(tokens["refresh_token"])
    family, _, secret = token.partition(".")
    for bent in (
        family,
        f"{family}.",
        f".{secret}",
        f"{secret}.{family}",
        token + "A",
        f"{token} ",
        tokens["token"][:200],
    ):
        assert post(client, "/api/session/refresh", refresh_token=bent).status_code == 401, bent
    identity.end_everything(identity.user_id_of(login))
    assert post(client, "/api/session/refresh", refresh_token=token).status_code == 401


def test_the_pools_own_refresh_token_is_told_nobody(client, practices):
    login = person(practices, "sealed", "front_desk")
    answer = user_pool.check_password(identity.user_id_of(login), PASSWORD)
    assert isinstance(answer, user_pool.Access)
    family, _, secret = renewal.begin(identity.user_id_of(login), answer).partition(".")
    stored = control.get(*renewal._key(family))
    assert stored is not None
    said = str(stored) + repr(answer)
    assert answer.refresh
    assert not [each for each in (answer.refresh, family, secret) if each in said]


def test_a_password_may_end_with_a_space_wherever_it_is_typed(client, practices, capsys):
    login = person(practices, "spaced", "front_desk")
    post(client, "/api/password/forgot", email=login)
    spaced = f" {OWN} "
    body = {"email": login, "code": mailed_code(login, capsys), "password": spaced}
    assert post(client, "/api/password/reset", **body).status_code == 200
    assert isinstance(sign_in.with_password(login, spaced), sign_in.SignedIn)
    signed_in(client, login, spaced)


def test_a_code_nobody_was_sent_resets_nothing(client, practices):
    login = person(practices, "never-asked", "front_desk")
    with pytest.raises(password_reset.ResetRefused):
        password_reset.choose(login, "654321", OWN)
    with pytest.raises(Forbidden):
        sign_in.with_password(login, OWN)
