"""`otbill auth`: authorizations: enter, request (278), show what is used, tell when they run out."""

from __future__ import annotations

import argparse
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common
from chalicelib.cli.tenant import print_table

if TYPE_CHECKING:
    from chalicelib.claims.authorized import AuthorizationView
    from chalicelib.coverage.authorization import Allowance
    from chalicelib.coverage.authorize import Entry


def register(commands: Any) -> None:
    verbs = commands.add_parser("auth", help="authorizations: enter, request, show, forecast").add_subparsers(
        required=True
    )
    add = verbs.add_parser("add", help="enter an authorization from a call, a portal or a letter")
    _entry(add)
    add.add_argument("--number", default="", help="as the payer gave it")
    add.add_argument("--state", choices=("approved", "partly", "denied", "pended"), default="approved")
    add.add_argument("--how", choices=("phone", "portal", "letter"), default="phone")
    add.set_defaults(run=run_add)
    ask = verbs.add_parser("request", help="ask the payer for one (278)")
    _entry(ask)
    ask.set_defaults(run=run_request)
    for name, words, run in (
        ("show", "a patient's authorizations and what is used of them", run_show),
        ("forecast", "the day each runs out, from the patient's schedule", run_forecast),
    ):
        verb = verbs.add_parser(name, help=words)
        common.add_tenant(verb)
        verb.add_argument("--patient", required=True, metavar="P")
        common.add_common(verb)
        verb.set_defaults(run=run)


def _entry(command: argparse.ArgumentParser) -> None:
    common.add_tenant(command)
    command.add_argument("--patient", required=True, metavar="P", help="our id or the practice's own number")
    command.add_argument("--payer", required=True, metavar="ID")
    command.add_argument("--line-of-business", default="", metavar="L")
    command.add_argument("--from", dest="start", type=date.fromisoformat, metavar="DATE")
    command.add_argument("--to", dest="end", type=date.fromisoformat, metavar="DATE")
    command.add_argument("--codes", default="", help="97530,97110: one count for all; empty = any code")
    command.add_argument("--units", type=int)
    command.add_argument("--visits", type=int)
    command.add_argument(
        "--allow", action="append", default=[], metavar="97530+97110=24u", help="a count of its own: u units, v visits"
    )
    command.add_argument("--diagnoses", default="", help="M62.81,R27.8")
    command.add_argument("--rendering", default="", metavar="NPI")
    command.add_argument("--facility", default="", metavar="NPI")
    command.add_argument("--reference", default="", help="the call's number; on a request, the number to renew")
    common.add_common(command)


def allowances(arguments: argparse.Namespace, *, asked: bool) -> tuple[Allowance, ...]:
    """--allow each a count of its own; else one for --codes by --units or --visits."""
    from chalicelib.coverage.authorization import Allowance
    from chalicelib.platform.errors import Misuse

    def made(codes: str, measure: str, count: int | None) -> Allowance:
        named = tuple(sorted(code.upper() for code in re.split(r"[+,\s]+", codes) if code))
        return Allowance.model_validate(
            {"codes": named, "measure": measure, "requested" if asked else "approved": count}
        )

    if arguments.allow:
        read = [re.fullmatch(r"([0-9A-Za-z+,]*)=(\d+)([uv])", text) for text in arguments.allow]
        if not all(read):
            raise Misuse("ALLOW", "an allowance reads CODES=COUNTu or CODES=COUNTv", fix="such as 97530+97110=24u")
        return tuple(made(one[1], "units" if one[3] == "u" else "visits", int(one[2])) for one in read if one)
    if arguments.units is not None and arguments.visits is not None:
        raise Misuse("UNITS_OR_VISITS", "either units or visits", fix="or --allow for several counts")
    measure = "units" if arguments.units is not None else "visits"
    return (made(arguments.codes, measure, arguments.units if measure == "units" else arguments.visits),)


def _told(arguments: argparse.Namespace, *, asked: bool) -> Entry:
    from chalicelib.coverage.authorize import Entry

    return Entry(
        patient=arguments.patient,
        payer_id=arguments.payer.upper(),
        number=getattr(arguments, "number", ""),
        line_of_business=arguments.line_of_business,
        start=arguments.start,
        end=arguments.end,
        allowances=allowances(arguments, asked=asked),
        diagnoses=tuple(code.replace(".", "").upper() for code in re.split(r"[,\s]+", arguments.diagnoses) if code),
        rendering_npi=arguments.rendering,
        facility_npi=arguments.facility,
        state=getattr(arguments, "state", "requested"),
        how=getattr(arguments, "how", "278"),
        reference=arguments.reference,
    )


def run_add(arguments: argparse.Namespace) -> int:
    """Enter it, count the claims that name it already, and check the patient's unsent claims anew."""
    from chalicelib.claims.authorized import added, view
    from chalicelib.coverage.authorize import add

    with common.in_tenant(arguments, "auth.add"):
        made = add(_told(arguments, asked=False))
        added(made)
        _print([view(made)], as_json=arguments.json, forecast=False)
    return 0


def run_request(arguments: argparse.Namespace) -> int:
    """Exit 1 when the payer refused or denied it."""
    from chalicelib.claims.authorized import added, view
    from chalicelib.cli.eligibility import the_door
    from chalicelib.coverage.authorize import request

    with common.in_tenant(arguments, "auth.request"):
        made = request(_told(arguments, asked=True), the_door())
        added(made)
        _print([view(made)], as_json=arguments.json, forecast=False)
    return 1 if made.state == "denied" else 0


def run_show(arguments: argparse.Namespace) -> int:
    return _shown(arguments, forecast=False)


def run_forecast(arguments: argparse.Namespace) -> int:
    return _shown(arguments, forecast=True)


def _shown(arguments: argparse.Namespace, *, forecast: bool) -> int:
    from chalicelib.claims.authorized import views

    with common.in_tenant(arguments, "auth.show"):
        found = views(arguments.patient)
    _print(found, as_json=arguments.json, forecast=forecast)
    return 0


def _print(found: list[AuthorizationView], *, as_json: bool, forecast: bool) -> None:
    if as_json:
        common.print_json({"authorizations": [one.model_dump(mode="json") for one in found]})
        return
    out = common.console()
    if not found:
        out.print("No authorization of this patient is kept.")
    for one in found:
        held = one.authorization
        dates = f"{held.start or 'open'} to {held.end or 'open'}"
        out.print(
            f"{held.number or 'no number'} ({held.payer_id}): {held.state}, {dates} {held.words}".rstrip(), markup=False
        )
        if forecast:
            rows = [
                (
                    each.name,
                    f"{each.left if each.left is not None else 'unknown'}",
                    str(each.visits_booked),
                    _runs_out(each),
                    "; ".join(each.warnings),
                )
                for each in one.outlook
            ]
            print_table(("for", "left", "visits booked", "runs out", "warnings"), rows)
        else:
            said = [
                (each.name, f"{each.committed} of {each.approved if each.approved is not None else 'unknown'} {each.measure}",
                 f"{stage.documented} documented, {stage.billed} billed, {stage.posted} posted", str(each.visits_booked))
                for each, stage in zip(one.outlook, one.stages, strict=True)
            ]  # fmt: skip
            print_table(("for", "used", "of these", "visits booked"), said)


def _runs_out(each: Any) -> str:
    if each.runs_out_on is None:
        return "not by the schedule" if each.basis == "schedule" else "not known"
    return f"{each.runs_out_on} (by the {each.basis})" if each.basis != "none" else str(each.runs_out_on)
