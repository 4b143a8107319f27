"""Jobs and trading partners reach beyond one practice: who may, is asked where they are done, not only at the command."""

from __future__ import annotations

import pytest

from chalicelib.exchange import partners
from chalicelib.jobs import registry, runs
from chalicelib.local import login_codes
from chalicelib.platform.errors import Forbidden, NotFound
from chalicelib.store import directory
from chalicelib.tenancy import Principal, enter
from tests.practice import live_practice

pytestmark = pytest.mark.aws
FOLDERS = partners.FolderSettings(outgoing="/nowhere/out", incoming="/nowhere/in")


def _staff(role: str, *tenants: str) -> Principal:
    return Principal(user_id=f"usr_{role}", name="Fictional", kind="staff", roles={role}, tenants=frozenset(tenants))


def test_only_an_administrator_runs_jobs_and_only_in_their_practices(aws: str, operator: Principal) -> None:
    mine, other = (directory.directory().find(live_practice(operator).slug)[0] for _ in range(2))
    with pytest.raises(Forbidden, match="NOT_PERMITTED"):
        registry.run("holds", _staff("biller", "*"), [mine.slug])
    with pytest.raises(NotFound):
        registry.run("holds", _staff("administrator", mine.tenant_id), [other.slug])
    (done,) = registry.run("holds", _staff("administrator", mine.tenant_id), [mine.slug])
    assert done.error == ""
    with (
        enter(_staff("biller", "*"), mine.slug, "test", directory.directory()),
        pytest.raises(Forbidden, match="NOT_PERMITTED"),
    ):
        registry.ask(registry.job("holds"))


def test_notes_about_runs_are_shown_for_ones_own_practices(aws: str, operator: Principal) -> None:
    mine, other = (directory.directory().find(live_practice(operator).slug)[0] for _ in range(2))
    run = f"run-{mine.tenant_id}"
    for subject in (mine.tenant_id, other.tenant_id, "shared-partner"):
        runs.note("holds", run, subject, runs.DONE)
    seen = {note["subject"] for note in registry.newest_runs(_staff("administrator", mine.tenant_id))}
    assert seen == {mine.tenant_id}
    everywhere = {note["subject"] for note in registry.newest_runs(_staff("administrator", "*"))}
    assert everywhere >= {mine.tenant_id, other.tenant_id, "shared-partner"}
    with pytest.raises(Forbidden, match="NOT_PERMITTED"):
        registry.newest_runs(_staff("auditor", "*"))


def test_a_partner_that_practices_share_is_set_by_an_administrator_of_all_of_them(
    aws: str, operator: Principal
) -> None:
    mine = directory.directory().find(live_practice(operator).slug)[0]
    partner = partners.TradingPartner(name="who-may-set", transport="folder", folder=FOLDERS)
    for principal, code in (
        (_staff("biller", "*"), "NOT_PERMITTED"),
        (_staff("administrator", mine.tenant_id), "NOT_YOURS"),
    ):
        with pytest.raises(Forbidden, match=code):
            partners.declare(principal, partner)
    assert partners.find_settings("who-may-set") is None
    partners.declare(_staff("administrator", "*"), partner)
    assert partners.find_settings("who-may-set") == partner


def test_a_code_of_somebody_else_is_told_to_the_operator_alone(aws: str) -> None:
    with pytest.raises(Forbidden, match="NOT_PERMITTED"):
        login_codes.tell(_staff("administrator", "*"), "anybody@example.test")
