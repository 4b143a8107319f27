"""How often an argument wins: counted from decided appeals."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.denials.appeal import Appeal, appeals
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.tenancy import require


class Overturn(Model):
    """Appeals of one argument against one payer that were decided; `won` in full, `partly` in part."""

    argument: str
    payer_id: str
    payer_name: str
    decided: int
    won: int
    partly: int
    disputed_cents: Cents
    awarded_cents: Cents

    @property
    def percent(self) -> int:
        """Won in full or in part, of those decided."""
        return (self.won + self.partly) * 100 // self.decided


def overturns() -> list[Overturn]:
    """The current practice's record, by argument and payer."""
    require("appeals.list")
    return count(appeals(("decided",)))


def count(decided: Iterable[Appeal]) -> list[Overturn]:
    groups: dict[tuple[str, str], list[Appeal]] = {}
    for item in decided:
        if item.outcome is not None and item.kind == "appeal":
            groups.setdefault((item.argument, item.payer_id), []).append(item)
    return [_overturn(key, found) for key, found in sorted(groups.items())]


def _overturn(key: tuple[str, str], found: list[Appeal]) -> Overturn:
    results = [item.outcome.result for item in found if item.outcome]
    return Overturn(
        argument=key[0],
        payer_id=key[1],
        payer_name=found[0].payer_name,
        decided=len(found),
        won=results.count("overturned"),
        partly=results.count("partly"),
        disputed_cents=sum(item.amount_cents for item in found),
        awarded_cents=sum(item.outcome.amount_cents for item in found if item.outcome),
    )
