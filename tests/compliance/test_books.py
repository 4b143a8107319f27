"""One altered cent in any amount of a claim, a claim payment or a remittance is named: which item, which field, by how much."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.submission import submit_claims
from chalicelib.compliance import books
from chalicelib.remittance.model import Check, ClaimPart
from chalicelib.remittance.service import post_file
from chalicelib.tenancy import Principal, current
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    Interchange,
    Name,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    ServicePayment,
    write_835,
)
from tests.practice import build, line, live_practice

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
Path_ = tuple[str | int, ...]
ITEMS = ("claim", "claim_payment", "remittance")
# A snapshot the payer gave or that only the page shows; no journal entry and no event says it again.
TOLD_ONCE = {"out_of_balance"}


@dataclass
class Vandal:
    """Changes items behind the store's back, through botocore."""

    table: str

    @property
    def client(self) -> Any:
        return store.runtime().client("dynamodb")

    def items(self, kind: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.table)
        return [item for page in pages for item in page["Items"] if item["kind"]["S"] == kind]

    def alter(self, item: dict[str, Any], path: Path_, by: int) -> None:
        data = json.loads(item["data"]["S"])
        owner = data
        for step in path[:-1]:
            owner = owner[step]
        owner[path[-1]] += by
        self.put({**item, "data": {"S": json.dumps(data)}})

    def put(self, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.table, Item=item)


def amounts(data: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Where amounts stand in an item: fields named …_cents, and the third of a provider-level adjustment."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name.endswith("_cents") and isinstance(value, int):
                yield (*path, name)
            elif name == "provider_adjustments" and path == ():
                yield from ((name, place, 2) for place in range(len(value)))
            elif name not in TOLD_ONCE:
                yield from amounts(value, (*path, name))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from amounts(value, (*path, place))


def payment(number: str, charge: int, *cas: Adjustment, off: int = 0, status: str = "1") -> ClaimPayment:
    paid = charge - sum(item.amount_cents for item in cas)
    service = ServicePayment("97530", (), charge, paid, 2, date(2026, 9, 1), "", cas, allowed_cents=charge)
    share = sum(item.amount_cents for item in cas if item.group == "PR")
    name = Name("Testcase", "Marigold", member_id="W1")
    return ClaimPayment(number, status, charge, paid + off, share, "12", "PAYER1", name, lines=(service,))


def check(practice: Any, trace: str, *payments: ClaimPayment, plb: tuple[ProviderAdjustment, ...] = ()) -> bytes:
    total = sum(item.paid_cents for item in payments) - sum(item.amount_cents for item in plb)
    remittance = Remittance(
        amount_cents=total, method="ACH", date=date(2026, 9, 30), trace=trace, originating_company_id="1999999999",
        payer=Payer("AETNA", "60054", phone="8005550100", contact_name="DESK"),
        payee=Payee(practice.legal_name, practice.npi, practice.tax_id),
        production_date=date(2026, 9, 30), claims=payments, provider_adjustments=plb,
    )  # fmt: skip
    envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
    return write_835(envelope, [remittance])


@pytest.fixture
def vandal(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Vandal]:
    """Three claims: one paid, reversed and paid anew, one denied in part, one held; beside them a stranger and interest."""
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        rows = [line("V1"), line("V2", patient_id="P2"), line("V3", patient_id="P3", diagnosis_1="Z99999")]
        built = build(tmp_path, *rows)
        submit_claims()
        found = records.find_claims(item.claim_id for item in built)
        sent = sorted(item.claim.latest.patient_control_number for item in found.values() if item.claim.latest)
        charge = next(item.claim.content.charge_cents for item in found.values() if item.claim.latest)
        co, pr, denied = Adjustment("CO", "45", 2000), Adjustment("PR", "2", 1000), Adjustment("CO", "197", 1500)
        stranger = payment("ELSEWHERE1", 7500, co)
        wrong = payment("ELSEWHERE2", 5000, co, off=100)
        first = (payment(sent[0], charge, co, pr), payment(sent[1], charge, co, denied), stranger, wrong)
        post_file(check(practice, "ONE", *first, plb=(ProviderAdjustment("L6", "INT", -125),)), operator)
        back = payment(sent[0], -charge, Adjustment("CO", "45", -2000), Adjustment("PR", "2", -1000), status="22")
        post_file(check(practice, "TWO", back, payment(sent[0], charge, co)), operator)
        yield Vandal(current().placement.table_name)


def altered(held: books.Held, kind: str, at: int, path: Path_, by: int) -> books.Held:
    """What was read, with one amount of one item changed."""
    if kind == "claim":
        records_of = list(held.claims)
        records_of[at] = [
            item.with_data(changed(item.data, path, by)) if item.sk == "CLAIM" else item for item in records_of[at]
        ]
        return dataclasses.replace(held, claims=records_of)
    checks = list(held.checks)
    if kind == "remittance":
        check, parts = checks[at]
        checks[at] = (Check.model_validate_json(json.dumps(changed(plain(check), path, by))), parts)
        return dataclasses.replace(held, checks=checks)
    for place, (check, parts) in enumerate(checks):
        if at < len(parts):
            one = ClaimPart.model_validate_json(json.dumps(changed(plain(parts[at]), path, by)))
            checks[place] = (check, [*parts[:at], one, *parts[at + 1 :]])
            break
        at -= len(parts)
    return dataclasses.replace(held, checks=checks)


def changed(data: Any, path: Path_, by: int) -> Any:
    data = copy.deepcopy(data)
    owner = data
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] += by
    return data


def plain(model: Any) -> Any:
    return model.model_dump(mode="json")


def holders(held: books.Held, kind: str) -> list[Any]:
    """The items of a kind as plain data, in the order `altered` counts them."""
    if kind == "claim":
        return [next(item.data for item in items if item.sk == "CLAIM") for items in held.claims]
    if kind == "remittance":
        return [plain(check) for check, _ in held.checks]
    return [plain(part) for _, parts in held.checks for part in parts]


def test_untouched_books_prove_themselves(vandal: Vandal) -> None:
    proof = books.verify()
    assert (proof["balanced"], proof["mismatches"], proof["claims"]) == (True, [], 3)
    assert set(proof) == {"balanced", "entries", "claims", "mismatches", "suspense_cents"}


def test_one_cent_in_any_amount_of_any_item_is_named(vandal: Vandal) -> None:
    held, tried = books.read(), Counter[str]()
    assert list(books.compare(held)) == []
    for kind in ITEMS:
        for at, data in enumerate(holders(held, kind)):
            for number, path in enumerate(amounts(data)):
                tried[kind] += 1
                by = 1 if number % 2 else -1
                found = [item for item in books.compare(altered(held, kind, at, path, by)) if item["kind"] == kind]
                assert found, (kind, at, path)
                assert {abs(item["off_by_cents"]) for item in found} == {1}, (kind, at, path)
                assert {item["id"] for item in found} == {found[0]["id"]}
    assert tried["claim"] >= 12
    assert tried["claim_payment"] >= 40
    assert tried["remittance"] >= 5


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("claim", ("content", "lines", 0, "charge_cents")),
        ("claim_payment", ("payment", "paid_cents")),
        ("remittance", ("amount_cents",)),
    ],
)
def test_a_stored_item_with_one_cent_more_breaks_the_command(vandal: Vandal, kind: str, path: Path_) -> None:
    item = vandal.items(kind)[0]
    vandal.alter(item, path, 1)
    proof = books.verify()
    assert proof["balanced"] is False
    found = next(found for found in proof["mismatches"] if found["kind"] == kind)
    assert (found["where"], found["off_by_cents"]) == (f"{item['pk']['S']}/{item['sk']['S']}", 1)
    assert found["id"].partition("#")[0] in found["where"]


def test_an_amount_moved_from_one_line_to_another_is_named(vandal: Vandal) -> None:
    """The claim's total is right; only its events tell."""
    claims = vandal.items("claim")
    assert claims
    for item in claims:
        changed = copy.deepcopy(item)
        data = json.loads(item["data"]["S"])
        lines = data["content"]["lines"]
        lines.append({**lines[0], "number": 2, "charge_cents": 1})
        lines[0]["charge_cents"] -= 1
        changed["data"] = {"S": json.dumps(data)}
        vandal.put(changed)
        whats = {found["what"] for found in books.verify()["mismatches"]}
        vandal.put(item)
        assert whats == {"amount_differs_from_events"}


def test_a_removed_claim_payment_is_missed(vandal: Vandal) -> None:
    paid = [i for i in vandal.items("claim_payment") if json.loads(i["data"]["S"])["payment"]["paid_cents"]]
    assert paid
    for item in paid:
        vandal.client.delete_item(TableName=vandal.table, Key={"pk": item["pk"], "sk": item["sk"]})
        assert {found["kind"] for found in books.verify()["mismatches"]} >= {"remittance"}
        vandal.put(item)
