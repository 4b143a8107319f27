"""Public samples: everything is read without an exception, and money verdicts equal independent ones."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
import x12_values as v

from chalicelib import x12

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not v.CORPUS.is_dir(), reason=f"no public X12 samples at {v.CORPUS} (OTBILL_X12_CORPUS)"),
]
FILES = sorted(p for p in v.CORPUS.glob("*/*") if p.is_file()) if v.CORPUS.is_dir() else []
FILES_835 = [p for p in FILES if p.parent.name == "835"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}"[:80])
def test_every_sample_is_read(path: Path) -> None:
    values = list(x12.read(path.read_bytes()))
    assert values, "neither an object nor a diagnostic"
    assert all(d.message and d.fix for d in values if isinstance(d, x12.Diagnostic))
    x12.acknowledge(path.read_bytes())
    x12.peek(path.read_bytes())


def dollars(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)


class Independent:
    """835 balancing over raw text, sharing nothing with the engine: per ST, the faults at each level."""

    def __init__(self, text: str) -> None:
        self.faults: list[Counter[str]] = []
        self.claims: list[tuple[str, Decimal, Decimal]] = []
        start = text.find("ISA")
        while start >= 0:
            end = text.find("ISA" + text[start + 3], start + 3)
            self._interchange(text[start : end if end > 0 else len(text)])
            start = end

    def _interchange(self, text: str) -> None:
        sep = text[3]
        gs = re.search(rf"\{sep}(.)([^0-9A-Za-z])\s*GS\{sep}", text)
        if gs is None:
            return
        terminator = gs[2]
        segments = [s.strip().split(sep) for s in text.split(terminator)]
        version = next((s[8] for s in segments if s[0] == "GS" and len(s) > 8), "")
        in_835, body = False, []
        for s in segments:
            if s[0] == "ST":
                if in_835:
                    self._transaction(body)
                in_835, body = len(s) > 1 and s[1] == "835" and version.startswith("005010"), []
            elif in_835 and s[0] in ("SE", "GE", "IEA"):
                self._transaction(body)
                in_835 = False
            elif in_835:
                body.append(s + [""] * 20)
        if in_835:
            self._transaction(body)

    def _transaction(self, body: list[list[str]]) -> None:
        faults: Counter[str] = Counter()
        stated = paid = provider = Decimal(0)
        claim: list[Decimal] | None = None
        line: list[Decimal] | None = None

        def close_line() -> None:
            nonlocal line
            if line is not None:
                faults["service"] += line[0] - line[2] != line[1]
            line = None

        def close_claim() -> None:
            nonlocal claim
            close_line()
            if claim is not None:
                faults["claim"] += claim[0] - claim[2] != claim[1]
            claim = None

        for s in body:
            if s[0] == "BPR":
                stated = dollars(s[2])
            elif s[0] == "CLP":
                close_claim()
                claim = [dollars(s[3]), dollars(s[4]), Decimal(0)]
                self.claims.append((s[1], claim[0], claim[1]))
                paid += claim[1]
            elif s[0] == "SVC" and claim is not None:
                close_line()
                line = [dollars(s[2]), dollars(s[3]), Decimal(0)]
            elif s[0] == "CAS" and claim is not None:
                total = sum((dollars(amount) for amount in s[3:20:3]), Decimal(0))
                claim[2] += total
                if line is not None:
                    line[2] += total
            elif s[0] in ("LX", "PLB"):
                close_claim()
                if s[0] == "PLB":
                    provider += sum((dollars(amount) for amount in s[4:16:2]), Decimal(0))
        close_claim()
        faults["transaction"] += stated != paid - provider
        self.faults.append(+faults)


@pytest.mark.parametrize("path", FILES_835, ids=lambda p: p.name[:80])
def test_balance_equals_an_independent_check(path: Path) -> None:
    data = path.read_bytes()
    independent = Independent(data.decode("utf-8-sig", "replace"))
    found = x12.read_835(data)
    if any(d.code == "BAD_AMOUNT" for d in found.diagnostics):
        pytest.skip("amounts that are none: the engine reports each and counts 0")
    assert [Counter(o.level for o in r.out_of_balance) for r in found.remittances] == independent.faults
    assert [r.balanced for r in found.remittances] == [not faults for faults in independent.faults]
    ours = [(c.patient_control_number, c.charge_cents, c.paid_cents) for r in found.remittances for c in r.claims]
    assert ours == [(pcn.strip(), int(charge * 100), int(paid * 100)) for pcn, charge, paid in independent.claims]
