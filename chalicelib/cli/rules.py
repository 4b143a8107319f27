"""`otbill rules check|dry-run FILE`: a biller's own rules, read and tried against past claims before anybody relies on them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common

if TYPE_CHECKING:
    from chalicelib.claims.biller_rules import BillerRule


def register(commands: Any) -> None:
    top = commands.add_parser("rules", help="a biller's own rules, tried before they are used").add_subparsers(
        required=True
    )
    check = top.add_parser("check", help="read a rules file and say what is wrong with it")
    check.set_defaults(run=check_command, offline=True)
    trial = top.add_parser("dry-run", help="what each rule would have done to the practice's claims; changes nothing")
    common.add_tenant(trial)
    trial.set_defaults(run=dry_run_command)
    for command in (check, trial):
        command.add_argument("file", type=Path, metavar="FILE", help="TOML")
        common.add_common(command)


def check_command(arguments: argparse.Namespace) -> int:
    """Prints {"rules":[{"name","then"}]}. Refused RULES_FILE with the rule and key that is wrong."""
    rules = _read(arguments.file)
    if arguments.json:
        common.print_json({"rules": [{"name": rule.name, "then": rule.then.value} for rule in rules]})
    else:
        common.console().print(f"{len(rules)} rules, all well formed", markup=False)
    return 0


def dry_run_command(arguments: argparse.Namespace) -> int:
    """Prints {"claims","rules":[{"rule","then","claims","claim_ids"}]} over every claim of the practice."""
    from chalicelib.claims.biller_rules import dry_run
    from chalicelib.claims.queries import every_claim

    rules = _read(arguments.file)
    with common.in_tenant(arguments, "rules.dry_run"):
        contents = [stored.claim.content for stored in every_claim()]
    runs = dry_run(rules, contents)
    if arguments.json:
        common.print_json({"claims": len(contents), "rules": [run.model_dump(mode="json") for run in runs]})
        return 0
    out = common.console()
    out.print(f"{len(contents)} claims", markup=False)
    for run in runs:
        out.print(f"  {run.words}", markup=False)
    return 0


def _read(file: Path) -> tuple[BillerRule, ...]:
    from chalicelib.claims.biller_rules import parse

    return parse(file.read_bytes())
