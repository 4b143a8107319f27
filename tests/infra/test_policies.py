"""The data role reaches one practice and nothing else; nothing in a policy is 'everything'."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.platform.config import Settings

ROOT = Path(__file__).parents[2]
POLICIES = sorted((ROOT / "infra/policies").glob("*.json"))
TENANT = "${aws:PrincipalTag/tenant}"


def statements(path: Path) -> Iterator[dict[str, Any]]:
    yield from json.loads(path.read_text())["Statement"]


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def faults(statement: dict[str, Any]) -> list[str]:
    """A wildcard is allowed in one place: for the name of an object below the practice's own prefix."""
    found = [f"action {action}" for action in as_list(statement["Action"]) if "*" in action]
    if statement["Effect"] == "Deny":
        return found
    for resource in as_list(statement["Resource"]):
        below_prefix = resource.removesuffix(f"/tenants/{TENANT}/incoming/*").removesuffix(f"/tenants/{TENANT}/*")
        if "*" in below_prefix or "?" in below_prefix:
            found.append(f"resource {resource}")
        elif "${aws:PrincipalTag/" not in resource:
            found.append(f"not bound to a practice: {resource}")
    return found + [f"{key} turns the statement round" for key in ("NotAction", "NotResource") if key in statement]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_no_policy_allows_everything(path):
    assert [fault for statement in statements(path) for fault in faults(statement)] == []


def test_there_is_a_policy_for_the_data_role():
    assert "data-role" in {path.stem for path in POLICIES}


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "dynamodb:*", "Resource": f"arn:aws:dynamodb:::table/{TENANT}"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::otbill-prod-documents/tenants/*"},
        {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": f"arn:aws:dynamodb:::table/otbill-prod-{TENANT}*"},
        {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:::table/otbill-prod-control"},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": f"arn:{TENANT}", "NotAction": "kms:Encrypt"},
    ],
)
def test_a_policy_that_is_too_wide_is_seen(statement):
    assert faults(statement)


def test_the_policy_names_tables_and_buckets_as_the_store_makes_them():
    """The role would silently reach nothing if the store named its resources otherwise."""
    settings = Settings(stage="prod", bucket="otbill-prod-documents")
    resources = " ".join(r for s in statements(ROOT / "infra/policies/data-role.json") for r in as_list(s["Resource"]))
    assert f"table/{settings.tenant_table('T')}".replace("-T", f"-{TENANT}") in resources.replace("<stage>", "prod")
    assert f"{settings.bucket}/tenants/{TENANT}/" in resources.replace("<stage>", "prod")


def test_only_uploads_in_quarantine_are_ever_removed():
    removing = [
        s for s in statements(ROOT / "infra/policies/data-role.json") if "s3:DeleteObject" in as_list(s["Action"])
    ]
    assert {r.rpartition("/tenants/")[2] for s in removing for r in as_list(s["Resource"])} == {f"{TENANT}/incoming/*"}


def test_what_is_never_changed_in_the_store_is_never_removed_by_the_role():
    from chalicelib.store.transaction import _APPEND_ONLY

    denied = [s for s in statements(ROOT / "infra/policies/data-role.json") if s["Effect"] == "Deny"]
    keys = {key for s in denied for key in s["Condition"]["ForAnyValue:StringLike"]["dynamodb:LeadingKeys"]}
    assert keys == {f"{prefix}*" for prefix in _APPEND_ONLY}


def test_the_data_role_cannot_read_whole_tables():
    allowed = {
        a
        for s in statements(ROOT / "infra/policies/data-role.json")
        if s["Effect"] == "Allow" and s["Sid"] != "UploadsInQuarantine"
        for a in as_list(s["Action"])
    }
    assert not allowed & {
        "dynamodb:Scan",
        "dynamodb:DeleteTable",
        "dynamodb:PartiQLSelect",
        "s3:DeleteObject",
        "kms:ScheduleKeyDeletion",
    }
