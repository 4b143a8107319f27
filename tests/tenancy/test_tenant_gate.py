"""Nobody reaches a practice's records without entering it, and nobody enters another's."""

from __future__ import annotations

import contextvars
import threading

import pytest

from chalicelib.platform.errors import Fault, NotFound
from chalicelib.tenancy import Placement, Principal, Tenant, TenantState, current, enter, no_such_tenant


def practice(slug: str, state: TenantState = TenantState.LIVE) -> tuple[Tenant, Placement]:
    tenant_id = f"tnt_{slug}"
    tenant = Tenant(tenant_id=tenant_id, slug=slug, name=slug.title(), state=state, code="AB12")
    return tenant, Placement(
        tenant_id=tenant_id,
        table_name=f"t-{slug}",
        bucket="b",
        prefix=f"tenants/{tenant_id}/",
        key_arn="arn:key",
        code="AB12",
        id_key=slug.encode() * 8,
    )


class Practices:
    def __init__(self, *known: tuple[Tenant, Placement]) -> None:
        self.known = {t.slug: (t, p) for t, p in known} | {t.tenant_id: (t, p) for t, p in known}

    def find(self, slug_or_id: str) -> tuple[Tenant, Placement]:
        if slug_or_id not in self.known:
            raise no_such_tenant()
        return self.known[slug_or_id]


BOTH = Practices(practice("aster"), practice("birch"), practice("closed", TenantState.SUSPENDED))


def person(kind: str, *tenants: str) -> Principal:
    return Principal(user_id="usr_1", name="A Person", kind=kind, tenants=tenants)


def test_outside_any_practice_there_is_no_data() -> None:
    with pytest.raises(Fault, match="NO_TENANT_CONTEXT"):
        current()


def test_entering_ends_with_the_block_even_on_an_error() -> None:
    def fail_inside() -> None:
        with enter(person("operator", "*"), "aster", "test", BOTH):
            assert current().tenant.slug == "aster"
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    with pytest.raises(Fault):
        current()


def test_another_practice_is_as_unknown_as_one_that_never_was() -> None:
    mine = person("practice", "tnt_aster")
    refusals = []
    for ref in ("birch", "tnt_birch", "nowhere"):
        with pytest.raises(NotFound) as refused, enter(mine, ref, "test", BOTH):
            pass
        refusals.append(refused.value.as_dict())
    assert refusals[0] == refusals[1] == refusals[2]


def test_a_practice_user_cannot_hold_the_star() -> None:
    with pytest.raises(NotFound), enter(person("practice", "*"), "aster", "test", BOTH):
        pass


def test_a_suspended_practice_is_closed_to_its_own_people_and_open_to_ours() -> None:
    with pytest.raises(NotFound), enter(person("practice", "tnt_closed"), "closed", "test", BOTH):
        pass
    with enter(person("staff", "*"), "closed", "test", BOTH) as context:
        assert context.tenant.state is TenantState.SUSPENDED


def test_the_same_natural_key_is_another_id_in_another_practice() -> None:
    ours = person("operator", "*")
    with enter(ours, "aster", "test", BOTH) as context:
        first, again = context.make_id("clm", "V1", "1"), context.make_id("clm", "V1", "1")
    with enter(ours, "birch", "test", BOTH) as context:
        other = context.make_id("clm", "V1", "1")
    assert first == again != other


def test_a_thread_does_not_inherit_the_practice_of_another() -> None:
    seen: list[str] = []

    def look() -> None:
        try:
            seen.append(current().tenant.slug)
        except Fault:
            seen.append("none")

    with enter(person("operator", "*"), "aster", "test", BOTH):
        thread = threading.Thread(target=contextvars.Context().run, args=(look,))
        thread.start()
        thread.join()
    assert seen == ["none"]


def test_the_id_key_is_in_no_repr() -> None:
    _, placement = practice("aster")
    assert "aster" * 2 not in repr(placement)
