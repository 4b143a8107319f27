"""Denials counted by payer, reason, remark, code and modifier, with dollars: what a rule before sending could have stopped."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.denials import categories, records
from chalicelib.denials.model import Denial, DeniedLine
from chalicelib.money import Cents
from chalicelib.platform.model import Model
from chalicelib.tenancy import require

Key = tuple[str, str, str, tuple[str, ...], str, tuple[str, ...]]


class Pattern(Model):
    """Lines a payer refused alike. `lines` counts service lines, `claims` claims; won and decided count denials."""

    payer_id: str
    payer_name: str
    group: str
    carc: str
    remarks: tuple[str, ...] = ()
    cpt: str
    modifiers: tuple[str, ...] = ()
    category: str
    lines: int
    claims: int
    denied_cents: Cents
    expected_cents: Cents
    open_cents: Cents
    recovered: int
    decided: int

    @property
    def category_name(self) -> str:
        return categories.CATEGORIES[self.category].name


def patterns(payer_id: str = "") -> list[Pattern]:
    """The current practice's patterns, most dollars first. An adjustment of a whole claim has no code."""
    require("denials.patterns")
    found = (item for item in records.every() if not payer_id or item.payer_id == payer_id)
    return count(found)


def count(denials: Iterable[Denial]) -> list[Pattern]:
    """Pure: group every denied line."""
    groups: dict[Key, list[tuple[Denial, DeniedLine]]] = {}
    for denial in denials:
        for line in denial.lines:
            key = (denial.payer_id, denial.group, denial.carc, denial.remarks, line.cpt, tuple(sorted(line.modifiers)))
            groups.setdefault(key, []).append((denial, line))
    made = [_pattern(key, found) for key, found in groups.items()]
    return sorted(made, key=lambda item: (-item.denied_cents, item.payer_id, item.carc, item.cpt, item.modifiers))


def _pattern(key: Key, found: list[tuple[Denial, DeniedLine]]) -> Pattern:
    payer_id, group, carc, remarks, cpt, modifiers = key
    each = {denial.denial_id: denial for denial, _ in found}.values()
    return Pattern(
        payer_id=payer_id,
        payer_name=found[0][0].payer_name,
        group=group,
        carc=carc,
        remarks=remarks,
        cpt=cpt,
        modifiers=modifiers,
        category=found[0][0].category,
        lines=len(found),
        claims=len({denial.claim_id for denial in each}),
        denied_cents=sum(line.amount_cents for _, line in found),
        expected_cents=sum(line.expected_cents for _, line in found),
        open_cents=sum(line.amount_cents for denial, line in found if denial.state != "resolved"),
        recovered=sum(1 for denial in each if denial.resolution in ("paid", "paid_in_part")),
        decided=sum(1 for denial in each if denial.resolution in ("paid", "paid_in_part", "denied_again", "upheld")),
    )
