"""`otbill codes import|list`: published code tables in, by date; which versions are in use."""

from __future__ import annotations

import argparse
import re
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.cli import common
from chalicelib.platform.errors import Misuse, Refused

if TYPE_CHECKING:
    from chalicelib.codes.importing import Imported

KINDS = ("ncci", "mue", "mpfs", "gpci", "icd10", "carc")
MAX_BYTES = 200 * 1024 * 1024


def register(commands: Any) -> None:
    top = commands.add_parser("codes", help="code sets, fee schedules and edits, by date").add_subparsers(required=True)
    take = top.add_parser("import", help="take in a published table")
    take.add_argument("kind", choices=KINDS)
    take.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="as published, unpacked; NCCI: all four parts"
    )
    take.add_argument("--version", default="", metavar="V", help="NCCI: v330; fee schedule: 'Jan 2027'")
    take.add_argument(
        "--from", dest="start", type=date.fromisoformat, default=None, metavar="DAY", help="fee schedule: first day"
    )
    take.add_argument("--year", type=int, default=0, metavar="Y", help="GPCI: calendar year; ICD-10-CM: fiscal year")
    take.add_argument("--program", choices=("medicare", "medicaid"), default="medicare", help="NCCI only")
    take.add_argument("--qualifying", action="store_true", help="fee schedule of qualifying participants (QPP file)")
    common.add_common(take)
    take.set_defaults(run=import_command)
    versions = top.add_parser("list", help="versions in use and every change")
    common.add_common(versions)
    versions.set_defaults(run=list_command)


def import_command(arguments: argparse.Namespace) -> int:
    """Prints {"kind","rows_read","rows_kept","added","ended","tables":{name: version}}. Refused CODE_FILE for another file."""
    from chalicelib.codes.tables import CodeTableError
    from chalicelib.documents import code_tables

    code_tables.load()
    try:
        found = _read(arguments)
    except CodeTableError as error:
        raise Refused(
            "CODE_FILE", str(error), where=arguments.files[0].name, fix="give the file CMS publishes"
        ) from error
    names = ", ".join(path.name for path in arguments.files)
    used = code_tables.publish(found.tables, f"{arguments.kind}: {names}", arguments.principal.user_id)
    shown = {
        "kind": arguments.kind,
        "rows_read": found.rows_read,
        "rows_kept": found.rows_kept,
        "added": found.added,
        "ended": found.ended,
        "tables": {name: used[name][:16] for name in found.tables if name in used},
    }
    if arguments.json:
        common.print_json(shown)
    else:
        common.console().print(
            f"{arguments.kind}: {found.rows_read} rows read, {found.rows_kept} of our codes, {found.added} added",
            markup=False,
        )
    return 0


def list_command(arguments: argparse.Namespace) -> int:
    """Prints {"tables":{name: version},"changes":[{"at","who","source","tables","before"}]}."""
    from chalicelib.codes import tables
    from chalicelib.documents import code_tables

    code_tables.load()
    shown = {"tables": tables.versions(), "changes": code_tables.changes()}
    if arguments.json:
        common.print_json(shown)
        return 0
    out = common.console()
    imported = code_tables.in_use()
    for name, version in tables.versions().items():
        out.print(f"{version}  {name}{'' if name in imported else '  (bundled)'}", markup=False)
    return 0


def _read(arguments: argparse.Namespace) -> Imported:
    from chalicelib.codes import importing

    kind, files = arguments.kind, arguments.files
    if kind == "ncci":
        with ExitStack() as open_files:
            parts = [open_files.enter_context(path.open("rb")) for path in files]
            return importing.ncci(parts, _wanted(arguments.version, "--version v330"), arguments.program)
    content = _bytes(files)
    if kind == "mue":
        return importing.mue(content, files[0].name)
    if kind == "mpfs":
        start = _wanted(arguments.start, "--from 2027-01-01")
        return importing.mpfs(
            content, _wanted(arguments.version, "--version 'Jan 2027'"), start, qualifying=arguments.qualifying
        )
    if kind == "gpci":
        return importing.gpci(content, arguments.year or _year(files[0].name))
    if kind == "icd10":
        return importing.icd10_order(content, arguments.year or _year(files[0].name))
    return importing.carc(content)


def _bytes(files: list[Path]) -> bytes:
    if len(files) != 1:
        raise Misuse("ONE_FILE", "this kind of table is one file", fix="import the files one after another")
    if files[0].stat().st_size > MAX_BYTES:
        raise Refused("CODE_FILE", "the file is larger than any published table", where=files[0].name)
    return files[0].read_bytes()


def _wanted(value: Any, example: str) -> Any:
    if not value:
        raise Misuse("MISSING_OPTION", f"this table needs {example.split()[0]}", fix=f"add {example}")
    return value


def _year(name: str) -> int:
    years = re.findall(r"(?<!\d)20\d\d(?!\d)", name)
    if len(set(years)) != 1:
        raise Misuse("MISSING_OPTION", "the file's name does not tell the year", fix="add --year 2027")
    return int(years[0])
