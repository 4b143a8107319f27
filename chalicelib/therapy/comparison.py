"""The two unit rules side by side, with the dollars between them, for plans whose rule is only supposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import CodedDay, Service, UnitRule
from chalicelib.therapy.modifiers import Plan
from chalicelib.therapy.pricing import ChargedLine, Terms, allowed
from chalicelib.therapy.proof import PLAN, ProofPlan


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


def compare(services: Sequence[Service], plan: Plan, on: date, terms: Terms) -> Comparison:
    """Both rules over the same minutes. Raises RateUnknown where a billed code has no rate."""
    given = {name: getattr(plan, name) for name in PLAN}
    billed = code_day(services, plan, on)
    other_rule = UnitRule.MIDPOINT if billed.rule is UnitRule.CMS else UnitRule.CMS
    other = code_day(services, ProofPlan(**given | {"unit_rule": other_rule.value}), on)
    return Comparison(
        billed.rule, billed.total_units, _allowed(billed, terms), other.total_units, _allowed(other, terms)
    )


def _allowed(day: CodedDay, terms: Terms) -> int:
    lines = [ChargedLine(line.code, line.units, line.modifiers) for line in day.lines]
    return sum(line.allowed_cents for line in allowed(lines, terms))
