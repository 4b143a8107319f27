"""Everything a practice has here, as files it can take away: items, documents, journal, audit proof, and a signed manifest.

items.jsonl      every item of the table, one JSON object a line, decoded
documents/…      every document under its name
ledger.csv       every line of every journal entry
audit.json       what verifying the audit trail said
manifest.json    counts, bytes and SHA-256 of each file, signed (HMAC-SHA-256) with a key derived from the practice's own

The manifest is written last: a folder without one is an export that did not finish.
"""

from __future__ import annotations

import csv
import hmac
import json
from collections import Counter
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib import clock, documents, store
from chalicelib.platform.errors import Conflict, NotFound
from chalicelib.store import audit_chain, journal, maintenance
from chalicelib.tenancy import current, require

FORMAT = 1
MANIFEST = "manifest.json"
Problem = dict[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an export would hold; nothing is written."""

    items: dict[str, int]  # by kind
    documents: int

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "total_items": sum(self.items.values())}


def plan() -> Plan:
    """Counts by kind."""
    require("tenant.export")
    kinds = Counter(record.kind for record in maintenance.every_record())
    return Plan(dict(sorted(kinds.items())), sum(1 for _ in documents.names()))


def export(folder: Path) -> dict[str, Any]:
    """Write everything into an empty or absent folder; returns the manifest. On record before the first byte is written."""
    require("tenant.export")
    if folder.exists() and any(folder.iterdir()):
        raise Conflict("FOLDER_NOT_EMPTY", "an export goes into an empty folder", fix="name another one")
    with store.runtime().counting_apart(), store.unit_of_work() as uow:
        uow.audit("tenant.exported", f"TNT#{current().tenant.tenant_id}", ("items", "documents", "journal", "audit"))
        uow.commit()
    folder.mkdir(parents=True, exist_ok=True)
    counts = {"items": _items(folder), "documents": _documents(folder), "journal_lines": _journal(folder)}
    verdict = audit_chain.verify().as_dict()
    (folder / "audit.json").write_text(json.dumps(verdict, indent=2))
    counts["audit_entries"] = verdict["entries"]
    tenant = current().tenant
    manifest = {
        "format": FORMAT,
        "tenant": {"tenant_id": tenant.tenant_id, "slug": tenant.slug, "name": tenant.name, "state": str(tenant.state)},
        "made_at": clock.instant_text(clock.now()),
        "made_by": current().principal.user_id,
        "counts": counts,
        "files": _files(folder),
    }
    signed = {**manifest, "signature": _signature(manifest)}
    (folder / MANIFEST).write_text(json.dumps(signed, indent=2))
    return signed


def verify(folder: Path) -> list[Problem]:
    """What is not as it was exported: manifest_altered, file_missing, file_altered, file_added."""
    require("tenant.export")
    path = folder / MANIFEST
    if not path.is_file():
        raise NotFound("NO_MANIFEST", "the folder holds no finished export", fix="export again")
    signed = json.loads(path.read_text())
    manifest = {name: value for name, value in signed.items() if name != "signature"}
    found: list[Problem] = []
    if not hmac.compare_digest(str(signed.get("signature", "")), _signature(manifest)):
        found.append({"what": "manifest_altered", "where": MANIFEST})
    listed = {item["path"]: item for item in manifest.get("files", ())}
    present = {item["path"]: item for item in _files(folder)}
    for name in sorted(listed.keys() | present.keys()):
        if name not in present:
            found.append({"what": "file_missing", "where": name})
        elif name not in listed:
            found.append({"what": "file_added", "where": name})
        elif present[name] != listed[name]:
            found.append({"what": "file_altered", "where": name})
    return found


def _items(folder: Path) -> int:
    count = 0
    with (folder / "items.jsonl").open("w", encoding="utf-8") as stream:
        for record in maintenance.every_record():
            stream.write(json.dumps(record.plain(), ensure_ascii=False) + "\n")
            count += 1
    return count


def _documents(folder: Path) -> int:
    count = 0
    for name in documents.names():
        target = folder / "documents" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(documents.get(documents.key_of(name)))
        count += 1
    return count


def _journal(folder: Path) -> int:
    count = 0
    with (folder / "ledger.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(("entry_id", "at", "source", "memo", "account", "subject", "debit_cents", "credit_cents"))
        for entry in journal.iter_entries():
            for line in entry.lines:
                amounts = (line.debit_cents, line.credit_cents)
                out.writerow((entry.entry_id, entry.at, entry.source, entry.memo, line.account, line.subject, *amounts))
                count += 1
    return count


def _files(folder: Path) -> list[dict[str, Any]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder) != Path(MANIFEST))
    return [
        {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": _digest(path)}
        for path in found
    ]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        digest = sha256()
        while chunk := stream.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def _signature(manifest: dict[str, Any]) -> str:
    key = hmac.new(current().placement.id_key, b"export-manifest", sha256).digest()
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), sha256).hexdigest()
