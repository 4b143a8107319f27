"""`otbill rules check|dry-run|apply FILE` and `rules list`: a biller's own rules, tried against past claims, then in force."""

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
    put = top.add_parser(
        "apply", help="put the rules in force, instead of those before; checked claims follow by scrub"
    )
    common.add_tenant(put)
    put.set_defaults(run=apply_command)
    listed = top.add_parser("list", help="the rules in force, and every version before")
    common.add_tenant(listed)
    common.add_common(listed)
    listed.set_defaults(run=list_command)
    for command in (check, trial, put):
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


def apply_command(arguments: argparse.Namespace) -> int:
    """Prints {"number","rules","changed"}; the same rules again change nothing."""
    from chalicelib.claims import rule_book

    content = arguments.file.read_bytes()
    with common.in_tenant(arguments, "rules.apply"):
        before = rule_book.current_book().number
        book = rule_book.apply(content, arguments.file.name)
    changed = book.number != before
    if arguments.json:
        common.print_json({"number": book.number, "rules": len(book.rules), "changed": changed})
        return 0
    words = f"{len(book.rules)} rules in force, version {book.number}" if changed else "Nothing changed"
    common.console().print(f"{words}. `otbill claims scrub` takes them to claims not sent yet.", markup=False)
    return 0


def list_command(arguments: argparse.Namespace) -> int:
    """Prints {"number","rules":[...],"versions":[{"number","rules","source","applied_at","applied_by"}]}."""
    from chalicelib.claims import rule_book

    with common.in_tenant(arguments, "rules.list"):
        book, versions = rule_book.current_book(), rule_book.versions()
    if arguments.json:
        rules = [rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for rule in book.rules]
        told = [{**one.model_dump(mode="json", exclude={"rules"}), "rules": len(one.rules)} for one in versions]
        common.print_json({"number": book.number, "rules": rules, "versions": told})
        return 0
    out = common.console()
    out.print(f"{len(book.rules)} rules in force, version {book.number}", markup=False)
    for rule in book.rules:
        out.print(f"  {rule.name}: {rule.then.value} {rule.modifier or rule.document}".rstrip(), markup=False)
    for one in versions:
        out.print(f"  version {one.number}: {len(one.rules)} rules from {one.source}, {one.applied_at}", markup=False)
    return 0


def _read(file: Path) -> tuple[BillerRule, ...]:
    from chalicelib.claims.biller_rules import parse

    return parse(file.read_bytes())
