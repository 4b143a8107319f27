"""Fixtures everything shares: one embedded AWS for the whole run in a directory of its own; fresh practices in it."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import settings

from chalicelib.platform.config import Settings
from chalicelib.tenancy import Principal, Tenant, TenantContext, TenantState, enter

sys.path.append(str(Path(__file__).parent))
pytest_plugins = ("canary_watch",)

# The same cases every time, so that a change is judged by itself; `make proof` looks for new ones (OTBILL_HYPOTHESIS=random).
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("random" if os.environ.get("OTBILL_HYPOTHESIS") == "random" else "steady")

MakeTenant = Callable[..., Tenant]
InTenant = Callable[..., AbstractContextManager[TenantContext]]

OPERATOR = Principal(user_id="usr_operator", name="Operator", kind="operator", roles={"operator"}, tenants={"*"})
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def aws_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OTBILL_HOME of the test run."""
    return tmp_path_factory.mktemp("otbill")


@pytest.fixture(scope="session")
def _embedded_aws(aws_home: Path) -> Iterator[str]:
    from canary_watch import watch

    from chalicelib.local.aws import ensure_aws, stop_aws

    endpoint = ensure_aws(aws_home, owned=True)
    yield endpoint
    if watch:
        watch.outside(endpoint)
    stop_aws(aws_home)


@pytest.fixture
def aws(_embedded_aws: str, aws_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The endpoint of the embedded AWS, with the environment and the store set to it."""
    from chalicelib.store import configure, runtime

    monkeypatch.setenv("OTBILL_AWS_ENDPOINT", _embedded_aws)
    monkeypatch.setenv("OTBILL_HOME", str(aws_home))
    settings = Settings(home=aws_home, aws_endpoint=_embedded_aws)
    if not _is_configured_for(settings):
        configure(settings)
    runtime()
    return _embedded_aws


@pytest.fixture
def tenant(aws: str) -> MakeTenant:
    """Makes a fresh practice with its own key, table and prefix: `tenant()` or `tenant(slug="harborview-ot")`."""
    from chalicelib.store import provision

    def make(
        slug: str = "",
        name: str = "Testcase Occupational Therapy",
        timezone: str = "America/New_York",
        state: TenantState = TenantState.LIVE,
    ) -> Tenant:
        made, _ = provision.ensure_tenant(slug or f"testcase-{next(_numbers)}", name, timezone, state)
        return made

    return make


@pytest.fixture
def in_tenant(tenant: MakeTenant) -> InTenant:
    """Enters a practice: `with in_tenant() as context` (a fresh one), or `in_tenant(some_tenant, principal)`."""
    from chalicelib.store.directory import directory

    def into(
        of: Tenant | str | None = None, principal: Principal = OPERATOR, purpose: str = "test"
    ) -> AbstractContextManager[TenantContext]:
        ref = of if isinstance(of, str) else (of or tenant()).tenant_id
        return enter(principal, ref, purpose, directory())

    return into


@pytest.fixture
def operator() -> Principal:
    """Our own person who may enter every practice."""
    return OPERATOR


def _is_configured_for(settings: Settings) -> bool:
    from chalicelib.platform.errors import Fault
    from chalicelib.store import runtime

    try:
        return runtime().settings == settings
    except Fault:
        return False
