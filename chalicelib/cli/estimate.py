"""`otbill estimate`: what a patient will owe, before the visit; the good-faith estimate of one who pays."""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    command = commands.add_parser("estimate", help="what a patient will owe, before the visit")
    common.add_tenant(command)
    command.add_argument("--patient", required=True, metavar="P", help="our id or the practice's own number")
    command.add_argument("--codes", required=True, help="codes and units of one visit: 97530x2,97110")
    command.add_argument("--on", type=date.fromisoformat, help="the (first) date of service (default today)")
    command.add_argument("--visits", type=int, default=1, help="how many like visits (default 1)")
    command.add_argument("--payer", default="", metavar="ID", help="another than the first payer")
    command.add_argument("--good-faith", type=Path, metavar="FILE.pdf", help="write the self-pay document to this file")
    command.add_argument("--diagnoses", default="", help="for the document: M62.81,R27.8")
    common.add_common(command)
    command.set_defaults(run=run_estimate)


def services(text: str) -> list[tuple[str, int]]:
    """'97530x2,97110' as codes with units. Misuse for anything else."""
    from chalicelib.platform.errors import Misuse

    found = [re.fullmatch(r"([0-9A-Za-z]{5})(?:[xX](\d{1,2}))?", word) for word in re.split(r"[,\s]+", text.strip())]
    if not all(found):
        raise Misuse("SERVICES", "codes read 97530x2,97110", where="--codes")
    return [(match[1].upper(), int(match[2] or 1)) for match in found if match]


def run_estimate(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.estimating import estimate, good_faith
    from chalicelib.clock import today

    told = services(arguments.codes)
    diagnoses = [code for code in re.split(r"[,\s]+", arguments.diagnoses.upper()) if code]
    with common.in_tenant(arguments, "estimate.make") as context:
        on = arguments.on or today(context.tenant.timezone)
        document = ""
        if arguments.good_faith:
            paper, content = good_faith(arguments.patient, told, on=on, visits=arguments.visits, diagnoses=diagnoses)
            document = paper.document
            arguments.good_faith.write_bytes(content)
        found = estimate(arguments.patient, told, on=on, visits=arguments.visits, payer_id=arguments.payer.upper())
    if arguments.json:
        common.print_json(found.model_dump(mode="json") | {"document": document})
        return 0
    _print(found)
    if arguments.good_faith:
        common.console().print(f"Good faith estimate: {arguments.good_faith}")
    return 0


def _print(found: Any) -> None:
    out, told = common.console(), found.estimate
    visits = f"{told.visits} visit{'' if told.visits == 1 else 's'}"
    out.print(f"{found.payer_name}, {visits} from {found.on}: {_range(told.total_low_cents, told.total_high_cents)}")
    out.print(
        f"  first visit {_range(told.first_low_cents, told.first_high_cents)}, charge of all {dollars(told.charge_cents)}"
    )
    for words in told.working:
        out.print(f"  {words}", markup=False)
    for words in told.unknown:
        out.print(f"  Not known: {words}", markup=False)
    if found.checked_on and not found.fresh:
        out.print(f"  The answer of {found.checked_on} is too old for that day: check eligibility again.")


def _range(low: int, high: int) -> str:
    return dollars(low) if low == high else f"{dollars(low)} to {dollars(high)}"
