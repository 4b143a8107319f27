"""`otbill therapy units|allowed|explain`: the coding and pricing rules by themselves, and the proof of a claim."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TextIO

from chalicelib import clock
from chalicelib.cli import common
from chalicelib.platform.errors import Misuse, Refused

if TYPE_CHECKING:
    from chalicelib.codes.mpfs import Gpci
    from chalicelib.therapy.model import Finding, Service
    from chalicelib.therapy.pricing import AllowedLine, ChargedLine

_MINUTES = re.compile(r"([A-Z0-9]{5})=(\d{1,3})(?:\+(\d{1,3}))?")
_UNITS = re.compile(r"([A-Z0-9]{5})((?::[A-Z0-9]{2}(?:,[A-Z0-9]{2})*)*)x(\d{1,3})(?:@(\d{1,6}(?:\.\d{1,2})?))?")


@dataclass(frozen=True, slots=True)
class BarePlan:
    """A plan that is only a unit rule; GO and CO as Medicare uses them."""

    unit_rule: str
    line_of_business: str = "medicare"
    go_required: bool = True
    co_required: bool = True
    kx_used: bool = True
    abn_used: bool = True
    ncci: str = "medicare"


def register(commands: Any) -> None:
    top = commands.add_parser("therapy", help="minutes to units, units to expected payment, and the proof of a claim")
    under = top.add_subparsers(required=True)
    units = under.add_parser("units", help="minutes to billed units and modifiers")
    units.add_argument("--rule", choices=("cms", "midpoint"), required=True, help="total time (cms) or midpoint")
    units.add_argument("--date", type=date.fromisoformat, default=None, metavar="DAY", help="date of service")
    units.add_argument("--locality", default="", metavar="FL-04", help="for the dollars between the two rules")
    units.add_argument("services", nargs="+", metavar="CODE=OT[+OTA]", help="minutes, e.g. 97530=12+12")
    units.set_defaults(run=units_command)
    allowed = under.add_parser("allowed", help="what Medicare allows and pays, per unit and in total")
    allowed.add_argument("--date", type=date.fromisoformat, required=True, metavar="DAY", help="date of service")
    allowed.add_argument("--locality", default="national", metavar="FL-04", help="state or contractor, and number")
    allowed.add_argument("--facility", action="store_true", help="the facility side of the schedule")
    allowed.add_argument("--deductible", default="0", metavar="DOLLARS", help="what is left of the deductible")
    allowed.add_argument("lines", nargs="+", metavar="CODE[:MODS]xUNITS[@CHARGE]", help="e.g. 97530:GOx2 97110:CO,GOx1")
    allowed.set_defaults(run=allowed_command)
    explain = under.add_parser("explain", help="the proof of a claim, for an auditor")
    common.add_tenant(explain)
    explain.add_argument("--claim", required=True, metavar="ID", help="our id of the claim")
    explain.set_defaults(run=explain_command, offline=False)


def units_command(arguments: argparse.Namespace, out: TextIO | None = None) -> int:
    """Prints {"total_units","lines":[{"code","units","modifiers"}],"ties","explanation","findings","other_rule_units"}."""
    from chalicelib.codes import cpt
    from chalicelib.therapy.coding import code_day
    from chalicelib.therapy.model import Service

    services = []
    for number, text in enumerate(arguments.services, 1):
        match = _MINUTES.fullmatch(text.upper())
        if match is None:
            raise Misuse("BAD_SERVICE", f"{text} is not CODE=MINUTES", fix="write 97530=30 or 97530=12+12")
        services.append(Service(str(number), match[1], int(match[2]), int(match[3] or 0), file_modifiers=("GO", "CO")))
    on = arguments.date or clock.today()
    plan = BarePlan(arguments.rule)
    day = code_day(services, plan, on)
    lines = [line for line in day.lines if cpt.lookup(line.code, on) is not None]
    wrong = _never_billed(services, plan, on)
    _write(
        _dollars(services, plan, on, arguments.locality)
        | {
            "rule": day.rule.value,
            "total_units": sum(line.units for line in lines),
            "timed_minutes": day.timed_minutes,
            "lines": [{"code": line.code, "units": line.units, "modifiers": list(line.modifiers)} for line in lines],
            "ties": list(day.ties),
            "explanation": list(day.explanation),
            "findings": [
                {"code": item.code, "severity": item.severity.value, "line": item.line, "message": item.message}
                for item in (*wrong, *day.findings)
                if item.code not in _OF_FILES
            ],
            "other_rule_units": dict(day.other_rule_units),
        },
        out,
    )
    return 0


def _never_billed(services: list[Service], plan: BarePlan, on: date) -> list[Finding]:
    """What the scrub of a claim would hold whatever the minutes: a code that is not an occupational therapist's, an assistant
    who evaluates."""
    from chalicelib.codes import cpt
    from chalicelib.therapy.findings import finding

    found: list[Finding] = []
    for number, service in enumerate(services, 1):
        procedure = cpt.lookup(service.code, on)
        if procedure is None:
            words = f"{service.code} is not in our list of occupational-therapy codes for {on}; no unit is counted"
            found += finding("CODE_UNKNOWN", plan.line_of_business, words, line=number)
        elif procedure.is_evaluation and service.assistant_minutes:
            words = f"{service.code} has {service.assistant_minutes} minutes of an assistant, who may not evaluate"
            found += finding("ASSISTANT_EVALUATION", plan.line_of_business, words, line=number)
    return found


def _dollars(services: list[Service], plan: BarePlan, on: date, locality: str) -> dict[str, Any]:
    """{"rules": both results in cents}, at national rates without a locality; then a date without rates is said, not refused."""
    from chalicelib.codes.settings import RateUnknown
    from chalicelib.therapy.comparison import compare
    from chalicelib.therapy.pricing import Terms

    try:
        found = compare(services, plan, on, Terms(on, _locality(locality or "national", on)))
    except RateUnknown as error:
        if not locality:
            return {"rules": {"unknown": str(error)}}
        raise Refused("RATE_UNKNOWN", str(error), fix="load the table that covers this date") from error
    return {"rules": {"locality": locality or "national", **found.told()}}


_OF_FILES = frozenset({"CO_UNSUPPORTED", "CO_ON_EVALUATION", "GO_MISSING", "CO_MISSING"})
"""What a practice's file said of modifiers; there is no file here."""


def allowed_command(arguments: argparse.Namespace, out: TextIO | None = None) -> int:
    """Prints {"date","locality","lines":[{"code","modifiers","units","unit_cents","allowed_cents",...}],"total_cents",...}.

    Refused RATE_UNKNOWN where a code, locality or date has no row.
    """
    from chalicelib.codes.settings import RateUnknown
    from chalicelib.money import MoneyError, parse_dollars
    from chalicelib.therapy.pricing import Terms, allowed, medicare_pays

    lines = [_charged(text) for text in arguments.lines]
    try:
        terms = Terms(arguments.date, _locality(arguments.locality, arguments.date), arguments.facility)
        priced = allowed(lines, terms)
        paid = medicare_pays(priced, arguments.date, parse_dollars(arguments.deductible))
    except RateUnknown as error:
        raise Refused("RATE_UNKNOWN", str(error), fix="load the table that covers this date") from error
    except MoneyError as error:
        raise Misuse("BAD_AMOUNT", str(error), fix="write dollars, as 50 or 50.00") from error
    shown = [_shown(line) | _paid(share) for line, share in zip(priced, paid, strict=True)]
    _write(
        {
            "date": arguments.date.isoformat(),
            "locality": arguments.locality,
            "lines": shown,
            "total_cents": sum(line.allowed_cents for line in priced),
            "unreduced_cents": sum(line.full_cents for line in priced),
            "paid_cents": sum(share.paid_cents for share in paid),
            "patient_cents": sum(share.deductible_cents + share.coinsurance_cents for share in paid),
        },
        out,
    )
    return 0


def explain_command(arguments: argparse.Namespace, out: TextIO | None = None) -> int:
    """Prints the proof of one claim; exit 1 when computing it again gives otherwise, or its visits now do."""
    from chalicelib.claims.explain import explain
    from chalicelib.compliance.access_log import log_read

    with common.in_tenant(arguments, "therapy.explain"):
        proof = explain(arguments.claim)
        log_read("therapy.explain", f"CLM#{proof['claim_id']}")
    _write(proof, out)
    return 0 if proof["replay"]["same"] and proof["today"]["same"] else 1


def _charged(text: str) -> ChargedLine:
    from chalicelib.money import parse_dollars
    from chalicelib.therapy.pricing import ChargedLine

    head, mark, charge = text.partition("@")
    match = _UNITS.fullmatch(re.sub(r"X(\d+)$", r"x\1", head.upper()) + mark + charge)
    if match is None:
        raise Misuse("BAD_LINE", f"{text} is not CODE[:MODS]xUNITS", fix="write 97530x2 or 97110:CO:GOx1")
    modifiers = tuple(re.split("[:,]", match[2])[1:])
    return ChargedLine(match[1], int(match[3]), modifiers, parse_dollars(match[4]) if match[4] else None)


def _locality(text: str, on: date) -> Gpci:
    from chalicelib.codes import mpfs

    if text == "national":
        return mpfs.NATIONAL
    area, mark, number = text.upper().partition("-")
    if not mark or not number.isdigit():
        raise Misuse("BAD_LOCALITY", f"{text} is not a locality", fix="write FL-04, 09102-04 or national")
    return mpfs.gpci(area, number, on)


def _shown(line: AllowedLine) -> dict[str, Any]:
    return {
        "code": line.code,
        "modifiers": list(line.modifiers),
        "units": len(line.unit_cents),
        "unit_cents": list(line.unit_cents),
        "full_cents": line.full_cents,
        "allowed_cents": line.allowed_cents,
        "mppr_cents": line.reduced_cents,
        "working": list(line.working),
    }


def _paid(share: Any) -> dict[str, int]:
    return {
        "deductible_cents": share.deductible_cents,
        "coinsurance_cents": share.coinsurance_cents,
        "assistant_cents": share.assistant_cents,
        "sequestration_cents": share.sequestration_cents,
        "paid_cents": share.paid_cents,
    }


def _write(document: dict[str, Any], out: TextIO | None) -> None:
    stream = out or sys.stdout
    json.dump(document, stream, indent=2)
    stream.write("\n")
