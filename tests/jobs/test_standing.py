"""Where the exchange stands, for staff of some practices: theirs, and nothing of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.submission import submit_claims
from chalicelib.exchange import exceptions
from chalicelib.jobs.standing import inbox, standing
from chalicelib.store import receipts
from chalicelib.store.directory import directory
from chalicelib.tenancy import Principal, enter
from tests.practice import build, line, live_practice

pytestmark = pytest.mark.aws


def test_staff_see_the_practices_they_are_assigned_to(
    aws: str, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30T14:00Z")
    slugs, ids = [], []
    for _ in range(2):
        practice = live_practice(operator)
        with enter(operator, practice.slug, "test", directory()) as context:
            build(tmp_path, line())
            submit_claims()
        slugs.append(practice.slug)
        ids.append(context.tenant.tenant_id)

    def seen(*tenants: str) -> set[Any]:
        who = Principal(user_id="usr_poster", name="P", kind="staff", roles={"payment_poster"}, tenants=set(tenants))
        return {slug for partner in standing(who)["partners"].values() for slug in partner["practices"]}

    assert seen(ids[0]) == {slugs[0]}
    assert seen() == set()
    assert seen("*") >= set(slugs)


def test_files_and_exceptions_of_other_practices_and_of_nobody_are_not_shown(aws: str, operator: Principal) -> None:
    mine, other = (directory().find(live_practice(operator).slug)[0].tenant_id for _ in range(2))
    for name, owners in ((f"{mine}.999", [mine]), (f"{other}.999", [other]), (f"{mine}-stray.999", [])):
        receipts.finish(receipts.receive(name.encode(), name, "999").digest, {"name": name, "tenants": owners})
        exceptions.put("999", "TENANT_SUSPENDED", name, tenant_id="".join(owners))

    def seen(tenant: str) -> tuple[set[str], set[str]]:
        who = Principal(user_id="usr_poster", name="P", kind="staff", roles={"payment_poster"}, tenants={tenant})
        listed = {str(item["file"]) for item in standing(who)["exceptions"]}
        return {item.name for item in inbox(who, 500)}, listed

    assert seen(mine) == ({f"{mine}.999"}, {f"{mine}.999"})
    for found in seen("*"):
        assert found >= {f"{mine}.999", f"{other}.999", f"{mine}-stray.999"}
