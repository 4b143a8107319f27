"""The whole outside state as plain data: tables, documents and the clearinghouse's folders; taken, put back, compared.

Read and written through a botocore session of its own, so that no hook of the product sees it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.store import sealed

Item = dict[str, Any]
_TIMED = ("AUD#", "OUT#", "CHG#")  # their sort keys begin with the instant they were written


@dataclass
class State:
    """Items by table and key, documents by key, files by path below the folder."""

    tables: dict[str, dict[tuple[str, str], Item]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


class Outside:
    """Everything a use case can change outside the process."""

    def __init__(self, endpoint: str, tables: Iterable[str], bucket: str, prefix: str, folder: Path) -> None:
        from botocore.session import Session

        session = Session()
        session.set_credentials("otbill-embedded", "otbill-embedded")
        self.dynamodb = session.create_client("dynamodb", region_name="us-east-1", endpoint_url=endpoint)
        self.s3 = session.create_client("s3", region_name="us-east-1", endpoint_url=endpoint)
        self.tables, self.bucket, self.prefix, self.folder = tuple(tables), bucket, prefix, folder

    def take(self) -> State:
        return State({name: self._scan(name) for name in self.tables}, self._documents(), self._files())

    def put_back(self, state: State) -> None:
        """Make the outside what it was: only differences are written."""
        for name in self.tables:
            now, then = self._scan(name), state.tables[name]
            changes = [{"DeleteRequest": {"Key": _key(item)}} for key, item in now.items() if key not in then]
            changes += [{"PutRequest": {"Item": item}} for key, item in then.items() if now.get(key) != item]
            for start in range(0, len(changes), 25):
                self.dynamodb.batch_write_item(RequestItems={name: changes[start : start + 25]})
        for key in self._keys():
            if key not in state.documents:
                self.s3.delete_object(Bucket=self.bucket, Key=key)
        shutil.rmtree(self.folder, ignore_errors=True)
        for path, content in state.files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def count_from(self, table: str, name: str, number: int) -> None:
        """Let a counter go on from a number that is found in no other place of a file."""
        key = {"pk": {"S": f"COUNTER#{name}"}, "sk": {"S": "COUNTER"}}
        item = {"kind": "counter", "data": "{}", "created_at": "2026-09-30T00:00:00Z"}
        texts = {attribute: {"S": text} for attribute, text in item.items()}
        self.dynamodb.put_item(
            TableName=table, Item={**key, **texts, "schema": {"N": "1"}, "version": {"N": str(number)}}
        )

    def _scan(self, name: str) -> dict[tuple[str, str], Item]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
        return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}

    def _keys(self) -> list[str]:
        reply = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix)
        return [entry["Key"] for entry in reply.get("Contents", ())]

    def _documents(self) -> dict[str, bytes]:
        return {key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in self._keys()}

    def _files(self) -> dict[str, bytes]:
        found = (path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in sorted(found)}


def _key(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}


def compare(right: State, found: State) -> tuple[list[str], list[str]]:
    """(lost, doubled): what the never-died run has and this one lacks, and the other way round.

    Sealed values are compared as what they say: run inside the practice (each sealing has a nonce of its own).
    Masked: interchange control numbers and what is named after them (by their rank, so that only gaps vanish), reserved
    numbers nobody used, instants inside sort keys, and counters.
    """
    first, second = Counter(_masked(right)), Counter(_masked(found))
    return sorted((first - second).elements()), sorted((second - first).elements())


def _masked(state: State) -> list[str]:
    masks = _Masks(state)
    lines = [masks.text(f"item {line}") for line in _items(state, masks.unused)]
    lines += [masks.text(f"document {key} {masks.content(content)}") for key, content in state.documents.items()]
    kept = {path: content for path, content in state.files.items() if Path(path).name != "state.json"}
    return lines + [masks.text(f"file {path} {masks.content(content)}") for path, content in kept.items()]


def _items(state: State, unused: frozenset[str]) -> Iterable[str]:
    for table, items in state.tables.items():
        for (pk, sk), item in items.items():
            if pk.startswith(("COUNTER#", "AUDHEAD#")) or pk in unused:
                continue
            data = json.loads(item["data"]["S"])
            if sealed.PREFIX in item["data"]["S"]:
                data = sealed.unseal(data, pk, sk, table)
            if pk.startswith("JRN#"):
                data.pop("seal", None)  # it seals what is compared here beside it
            if pk.startswith(_TIMED):
                sk = "<instant>"
                pk = pk.rpartition("#")[0]  # a shard follows from a subject's id, and a batch's id from its number
                given = ("hash", "previous", "previous_day", "number", *(() if data.get("cause") else ("event_id",)))
                data = {name: value for name, value in data.items() if name not in given}
            rest = {name: value for name, value in item.items() if name not in ("pk", "sk", "data")}
            yield json.dumps([pk, sk, rest, data], sort_keys=True)


class _Masks:
    """Control numbers used in a state by rank, and digests of what carries them by its masked content."""

    def __init__(self, state: State) -> None:
        items = [(key, item) for table in state.tables.values() for key, item in table.items()]
        batches = {key[0].removeprefix("BAT#") for key, _ in items if key[0].startswith("BAT#")}
        routes = {pk: json.loads(item["data"]["S"]) for (pk, _), item in items if pk.startswith("ICN#")}
        self.unused = frozenset(pk for pk, data in routes.items() if data["batch_id"] not in batches)
        used = sorted(pk for pk in routes if pk not in self.unused)
        self._names: dict[str, str] = {}
        for rank, pk in enumerate(used, 1):
            self._names[pk.removeprefix("ICN#")] = f"<number {rank}>"
            self._names[routes[pk]["batch_id"]] = f"<batch {rank}>"
        self._plain = {int(pk.removeprefix("ICN#")): rank for rank, pk in enumerate(used, 1)}
        for content in [*state.documents.values(), *state.files.values()]:
            masked = self.content(content)
            self._names.setdefault(sha256(content).hexdigest(), f"<digest {masked}>")

    def text(self, text: str) -> str:
        for name, mask in self._names.items():
            if name in text:
                text = text.replace(name, mask)
        return re.sub(r'("control_number": )(\d+)', self._rank, text)

    def content(self, content: bytes) -> str:
        text = content.decode("latin-1")
        for name, mask in self._names.items():
            if name.isdigit():
                text = text.replace(name, mask)
        return sha256(text.encode()).hexdigest()

    def _rank(self, found: re.Match[str]) -> str:
        return f"{found[1]}<number {self._plain.get(int(found[2]), found[2])}>"
