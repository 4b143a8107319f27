"""`otbill demo`: the main job end to end on fictional visits."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.cli import common
from chalicelib.cli.report import print_summary
from chalicelib.money import dollars


def register(commands: Any) -> None:
    command = commands.add_parser("demo", help="run the main job end to end on 200 fictional visits")
    command.add_argument("--json", action="store_true", help="print the result as JSON, for programs")
    command.set_defaults(run=run_demo)


@contextmanager
def _steps(*, quiet: bool) -> Iterator[Any]:
    """Say each long step as it begins; on a terminal, with a line that moves."""
    out = common.console(error=True)
    if quiet:
        yield lambda _: None
    elif out.is_terminal:
        with out.status("starting") as status:
            yield lambda words: status.update(words)
    else:
        yield lambda words: out.print(f"  {words} …")


def run_demo(arguments: argparse.Namespace) -> int:
    from chalicelib.local import demo

    demo.freeze()
    began = time.monotonic()
    with _steps(quiet=arguments.json) as say:
        result = demo.run(common.home(), arguments.principal, say)
    if result.summary is None:
        raise AssertionError("the demo ends with a summary")
    if arguments.json:
        common.print_json(
            {"summary": result.summary.model_dump(mode="json"), "ledger": result.proof, "writes": result.writes}
        )
    else:
        _print(result, time.monotonic() - began)
    return 0 if result.summary.balanced else 1


def _print(result: Any, seconds: float) -> None:
    out = common.console()
    taken, claims = result.imported, result.exchanged.claims
    made = sum(1 for item in result.outcomes if item.change == "drafted")
    out.print("[bold]The main job, on fictional visits of one practice[/bold]")
    out.print(f"  practices   {', '.join(slug for slug, _ in result.practices)}")
    out.print(
        f"  visit file  {taken.rows} rows: {taken.added} added, {taken.unchanged} unchanged, {taken.amended} amended, "
        f"{len({fault.row for fault in taken.rejected})} rejected"
    )
    out.print(f"  claims      {made} built, {result.submitted} submitted in {result.files} files")
    out.print(
        f"  answers     {len(result.exchanged.taken)} files: {claims.accepted} claims accepted, {claims.rejected} rejected"
    )
    posted = [item for item in result.exchanged.remittances if item.posted]
    cash = sum(item.amount_cents for item in posted)
    out.print(f"  checks      {len(posted)} posted, {dollars(cash)} in cash")
    if result.denials:
        out.print(f"  denials     {result.denials} to work: otbill denials list")
    out.print(
        f"  front desk  {result.booked} visits booked, {result.coverages} coverages looked at: otbill coverage desk"
    )
    print_summary("Harborview Occupational Therapy, as of the demo's day", result.summary)
    _print_proof(result, seconds)


def _print_proof(result: Any, seconds: float) -> None:
    out = common.console()
    proof = result.proof
    out.print(
        f"Proof: {proof['entries']} journal entries over {proof['claims']} claims folded again, "
        f"{len(proof['mismatches'])} mismatches, {dollars(proof['suspense_cents'])} in suspense"
    )
    if result.writes == 0:
        out.print(f"Nothing changed: the same claims, the same ledger, 0 writes ({seconds:.1f} s)")
    else:
        out.print(f"{result.writes} writes in {seconds:.1f} s. Run it again: nothing will change.")
    out.print("Look at it in a browser: make serve")
