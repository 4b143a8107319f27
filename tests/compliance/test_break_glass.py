"""Breaking the glass: an hour of reading in a practice one is not assigned to, marked, reviewed by somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from web_world import OPERATOR, OWNER_A, World

from chalicelib.compliance.break_glass import break_glass
from chalicelib.platform.errors import Conflict, Forbidden, Misuse, NotFound
from chalicelib.store import audit_chain, directory, identity
from chalicelib.support.tasks import finish, open_tasks
from chalicelib.tenancy import Principal, enter, require

pytestmark = pytest.mark.aws
PASSWORD = "fictional-password"


@pytest.fixture
def stranger(practices: World) -> Principal:
    """Staff of practice A only."""
    tenants = (practices.a.tenant.tenant_id,)
    return identity.ensure_user("away@web.invalid", "Away Testcase", PASSWORD, "staff", ("biller",), tenants)


def again(person: Principal) -> Principal:
    found = identity.find_user(person.user_id)
    assert found is not None
    return found


def into(person: Principal, practices: World) -> Any:
    return enter(person, practices.b.tenant.slug, "test", directory.directory())


def test_the_glass_opens_reading_for_an_hour(client, practices: World, stranger: Principal, monkeypatch) -> None:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30T08:00:00")
    with pytest.raises(NotFound), into(again(stranger), practices):
        pass
    break_glass(stranger, practices.b.tenant.slug, "payer_deadline")
    opened = again(stranger)
    with into(opened, practices) as context:
        assert context.by_glass
        require("claims.show")
        for action in ("claims.submit", "visits.import", "claims.export", "tasks.finish"):
            with pytest.raises(Forbidden, match="NOT_PERMITTED"):
                require(action)
    headers = {"Cookie": f"sid={identity.start_session(opened)}"}
    page = client.http.get(f"/p/{practices.b.tenant.slug}/claims/{practices.b.claims['paid']}", headers=headers)
    assert page.status_code == 200
    assert b"Emergency access." in page.body
    with into(OPERATOR, practices):
        looks = [entry for entry in audit_chain.entries("2026-09-30") if entry["actor"] == stranger.user_id]
    assert {entry["action"] for entry in looks} >= {"access.glass_broken", "claims.show"}
    assert all(entry["emergency"] for entry in looks)
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30T09:00:01")
    with pytest.raises(NotFound), into(again(stranger), practices):
        pass


def test_the_review_cannot_be_closed_by_the_one_reviewed(practices: World, stranger: Principal, monkeypatch) -> None:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30T12:00:00")
    break_glass(stranger, practices.b.tenant.slug, "outage")
    both = stranger.model_copy(update={"tenants": frozenset({"*"}), "roles": frozenset({"administrator"})})
    with into(both, practices):
        task = next(task for task in open_tasks() if task.kind == "break_glass_review")
        with pytest.raises(Forbidden, match="OWN_REVIEW"):
            finish(task.task_id)
    colleague = both.model_copy(update={"user_id": "usr_colleague"})
    with into(colleague, practices):
        assert finish(task.task_id).state == "done"


def test_who_cannot_and_need_not(practices: World, stranger: Principal) -> None:
    owner = identity.find_login(OWNER_A)
    assert owner is not None
    with pytest.raises(Forbidden, match="STAFF_ONLY"):
        break_glass(owner, practices.b.tenant.slug, "outage")
    with pytest.raises(Conflict, match="ALREADY_ASSIGNED"):
        break_glass(stranger, practices.a.tenant.slug, "outage")
    with pytest.raises(Misuse, match="GLASS_REASON"):
        break_glass(stranger, practices.b.tenant.slug, "because Marigold Testcase called")
