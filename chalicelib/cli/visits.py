"""`otbill visits`: take in a practice's visit file."""

from __future__ import annotations

import argparse
import csv
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.cli import common


def register(commands: Any) -> None:
    top = commands.add_parser("visits", help="take in a practice's visit file").add_subparsers(required=True)
    take = top.add_parser("import", help="import a native visit file (CSV, one row per procedure line)")
    take.add_argument("file", type=Path)
    take.add_argument("--dry-run", action="store_true", help="say what would happen; write nothing")
    common.add_tenant(take)
    common.add_common(take)
    take.set_defaults(run=run_import)


def run_import(arguments: argparse.Namespace) -> int:
    """Import, amend the unsent claims of changed visits, and write the rejects file. Exit 1 when rows were rejected."""
    from chalicelib.intake.service import import_visits

    with common.in_tenant(arguments, "visits.import"):
        with common.progress("reading visits, rows", quiet=arguments.json) as moved:
            result = import_visits(arguments.file, dry_run=arguments.dry_run, progress=moved)
        if result.amended_visits and not arguments.dry_run:
            from chalicelib.claims.build import build_claims

            build_claims(result.amended_visits)
    rejects = _rejects_file(arguments.file, result.rejected) if result.rejected and not arguments.dry_run else None
    if arguments.json:
        common.print_json(result.as_dict())
    else:
        _print(result, rejects, dry_run=arguments.dry_run)
    return 1 if result.rejected else 0


def _rejects_file(source: Path, rejected: list[Any]) -> Path:
    """Row, column, code, reason and fix of every rejected row; no values, which may be PHI."""
    digest = sha256(source.read_bytes()).hexdigest()[:8]
    path = common.home() / "rejects" / f"{source.stem}-{digest}.rejects.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("row", "column", "code", "reason", "fix"))
        writer.writerows(rejected)
    return path


def _print(result: Any, rejects: Path | None, *, dry_run: bool) -> None:
    from rich.table import Table

    out = common.console()
    out.print(
        f"{'Would import' if dry_run else 'Imported'} {result.rows} rows: {result.added} added, "
        f"{result.unchanged} unchanged, {result.amended} amended, {len({f.row for f in result.rejected})} rejected"
    )
    if not result.rejected:
        return
    table = Table(box=None, pad_edge=False)
    for name in ("row", "column", "reason", "to mend"):
        table.add_column(name, justify="right" if name == "row" else "left")
    for fault in result.rejected[:20]:
        table.add_row(str(fault.row), fault.column, fault.reason, fault.fix)
    out.print(table)
    if len(result.rejected) > 20:
        out.print(f"and {len(result.rejected) - 20} more")
    if rejects:
        out.print(f"All of them: {rejects}. Their visits are held (VISIT_INCOMPLETE) until the rows come again.")
