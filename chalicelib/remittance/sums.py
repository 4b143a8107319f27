"""Which of some amounts add up exactly to another: for a deposit of several checks and a check in several deposits. Pure."""

from __future__ import annotations

from collections.abc import Sequence

MOST_AMOUNTS = 40
MOST_STEPS = 100_000


def exact_sums(amounts: Sequence[int], total: int, most_steps: int = MOST_STEPS) -> list[tuple[int, ...]] | None:
    """The first two sets of places whose amounts (positive cents) add up to the total: two are as good as many, nobody can tell.

    None where there are too many amounts to try them all; nothing is said then that a further try might overturn.
    """
    if len(amounts) > MOST_AMOUNTS:
        return None
    if total <= 0:
        return []
    order = sorted((place for place, amount in enumerate(amounts) if 0 < amount <= total), key=lambda p: -amounts[p])
    rest = [sum(amounts[place] for place in order[at:]) for at in range(len(order) + 1)]
    found: list[tuple[int, ...]] = []
    steps = 0
    stack: list[tuple[int, int, tuple[int, ...]]] = [(0, total, ())]
    while stack and len(found) < 2:
        steps += 1
        if steps > most_steps:
            return None
        at, left, taken = stack.pop()
        if left == 0:
            found.append(tuple(sorted(taken)))
        elif at < len(order) and left <= rest[at]:
            place = order[at]
            stack.append((at + 1, left, taken))
            if amounts[place] <= left:
                stack.append((at + 1, left - amounts[place], (*taken, place)))
    return found
