"""`otbill eligibility check --tenant T --patient P`: ask the payers whether a patient is covered."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from chalicelib.cli.tenant import acting, print_json, show_table
from chalicelib.money import dollars

if TYPE_CHECKING:
    from chalicelib.coverage.model import BenefitRecord, Limit
    from chalicelib.exchange.realtime import RealtimeDoor

_FAILED = frozenset({"rejected", "unreadable", "not_enrolled"})


def register(subparsers: Any) -> None:
    """Add `eligibility` to the command line. Each command sets `run(options) -> exit code`."""
    verbs = subparsers.add_parser("eligibility", help="coverage known before the visit").add_subparsers(
        dest="verb", required=True, metavar="check"
    )
    one = verbs.add_parser("check", help="a 270 to each payer of a patient, and what the 271 says")
    one.add_argument("--tenant", required=True, metavar="T", help="practice, by slug or id")
    one.add_argument("--patient", required=True, metavar="P", help="patient, by our id or the practice's own number")
    one.add_argument("--payer", default="", metavar="ID", help="only this payer")
    one.add_argument("--again", action="store_true", help="ask even if it was asked today already")
    one.add_argument("--json", action="store_true", help="print the result as JSON")
    one.set_defaults(run=run_check)


def run_check(options: argparse.Namespace) -> int:
    """Exit 0 when every payer answered or is to be phoned, 1 when one refused the question or nothing could be read."""
    from chalicelib.coverage.service import check_patient
    from chalicelib.coverage.view import as_json
    from chalicelib.store.directory import directory
    from chalicelib.tenancy import enter

    with enter(acting(options), options.tenant, "eligibility.check", directory()):
        door = getattr(options, "door", None) or _simulated_door()
        checks = check_patient(options.patient, door, payer_id=options.payer, again=options.again)
    if options.json:
        print_json({"patient_id": checks[0].patient_key, "checks": [as_json(check) for check in checks]})
    else:
        for check in checks:
            _show(check)
    return 1 if any(check.outcome in _FAILED for check in checks) else 0


def _simulated_door() -> RealtimeDoor:
    """The simulated payers of this state directory; no other trading partner has a real-time door here yet."""
    from chalicelib.local.payer.doors import SimulatedClearinghouse
    from chalicelib.onboarding.apply import current_practice
    from chalicelib.platform.errors import Misuse
    from chalicelib.store import runtime

    partner = current_practice().billing.trading_partner
    if partner != "simulated":
        raise Misuse("NO_REALTIME_DOOR", "this trading partner has no real-time door", where=partner)
    return SimulatedClearinghouse(runtime().settings.home / "clearinghouse")


def _show(check: BenefitRecord) -> None:
    told = check.benefits
    print(f"{check.payer_name} ({check.line_of_business.replace('_', ' ')}), {check.on}: {check.words}")
    rows = [
        ("active", told.active),
        ("occupational therapy covered", told.covered),
        ("plan", told.plan),
        ("copay", dollars(told.copay_cents) if told.copay_cents is not None else ""),
        ("coinsurance", f"{told.coinsurance_percent:f} %" if told.coinsurance_percent is not None else ""),
        ("deductible", dollars(told.deductible_cents) if told.deductible_cents is not None else ""),
        ("deductible left", dollars(told.deductible_remaining_cents) if told.deductible_remaining_cents is not None else ""),
        *((f"limit, {limit.scope.replace('_', ' ')}", _limit(limit)) for limit in told.limits),
        ("authorization required", told.authorization_required),
        *(("other payer", name) for name in told.other_payers),
        *((f"payer error {error.reason}", error.words) for error in told.errors),
        *((f"contradiction: {doubt.subject}", " / ".join(doubt.said)) for doubt in told.contradictions),
    ]  # fmt: skip
    if check.source == "271":
        show_table(("", ""), [(name, value) for name, value in rows if value], "")
    if check.fix:
        print(f"  what to do: {check.fix}")


def _limit(limit: Limit) -> str:
    def size(number: int | None) -> str:
        if number is None:
            return "unknown"
        return dollars(number) if limit.measure == "dollars" else str(number)

    words = f" ({limit.words})" if limit.words else ""
    measure = "" if limit.measure == "dollars" else f" {limit.measure}"
    return f"{size(limit.remaining)} of {size(limit.total)}{measure} left {limit.period}{words}".strip()
