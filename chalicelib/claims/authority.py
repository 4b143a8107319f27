"""Who may do what to a claim: closed lists of reasons, the findings a person may overrule, and up to which amount.

Roles: biller < supervisor < operator. People of a practice see and note; the billing company decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.platform.errors import Forbidden, Misuse
from chalicelib.tenancy import current

_RANKS = {"biller": 1, "supervisor": 2, "operator": 3}
_SYSTEM_RANK = 1  # jobs act as a biller would

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
    "DUPLICATE_VISIT": "biller",
    "EVALUATION_REPEATED": "biller",
    "MEMBER_ID_INVALID": "biller",
    "COVERAGE_INACTIVE": "biller",
    "FIRST_CARE_LATE": "biller",
    "TIMELY_FILING": "supervisor",
    "AUTH_MISSING": "supervisor",
    "AUTH_EXCEEDED": "supervisor",
    "MUE_EXCEEDED": "supervisor",
}
"""Findings a person may know better than the tables do, and the least role for it. Coding and documentation are not there."""


@dataclass(frozen=True, slots=True)
class WriteOffRule:
    """`parties` who may be let off for it, the least `role`, and the most `cents` whatever the role (None: no bound)."""

    meaning: str
    parties: frozenset[str]
    role: str = "biller"
    cents: int | None = None


_PAYERS = frozenset(("payer", "secondary"))
_PATIENT = frozenset(("patient",))
WRITE_OFFS = {
    "small_balance": WriteOffRule("not worth collecting", _PAYERS | _PATIENT, cents=1000),
    "timely_filing": WriteOffRule("sent too late", _PAYERS),
    "no_authorization": WriteOffRule("no authorization, and none to be had", _PAYERS),
    "not_covered": WriteOffRule("not covered, and the patient was not told", _PAYERS),
    "appeals_exhausted": WriteOffRule("every appeal was lost", _PAYERS, "supervisor"),
    "financial_hardship": WriteOffRule("hardship of the patient, on record", _PATIENT, "supervisor"),
    "bad_debt": WriteOffRule("the patient did not pay after every notice", _PATIENT, "supervisor"),
}
"""A routine waiver of the patient's share is not among them: it may be a kickback (42 USC 1320a-7a(a)(5), OIG alert 1994)."""
WRITE_OFF_CENTS = {"biller": 25_000, "supervisor": 250_000}


def rank() -> int:
    """The acting person's rank: 0 for people of a practice, whatever their roles are called."""
    principal = current().principal
    if principal.kind == "practice":
        return 0
    if principal.kind == "system":
        return _SYSTEM_RANK
    own = max((_RANKS.get(role, 0) for role in principal.roles), default=0)
    return max(own, _RANKS["operator"] if principal.kind == "operator" else 0)


def role() -> str:
    """The name of the rank."""
    return next((name for name, value in _RANKS.items() if value == rank()), "")


def require(least: str, what: str) -> None:
    """Forbidden unless the acting person has this role or a higher one."""
    if rank() < _RANKS[least]:
        raise Forbidden("NOT_ALLOWED", f"{what} needs the role {least}", fix=f"ask a {least}")


def require_billing_staff() -> None:
    require("biller", "this")


def require_override(code: str) -> None:
    """Misuse for a finding nobody may overrule, Forbidden without the role."""
    if code not in OVERRIDABLE:
        raise Misuse(
            "NOT_OVERRIDABLE",
            "this finding cannot be overruled; what it names has to be mended",
            where=code,
            fix="only " + ", ".join(sorted(OVERRIDABLE)) + " can",
        )
    require(OVERRIDABLE[code], f"overruling {code}")


def require_write_off(reason: str, party: str, amount_cents: int) -> None:
    """Misuse for a reason outside the list or for another party; Forbidden above the role's amount."""
    rule = WRITE_OFFS.get(reason)
    if rule is None or party not in rule.parties:
        raise Misuse(
            "WRITE_OFF_REASON", "the reason is not in the list for who owes this", where=reason, fix=_reasons(party)
        )
    require(rule.role, f"writing off as {reason}")
    most = min((cents for cents in (rule.cents, WRITE_OFF_CENTS.get(role())) if cents is not None), default=None)
    if most is not None and amount_cents > most:
        raise Forbidden("WRITE_OFF_AMOUNT", "the amount is above what may be given up so", fix="ask a higher role")


def _reasons(party: str) -> str:
    return "one of " + ", ".join(name for name, rule in WRITE_OFFS.items() if party in rule.parties)
