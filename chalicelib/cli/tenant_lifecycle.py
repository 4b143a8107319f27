"""`otbill tenant export | verify-export | suspend | resume`: a practice takes its data away, is stopped, goes on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common

if TYPE_CHECKING:
    from chalicelib.compliance.suspension import Change


def add(actions: Any) -> None:
    export = actions.add_parser("export", help="everything of a practice as files; without --to only what it would be")
    export.add_argument("--to", type=Path, metavar="DIR", help="an empty or new folder")
    verify = actions.add_parser("verify-export", help="name what of an export was altered, removed or added")
    verify.add_argument("--from", type=Path, metavar="DIR", dest="folder", required=True, help="the exported folder")
    suspend = actions.add_parser("suspend", help="stop a practice: nothing changes any more (says what first; --yes)")
    resume = actions.add_parser("resume", help="lift a suspension (says what first; --yes)")
    for command, run in ((export, run_export), (verify, run_verify), (suspend, run_suspend), (resume, run_resume)):
        common.add_tenant(command)
        common.add_common(command)
        command.set_defaults(run=run)
    for command in (suspend, resume):
        command.add_argument("--yes", action="store_true", help="do it")


def run_export(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import export

    with common.in_tenant(arguments, "tenant.export"):
        if arguments.to is None:
            planned = export.plan().as_dict()
            _say(arguments, {"dry_run": True, **planned}, f"would export {planned['total_items']} items and ")
            return 0
        manifest = export.export(arguments.to)
    _say(arguments, manifest, f"exported to {arguments.to}: {manifest['counts']['items']} items and ")
    return 0


def _say(arguments: argparse.Namespace, told: dict[str, Any], words: str) -> None:
    if arguments.json:
        common.print_json(told)
        return
    found = told["counts"]["documents"] if "counts" in told else told["documents"]
    common.console().print(f"{arguments.tenant}: {words}{found} documents", markup=False)
    if told.get("dry_run"):
        common.console().print("  --to DIR writes them, with ledger.csv, audit.json and a signed manifest")


def run_verify(arguments: argparse.Namespace) -> int:
    """Exit 1 when something differs."""
    from chalicelib.compliance import export

    with common.in_tenant(arguments, "tenant.export"):
        problems = export.verify(arguments.folder)
    if arguments.json:
        common.print_json({"intact": not problems, "problems": problems})
    else:
        word = "is as it was exported" if not problems else "is NOT as it was exported"
        common.console().print(f"The export {word}")
        for problem in problems:
            common.console().print(f"  {problem['what']}: {problem['where']}", markup=False)
    return 1 if problems else 0


def run_suspend(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import suspension

    with common.in_tenant(arguments, "tenant.suspend"):
        return _carry_out(arguments, suspension.plan_suspension())


def run_resume(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import suspension

    with common.in_tenant(arguments, "tenant.resume"):
        return _carry_out(arguments, suspension.plan_resumption())


def _carry_out(arguments: argparse.Namespace, change: Change) -> int:
    from chalicelib.compliance import suspension

    if arguments.yes:
        suspension.carry_out(change)
    if arguments.json:
        common.print_json({"dry_run": not arguments.yes, **change.as_dict()})
        return 0
    out = common.console()
    verb = "is" if arguments.yes else "would become"
    out.print(f"{arguments.tenant}: {verb} {change.becomes} (was {change.state})")
    out.print(
        f"  {change.people} of its people, {change.claims_ready} claims ready, {change.files_waiting} files not sent"
    )
    if not arguments.yes:
        out.print("  nothing was changed; --yes does it")
    return 0
