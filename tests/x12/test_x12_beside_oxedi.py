"""Beside oxedi (Rust, a validator of the 835): the same balance and the same amounts, line by line, wherever both read a file.

Compared in file order: BPR02; CLP03, 04, 05 of every claim; SVC02, SVC03 and AMT*B6 of every line; group, reason, amount and
owner of every adjustment; every PLB pair. Where oxedi differs, the table below says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import x12_values as v

from chalicelib import x12
from chalicelib.local.bench_x12_files import write_remittance
from chalicelib.x12.amounts import cents_of

oxedi = pytest.importorskip("oxedi")
FILES = sorted((v.CORPUS / "835").glob("*")) if v.CORPUS.is_dir() else []
Rows = dict[str, list[tuple[Any, ...]]]

DIFFERS = {
    "Query-farm+vgi-x12__multi_group.edi": (
        "payment",
        "oxedi gives a payment of 0.00 for each transaction set of the file, its two 837s included; here an 835 alone "
        "is a remittance",
    ),
}  # fmt: skip
"""File to the kind of row that differs, and why. Everything else of that file is compared like the others."""


def _column(table: Any, *names: str) -> list[tuple[str, ...]]:
    """Rows of an oxedi table, by column names, as text; "" where it has nothing."""
    lines = table.render().splitlines()
    heads = [head.partition(":")[0] for head in lines[1].split(" | ")]
    wanted = [heads.index(name) for name in names]
    rows = [[cell.replace("∅", "") for cell in line.split(" | ")] for line in lines[2 : 2 + len(table)]]
    return [tuple(row[at] for at in wanted) for row in rows]


def _cents(text: str) -> int:
    found = cents_of(text) if text else 0
    assert found is not None, "oxedi gave an amount that is none"
    return found


def theirs(tables: Any) -> Rows:
    claims, services = tables["claims"], tables["services"]
    adjustments = _column(tables["adjustments"], "claim", "service", "group_code", "reason_code", "amount")
    amounts = _column(claims, "claim_id", "charge_amount", "payment_amount", "patient_responsibility")
    return {
        "payment": [(_cents(a),) for (a,) in _column(tables["payments"], "total_payment_amount")],
        "claim": [(pcn.strip(), *map(_cents, rest)) for pcn, *rest in amounts],
        "service": [
            (_cents(charge), _cents(paid), _cents(allowed) if allowed else None)
            for charge, paid, allowed in _column(services, "charge_amount", "payment_amount", "allowed_amount")
        ],
        "adjustment": [(int(c), int(s) if s else None, g, r, _cents(a)) for c, s, g, r, a in adjustments],
        "provider": [
            (reason, _cents(a)) for reason, a in _column(tables["provider_adjustments"], "reason_code", "amount")
        ],
    }


def ours(found: x12.Read835) -> Rows:
    rows: Rows = {"payment": [], "claim": [], "service": [], "adjustment": [], "provider": []}
    for r in found.remittances:
        rows["payment"].append((r.amount_cents,))
        rows["provider"] += [(a.reason, a.amount_cents) for a in r.provider_adjustments]
        for c in r.claims:
            number = len(rows["claim"])
            share = c.patient_responsibility_cents
            rows["claim"].append((c.patient_control_number.strip(), c.charge_cents, c.paid_cents, share))
            rows["adjustment"] += [(number, None, a.group, a.reason, a.amount_cents) for a in c.adjustments]
            for line in c.lines:
                of_line = len(rows["service"])
                rows["service"].append((line.charge_cents, line.paid_cents, line.allowed_cents))
                rows["adjustment"] += [(number, of_line, a.group, a.reason, a.amount_cents) for a in line.adjustments]
    return rows


def compare(path: Path) -> None:
    found = x12.read_835(path.read_bytes())
    try:
        other = oxedi.parse_file(str(path))
    except Exception as refusal:  # noqa: BLE001 - oxedi refuses some files with types of its own
        pytest.skip(f"oxedi refuses the file: {type(refusal).__name__}")
    mine, other_rows = ours(found), theirs(other.tables)
    differs, _ = DIFFERS.get(path.name, ("", ""))
    for kind, rows in mine.items():
        message = f"{kind}: {len(rows)} rows beside {len(other_rows[kind])}"
        assert (rows == other_rows[kind]) == (kind != differs), message
    snip3 = [str(d) for d in other.diagnostics if "SNIP 3" in str(d)]
    assert all(r.balanced for r in found.remittances) == (not snip3), snip3


@pytest.mark.corpus
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name[:80])
def test_amounts_and_balance_equal_oxedis(path: Path) -> None:
    if not x12.read_835(path.read_bytes()).remittances:
        pytest.skip("nothing 005010 to compare")
    compare(path)


def test_amounts_and_balance_of_a_generated_file_equal_oxedis(tmp_path: Path) -> None:
    path = tmp_path / "generated.835"
    write_remittance(path, 400, seed=20260930)
    compare(path)
