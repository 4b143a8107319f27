"""Applying a practice file: planned before it acts, done once, changed by a new version."""

from __future__ import annotations

import itertools

import pytest
from practice_text import GOOD

from chalicelib import store
from chalicelib.onboarding.apply import apply, changes, current_practice, plan
from chalicelib.onboarding.practice_file import parse
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.store import directory, provision
from chalicelib.tenancy import TenantState

pytestmark = pytest.mark.aws
_numbers = itertools.count(10_000_000)


def luhn(npi: str) -> bool:
    """Written apart from the product's own: from the right, every second digit doubled and its digits added."""
    return sum(sum(map(int, str(int(d) * (1 + i % 2)))) for i, d in enumerate(reversed("80840" + npi))) % 10 == 0


def practice_text(slug: str = "", legal_name: str = "Pelican Testcase Therapy LLC") -> str:
    """A right file of a practice nobody applied before: own slug, NPI and tax id."""
    number = next(_numbers)
    npi = next(f"1{number}{check}" for check in range(10) if luhn(f"1{number}{check}"))
    text = GOOD.replace("pelican-ot", slug or f"pelican-{number}").replace("Pelican Testcase Therapy LLC", legal_name)
    return text.replace('npi = "1234567893"', f'npi = "{npi}"').replace("650000001", f"6{number}")


def test_plan_names_what_it_would_make_and_makes_nothing(aws, operator):
    practice = parse(practice_text().encode())
    before = store.runtime().writes
    planned = plan(practice, operator)
    assert store.runtime().writes == before
    assert {step.resource: step.action for step in planned.steps if step.resource != "control table"} == {
        "practice": "create",
        "encryption key": "create",
        "table": "create",
        "documents": "create",
        "practice file": "create",
        "ledger accounts": "create",
        "remittance routing": "create",
        "state": "create",
    }


def test_applied_practice_is_live_and_found_by_its_payee(aws, operator, in_tenant):
    practice = parse(practice_text().encode())
    result = apply(practice, operator)
    assert (result.tenant.state, result.number) == (TenantState.LIVE, 1)
    assert directory.directory().find(practice.slug)[0] == result.tenant
    assert directory.tenants_by_npi(practice.npi) == {result.tenant.tenant_id}
    assert directory.tenants_by_tax_id(practice.tax_id) == {result.tenant.tenant_id}
    with in_tenant(practice.slug):
        assert current_practice() == practice
        accounts = store.get("PRACTICE", "ACCOUNTS")
    assert {"receivable.payer", "receivable.patient", "cash.bank"} <= {a["account"] for a in accounts.data["accounts"]}


def test_applying_again_makes_no_write_and_says_so(aws, operator):
    practice = parse(practice_text().encode())
    apply(practice, operator)
    before = store.runtime().writes
    again = apply(practice, operator)
    assert store.runtime().writes == before
    assert again.writes == 0
    assert again.plan.changes_nothing
    assert again.as_dict()["changed"] is False


def test_a_changed_file_is_a_new_version_with_audit_and_the_old_one_stays(aws, operator, in_tenant):
    text = practice_text()
    first, second = parse(text.encode()), parse(text.replace('"75.00"', '"82.00"').encode())
    apply(first, operator)
    result = apply(second, operator)
    assert result.number == 2
    step = next(step for step in result.plan.steps if step.resource == "practice file")
    assert (step.action, step.detail) == ("change", "fee_schedule.97530")
    with in_tenant(first.slug) as context:
        assert current_practice().charge_cents("97530") == 8200
        assert store.get("PRACTICE", "V#000001").data["practice"]["fee_schedule"]["97530"] == "75.00"
        from chalicelib import clock

        day = clock.now().date().isoformat()
        entries = [r.data for n in range(16) for r in store.iter_query(f"AUD#{day}#{n:02d}")]
    told = [entry["fields"] for entry in entries if entry["action"] == "practice.applied"]
    assert ["fee_schedule.97530"] in told
    assert context.tenant.slug == first.slug


def test_a_practice_in_onboarding_goes_live(aws, operator):
    practice = parse(practice_text().encode())
    provision.ensure_tenant(practice.slug, "Pelican", "America/Chicago", TenantState.ONBOARDING)
    result = apply(practice, operator)
    assert (result.tenant.state, result.tenant.name) == (TenantState.LIVE, practice.legal_name)
    assert result.tenant.timezone == "America/New_York"


def test_two_practices_cannot_be_paid_under_one_name(aws, operator):
    text = practice_text()
    first = parse(text.encode())
    apply(first, operator)
    second = parse(text.replace(first.slug, f"{first.slug}-copy").encode())
    with pytest.raises(Refused) as refusal:
        apply(second, operator)
    assert refusal.value.code == "PAYEE_TAKEN"


def test_a_suspended_practice_is_not_revived_by_its_file(aws, operator):
    practice = parse(practice_text().encode())
    tenant = apply(practice, operator).tenant
    directory.save_tenant(tenant.model_copy(update={"state": TenantState.SUSPENDED}))
    with pytest.raises(Refused) as refusal:
        apply(practice, operator)
    assert refusal.value.code == "TENANT_SUSPENDED"


def test_each_practice_reads_its_own_file(aws, operator, in_tenant):
    one, two = (parse(practice_text(legal_name=name).encode()) for name in ("One Testcase", "Two Testcase"))
    apply(one, operator)
    apply(two, operator)
    for practice in (one, two, one):
        with in_tenant(practice.slug):
            assert current_practice().legal_name == practice.legal_name


def test_before_a_file_there_is_no_practice(in_tenant):
    with in_tenant(), pytest.raises(NotFound) as refusal:
        current_practice()
    assert refusal.value.code == "PRACTICE_NOT_APPLIED"


def test_changes_are_named_by_the_tables_own_ids():
    before = {"a": 1, "address": {"zip": "1", "city": "x"}, "therapists": [{"id": "ot-1", "n": 1}]}
    after = {"a": 1, "address": {"zip": "2", "city": "x"}, "therapists": [{"id": "ot-0"}, {"id": "ot-1", "n": 1}]}
    assert changes(before, after) == ("address.zip", "therapists.ot-0")
