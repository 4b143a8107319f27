"""The scrub: every reason not to send a claim, said before the payer says it.

Pure. A finding of severity error holds the claim, a warning tells and lets it go; which it is stands in the registry
(`codes/data/findings.toml`) per finding code and line of business. What the facts do not know holds nothing.
"""

from __future__ import annotations

from chalicelib.claims import biller_rules
from chalicelib.claims.edits import diagnoses, identifiers, payer, record, services, thresholds, visits
from chalicelib.claims.edits.base import Found, business, say
from chalicelib.claims.facts import ScrubFacts
from chalicelib.claims.model import ClaimContent
from chalicelib.therapy.model import Finding

__all__ = ["ScrubFacts", "scrub"]

EDITS = (
    *record.EDITS,
    *payer.EDITS,
    *identifiers.EDITS,
    *visits.EDITS,
    *services.EDITS,
    *diagnoses.EDITS,
    *thresholds.EDITS,
)


def scrub(content: ClaimContent, facts: ScrubFacts) -> tuple[Finding, ...]:
    """All findings on a claim: those of coding first, then the scrub's, in a fixed order.

    Workers' compensation and self-pay have one finding each: nothing else matters until they are supported.
    """
    aside = _set_aside(content)
    if aside:
        return aside
    found = [*content.coding_findings]
    for edit in EDITS:
        found += edit(content, facts)
    found += biller_rules.findings(content, facts.biller_rules, facts.documents)
    return tuple(found)


def _set_aside(content: ClaimContent) -> Found:
    if business(content) == "workers_compensation":
        return say(content, "WC_NOT_SUPPORTED", "workers' compensation claims are not supported yet")
    if business(content) == "self_pay":
        return say(content, "SELF_PAY", "no payer to bill; waits for the patient's statement")
    return ()
