"""What every edit shares: its shape, and a short way to say a finding for a claim."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.claims.facts import ScrubFacts
from chalicelib.claims.model import ClaimContent
from chalicelib.therapy.findings import finding
from chalicelib.therapy.model import Finding

Found = tuple[Finding, ...]
Numbers = dict[str, int | str]
Edit = Callable[[ClaimContent, ScrubFacts], Found]


def business(content: ClaimContent) -> str:
    return content.coverage.line_of_business.value


def say(
    content: ClaimContent,
    code: str,
    message: str,
    *,
    line: int | None = None,
    at_most_warning: bool = False,
    fix: str = "",
    numbers: Numbers | None = None,
) -> Found:
    """A finding with the severity the registry gives this claim's line of business."""
    return finding(
        code,
        business(content),
        message,
        line=line,
        numbers=numbers,
        fix=fix,
        at_most_warning=at_most_warning,
    )


def only_initial_evaluations(content: ClaimContent) -> bool:
    return bool(content.lines) and all(line.cpt in {"97165", "97166", "97167"} for line in content.lines)


def only_evaluations(content: ClaimContent) -> bool:
    """No treatment on the claim: a plan of care is what an evaluation makes, not what it needs."""
    return bool(content.lines) and all(line.cpt in {"97165", "97166", "97167", "97168"} for line in content.lines)
