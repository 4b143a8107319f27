"""What happens to a claim before it is sent: said, checked, held, let go. Handlers of `chalicelib.claims.lifecycle`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from chalicelib.claims.claim import Claim, CoverageCheck, Hold, Override
from chalicelib.claims.model import ClaimContent, ClaimEvent, Party, Status
from chalicelib.therapy.model import Finding, Severity

Changes = dict[str, Any]
Handler = Callable[[Claim, ClaimEvent], Changes]


def date_in(event: ClaimEvent, name: str) -> date | None:
    text = event.data.get(name)
    return date.fromisoformat(text) if text else None


def drafted(_: Claim, event: ClaimEvent) -> Changes:
    """New words are held until they are checked; what was let pass was let pass for the old ones."""
    content = ClaimContent.model_validate(event.data["content"])
    return {"content": content, "status": Status.HELD, "overrides": ()}


def scrubbed(claim: Claim, event: ClaimEvent) -> Changes:
    findings = tuple(Finding.model_validate(item) for item in event.data["findings"])
    passed = {item.code for item in claim.overrides}
    errors = [item for item in findings if item.severity is Severity.ERROR and item.code not in passed]
    reasons = [finding.message for finding in errors]
    owner = Party(event.data.get("owner", Party.US)) if errors else Party.US
    if claim.hold:
        reasons.insert(0, _hold_words(claim.hold))
        owner = claim.hold.owner
    relied_on = event.data.get("coverage")
    return {
        "findings": findings,
        "coverage_check": CoverageCheck.model_validate(relied_on) if relied_on else None,
        "status": Status.HELD if reasons else Status.READY,
        "owner": owner,
        "reason": "; ".join(dict.fromkeys(reasons)),
        "deadline": _earliest(date_in(event, "deadline"), claim.hold.follow_up_on if claim.hold else None),
    }


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day), default=None)


def _hold_words(hold: Hold) -> str:
    kind = hold.reason.replace("_", " ").capitalize()
    return f"{kind}: {hold.words}" if hold.words else kind


def held(claim: Claim, event: ClaimEvent) -> Changes:
    hold = Hold.model_validate(event.data["hold"])
    return {
        "hold": hold,
        "status": Status.HELD,
        "owner": hold.owner,
        "reason": _hold_words(hold),
        "deadline": _earliest(claim.deadline, hold.follow_up_on),
    }


def released(_: Claim, __: ClaimEvent) -> Changes:
    """Held until the check that follows says otherwise."""
    return {"hold": None, "status": Status.HELD, "reason": ""}


def overridden(claim: Claim, event: ClaimEvent) -> Changes:
    made = tuple(Override.model_validate(item) for item in event.data["overrides"])
    codes = {item.code for item in made}
    return {"overrides": (*(item for item in claim.overrides if item.code not in codes), *made)}


def withdrawn(_: Claim, event: ClaimEvent) -> Changes:
    return {
        "status": Status.WITHDRAWN,
        "owner": Party.NOBODY,
        "reason": event.words,
        "deadline": None,
        "findings": (),
        "hold": None,
    }
