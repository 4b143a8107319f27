"""What the bank says came in: BAI2 statements (Cash Management Balance Reporting, BAI version 2) and CSV exports. Pure.

BAI2: a 16 record is one transaction, 88 continues it; type codes 100 to 399 are credits, 400 to 699 debits; amounts are
in cents. CSV: a header with a date, an amount and any of trace, reference, description, memo; dates 2026-09-30 or
09/30/2026; amounts in dollars.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.money import MoneyError, parse_dollars
from chalicelib.platform.errors import Refused

MOST_LINES = 200_000
_WORDS = re.compile(r"[0-9A-Za-z-]{3,50}")
_COLUMNS = {
    "date": ("date", "posting date", "posted", "deposit date", "transaction date"),
    "amount": ("amount", "credit", "credit amount", "deposit amount"),
    "text": (
        "trace", "trn", "trace number", "check number", "reference", "bank reference", "customer reference",
        "description", "memo", "details", "addenda",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deposit:
    """One line of the bank. `words` are its reference and text in capitals; `nth` tells equal lines of one day apart."""

    on: date
    amount_cents: int
    words: frozenset[str]
    text: str
    nth: int = 0

    @property
    def natural_key(self) -> tuple[str, ...]:
        return (self.on.isoformat(), str(self.amount_cents), self.text, str(self.nth))


def read_deposits(content: bytes) -> list[Deposit]:
    """Every credit of the file, in its order. Refused NOT_DEPOSITS with the line where it cannot be read."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("the file is neither BAI2 nor CSV in UTF-8", 1) from None
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise _refused(f"the file has more than {MOST_LINES} lines", MOST_LINES)
    found = _bai2(lines) if lines and lines[0].startswith("01,") else _csv(text)
    return list(_numbered(found))


def _numbered(found: Iterable[Deposit]) -> Iterator[Deposit]:
    seen: Counter[tuple[str, ...]] = Counter()
    for item in found:
        yield replace(item, nth=seen[item.natural_key])
        seen[item.natural_key] += 1


def _refused(message: str, line: int) -> Refused:
    return Refused(
        "NOT_DEPOSITS", message, where=f"line {line}", fix="export deposits as BAI2, or as CSV with date and amount"
    )


def _made(on: date, amount: int, text: str) -> Deposit:
    said = " ".join(text.upper().split())
    return Deposit(on, amount, frozenset(_WORDS.findall(said)), said)


def _bai2(lines: list[str]) -> Iterator[Deposit]:
    on: date | None = None
    held: tuple[int, list[str]] | None = None
    for number, line in enumerate(lines, 1):
        record = line.rstrip().removesuffix("/")
        kind, _, rest = record.partition(",")
        if kind == "88" and held is not None:
            held[1].append(rest)
            continue
        if held is not None and on is not None:
            yield _made(on, held[0], " ".join(held[1]))
        held = None
        parts = rest.split(",")
        if kind == "02":
            on = _bai_date(parts, number)
        elif kind == "16":
            if on is None:
                raise _refused("a transaction before its group's date", number)
            held = _transaction(parts, number)
    if held is not None and on is not None:
        yield _made(on, held[0], " ".join(held[1]))


def _bai_date(parts: list[str], number: int) -> date:
    try:
        return datetime.strptime(parts[3], "%y%m%d").date()  # noqa: DTZ007 - a bank's day, no instant
    except (IndexError, ValueError):
        raise _refused("the group has no as-of date", number) from None


def _transaction(parts: list[str], number: int) -> tuple[int, list[str]] | None:
    """(cents, texts) of a credit; None for a debit. The funds type may bring fields of its own before the references."""
    try:
        code, amount = int(parts[0]), int(parts[1] or "0")
    except (IndexError, ValueError):
        raise _refused("a transaction without a type code and an amount", number) from None
    if not 100 <= code <= 399:
        return None
    extra = {"S": 3, "V": 2}.get(parts[2] if len(parts) > 2 else "", 0)
    if len(parts) > 3 and parts[2] == "D":
        extra = 1 + 2 * int(parts[3]) if parts[3].isdecimal() else 0
    return amount, parts[3 + extra :]


def _csv(text: str) -> Iterator[Deposit]:
    reader = csv.reader(io.StringIO(text))
    header = [cell.strip().lower() for cell in next(reader, [])]
    places = {name: [header.index(one) for one in known if one in header] for name, known in _COLUMNS.items()}
    if not places["date"] or not places["amount"]:
        raise _refused("the header has no date, or no amount", 1)
    for number, row in enumerate(reader, 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            amount = parse_dollars(row[places["amount"][0]].replace("$", "").replace(",", "") or "0")
            on = _day(row[places["date"][0]])
        except (IndexError, ValueError, MoneyError):
            raise _refused("a row without a date and an amount", number) from None
        if amount > 0:
            yield _made(on, amount, " ".join(row[place] for place in places["text"] if place < len(row)))


def _day(text: str) -> date:
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a bank's day, no instant
        except ValueError:
            continue
    raise ValueError("no date")
