"""The practice's journal: posting in a unit of work, reading, and the proof that the balances are its fold."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator, Set
from hashlib import sha256
from typing import Any

from chalicelib import ledger
from chalicelib.ledger import ClaimBalance, JournalEntry
from chalicelib.store import get, get_many, iter_index, iter_query
from chalicelib.store.record import Record, encode
from chalicelib.store.work import UnitOfWork, shard
from chalicelib.tenancy import current

SHARDS = 16


def post(uow: UnitOfWork, *entries: JournalEntry, without_balance: Set[str] = frozenset()) -> dict[str, ClaimBalance]:
    """Add entries and bring the balance of every claim they touch up to date, in the same transaction.

    Returns those claims' new balances. Posting an entry id twice is Conflict EXISTS; give the unit of work its
    natural key with `once` to have AlreadyDone instead. Several entries for one claim share its balance. Claims made in this
    very transaction, `without_balance`, are not looked for; if one has a balance after all, the commit is refused.
    """
    changed: dict[str, ClaimBalance] = {}
    for entry in entries:
        uow.create(_journal_record(entry))
        for claim_id in filter(ledger.is_claim, entry.subjects):
            changed[claim_id] = _apply(uow, entry, claim_id, new=claim_id in without_balance)
    return changed


def balance(claim_id: str) -> ClaimBalance:
    """The cached balance of a claim; zero for one without entries."""
    record = get(*balance_key(claim_id))
    return balance_of(record) if record else ClaimBalance(claim_id)


def balances(claim_ids: list[str]) -> dict[str, ClaimBalance]:
    """Cached balances of many claims, by claim id."""
    records = get_many([balance_key(claim_id) for claim_id in claim_ids])
    return {record.data["claim_id"]: balance_of(record) for record in records.values()}


def iter_balances() -> Iterator[ClaimBalance]:
    """Every claim's cached balance."""
    return map(balance_of, _balance_records())


def balance_of(record: Record) -> ClaimBalance:
    return ledger.claim_balance(record.data["claim_id"], record.data["accounts"])


def balance_key(claim_id: str) -> tuple[str, str]:
    return f"CLM#{claim_id}", "BAL"


def iter_entries() -> Iterator[JournalEntry]:
    """Every entry, checked again as it is read."""
    for record in _journal_records():
        yield entry_in(record)


def entry_in(record: Record) -> JournalEntry:
    """The entry of an item, without its seal. ValueError or TypeError for one that is not whole."""
    return JournalEntry(**{name: value for name, value in record.data.items() if name != "seal"})


def entries_of(subject: str) -> tuple[JournalEntry, ...]:
    """The entries about a claim or remittance, oldest first."""
    return tuple(entry_in(record) for record in iter_index("gsi1", f"SUBJECT#{subject}"))


def find_entry(entry_id: str) -> JournalEntry | None:
    record = get(*_journal_key(entry_id))
    return None if record is None else entry_in(record)


def verify() -> dict[str, Any]:
    """Recompute everything from the stored items and name what does not agree.

    Checks: every entry is whole, balanced and as it was written; each claim's stored balance is the fold of its entries;
    charge = paid + adjusted + patient + open for each claim; cash.clearing is zero for each remittance.
    Returns {"balanced", "entries", "claims", "mismatches": [{"what", "where", …}], "suspense_cents"}.
    """
    mismatches: list[dict[str, Any]] = []
    entries = list(_sound_entries(mismatches))
    by_subject = ledger.fold_accounts(entries)
    claims = {subject: accounts for subject, accounts in by_subject.items() if ledger.is_claim(subject)}
    mismatches += _balances_that_differ(claims)
    mismatches += _claims_unexplained(claims)
    mismatches += _clearing_left(entries)
    return {
        "balanced": not mismatches,
        "entries": len(entries),
        "claims": len(claims),
        "mismatches": mismatches,
        "suspense_cents": ledger.suspense_cents(ledger.totals(by_subject)),
    }


def account_totals() -> dict[str, int]:
    """Debit less credit in cents of every account, folded from the journal."""
    return ledger.totals(ledger.fold_accounts(iter_entries()))


def _apply(uow: UnitOfWork, entry: JournalEntry, claim_id: str, *, new: bool) -> ClaimBalance:
    key = balance_key(claim_id)
    pending = uow.pending(*key)
    stored = pending or (None if new else get(*key))
    before = stored.data["accounts"] if stored else {}
    accounts = ledger.apply(before, entry, claim_id)
    record = _balance_record(claim_id, accounts, stored.version if stored else 0)
    if pending:
        uow.revise(record)
    else:
        uow.replace(record)
    return ledger.claim_balance(claim_id, accounts)


def _balance_record(claim_id: str, accounts: dict[str, int], version: int) -> Record:
    data = {"claim_id": claim_id, "accounts": accounts}
    index = (f"BAL#{shard(claim_id, SHARDS):02d}", claim_id)
    return Record(*balance_key(claim_id), "claim_balance", data, version=version, gsi1=index)


def _journal_record(entry: JournalEntry) -> Record:
    order = f"{entry.at}#{entry.entry_id}"
    by_source = None if entry.source == "charge" else (f"SOURCE#{entry.source}", order)
    return Record(
        *_journal_key(entry.entry_id),
        "journal",
        {**entry.model_dump(mode="json"), "seal": _seal(entry)},
        gsi1=(f"SUBJECT#{entry.subjects[0]}", order),
        gsi2=by_source,
    )


def _seal(entry: JournalEntry) -> str:
    """A hash of all of an entry, keyed with the practice's id key: day, cause and words too, which no sum would miss.

    Who can write to the table alone cannot make one, even who brings balances and claims into line with what they altered.
    """
    key = hmac.new(current().placement.id_key, b"journal-entry", sha256).digest()
    return hmac.new(key, encode(entry.model_dump(mode="json")).encode(), sha256).hexdigest()


def _journal_key(entry_id: str) -> tuple[str, str]:
    return f"JRN#{shard(entry_id, SHARDS):02d}", entry_id


def _journal_records() -> Iterator[Record]:
    for number in range(SHARDS):
        yield from iter_query(f"JRN#{number:02d}")


def _balance_records() -> Iterator[Record]:
    for number in range(SHARDS):
        yield from iter_index("gsi1", f"BAL#{number:02d}")


def _sound_entries(mismatches: list[dict[str, Any]]) -> Iterator[JournalEntry]:
    for record in _journal_records():
        where = f"{record.pk}/{record.sk}"
        try:
            entry = entry_in(record)
        except (ValueError, TypeError):
            mismatches.append({"what": "entry_not_balanced", "where": where})
            continue
        if not hmac.compare_digest(str(record.data.get("seal", "")), _seal(entry)):
            mismatches.append({"what": "entry_altered", "where": where})
        if entry.entry_id != record.sk:
            mismatches.append({"what": "entry_misplaced", "where": where})
        yield entry


def _balances_that_differ(claims: dict[str, dict[str, int]]) -> Iterator[dict[str, Any]]:
    listed = {record.pk.removeprefix("CLM#"): _accounts(record) for record in _balance_records()}
    suspects = [claim_id for claim_id in claims.keys() | listed.keys() if claims.get(claim_id) != listed.get(claim_id)]
    # The list comes from an index, which may lag behind; what differs is read again, strongly consistent.
    stored = get_many([balance_key(claim_id) for claim_id in suspects])
    for claim_id in sorted(suspects):
        accounts, found = claims.get(claim_id, {}), _accounts(stored.get(balance_key(claim_id)))
        for name in sorted(accounts.keys() | found.keys()):
            if accounts.get(name, 0) != found.get(name, 0):
                yield _difference(claim_id, name, accounts.get(name, 0), found.get(name, 0))


def _accounts(record: Record | None) -> dict[str, int]:
    return record.data["accounts"] if record else {}


def _difference(claim_id: str, account: str, journal_cents: int, stored_cents: int) -> dict[str, Any]:
    return {
        "what": "balance_differs_from_journal",
        "where": f"CLM#{claim_id}/BAL",
        "account": account,
        "journal_cents": journal_cents,
        "stored_cents": stored_cents,
    }


def _claims_unexplained(claims: dict[str, dict[str, int]]) -> Iterator[dict[str, Any]]:
    for claim_id, accounts in claims.items():
        if not ledger.claim_balance(claim_id, accounts).explained:
            yield {"what": "claim_not_explained", "where": f"CLM#{claim_id}"}


def _clearing_left(entries: list[JournalEntry]) -> Iterator[dict[str, Any]]:
    net: Counter[str] = Counter()
    for entry in entries:
        for line in entry.lines:
            if line.account == ledger.CLEARING:
                net[entry.source] += line.net_cents
    for source, amount in net.items():
        if amount:
            yield {"what": "clearing_not_zero", "where": source, "off_by_cents": amount}
