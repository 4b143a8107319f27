"""Capacity units by AWS's rules, counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proof.meter import half_read_units, prices, write_units


def item(size: int, version: int = 1, **more: str) -> dict[str, Any]:
    found = {"pk": {"S": "P"}, "sk": {"S": "S"}, "version": {"N": str(version)}}
    found |= {name: {"S": value} for name, value in more.items()}
    return {**found, "data": {"S": "x" * size}}


def put(made: dict[str, Any]) -> dict[str, Any]:
    return {"Put": {"TableName": "T", "Item": made}}


@pytest.mark.parametrize(
    ("made", "units"),
    [
        (item(100), 2),  # under 1 KB, twice in a transaction
        (item(2000), 4),
        (item(100, gsi1pk="A", gsi1sk="B"), 3),  # and the index's copy
        (item(100, version=2, gsi1pk="A", gsi1sk="B"), 4),  # whose old place is cleared
        (item(1500, version=2, gsi1pk="A", gsi1sk="B", gsi2pk="C", gsi2sk="D"), 12),
    ],
)
def test_a_write_in_a_transaction(made: dict[str, Any], units: int) -> None:
    assert write_units("TransactWriteItems", {"TransactItems": [put(made)]}) == units
    assert write_units("TransactWriteItems", {"TransactItems": [put(made), put(item(1))]}) == units + 2


def test_a_write_alone_costs_half() -> None:
    assert write_units("PutItem", {"Item": item(100)}) == 1
    assert write_units("Query", {}) == 0


@pytest.mark.parametrize(
    ("operation", "answer", "index", "halves"),
    [
        ("GetItem", {"Item": item(100)}, "", 2),
        ("GetItem", {}, "", 2),  # looking for nothing costs as much
        ("GetItem", {"Item": item(5000)}, "", 4),
        ("Query", {"Items": [item(3000), item(3000)]}, "", 4),
        ("Query", {"Items": [item(3000), item(3000)]}, "gsi1", 2),
        ("BatchGetItem", {"Responses": {"T": [item(10), item(10)]}}, "", 4),
    ],
)
def test_a_read(operation: str, answer: dict[str, Any], index: str, halves: int) -> None:
    assert half_read_units(operation, answer, {"index": index}) == halves


def test_every_price_has_a_date_and_a_source() -> None:
    assert all(price > 0 for price in prices().values())
    assert "dynamodb_write_request_unit" in prices()
