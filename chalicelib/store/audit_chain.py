"""The audit trail as sixteen chains: each entry carries a keyed hash of itself and of the one before it.

AUD#<day>#<shard> / <number>   an entry, never changed; `previous` and `previous_day` name the one before it
AUDHEAD#<shard> / HEAD         the chain's last number, hash and day

The head moves in the same transaction as the change that is audited, so of two writers one is told to link again; sixteen
shards keep that rare. The hash is keyed with the practice's id key: who can write the table still cannot forge an entry.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from chalicelib.store.reads import Query, TableReader
from chalicelib.store.record import Record
from chalicelib.store.runtime import runtime
from chalicelib.tenancy import TenantContext, current

SHARDS = 16
PREFIXES = ("AUD#", "AUDHEAD#")
_MOST_HEADS = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be audited: its shard, its day, and what is told of it."""

    shard: int
    day: str
    told: dict[str, Any]


@dataclass
class Verdict:
    """What checking the chains found. `problems` name what (altered, removed, reordered …) and where."""

    entries: int = 0
    chains: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "intact": not self.problems,
            "entries": self.entries,
            "chains": self.chains,
            "problems": self.problems,
        }


def link(context: TenantContext, entries: Sequence[Entry], *, fresh: bool) -> list[Record]:
    """The records that add these entries to their chains: the entries, and the heads they move.

    A head remembered from this process's last write saves a read; `fresh` reads it again after somebody else moved it.
    """
    records: list[Record] = []
    for shard in sorted({entry.shard for entry in entries}):
        head = _head(context, shard, fresh=fresh)
        last = head.data if head else {"number": 0, "hash": "", "day": ""}
        for entry in (item for item in entries if item.shard == shard):
            made = _entry(context, entry, last)
            records.append(made)
            last = {"number": made.data["number"], "hash": made.data["hash"], "day": entry.day}
        records.append(Record(*_head_key(shard), "audit_head", last, version=head.version if head else 0))
    return records


def remember(context: TenantContext, records: Iterable[Record]) -> None:
    """After a commit: the heads as they are now stored."""
    known = runtime().audit_heads
    if len(known) > _MOST_HEADS:
        known.clear()
    for record in records:
        if record.kind == "audit_head":
            stored = Record(record.pk, record.sk, record.kind, record.data, version=record.version + 1)
            known[context.placement.table_name, int(record.pk.removeprefix("AUDHEAD#"))] = stored


def entries(day: str, subject: str = "") -> Iterator[dict[str, Any]]:
    """Entries of one day in the current practice, of one subject or all, in order of time."""
    found = (record.data for shard in range(SHARDS) for record in _day(current(), day, shard))
    chosen = (data for data in found if not subject or subject in (data["subject"], *data.get("subjects", ())))
    yield from sorted(chosen, key=lambda data: (data["at"], data["number"]))


def verify() -> Verdict:
    """Walk every chain of the current practice from its head to its first entry, and recompute every hash."""
    verdict, days = Verdict(), set[str]()
    missing = []
    for shard in range(SHARDS):
        head = _reader(current()).get(*_head_key(shard))
        if head is None:
            missing.append(shard)
            continue
        verdict.chains += 1
        days |= _walk(shard, head.data, verdict)
    for shard in missing:
        if any(list(_day(current(), day, shard)) for day in days):
            verdict.problems.append({"what": "head_removed", "where": _head_key(shard)[0]})
    return verdict


def _walk(shard: int, head: dict[str, Any], verdict: Verdict) -> set[str]:
    """One chain, newest first, a day at a time. Returns the days it covers."""
    number, expected, day = int(head["number"]), str(head["hash"]), str(head["day"])
    seen: set[str] = set()
    while day and day not in seen:
        seen.add(day)
        before = ""
        for record in reversed(list(_day(current(), day, shard))):
            verdict.entries += 1
            where = f"{record.pk}/{record.sk}"
            data = record.data
            for gone in range(number, int(record.sk), -1):
                verdict.problems.append({"what": "entry_removed", "where": f"{record.pk}/{gone:010d}"})
            gap = number != int(record.sk)
            if data.get("hash") != _hash(current(), record.pk, data):
                verdict.problems.append({"what": "entry_altered", "where": where})
            elif int(data["number"]) != int(record.sk) or (not gap and data["hash"] != expected):
                verdict.problems.append({"what": "entry_out_of_place", "where": where})
            number, expected = int(record.sk) - 1, str(data.get("previous", ""))
            before = str(data.get("previous_day", ""))
        day = before if before != day else ""
    verdict.problems += [
        {"what": "entry_removed", "where": f"AUD#?#{shard:02d}/{gone:010d}"} for gone in range(number, 0, -1)
    ]
    return seen


def _entry(context: TenantContext, entry: Entry, last: dict[str, Any]) -> Record:
    number = int(last["number"]) + 1
    pk = f"AUD#{entry.day}#{entry.shard:02d}"
    data = {**entry.told, "number": number, "previous": last["hash"], "previous_day": last["day"]}
    return Record(pk, f"{number:010d}", "audit", {**data, "hash": _hash(context, pk, data)})


def _hash(context: TenantContext, pk: str, data: dict[str, Any]) -> str:
    told = {name: value for name, value in data.items() if name != "hash"}
    text = json.dumps([pk, told], sort_keys=True, separators=(",", ":"))
    key = hmac.new(context.placement.id_key, b"audit-chain", sha256).digest()
    return hmac.new(key, text.encode(), sha256).hexdigest()


def _head(context: TenantContext, shard: int, *, fresh: bool) -> Record | None:
    known = runtime().audit_heads.get((context.placement.table_name, shard))
    if known is not None and not fresh:
        return known if isinstance(known, Record) else None
    return _reader(context).get(*_head_key(shard))


def _head_key(shard: int) -> tuple[str, str]:
    return f"AUDHEAD#{shard:02d}", "HEAD"


def _day(context: TenantContext, day: str, shard: int) -> Iterator[Record]:
    return _reader(context).every(Query("", f"AUD#{day}#{shard:02d}"))


def _reader(context: TenantContext) -> TableReader:
    return TableReader(context.placement.table_name, context.placement.id_key)
