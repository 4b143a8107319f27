"""What people may do to a claim beside its path: closed lists of reasons, findings they may overrule, and up to which amount.

Who may do it at all is the permission table's (`claims.hold`, `claims.override`, `claims.writeoff` …). Beyond a list's or a
role's limit it takes `claims.override_limits` or `claims.writeoff_limits`.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.money import dollars
from chalicelib.platform.errors import Forbidden, Misuse, Refused
from chalicelib.tenancy import current, may, require

HOLD_REASONS = {
    "records_requested": "records were asked for",
    "practice_question": "a question to the practice",
    "eligibility_check": "coverage is being checked",
    "authorization_requested": "an authorization was asked for",
    "pending_enrolment": "enrolment with the payer is under way",
    "pending_credentialing": "the therapist's credentialing is under way",
    "payer_issue": "the payer has a known problem",
    "other": "see the words",
}
OVERRIDABLE = {
    "DUPLICATE_VISIT": "claims.override",
    "EVALUATION_REPEATED": "claims.override",
    "MEMBER_ID_INVALID": "claims.override",
    "COVERAGE_INACTIVE": "claims.override",
    "COVERED_ELSEWHERE": "claims.override",
    "OTHER_PAYER_FIRST": "claims.override",
    "FIRST_CARE_LATE": "claims.override",
    "TIMELY_FILING": "claims.override_limits",
    "AUTH_MISSING": "claims.override_limits",
    "AUTH_EXCEEDED": "claims.override_limits",
    "MUE_EXCEEDED": "claims.override_limits",
}
"""Findings a person may know better than the tables do, and the permission for it. Coding and documentation are not there."""


@dataclass(frozen=True, slots=True)
class WriteOffRule:
    """`parties` who may be let off for it, the `action` it takes, and the most `cents` whatever the role (None: no bound)."""

    meaning: str
    parties: frozenset[str]
    action: str = "claims.writeoff"
    cents: int | None = None


_PAYERS = frozenset(("payer", "secondary"))
_PATIENT = frozenset(("patient",))
_LIMITS = "claims.writeoff_limits"
WRITE_OFFS = {
    "small_balance": WriteOffRule("not worth collecting", _PAYERS | _PATIENT, cents=1000),
    "timely_filing": WriteOffRule("sent too late", _PAYERS),
    "no_authorization": WriteOffRule("no authorization, and none to be had", _PAYERS),
    "not_covered": WriteOffRule("not covered, and the patient was not told", _PAYERS),
    "appeals_exhausted": WriteOffRule("every appeal was lost", _PAYERS, _LIMITS),
    "financial_hardship": WriteOffRule("hardship of the patient, on record", _PATIENT, _LIMITS),
    "bad_debt": WriteOffRule("the patient did not pay after every notice", _PATIENT, _LIMITS),
}
"""A routine waiver of the patient's share is not among them: it may be a kickback (42 USC 1320a-7a(a)(5), OIG alert 1994)."""
WITHOUT_LIMITS_CENTS = 25_000
"""The most that may be given up at once without `claims.writeoff_limits` (a setting of ours)."""


def role() -> str:
    """The acting person's roles, as an override keeps them."""
    principal = current().principal
    return "+".join(sorted(principal.roles)) or principal.kind


def require_override(code: str) -> None:
    """Misuse for a finding nobody may overrule, Forbidden without the permission."""
    if code not in OVERRIDABLE:
        raise Misuse(
            "NOT_OVERRIDABLE",
            "this finding cannot be overruled; what it names has to be mended",
            where="overrides",
            fix="only " + ", ".join(sorted(OVERRIDABLE)) + " can",
        )
    require(OVERRIDABLE[code])


def require_write_off(reason: str, party: str, amount_cents: int) -> None:
    """Misuse for a reason outside the list or for another party; Forbidden above the role's amount."""
    require("claims.writeoff")
    rule = WRITE_OFFS.get(reason)
    if rule is None or party not in rule.parties:
        raise Misuse(
            "WRITE_OFF_REASON", "the reason is not in the list for who owes this", where="reason", fix=_reasons(party)
        )
    require(rule.action)
    most = WITHOUT_LIMITS_CENTS if not may(current().principal, _LIMITS) else None
    bounds = [cents for cents in (rule.cents, most) if cents is not None]
    if rule.cents is not None and amount_cents > rule.cents:
        words = f"this reason is for {dollars(rule.cents)} at most"
        raise Refused("WRITE_OFF_AMOUNT", words, where="amount", fix="name the amount, or another reason")
    if bounds and amount_cents > min(bounds):
        raise Forbidden("WRITE_OFF_AMOUNT", "the amount is above what may be given up so", fix="ask an administrator")


def _reasons(party: str) -> str:
    return "one of " + ", ".join(name for name, rule in WRITE_OFFS.items() if party in rule.parties)
