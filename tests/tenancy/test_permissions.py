"""The permission table: who may do what, and that everything asks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.platform.errors import Forbidden
from chalicelib.tenancy import Principal, may, require
from chalicelib.tenancy.permissions import (
    PERMISSIONS,
    PRACTICE_ROLES,
    READS_PATIENTS,
    STAFF_ROLES,
    UNDER_GLASS,
)

REPOSITORY = Path(__file__).resolve().parents[2]
InTenant = Callable[..., AbstractContextManager[Any]]


def person(kind: str, *roles: str, tenants: tuple[str, ...] = ("*",)) -> Principal:
    return Principal(user_id="usr_1", name="A Person", kind=kind, roles=frozenset(roles), tenants=frozenset(tenants))


@pytest.mark.parametrize(
    ("kind", "role", "action", "allowed"),
    [
        ("staff", "biller", "claims.submit", True),
        ("staff", "coder", "claims.submit", False),
        ("staff", "auditor", "claims.build", False),
        ("staff", "auditor", "audit.verify", True),
        ("staff", "payment_poster", "remits.post", True),
        ("staff", "denials_specialist", "remits.post", False),
        ("practice", "owner", "remits.post", False),
        ("practice", "owner", "report.summary", True),
        ("practice", "front_desk", "report.summary", False),
        ("practice", "therapist", "claims.show", True),
        ("practice", "administrator", "tenant.apply", False),  # a role of the other kind counts for nothing
        ("staff", "owner", "report.summary", False),
        ("staff", "biller", "no.such.action", False),
    ],
)
def test_the_table(kind: str, role: str, action: str, allowed: bool) -> None:
    assert may(person(kind, role), action) is allowed


def test_a_person_without_a_role_may_nothing() -> None:
    assert not any(may(person("staff"), action) or may(person("practice"), action) for action in PERMISSIONS)


def test_every_role_in_the_table_exists_and_every_role_may_something() -> None:
    named = frozenset().union(*PERMISSIONS.values())
    assert named == frozenset((*STAFF_ROLES, *PRACTICE_ROLES))


def test_glass_opens_no_action_that_changes_anything() -> None:
    verbs = {action.partition(".")[2] for action in UNDER_GLASS}
    assert verbs <= {"list", "show", "find", "raw", "summary", "explain"}
    assert PERMISSIONS.keys() >= READS_PATIENTS


def test_every_action_named_in_the_code_is_in_the_table() -> None:
    named = re.compile(r'(?:in_tenant\(arguments, |action=|require\(|@page\([^"]*"[^"]*", )"([a-z]+\.[a-z_]+)"')
    found = {
        action
        for path in (REPOSITORY / "chalicelib").rglob("*.py")
        for action in named.findall(path.read_text())
        if "payer" not in path.parts
    }
    assert len(found) > 20
    assert found <= PERMISSIONS.keys(), f"not in tenancy/permissions.py: {sorted(found - PERMISSIONS.keys())}"


@pytest.mark.aws
def test_services_ask_again_whoever_calls_them(in_tenant: InTenant, tenant: Any, tmp_path: Path) -> None:
    from chalicelib.claims.build import build_claims
    from chalicelib.claims.queries import claim_view, list_claims
    from chalicelib.claims.submission import submit_claims
    from chalicelib.intake.service import import_visits
    from chalicelib.remittance.service import post_file
    from chalicelib.reporting.summary import summary

    nobody = person("staff")
    with in_tenant(tenant(), nobody):
        for act in (
            build_claims,
            submit_claims,
            list_claims,
            summary,
            lambda: claim_view("clm_" + "0" * 26),
            lambda: import_visits(tmp_path / "none.csv"),
            lambda: post_file(b"", nobody),
        ):
            with pytest.raises(Forbidden, match="NOT_PERMITTED"):
                act()
        with pytest.raises(Forbidden, match="NOT_PERMITTED"):
            require("claims.show")
