"""The proof of the books: every amount kept in a claim, a claim payment or a remittance, compared with the folded journal.

`store.journal.verify` proves journal and balances. Here follow the items that hold amounts of their own:

claim           its lines' charges = the charge in its books; its write-offs = its writeoff accounts; its standing decision =
                the entry that posted it; every amount = what its events fold to
claim_payment   charge = paid + adjustments, whole and line by line; paid and each adjustment account = its entry;
                what its claim's event (or, where it reached no claim, its file) says = the same amounts
remittance      cash and provider-level amounts = its entry; cash = its claims' payments less provider-level amounts
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from chalicelib import documents, ledger, store
from chalicelib.claims import records as claims
from chalicelib.claims.claim import GONE, Claim
from chalicelib.claims.lifecycle import fold
from chalicelib.claims.model import ClaimEvent, Status
from chalicelib.ledger import JournalEntry
from chalicelib.remittance import offsets
from chalicelib.remittance import records as remittances
from chalicelib.remittance.model import Book, Check, ClaimPart
from chalicelib.remittance.posting import fingerprint, plain
from chalicelib.store import journal
from chalicelib.tenancy import current, require
from chalicelib.x12 import read_835

Mismatch = dict[str, Any]
REVERSAL = "22"
SHARDS = 4
_PATIENT = frozenset(("1", "2", "3"))


@dataclass(frozen=True)
class Held:
    """What is stored, as read: entries, the items of each claim, each remittance with its claim payments, and its file."""

    entries: Sequence[JournalEntry]
    claims: Sequence[Sequence[store.Record]]
    checks: Sequence[tuple[Check, Sequence[ClaimPart]]]
    files: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)  # remittance id to payments as received


@dataclass
class Books:
    """What the journal says, in cents, and what else tells of a claim payment."""

    entries: dict[str, JournalEntry]
    accounts: dict[str, ledger.Accounts]
    standing: dict[tuple[str, str], ClaimPart] = field(default_factory=dict)  # (claim, remittance) to its last decision
    told: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)  # payment as an event or the file has it
    books: dict[str, Book] = field(default_factory=dict)  # payment books by claim

    def moved(self, entry_id: str, subject: str) -> Counter[str]:
        """Debit less credit by account that an entry moved for a subject; nothing for no entry."""
        entry = self.entries.get(entry_id)
        net: Counter[str] = Counter()
        for line in entry.lines if entry else ():
            if line.subject == subject:
                net[line.account] += line.net_cents
        return net


def verify() -> dict[str, Any]:
    """`store.journal.verify` with the amounts held in claims, claim payments and remittances compared as well.

    Their mismatches are {"what", "where", "kind", "id", "field", "off_by_cents"}; `what` is amount_differs_from_journal,
    amount_differs_from_events (or from the file, where no event kept it), or does_not_add_up.
    """
    require("ledger.verify")
    proof = journal.verify()
    found = list(compare(read()))
    return {
        **proof,
        "balanced": proof["balanced"] and not found,
        "mismatches": [*proof["mismatches"], *found],
    }


def read() -> Held:
    """Everything of the current practice that holds amounts."""
    entries = list(_readable())
    checks = [(check, list(remittances.parts(check.remittance_id))) for check in remittances.every_check()]
    known = {name for entry in entries for name in entry.subjects if ledger.is_claim(name)}
    listed = {
        record.pk.removeprefix("CLM#")
        for status in Status
        for number in range(SHARDS)
        for record in store.iter_index("gsi1", f"CLAIMS#{status}#{number}")
    }
    found = [list(store.iter_query(f"CLM#{claim_id}")) for claim_id in sorted(known | listed)]
    return Held(entries, found, checks, dict(_files(checks)))


def compare(held: Held) -> Iterator[Mismatch]:
    """Every amount that is not what the journal, the events or the file say. Reads nothing."""
    books = Books({entry.entry_id: entry for entry in held.entries}, ledger.fold_accounts(held.entries))
    for records in held.claims:
        for record in records:
            if record.sk == "PAYBOOK":
                book = remittances.to_book(record)
                books.books[book.claim_id] = book
    for check, parts in held.checks:
        for payment, part in zip(held.files.get(check.remittance_id, ()), parts, strict=False):
            books.told[check.remittance_id, part.sequence] = payment
        for part in parts:
            if part.outcome == "posted" and part.payment.get("status_code") != REVERSAL:
                books.standing[part.claim_id, check.remittance_id] = part
    for records in held.claims:
        yield from _of_claim(records, books)
    for check, parts in held.checks:
        yield from _of_check(check, parts, books)
        for part in parts:
            yield from _of_part(check, part, books)


def _readable() -> Iterator[JournalEntry]:
    """Entries that can be read; those that cannot are already named by the journal's own proof."""
    for number in range(journal.SHARDS):
        for record in store.iter_query(f"JRN#{number:02d}"):
            try:
                yield journal.entry_in(record)
            except (ValueError, TypeError):
                continue


def _files(checks: Iterable[tuple[Check, Sequence[ClaimPart]]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Payments as received, of remittances with some that reached no claim: no event kept those."""
    for check, parts in checks:
        if check.document and any(part.outcome != "posted" for part in parts):
            found = read_835(documents.get(check.document)).remittances
            mine = [item for item in found if fingerprint(item) == check.fingerprint]
            yield check.remittance_id, [plain(claim) for item in mine[:1] for claim in item.claims]


def _of_claim(records: Sequence[store.Record], books: Books) -> Iterator[Mismatch]:
    stored = next((record for record in records if record.sk == "CLAIM"), None)
    if stored is None:
        return
    claim = claims.to_claim(stored).claim
    events = [ClaimEvent.model_validate(record.data) for record in records if record.sk.startswith("EV#")]
    accounts = books.accounts.get(claim.claim_id, {})
    for event in events:
        if "payment" in event.data and "sequence" in event.data:
            books.told[str(event.data["remittance_id"]), int(event.data["sequence"])] = event.data["payment"]
    charge = 0 if claim.status in GONE else claim.content.charge_cents
    name = ("claim", claim.claim_id, f"{stored.pk}/{stored.sk}")
    yield from _differs(name, "charge_cents", charge, -accounts.get(ledger.CHARGES, 0))
    yield from _write_offs(name, claim, accounts)
    yield from _decision(name, claim, books)
    yield from _book(name, books.books.get(claim.claim_id), accounts)
    folded = claims.claim_record(fold(events), stored.version).data if events else {}
    for path, off in _amounts_off(stored.data, folded):
        yield _mismatch(name, "amount_differs_from_events", path, off)


def _write_offs(name: tuple[str, str, str], claim: Claim, accounts: Mapping[str, int]) -> Iterator[Mismatch]:
    held: Counter[str] = Counter()
    for item in claim.write_offs:
        held[ledger.write_off(item.reason)] += item.amount_cents
    known = {account: amount for account, amount in accounts.items() if account.startswith("writeoff.")}
    for account in sorted(held.keys() | known.keys()):
        yield from _differs(name, f"write_offs {account}", held[account], known.get(account, 0))


def _decision(name: tuple[str, str, str], claim: Claim, books: Books) -> Iterator[Mismatch]:
    """The standing decision against the entry that posted it."""
    decided = claim.adjudication
    part = books.standing.get((claim.claim_id, decided.remittance_id)) if decided else None
    if decided is None or part is None:
        return
    moved = books.moved(part.entry_id, claim.claim_id)
    book = books.books.get(claim.claim_id)
    if book is not None and len(book.answers) > 1:
        return  # what stands is what several answers left together; the book is compared as a whole
    contractual = sum(amount for account, amount in moved.items() if account.startswith("adjustment."))
    posted = {
        "paid_cents": moved[ledger.CLEARING],
        "adjusted_cents": contractual,
        "patient_cents": moved[ledger.PATIENT],
        "secondary_cents": moved[ledger.SECONDARY],
    }
    for field_name, amount in posted.items():
        yield from _differs(name, f"adjudication.{field_name}", getattr(decided, field_name), amount)


def _book(name: tuple[str, str, str], book: Book | None, accounts: Mapping[str, int]) -> Iterator[Mismatch]:
    """Cash and adjustments of the claim are those of the answers in its payment book, and of nothing else."""
    held: Counter[str] = Counter()
    for item in book.standings.values() if book else ():
        for scope, account, amount in item.effect:
            if not scope and account.startswith((ledger.CLEARING, "adjustment.")):
                held[account] += amount
    known = {account for account in accounts if account.startswith((ledger.CLEARING, "adjustment."))}
    for account in sorted(held.keys() | known):
        yield from _differs(name, f"payment_book {account}", held[account], accounts.get(account, 0))


def _of_part(check: Check, part: ClaimPart, books: Books) -> Iterator[Mismatch]:
    where = f"RMT#{check.remittance_id}/CLP#{part.sequence:06d}"
    name = ("claim_payment", f"{check.remittance_id}#{part.sequence:06d}", where)
    payment = part.payment
    book = books.books.get(part.claim_id)
    stands = book.standings.get(f"{check.remittance_id}#{part.sequence:06d}") if book else None
    # What was refunded and then taken back by the payer never reached the claim: its cash stayed with its check.
    never_there = stands is not None and bool(stands.effect) and all(scope for scope, *_ in stands.effect)
    aside = part.outcome != "posted" or never_there
    moved = books.moved(part.entry_id, check.remittance_id if aside else part.claim_id)
    yield from _differs(name, "paid_cents", payment["paid_cents"], moved[ledger.CLEARING])
    told = books.told.get((check.remittance_id, part.sequence))
    for path, off in _amounts_off(payment, told) if told else ():
        yield _mismatch(name, "amount_differs_from_events", path, off)
    if part.outcome != "refused":
        yield from _adds_up(name, payment)
    if aside:
        return
    taken = _adjustments(payment)
    accounts = {ledger.adjustment(group, reason): amount for (group, reason), amount in taken.items()}
    for account in sorted(account for account in moved if account.startswith("adjustment.")):
        yield from _differs(name, account, accounts.get(account, 0), moved[account])
    if part.payer == "primary" and stands is not None and stands.state == "applied":
        # Of the patient's share only what may be asked of somebody is passed on; the rest stands with what was denied.
        passed = moved[ledger.PATIENT] + moved[ledger.SECONDARY]
        share = sum(amount for (group, reason), amount in taken.items() if group == "PR" and reason in _PATIENT)
        others = sum(taken.values()) - sum(accounts.get(account, 0) for account in moved if account in accounts) - share
        yield from _differs(name, "patient_cents", share + others, passed + stands.denied_cents)


def _adds_up(name: tuple[str, str, str], payment: Mapping[str, Any]) -> Iterator[Mismatch]:
    """Charge = paid + adjustments: of the claim with all its lines, and of each line."""
    whole = payment["charge_cents"] - payment["paid_cents"] - sum(_adjustments(payment).values())
    if whole:
        yield _mismatch(name, "does_not_add_up", "charge_cents", whole)
    for number, line in enumerate(payment.get("lines", ()), 1):
        rest = line["charge_cents"] - line["paid_cents"] - _sum(line.get("adjustments", ()))
        if rest:
            yield _mismatch(name, "does_not_add_up", f"lines.{number}", rest)


def _of_check(check: Check, parts: Sequence[ClaimPart], books: Books) -> Iterator[Mismatch]:
    if check.state == "refused":
        return  # nothing of it was posted
    name = ("remittance", check.remittance_id, f"RMT#{check.remittance_id}/REMITTANCE")
    moved = books.moved(current().make_id("jrn", "check", check.remittance_id), check.remittance_id)
    # A check that takes money out (BPR03 D) is kept as its amount; the entry has the direction.
    cash = moved[ledger.BANK]
    yield from _differs(name, "amount_cents", check.amount_cents, -cash if cash < 0 < check.amount_cents else cash)
    levels: Counter[str] = Counter()
    for reason, _, amount in check.provider_adjustments:
        levels[offsets.account(reason)] += amount
    for account in sorted(levels.keys() | {name for name in moved if name.startswith("provider_level.")}):
        yield from _differs(name, account, levels[account], moved[account])
    if check.state == "posted":
        explained = sum(part.payment["paid_cents"] for part in parts) - sum(levels.values())
        if explained != cash:
            yield _mismatch(name, "does_not_add_up", "amount_cents", cash - explained)
        refused = sum(part.payment["paid_cents"] for part in parts if part.outcome == "refused")
        yield from _differs(name, "refused_cents", check.refused_cents, refused)


def _adjustments(payment: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """Cents by group and reason, of the claim and of its lines."""
    taken: Counter[tuple[str, str]] = Counter()
    for level in (payment, *payment.get("lines", ())):
        for item in level.get("adjustments", ()):
            taken[item["group"], item["reason"]] += item["amount_cents"]
    return taken


def _sum(adjustments: Iterable[Mapping[str, Any]]) -> int:
    return sum(item["amount_cents"] for item in adjustments)


def _amounts_off(held: Any, told: Any, path: str = "") -> Iterator[tuple[str, int]]:
    """Every field named …_cents that differs between two trees, with held less told; an absent one is zero."""
    if isinstance(held, dict) or isinstance(told, dict):
        one, two = (tree if isinstance(tree, dict) else {} for tree in (held, told))
        for name in sorted(one.keys() | two.keys()):
            yield from _amounts_off(one.get(name), two.get(name), f"{path}.{name}" if path else name)
    elif isinstance(held, list) or isinstance(told, list):
        left, right = (tree if isinstance(tree, list) else [] for tree in (held, told))
        for number, (here, there) in enumerate(zip_longest(left, right), 1):
            yield from _amounts_off(here, there, f"{path}.{number}")
    elif path.rpartition(".")[2].endswith("_cents") and (held or 0) != (told or 0):
        yield path, int(held or 0) - int(told or 0)


def _differs(name: tuple[str, str, str], what: str, held_cents: int, journal_cents: int) -> Iterator[Mismatch]:
    if held_cents != journal_cents:
        yield _mismatch(name, "amount_differs_from_journal", what, held_cents - journal_cents)


def _mismatch(name: tuple[str, str, str], what: str, field_name: str, off_by_cents: int) -> Mismatch:
    kind, item_id, where = name
    return {
        "what": what,
        "where": where,
        "kind": kind,
        "id": item_id,
        "field": field_name,
        "off_by_cents": off_by_cents,
    }
