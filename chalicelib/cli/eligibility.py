"""`otbill eligibility check --tenant T --patient P`: ask the payers whether a patient is covered."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common
from chalicelib.cli.tenant import print_table
from chalicelib.money import dollars

if TYPE_CHECKING:
    from chalicelib.coverage.model import BenefitRecord, Limit
    from chalicelib.exchange.realtime import RealtimeDoor

_FAILED = frozenset(("rejected", "unreadable", "not_enrolled"))


def register(commands: Any) -> None:
    top = commands.add_parser("eligibility", help="whether a patient is covered, and for what")
    command = top.add_subparsers(required=True).add_parser("check", help="ask each payer of a patient (270, 271)")
    common.add_tenant(command)
    command.add_argument("--patient", required=True, metavar="P", help="our id or the practice's own number")
    command.add_argument("--payer", default="", metavar="ID", help="only this payer")
    command.add_argument("--again", action="store_true", help="ask even if it was asked today already")
    common.add_common(command)
    command.set_defaults(run=run_check)


def run_check(arguments: argparse.Namespace) -> int:
    """Exit 0 when every payer answered or is to be phoned, 1 when one refused the question or could not be read."""
    from chalicelib.coverage.service import check_patient
    from chalicelib.coverage.view import as_json

    with common.in_tenant(arguments, "eligibility.check"):
        checks = check_patient(arguments.patient, _door(), payer_id=arguments.payer, again=arguments.again)
    if arguments.json:
        common.print_json({"patient_id": checks[0].patient_key, "checks": [as_json(check) for check in checks]})
    else:
        for check in checks:
            _show(check)
    return 1 if any(check.outcome in _FAILED for check in checks) else 0


def _door() -> RealtimeDoor:
    """The trading partner's, or the simulated payers of this state directory."""
    from chalicelib.local.clearinghouse import realtime
    from chalicelib.onboarding.apply import current_practice

    return realtime(common.home() / "exchange" / "clearinghouse", current_practice().billing.trading_partner)


def _show(check: BenefitRecord) -> None:
    told = check.benefits
    out = common.console()
    line_of_business = check.line_of_business.replace("_", " ")
    out.print(f"{check.payer_name} ({line_of_business}), {check.on}: {check.words}", markup=False)
    rows = [
        ("active", told.active),
        ("occupational therapy covered", told.covered),
        ("plan", told.plan),
        ("copay", _money(told.copay_cents)),
        ("coinsurance", f"{told.coinsurance_percent:f} %" if told.coinsurance_percent is not None else ""),
        ("deductible", _money(told.deductible_cents)),
        ("deductible left", _money(told.deductible_remaining_cents)),
        *((f"limit, {limit.scope.replace('_', ' ')}", _limit(limit)) for limit in told.limits),
        ("authorization required", told.authorization_required),
        *(("other payer", name) for name in told.other_payers),
        *((f"payer error {error.reason}", error.words) for error in told.errors),
        *((f"contradiction: {doubt.subject}", " / ".join(doubt.said)) for doubt in told.contradictions),
    ]
    if check.source == "271":
        print_table(("said of", "by the payer"), [(name, value) for name, value in rows if value])
    if check.fix:
        out.print(f"  To mend: {check.fix}", markup=False)


def _money(amount_cents: int | None) -> str:
    return "" if amount_cents is None else dollars(amount_cents)


def _limit(limit: Limit) -> str:
    def size(number: int | None) -> str:
        if number is None:
            return "unknown"
        return dollars(number) if limit.measure == "dollars" else str(number)

    words = f" ({limit.words})" if limit.words else ""
    measure = "" if limit.measure == "dollars" else f" {limit.measure}"
    return f"{size(limit.remaining)} of {size(limit.total)}{measure} left {limit.period}{words}".strip()
