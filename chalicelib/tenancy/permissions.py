"""Who may do what: one table, role by action. The faces ask it before they answer, the services again before they act.

Roles of the billing company and of a practice never mix: a role counts only for a principal of its own kind. The operator
of the embedded machine and jobs (`system`) may do everything; both exist without a sign-in, so neither comes from outside.
"""

from __future__ import annotations

from types import MappingProxyType

from chalicelib.platform.errors import Forbidden
from chalicelib.tenancy.context import current
from chalicelib.tenancy.model import Principal

STAFF_ROLES = ("administrator", "biller", "coder", "denials_specialist", "payment_poster", "auditor")
PRACTICE_ROLES = ("owner", "office_manager", "therapist", "front_desk")
_OF_KIND = {"staff": frozenset(STAFF_ROLES), "practice": frozenset(PRACTICE_ROLES)}
_UNBOUND = ("operator", "system")
_SECOND_FACTOR = frozenset(("owner",))


def _roles(*names: str) -> frozenset[str]:
    return frozenset(names)


_ALL_STAFF = _roles(*STAFF_ROLES)
_EVERYBODY = _ALL_STAFF | _roles(*PRACTICE_ROLES)
_BILLING = _roles("administrator", "biller", "coder")
_SENDERS = _roles("administrator", "biller", "denials_specialist")
_MONEY = _roles("administrator", "biller", "payment_poster")
_LEADS = _roles("owner", "office_manager")

PERMISSIONS = MappingProxyType(
    {
        "attention.show": _EVERYBODY,
        "audit.disclosures": _roles("administrator", "auditor", "owner", "office_manager"),
        "audit.seal": _roles("administrator", "auditor"),
        "audit.show": _roles("administrator", "auditor", "owner"),
        "audit.verify": _roles("administrator", "auditor", "owner"),
        "auth.add": _BILLING | _LEADS | _roles("front_desk"),
        "auth.request": _BILLING | _LEADS | _roles("front_desk"),
        "auth.show": _EVERYBODY,
        "claims.attach": _SENDERS,
        "claims.build": _BILLING,
        "claims.correct": _SENDERS,
        "claims.exhausted": _BILLING,
        "claims.export": _EVERYBODY,
        "claims.find": _EVERYBODY,
        "claims.hold": _BILLING,
        "claims.list": _EVERYBODY,
        "claims.note": _EVERYBODY - _roles("auditor"),
        "claims.override": _roles("administrator", "biller"),
        "claims.override_limits": _roles("administrator"),
        "claims.paper": _BILLING,
        "claims.release": _BILLING,
        "claims.resubmit": _SENDERS,
        "claims.scrub": _BILLING,
        "claims.secondary": _BILLING,
        "claims.show": _EVERYBODY,
        "claims.status": _BILLING,
        "claims.submit": _roles("administrator", "biller"),
        "claims.void": _SENDERS,
        "claims.writeoff": _MONEY,
        "claims.writeoff_limits": _roles("administrator"),
        "coverage.export": _EVERYBODY,
        "coverage.list": _EVERYBODY,
        "coverage.questionnaire": _BILLING | _LEADS | _roles("front_desk"),
        "coverage.raw": _ALL_STAFF | _LEADS | _roles("front_desk"),
        "coverage.show": _EVERYBODY,
        "eligibility.batch": _BILLING,
        "appeals.draft": _SENDERS,
        "appeals.list": _ALL_STAFF | _LEADS,
        "appeals.outcome": _SENDERS,
        "appeals.packet": _SENDERS,
        "appeals.send": _SENDERS,
        "appeals.show": _ALL_STAFF | _LEADS,
        "denials.act": _SENDERS | _roles("payment_poster"),
        "denials.list": _ALL_STAFF | _LEADS,
        "denials.patient": _SENDERS | _roles("payment_poster"),
        "denials.patterns": _ALL_STAFF | _LEADS,
        "denials.refresh": _ALL_STAFF - _roles("auditor"),
        "denials.show": _ALL_STAFF | _LEADS,
        "documents.add": (_ALL_STAFF - _roles("auditor")) | _roles(*PRACTICE_ROLES),
        "documents.list": _EVERYBODY,
        "documents.show": _EVERYBODY,
        "eligibility.check": _BILLING | _LEADS | _roles("front_desk"),
        "eligibility.phone": _BILLING | _LEADS | _roles("front_desk"),
        "eligibility.show": _EVERYBODY,
        "estimate.make": _EVERYBODY - _roles("auditor"),
        "events.list": _ALL_STAFF | _roles("owner"),
        "exchange.partner": _roles("administrator"),
        "exchange.status": _ALL_STAFF,
        "exchange.sync": _MONEY,
        "inquiry.accept": _roles("administrator"),
        "inquiry.list": _roles("administrator", "biller", "auditor"),
        "jobs.run": _roles("administrator"),
        "ledger.show": _ALL_STAFF | _roles("owner"),
        "ledger.verify": _ALL_STAFF | _roles("owner"),
        "login.code": _roles(),  # nobody's by role: the operator of the embedded machine has it
        "login.end": _roles("administrator"),
        "login.password": _roles("administrator"),
        "login.reset": _roles("administrator"),
        "remits.enter": _MONEY,
        "remits.exceptions": _MONEY,
        "remits.list": _ALL_STAFF | _LEADS,
        "remits.match": _MONEY,
        "remits.post": _MONEY,
        "remits.reconcile": _MONEY,
        "remits.refund": _roles("administrator", "payment_poster"),
        "remits.raw": _ALL_STAFF | _roles("owner"),
        "remits.show": _ALL_STAFF | _LEADS,
        "rules.apply": _roles("administrator", "biller"),
        "rules.dry_run": _ALL_STAFF,
        "rules.list": _ALL_STAFF,
        "report.summary": _ALL_STAFF | _LEADS,
        "report.verify": _roles("administrator", "biller", "auditor"),
        "schedule.import": _BILLING | _LEADS | _roles("front_desk"),
        "tasks.finish": (_ALL_STAFF - _roles("auditor")) | _LEADS,
        "tasks.list": _EVERYBODY,
        "tenant.apply": _roles("administrator"),
        "tenant.export": _roles("administrator", "owner"),
        "tenant.resume": _roles("administrator"),
        "tenant.suspend": _roles("administrator"),
        "therapy.explain": _EVERYBODY,
        "visits.import": _BILLING | _LEADS | _roles("front_desk"),
        "visits.list": _EVERYBODY,
    }
)

# What shows who a patient is: every such read is logged (45 CFR 164.312(b)).
READS_PATIENTS = frozenset(
    {
        "appeals.list",
        "appeals.show",
        "audit.disclosures",
        "claims.export",
        "claims.find",
        "claims.list",
        "claims.paper",
        "claims.show",
        "auth.show",
        "coverage.export",
        "coverage.list",
        "coverage.raw",
        "coverage.show",
        "eligibility.show",
        "denials.list",
        "denials.show",
        "documents.list",
        "documents.show",
        "remits.raw",
        "remits.show",
        "therapy.explain",
        "visits.list",
    }
)
# All that a broken glass opens: looking, never changing, and nothing to carry away.
UNDER_GLASS = (READS_PATIENTS - {"audit.disclosures", "claims.export", "claims.paper", "coverage.export"}) | {
    "attention.show",
    "ledger.show",
    "remits.list",
    "report.summary",
    "tasks.list",
}


def may(principal: Principal, action: str) -> bool:
    """Whether one of the principal's roles allows the action; one not in the table is allowed to nobody."""
    if principal.kind in _UNBOUND:
        return True
    return bool(principal.roles & _OF_KIND[principal.kind] & PERMISSIONS.get(action, frozenset()))


def needs_second_factor(principal: Principal) -> bool:
    """Whether a password alone is not enough: billing staff reach many practices, an owner all of one (45 CFR 164.312(d))."""
    return principal.kind != "practice" or bool(principal.roles & _SECOND_FACTOR)


def require(action: str, principal: Principal | None = None) -> None:
    """Raises Forbidden NOT_PERMITTED unless the principal (by default the one in the current practice) may."""
    if principal is None:
        context = current()
        principal = context.principal
        if context.by_glass:
            if action in UNDER_GLASS:
                return
            raise _refused(action)
    if not may(principal, action):
        raise _refused(action)


def _refused(action: str) -> Forbidden:
    return Forbidden("NOT_PERMITTED", "your role does not include this", where=action, fix="ask an administrator")
