"""With a data role, every call for a practice's data carries that practice's own temporary credentials (MiniStack's STS).

MiniStack checks no policy, so what the role may do is proved on the policy documents (tests/infra); here: who calls what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import documents, store
from chalicelib.platform.config import Settings
from chalicelib.platform.errors import Fault
from chalicelib.store import Record, directory, grants, unit_of_work
from chalicelib.tenancy import Tenant, enter
from tests.conftest import OPERATOR

pytestmark = pytest.mark.aws
ROLE = "arn:aws:iam::000000000000:role/otbill-local-data"


@dataclass
class Wire:
    """Every request as it was signed: which access key called what on which table, bucket key or KMS key."""

    calls: list[tuple[str, str, str]] = field(default_factory=list)
    assumed: dict[str, dict[str, str]] = field(default_factory=dict)  # access key to session tags

    def sent(self, request: Any, operation_name: str = "", **_: Any) -> None:
        signed = request.headers.get("Authorization", b"")
        text = signed.decode() if isinstance(signed, bytes) else signed
        found = re.search(r"Credential=([^/]+)/", text)
        body = request.body or b""
        told = (body if isinstance(body, bytes) else b"").decode("utf-8", "replace") + request.url
        self.calls.append((found[1] if found else "", request.headers.get("X-Amz-Target", b"").__str__(), told))

    def given(self, parsed: Any, context: Any, **_: Any) -> None:
        if "Credentials" in parsed:
            self.assumed[parsed["Credentials"]["AccessKeyId"]] = context["tags"]

    def asked(self, params: Any, context: Any, **_: Any) -> None:
        body = params["body"]
        context["tags"] = {body[f"Tags.member.{n}.Key"]: body[f"Tags.member.{n}.Value"] for n in (1, 2)}


@pytest.fixture
def wire(aws: str, aws_home: Any, tenant: Callable[..., Tenant]) -> Iterator[tuple[Wire, Tenant, Tenant]]:
    one, two = tenant(), tenant()
    kept = store.runtime().settings
    store.configure(Settings(home=aws_home, aws_endpoint=aws, data_role=ROLE))
    _ensure_role(store.runtime().session.create_client("iam", region_name="us-east-1", endpoint_url=aws))
    made = Wire()
    session = store.runtime().session
    session.register("before-send", made.sent)
    session.register("before-call.sts.AssumeRole", made.asked)
    session.register("after-call.sts.AssumeRole", made.given)
    yield made, one, two
    store.configure(kept)


def _ensure_role(iam: Any) -> None:
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]}'  # noqa: E501
    if not any(role["Arn"] == ROLE for role in iam.list_roles()["Roles"]):
        iam.create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument=trust)


def work(of: Tenant, name: str) -> None:
    with enter(OPERATOR, of.tenant_id, "test", directory.directory()):
        with unit_of_work() as uow:
            uow.create(Record(f"X#{name}", "X", "x", {"of": of.tenant_id}))
            uow.audit("x.made", f"X#{name}")
            uow.commit()
        found = store.get(f"X#{name}", "X")
        assert found is not None
        assert found.data == {"of": of.tenant_id}
        key = documents.put(f"{name}.txt", of.tenant_id.encode(), "text/plain")
        assert documents.get(key) == of.tenant_id.encode()


def judge(wire: Wire, *of: Tenant) -> int:
    """Calls that name a practice's table or prefix; each must be signed by a session tagged with that practice."""
    judged = 0
    for access_key, _, told in wire.calls:
        for tenant in of:
            if (
                f"table/{tenant.tenant_id}" in told
                or f"otbill-local-{tenant.tenant_id}" in told
                or f"tenants/{tenant.tenant_id}/" in told
            ):
                assert wire.assumed.get(access_key, {}).get("tenant") == tenant.tenant_id
                judged += 1
    return judged


def test_each_practices_data_is_reached_with_its_own_session(wire: tuple[Wire, Tenant, Tenant]) -> None:
    seen, one, two = wire
    work(one, "a")
    work(two, "a")
    work(one, "b")
    assert judge(seen, one, two) >= 12
    assert len(seen.assumed) == 2  # kept while fresh
    keys = {tags["tenant"]: tags["key"] for tags in seen.assumed.values()}
    for tenant in (one, two):
        placement = directory.find_placement(tenant.tenant_id)
        assert placement is not None
        assert keys[tenant.tenant_id] == placement.key_arn.rpartition("/")[2]


def test_threads_alternating_practices_never_borrow_a_session(wire: tuple[Wire, Tenant, Tenant]) -> None:
    seen, one, two = wire
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: work((one, two)[n % 2], f"t{n}"), range(16)))
    assert judge(seen, one, two) >= 64


def test_a_table_outside_the_practice_is_not_reached_at_all(wire: tuple[Wire, Tenant, Tenant]) -> None:
    _, one, two = wire
    theirs = directory.find_placement(two.tenant_id)
    assert theirs is not None
    with pytest.raises(Fault, match="NO_TENANT_CONTEXT"):
        store.runtime().table(theirs.table_name)
    with enter(OPERATOR, one.tenant_id, "test", directory.directory()), pytest.raises(Fault, match="OTHER_TABLE"):
        store.runtime().table(theirs.table_name)


def test_a_session_about_to_end_is_renewed_and_a_refusal_is_a_fault() -> None:
    given: list[str] = []

    class Sts:
        def assume_role(self, **asked: Any) -> Any:
            given.append(asked["RoleSessionName"])
            until = datetime.now(UTC) + timedelta(seconds=60 if len(given) == 1 else 3600)
            return {
                "Credentials": {
                    "AccessKeyId": f"AK{len(given)}",
                    "SecretAccessKey": "s",
                    "SessionToken": "t",
                    "Expiration": until,
                }
            }

    kept = grants.AssumedRole(ROLE, Sts)
    assert [kept.of("tnt_1", "arn:key/1").access_key for _ in range(3)] == ["AK1", "AK2", "AK2"]
    assert "'s'" not in repr(kept.of("tnt_1", "arn:key/1"))

    def refuse() -> Any:
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url="x")

    with pytest.raises(Fault, match="CREDENTIALS_REFUSED"):
        grants.AssumedRole(ROLE, refuse).of("tnt_1", "arn:key/1")
