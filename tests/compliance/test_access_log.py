"""Looking at a patient's record is on record: through the API, the portal and the command line, and counted apart."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from signing_in import bearer
from web_world import OPERATOR, OWNER_A, PASSWORD, STAFF, World

from chalicelib import store
from chalicelib.platform.errors import Fault
from chalicelib.store import audit_chain, directory, identity
from chalicelib.tenancy import Tenant, enter

pytestmark = pytest.mark.aws


def signed_in(login: str) -> tuple[Any, dict[str, str]]:
    user = identity.find_login(login)
    assert user is not None
    token, cookie = bearer(login), identity.start_session(user)
    return user, {"Authorization": f"Bearer {token}", "Cookie": f"sid={cookie}"}


def log_of(tenant: Tenant, actor: str) -> list[dict[str, Any]]:
    with enter(OPERATOR, tenant.tenant_id, "test", directory.directory()):
        return [entry for entry in audit_chain.entries("2026-09-30") if entry["actor"] == actor]


@pytest.mark.parametrize(
    ("path", "action", "seen"),
    [
        ("/api/{slug}/claims/{claim}", "claims.show", ()),
        ("/p/{slug}/claims/{claim}", "claims.show", ()),
        ("/api/{slug}/claims", "claims.list", ("claim",)),
        ("/p/{slug}/claims", "claims.list", ("claim",)),
        ("/p/{slug}/claims.csv", "claims.export", ("claim",)),
        ("/p/{slug}/find?number={number}", "claims.find", ("claim",)),
        ("/api/{slug}/remittances/{remittance}", "remits.show", ()),
    ],
)
def test_a_look_is_logged_with_who_and_which(client, practices: World, path, action, seen) -> None:
    home = practices.a
    user, headers = signed_in(STAFF)
    known = {"claim": home.claims["paid"], "remittance": home.remittance_id, "number": home.numbers["paid"]}
    before, writes = len(log_of(home.tenant, user.user_id)), store.runtime().writes
    answer = client.http.get(path.format(slug=home.tenant.slug, **known), headers=headers)
    assert answer.status_code in (200, 303)
    fresh = [entry for entry in log_of(home.tenant, user.user_id) if entry["action"] == action]
    assert len(log_of(home.tenant, user.user_id)) > before
    last = fresh[-1]
    told = {last["subject"].partition("#")[2], *last.get("subjects", ())}
    wanted = {known[name] for name in seen} or {
        path.rpartition("{")[2].rstrip("}") and known[path[:-1].rpartition("{")[2]]
    }
    assert wanted <= told
    if action != "claims.export":  # taking a list away is audited as an export besides
        assert store.runtime().writes == writes


def test_pages_without_a_patient_are_not_logged(client, practices: World) -> None:
    user, headers = signed_in(OWNER_A)
    slug, before = practices.a.tenant.slug, log_of(practices.a.tenant, user.user_id)
    client.http.get(f"/api/{slug}/summary", headers=headers)
    client.http.get(f"/p/{slug}/attention", headers=headers)
    fresh = [entry for entry in log_of(practices.a.tenant, user.user_id) if entry not in before]
    assert {entry["action"] for entry in fresh} == {"practice.entered"}


def test_going_over_to_another_practice_is_on_record_there_once(client, practices: World) -> None:
    user, headers = signed_in(STAFF)
    for home in (practices.b, practices.b, practices.a, practices.b):
        assert client.http.get(f"/p/{home.tenant.slug}/attention", headers=headers).status_code == 200
    entered = [entry for entry in log_of(practices.b.tenant, user.user_id) if entry["action"] == "practice.entered"]
    assert len(entered) == 2


def test_a_token_of_staff_goes_over_on_record_too(client, practices: World) -> None:
    identity.ensure_user("api@web.invalid", "Api Testcase", PASSWORD, "staff", ("biller",), ("*",))
    user, headers = signed_in("api@web.invalid")
    for home in (practices.b, practices.b, practices.a, practices.b):
        assert client.http.get(f"/api/{home.tenant.slug}/summary", headers=headers).status_code == 200
    entered = [entry for entry in log_of(practices.b.tenant, user.user_id) if entry["action"] == "practice.entered"]
    assert len(entered) == 2


def test_the_command_line_logs_what_it_shows(practices: World) -> None:
    from chalicelib.cli.main import main

    home, user = practices.a, identity.find_login(OWNER_A)
    assert user is not None
    with contextlib.redirect_stdout(io.StringIO()):
        words = ["claims", "show", "--tenant", home.tenant.slug, "--claim", home.claims["held"], "--as", OWNER_A]
        assert main(words) == 0
        assert main(["audit", "verify", "--tenant", home.tenant.slug, "--json"]) == 0
    assert f"CLM#{home.claims['held']}" in {entry["subject"] for entry in log_of(home.tenant, user.user_id)}


def test_no_log_no_look(client, practices: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Fault("STORE_BUSY", "no")

    monkeypatch.setattr(audit_chain, "link", broken)
    _, headers = signed_in(STAFF)
    answer = client.http.get(f"/api/{practices.a.tenant.slug}/claims", headers=headers)
    assert answer.status_code == 503
    assert b"Testcase" not in answer.body
