"""`otbill tenant apply FILE | list | schema | export | verify-export | suspend | resume`: practices, from file to farewell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common, tenant_lifecycle

if TYPE_CHECKING:
    from chalicelib.onboarding.apply import Result, Step
    from chalicelib.onboarding.practice_file import PracticeFileRefused

_MARKS = {"exists": "=", "create": "+", "change": "~"}


def register(commands: Any) -> None:
    top = commands.add_parser("tenant", help="practices: apply a practice file, list, export, suspend")
    actions = top.add_subparsers(required=True)
    one = actions.add_parser("apply", help="make a practice what its file says; again changes nothing")
    one.add_argument("file", type=Path, metavar="FILE", help="tenants/<slug>.toml")
    one.add_argument("--plan", action="store_true", help="say what would change, and stop")
    two = actions.add_parser("list", help="every practice with its state")
    for command, run in ((one, run_apply), (two, run_list)):
        common.add_common(command)
        command.set_defaults(run=run)
    tenant_lifecycle.add(actions)
    three = actions.add_parser("schema", help="print the JSON schema of a practice file")
    three.set_defaults(run=run_schema, offline=True)


def run_apply(arguments: argparse.Namespace) -> int:
    """Exit 0 when applied or nothing was to do, 1 when the file is refused, with every problem it has."""
    from chalicelib.onboarding.apply import apply, plan
    from chalicelib.onboarding.practice_file import PracticeFileRefused, load

    try:
        practice = load(arguments.file)
    except PracticeFileRefused as refused:
        return _refused(arguments, refused)
    planned = plan(practice, arguments.principal)
    if not arguments.json:
        _print_steps(planned.steps)
    if arguments.plan:
        if arguments.json:
            common.print_json({"slug": planned.slug, "steps": [step.as_dict() for step in planned.steps]})
        return 0
    result = apply(practice, arguments.principal, planned)
    if arguments.json:
        common.print_json(result.as_dict())
    else:
        _print_result(result)
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.store import directory

    tenants = [one for one in directory.list_tenants() if arguments.principal.may_enter(one.tenant_id)]
    if arguments.json:
        common.print_json({"tenants": [tenant.model_dump(mode="json") for tenant in tenants]})
        return 0
    rows = [(one.slug, one.name, one.state, one.timezone, one.code, one.tenant_id) for one in tenants]
    columns = ("practice", "name", "state", "time zone", "code", "id")
    print_table(columns, rows, "No practices yet: otbill tenant apply FILE")
    return 0


def run_schema(_: argparse.Namespace) -> int:
    from chalicelib.onboarding.practice_file import schema_text

    sys.stdout.write(schema_text())
    return 0


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], nothing: str = "") -> None:
    """A table for people; a sentence when there is nothing to show."""
    from rich.table import Table
    from rich.text import Text

    out = common.console()
    if not out.is_terminal:
        out.width = 240  # a file or a pipe has no edge to fold at
    # Folding, not cutting: an id or a reason is of no use in half.
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table if table.row_count else nothing)


def _print_steps(steps: Iterable[Step]) -> None:
    rows = [(_MARKS[step.action], step.action, step.resource, step.name, step.detail) for step in steps]
    print_table(("", "plan", "what", "name", "differs in"), rows)


def _print_result(result: Result) -> None:
    out = common.console()
    slug = result.tenant.slug
    if result.plan.changes_nothing:
        out.print(f"{slug}: nothing to do, everything is as the file says ({result.writes} writes)")
    else:
        out.print(f"{slug}: applied, version {result.number}, {result.tenant.state} ({result.tenant.tenant_id})")


def _refused(arguments: argparse.Namespace, refused: PracticeFileRefused) -> int:
    if arguments.json:
        problems = [problem.as_dict() for problem in refused.problems]
        common.print_json({"error": refused.as_dict(), "problems": problems})
        return refused.exit_code
    out = common.console(error=True)
    out.print(f"otbill: {arguments.file}: {refused.message}; nothing was changed", markup=False)
    for problem in refused.problems:
        out.print(f"  {problem}", markup=False)
    return refused.exit_code
