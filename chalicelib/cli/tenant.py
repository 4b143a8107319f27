"""`otbill tenant apply FILE | list | schema`: practices from their declarative files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.tenancy import ALL_TENANTS, Principal

if TYPE_CHECKING:
    from chalicelib.onboarding.apply import Plan, Result
    from chalicelib.onboarding.practice_file import PracticeFileRefused

_MARKS = {"exists": "=", "create": "+", "change": "~"}


def register(subparsers: Any) -> None:
    """Add `tenant` to the command line. Each command sets `run(options) -> exit code`."""
    verbs = subparsers.add_parser("tenant", help="practices: apply a practice file, list practices").add_subparsers(
        dest="verb", required=True, metavar="apply|list|schema"
    )
    one = verbs.add_parser("apply", help="make a practice what its file says; again changes nothing")
    one.add_argument("file", type=Path, metavar="FILE", help="tenants/<slug>.toml")
    one.add_argument("--plan", action="store_true", help="say what would change and stop")
    one.add_argument("--json", action="store_true", help="print the result as JSON")
    one.set_defaults(run=run_apply)
    two = verbs.add_parser("list", help="every practice with its state")
    two.add_argument("--json", action="store_true", help="print the result as JSON")
    two.set_defaults(run=run_list)
    verbs.add_parser("schema", help="print the JSON schema of a practice file").set_defaults(run=run_schema)


def acting(options: argparse.Namespace) -> Principal:
    """Who acts: what the main command resolved from `--as`, by default the operator of this machine."""
    principal = getattr(options, "principal", None)
    if isinstance(principal, Principal):
        return principal
    return Principal(
        user_id="usr_operator",
        name="Operator",
        kind="operator",
        roles=frozenset({"operator"}),
        tenants=frozenset({ALL_TENANTS}),
    )


def run_apply(options: argparse.Namespace) -> int:
    """Exit 0 applied or nothing to do, 1 the file is refused (with every problem)."""
    from chalicelib.onboarding.apply import apply, plan
    from chalicelib.onboarding.practice_file import PracticeFileRefused, load

    principal = acting(options)
    try:
        practice = load(options.file)
    except PracticeFileRefused as refused:
        return _refused(options, refused)
    planned = plan(practice, principal)
    if not options.json:
        _show_plan(planned)
    if options.plan:
        if options.json:
            print_json({"slug": planned.slug, "changed": False, "steps": [step.as_dict() for step in planned.steps]})
        return 0
    result = apply(practice, principal, planned)
    if options.json:
        print_json(result.as_dict())
    else:
        _show_result(result)
    return 0


def run_list(options: argparse.Namespace) -> int:
    from chalicelib.store import directory

    tenants = list(directory.list_tenants())
    if options.json:
        print_json({"tenants": [tenant.model_dump(mode="json") for tenant in tenants]})
        return 0
    rows = [(one.slug, one.name, str(one.state), one.timezone, one.code, one.tenant_id) for one in tenants]
    show_table(
        ("practice", "name", "state", "time zone", "code", "id"), rows, "no practices yet: otbill tenant apply FILE"
    )
    return 0


def run_schema(_: argparse.Namespace) -> int:
    from chalicelib.onboarding.practice_file import schema_text

    sys.stdout.write(schema_text())
    return 0


def print_json(payload: dict[str, Any]) -> None:
    print(json.dumps(payload, indent=2, ensure_ascii=False, default=str))


def show_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], nothing: str) -> None:
    """A table for people, or a sentence when there is nothing to show."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not rows:
        console.print(nothing)
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _show_plan(planned: Plan) -> None:
    rows = [(_MARKS[step.action], step.action, step.resource, step.name, step.detail) for step in planned.steps]
    show_table(("", "plan", "what", "name", "differs in"), rows, "")


def _show_result(result: Result) -> None:
    if result.plan.changes_nothing:
        print(f"{result.tenant.slug}: nothing to do, everything is as the file says ({result.writes} writes)")
    else:
        print(
            f"{result.tenant.slug}: applied, version {result.number}, {result.tenant.state} ({result.tenant.tenant_id})"
        )


def _refused(options: argparse.Namespace, refused: PracticeFileRefused) -> int:
    problems = [problem.as_dict() for problem in refused.problems]
    if options.json:
        print_json({**refused.as_dict(), "problems": problems})
    else:
        print(f"{options.file}: {refused.message}; nothing was changed", file=sys.stderr)
        for problem in refused.problems:
            print(f"  {problem}", file=sys.stderr)
    return refused.exit_code
