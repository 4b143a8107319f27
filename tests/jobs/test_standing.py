"""Where the exchange stands, for staff of some practices: theirs, and nothing of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims.submission import submit_claims
from chalicelib.jobs.standing import standing
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
