"""The same minutes by the other unit rule, and the dollars between: what a payer's choice of rule is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import CodedDay, Service, UnitRule
from chalicelib.therapy.modifiers import Plan
from chalicelib.therapy.pricing import ChargedLine, Terms, allowed
from chalicelib.therapy.proof import PLAN, DayCoding, ProofPlan


@dataclass(frozen=True, slots=True)
class Comparison:
    """Units and allowed cents by the plan's rule and by the other; `difference_cents` = other minus billed."""

    rule: UnitRule
    units: int
    allowed_cents: int
    other_units: int
    other_allowed_cents: int

    @property
    def difference_cents(self) -> int:
        return self.other_allowed_cents - self.allowed_cents

    @property
    def other_rule(self) -> UnitRule:
        return _other(self.rule)

    def told(self) -> dict[str, int | str]:
        """As proofs and commands print it."""
        return {
            "rule": self.rule.value,
            "units": self.units,
            "allowed_cents": self.allowed_cents,
            "other_rule": self.other_rule.value,
            "other_units": self.other_units,
            "other_allowed_cents": self.other_allowed_cents,
            "difference_cents": self.difference_cents,
        }


def compare(services: Sequence[Service], plan: Plan, on: date, terms: Terms) -> Comparison:
    """Both rules over the same minutes. Raises RateUnknown where a billed code has no rate."""
    return compare_day(DayCoding(tuple(services), plan, on, code_day(services, plan, on)), terms)


def compare_day(day: DayCoding, terms: Terms) -> Comparison:
    """As `compare`, of a day that is coded already; it is coded again only where the rules part."""
    billed = day.coded
    cents = _allowed(billed, terms)
    if not billed.other_rule_units:
        return Comparison(billed.rule, billed.total_units, cents, billed.total_units, cents)
    given = {name: getattr(day.plan, name) for name in PLAN}
    other = code_day(day.services, ProofPlan(**given | {"unit_rule": _other(billed.rule).value}), day.on)
    return Comparison(billed.rule, billed.total_units, cents, other.total_units, _allowed(other, terms))


def _other(rule: UnitRule) -> UnitRule:
    return UnitRule.MIDPOINT if rule is UnitRule.CMS else UnitRule.CMS


def _allowed(day: CodedDay, terms: Terms) -> int:
    lines = [ChargedLine(line.code, line.units, line.modifiers) for line in day.lines]
    return sum(line.allowed_cents for line in allowed(lines, terms))
