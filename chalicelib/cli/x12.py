"""`otbill x12`: read, check and show X12 files. Needs no practice and no AWS."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib import x12
from chalicelib.cli import x12_words as words

if TYPE_CHECKING:
    from rich.console import Console

_PLACES = 3  # places named for each kind of finding


def register(commands: Any) -> None:
    """Add `x12` to the command line."""
    top = commands.add_parser("x12", help="read, check or show an X12 file: 835, 837P, 999, 277CA, 270, 271")
    actions = top.add_subparsers(required=True)
    for name, run, help_ in (
        ("read", read_command, "print what it holds as JSON Lines; findings go to stderr"),
        ("check", check_command, "say in words what is wrong with it and what to do"),
        ("show", show_command, "show remittances and claims as pages"),
    ):
        command = actions.add_parser(name, help=help_)
        command.add_argument("file", type=Path, metavar="FILE")
        command.set_defaults(run=lambda arguments, run=run: run(arguments.file), offline=True)


def _exit_code(engine: x12.Engine, errors: int) -> int:
    """0 clean, 1 with errors, 2 not X12, or nothing in it that is read (4010)."""
    if not engine.read_sets:
        return 2
    return 1 if errors else 0


def read_command(path: Path) -> int:
    """Objects to stdout in file order, diagnostics to stderr, both JSON Lines; constant memory."""
    from chalicelib.x12.json_lines import as_json

    errors = 0
    with path.open("rb") as file:
        engine = x12.Engine(file)
        for value in engine.run():
            found = as_json(value)
            if found is None:
                continue
            is_finding = isinstance(value, x12.Diagnostic)
            errors += is_finding and found["severity"] == "error"
            (sys.stderr if is_finding else sys.stdout).write(json.dumps(found) + "\n")
    return _exit_code(engine, errors)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def check_command(path: Path) -> int:
    """What the file is, what it holds, and every kind of finding with its first places."""
    from rich.table import Table

    sets: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    kinds: dict[str, list[x12.Diagnostic]] = {}
    counts: Counter[str] = Counter()
    with path.open("rb") as file:
        engine = x12.Engine(file)
        for value in engine.run():
            if isinstance(value, x12.TransactionSet):
                version = value.version or value.group_version
                sets[f"{words.SETS.get(value.set_id, 'set')} ({value.set_id} {version})".replace(" )", ")")] += 1
            elif isinstance(value, x12.Diagnostic):
                counts[value.code] += 1
                if counts[value.code] <= _PLACES:
                    kinds.setdefault(value.code, []).append(value)
            elif name := words.OBJECTS.get(type(value).__name__):
                objects[name] += 1
    out = _console()
    out.print(f"{path.name}: {_sets(sets) or 'no transaction set'}; {_list(objects) or 'nothing in it that is read'}")
    errors = sum(counts[code] for code, found in kinds.items() if found[0].severity == "error")
    if not counts:
        out.print("Nothing is wrong with it.")
        return _exit_code(engine, 0)
    others = sum(counts.values()) - errors
    table = Table(
        title=f"{words.counted(errors, 'error')}, {others} that are warnings or notes",
        title_justify="left",
        show_lines=True,
    )
    table.add_column("What is wrong", ratio=3)
    table.add_column("Times", justify="right", no_wrap=True)
    table.add_column("Where first", ratio=3)
    table.add_column("What to do", ratio=2)
    order = {"error": 0, "warning": 1, "note": 2}
    for code, found in sorted(kinds.items(), key=lambda item: (order[item[1][0].severity], -counts[item[0]])):
        first = found[0]
        table.add_row(
            f"{first.severity}: {first.message}\n{code}", str(counts[code]), "\n".join(map(_place, found)), first.fix
        )
    out.print(table)
    return _exit_code(engine, errors)


def _list(counted: Counter[str]) -> str:
    return ", ".join(words.counted(count, name) for name, count in counted.items())


def _sets(counted: Counter[str]) -> str:
    return ", ".join(name if count == 1 else f"{count} x {name}" for name, count in counted.items())


def _place(d: x12.Diagnostic) -> str:
    element = f" element {d.element}" if d.element else ""
    loop = f" in loop {d.loop}" if d.loop else ""
    return f"{d.segment or 'file'} (segment {d.segment_number}, line {d.line}){element}{loop}"


def show_command(path: Path) -> int:
    """Remittances as an explanation of benefits, claims as a claim form's content, 999, TA1 and 277CA in words; other objects
    as JSON."""
    from chalicelib.cli.x12_pages import Pages

    errors = 0
    with path.open("rb") as file:
        engine = x12.Engine(file)
        pages = Pages(_console())
        for value in engine.run():
            if isinstance(value, x12.Diagnostic):
                errors += value.severity == "error"
            else:
                pages.show(value)
    if errors:
        found = (
            "1 error was found; `otbill x12 check {0}` names it."
            if errors == 1
            else f"{errors} errors were found; `otbill x12 check {{0}}` names them."
        )
        pages.out.print(found.format(path.name))
    return _exit_code(engine, errors)
