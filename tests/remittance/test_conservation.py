"""Cents in = cents on claims + provider level + suspense + refused, for every public 835 and for generated ones.

The sums are worked out from the file's own text by a splitter written here; the product's journal is only read.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import ledger
from chalicelib.money import parse_dollars
from chalicelib.remittance.posting import check_key, post_check
from chalicelib.store import journal
from chalicelib.tenancy import current
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    Interchange,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    ServicePayment,
    read_835,
    write_835,
)
from tests.public_samples import X12
from tests.remittance.payer_desk import Desk

pytestmark = pytest.mark.aws
SAMPLES = X12 / "835"


@dataclasses.dataclass
class Told:
    """What a transaction set says: cash, what its claims pay, what its provider level takes. In cents."""

    cash: int = 0
    claims: int = 0
    levels: int = 0

    @property
    def balanced(self) -> bool:
        return self.cash == self.claims - self.levels


def told(content: bytes) -> list[Told]:
    """One entry for each ST*835, from the text alone."""
    text = content.decode("latin-1")
    text = text[text.index("ISA") :]
    element, end = text[3], text[105]
    found: list[Told] = []
    for raw in text.split(end):
        parts = raw.strip().split(element)
        if parts[:2] == ["ST", "835"]:
            found.append(Told())
        elif parts[0] == "BPR" and found:
            found[-1].cash = (-1 if parts[3:4] == ["D"] else 1) * parse_dollars(parts[2])
        elif parts[0] == "CLP" and found:
            found[-1].claims += parse_dollars(parts[4])
        elif parts[0] == "PLB" and found:
            found[-1].levels += sum(parse_dollars(amount) for amount in parts[4::2] if amount)
    return found


def posted(remittance_id: str) -> Counter[str]:
    """What the journal holds of one check, from its entries by source."""
    from chalicelib import store

    net: Counter[str] = Counter()
    for record in store.iter_index("gsi2", f"SOURCE#{remittance_id}"):
        for line in record.data["lines"]:
            kind = (
                "claims"
                if line["subject"].startswith("clm_") and line["account"] == ledger.CLEARING
                else line["account"]
            )
            net[kind] += line["debit_cents"] - line["credit_cents"]
    return net


def conserves(remittance: Remittance, said: Told) -> None:
    """Post it as a check of the current practice and compare with what the file said."""
    practice = Payee("Harborview", current().tenant.tenant_id, "")
    mine = dataclasses.replace(remittance, payee=practice)
    result = post_check(mine, "")
    net = posted(current().make_id("rmt", *check_key(mine)))
    if not said.balanced:
        assert (result.reason, result.refused_cents, sum(map(abs, net.values()))) == ("UNBALANCED", abs(said.cash), 0)
        return
    assert net[ledger.BANK] == said.cash
    aside = -sum(amount for account, amount in net.items() if account.startswith("suspense."))
    levels = sum(amount for account, amount in net.items() if account.startswith("provider_level."))
    strange = -net["suspense.provider_level"]
    assert levels - strange == said.levels
    assert net["claims"] + (aside - strange) == said.claims
    assert net[ledger.BANK] == net["claims"] + aside - strange - (levels - strange)


def samples() -> Iterator[Path]:
    yield from sorted(SAMPLES.iterdir()) if SAMPLES.is_dir() else ()


@pytest.mark.corpus
def test_every_public_835_conserves_its_cents(desk: Desk) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the public samples are not on this machine")
    checks = refused = 0  # files that hold no 835 that can be read are refused whole
    for path in samples():
        content = path.read_bytes()
        found = read_835(content).remittances
        if not found or b"ISA" not in content:
            refused += 1
            continue
        if b"*DTEST*" in content:
            refused += 1  # a form without amounts
            continue
        said = told(content)
        assert len(said) == len(found), path.name
        for remittance, one in zip(found, said, strict=True):
            remittance.trace = f"PUBLIC{checks}"
            conserves(remittance, one)
            checks += 1
    assert checks >= 40
    assert journal.verify()["balanced"]


def generated(chance: random.Random, number: int, desk_number: str) -> bytes:
    """A check of up to four claims: strangers' and ours, balanced or not, reversals, provider-level amounts of every kind."""
    claims = []
    for at in range(chance.randrange(0, 4)):
        sign = -1 if chance.random() < 0.15 else 1
        lines = []
        for _ in range(chance.randrange(1, 3)):
            charge = chance.randrange(1, 30000)
            cas = tuple(
                Adjustment(chance.choice(("CO", "PR", "OA", "PI")), chance.choice(("45", "2", "50", "23", "59")),
                           sign * chance.randrange(1, 9000))
                for _ in range(chance.randrange(0, 3))
            )  # fmt: skip
            paid = sign * charge - sum(item.amount_cents for item in cas) + chance.choice((0, 0, 0, 0, 7))
            lines.append(ServicePayment("97530", (), sign * charge, paid, 1, None, "", cas))
        charge = sum(line.charge_cents for line in lines) + chance.choice((0, 0, 0, 0, 0, 0, 100))
        paid = sum(line.paid_cents for line in lines)
        pcn = desk_number if chance.random() < 0.1 else f"N{number}X{at}"
        claims.append(ClaimPayment(pcn, "22" if sign < 0 else "1", charge, paid, lines=tuple(lines)))
    codes = ("WO", "FB", "72", "L6", "J1", "CS", "AP", "LE", "IR", "50")
    levels = tuple(
        ProviderAdjustment(chance.choice(codes), f"R{chance.randrange(50)}", chance.randrange(-9000, 9000))
        for _ in range(chance.randrange(0, 3))
    )
    total = sum(item.paid_cents for item in claims) - sum(item.amount_cents for item in levels)
    total += chance.choice((0,) * 9 + (13,))
    remittance = Remittance(
        amount_cents=abs(total), credit_debit="C" if total >= 0 else "D", method="ACH", trace=f"G{number}",
        originating_company_id="1999999999", payer=Payer("AETNA", "60054", phone="8005550100", contact_name="DESK"),
        payee=Payee("X", "1999999018", "001234567"), claims=tuple(claims), provider_adjustments=levels,
    )  # fmt: skip
    import datetime as dt

    remittance.date = remittance.production_date = dt.date(2026, 9, 30)
    at_noon = dt.datetime(2026, 9, 30, tzinfo=dt.UTC)
    return write_835(Interchange("PAYER", "OTBILL", control_number=1, created_at=at_noon), [remittance])


def conserve_generated(count: int, desk_number: str, seed: int = 7) -> int:
    """Post so many generated checks; returns how many of them balanced."""
    chance, balanced = random.Random(seed), 0
    for number in range(count):
        content = generated(chance, number, desk_number)
        (remittance,), (said,) = read_835(content).remittances, told(content)
        conserves(remittance, said)
        balanced += said.balanced
    return balanced


def test_generated_checks_conserve_their_cents(desk: Desk) -> None:
    """Forty here; a thousand in `make proof`."""
    assert 20 <= conserve_generated(40, desk.number) < 40
    assert journal.verify()["balanced"]
