"""What DynamoDB, S3 and KMS would charge for the calls a process makes, computed from the requests and the answers.

MiniStack reports no consumed capacity worth trusting, so units are computed from item sizes by AWS's rules: writes in whole
KB, twice in a transaction; an index holding the item costs a write of its own, two when the item was there before (its old
place is cleared); reads in whole 4 KB, half of that from an index (eventually consistent).
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from decimal import Decimal
from functools import lru_cache
from math import ceil
from typing import Any

from tests.proof.figures import REPOSITORY

PRICES = REPOSITORY / "docs/figures/aws-prices.csv"
WRITE_BYTES, READ_BYTES = 1024, 4096
_INDEXES = ("gsi1pk", "gsi2pk")
_S3_WRITES = ("PutObject", "CopyObject")


@lru_cache(maxsize=1)
def prices() -> dict[str, Decimal]:
    """US dollars for one of each, from the dated table."""
    with PRICES.open() as stream:
        return {row["item"]: Decimal(row["usd"]) / Decimal(row["per"]) for row in csv.DictReader(stream)}


class Meter:
    """Counts calls of a botocore session and what they use. Register it before the first client is made."""

    def __init__(self, session: Any) -> None:
        self.used: Counter[str] = Counter()
        session.register("before-call", self._before)
        session.register("after-call", self._after)

    def _before(self, model: Any, params: Any, context: Any, **_: Any) -> None:
        service = model.service_model.service_name
        self.used["calls"] += 1
        self.used[f"{service} {model.name}"] += 1
        if service == "dynamodb":
            body = json.loads(params["body"] or b"{}")
            context["index"] = body.get("IndexName", "")
            self.used["write units"] += write_units(model.name, body)
        elif service == "s3":
            self.used["s3 puts" if model.name in _S3_WRITES else "s3 gets"] += 1
            self.used["kms requests"] += model.name in (*_S3_WRITES, "GetObject")  # S3 asks KMS for each object's key
        elif service == "kms":
            self.used["kms requests"] += 1

    def _after(self, model: Any, parsed: Any, context: Any, **_: Any) -> None:
        if model.service_model.service_name == "dynamodb":
            self.used["half read units"] += half_read_units(model.name, parsed, context)

    def dollars(self) -> Decimal:
        """What was used so far, by the price table."""
        price, used = prices(), self.used
        return (
            used["write units"] * price["dynamodb_write_request_unit"]
            + Decimal(used["half read units"]) / 2 * price["dynamodb_read_request_unit"]
            + used["s3 puts"] * price["s3_put"]
            + used["s3 gets"] * price["s3_get"]
            + used["kms requests"] * price["kms_request"]
        )


def write_units(operation: str, body: dict[str, Any]) -> int:
    if operation == "TransactWriteItems":
        return sum(_written(next(iter(item.items())), 2) for item in body["TransactItems"])
    if operation in ("PutItem", "DeleteItem", "UpdateItem"):
        return _written((operation.removesuffix("Item"), body), 1)
    if operation == "BatchWriteItem":
        asked = (request for requests in body["RequestItems"].values() for request in requests)
        return sum(_written((kind.removesuffix("Request"), told), 1) for one in asked for kind, told in one.items())
    return 0


def _written(asked: tuple[str, dict[str, Any]], factor: int) -> int:
    kind, told = asked
    item = told.get("Item")
    if kind != "Put" or item is None:  # what is deleted or updated is not sent: taken as 2 KB with both indexes
        return 2 * factor + 2 * len(_INDEXES)
    units = ceil(item_bytes(item) / WRITE_BYTES)
    copies = 1 if item.get("version", {}).get("N", "1") == "1" else 2
    return units * factor + units * copies * sum(1 for name in _INDEXES if name in item)


def half_read_units(operation: str, answer: dict[str, Any], context: dict[str, Any]) -> int:
    """In halves: an eventually consistent read of 4 KB is one, a strongly consistent one two."""
    if operation == "GetItem":
        return 2 * max(1, ceil(item_bytes(answer.get("Item", {})) / READ_BYTES))
    if operation == "BatchGetItem":
        found = [item for items in answer.get("Responses", {}).values() for item in items]
        return sum(2 * max(1, ceil(item_bytes(item) / READ_BYTES)) for item in found)
    if operation in ("Query", "Scan"):
        read = sum(item_bytes(item) for item in answer.get("Items", ()))
        return (1 if context.get("index") else 2) * max(1, ceil(read / READ_BYTES))
    return 0


def item_bytes(item: dict[str, Any]) -> int:
    """Attribute names and values, as DynamoDB counts an item."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(typed: dict[str, Any]) -> int:
    kind, value = next(iter(typed.items()))
    return len(str(value).encode()) // (2 if kind == "N" else 1) + (1 if kind == "N" else 0)
