"""`otbill x12`: read, check and show X12 files. Needs no practice and no AWS."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib import x12
from chalicelib.money import dollars

if TYPE_CHECKING:
    from rich.console import Console

_PLACES = 3  # places named for each kind of finding


def register(commands: Any) -> None:
    """Add `x12` to the command line."""
    top = commands.add_parser("x12", help="read, check or show an X12 file: 835, 837P, 999, 277CA, 270, 271")
    actions = top.add_subparsers(required=True)
    for name, run, words in (
        ("read", read_command, "print what it holds as JSON Lines; findings go to stderr"),
        ("check", check_command, "say in words what is wrong with it and what to do"),
        ("show", show_command, "show remittances and claims as pages"),
    ):
        command = actions.add_parser(name, help=words)
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

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


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
                sets[f"{value.set_id} {value.version or value.group_version}".strip()] += 1
            elif isinstance(value, x12.Diagnostic):
                counts[value.code] += 1
                if counts[value.code] <= _PLACES:
                    kinds.setdefault(value.code, []).append(value)
            elif not isinstance(value, x12.Interchange | x12.GroupEnd):
                objects[type(value).__name__] += 1
    out = _console()
    out.print(f"{path.name}: {_list(sets) or 'no transaction set'}; {_list(objects) or 'nothing in it that is read'}")
    errors = sum(counts[code] for code, found in kinds.items() if found[0].severity == "error")
    if not counts:
        out.print("Nothing is wrong with it.")
        return _exit_code(engine, 0)
    table = Table(title=f"{errors} errors, {sum(counts.values()) - errors} warnings and notes", title_justify="left")
    for heading in ("What", "How often", "First places", "What to do"):
        table.add_column(heading)
    order = {"error": 0, "warning": 1, "note": 2}
    for code, found in sorted(kinds.items(), key=lambda item: (order[item[1][0].severity], -counts[item[0]])):
        first = found[0]
        table.add_row(f"{code}\n{first.message}", str(counts[code]), "\n".join(map(_place, found)), first.fix)
    out.print(table)
    return _exit_code(engine, errors)


def _list(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.items())


def _place(d: x12.Diagnostic) -> str:
    element = f" element {d.element}" if d.element else ""
    loop = f" in loop {d.loop}" if d.loop else ""
    return f"{d.segment or 'file'} (segment {d.segment_number}, line {d.line}){element}{loop}"


def show_command(path: Path) -> int:
    """Remittances as an explanation of benefits, claims as a claim form's content; other objects as JSON."""
    from chalicelib.x12.json_lines import as_json

    out = _console()
    errors = 0
    with path.open("rb") as file:
        engine = x12.Engine(file)
        held: x12.Remittance | None = None
        for value in engine.run():
            match value:
                case x12.Diagnostic():
                    errors += value.severity == "error"
                case x12.Remittance():
                    held = value
                    _show_remittance(out, value)
                case x12.ClaimPayment():
                    _show_payment(out, value)
                case x12.RemittanceEnd():
                    _show_end(out, value, held)
                case x12.Claim837():
                    _show_claim(out, value)
                case _:
                    found = as_json(value)
                    if found:
                        out.print_json(data=found)
    if errors:
        out.print(f"{errors} errors were found; `otbill x12 check {path.name}` names them.")
    return _exit_code(engine, errors)


def _show_remittance(out: Console, r: x12.Remittance) -> None:
    out.rule(f"Remittance {r.trace}")
    payer = f"{r.payer.name} ({r.payer.id_code})" if r.payer.id_code else r.payer.name
    payee = f"{r.payee.name} (NPI {r.payee.npi})" if r.payee.npi else r.payee.name
    out.print(f"{payer} pays {payee} {dollars(r.amount_cents)}")
    out.print(f"by {r.method} on {r.date}\n")


_RIGHT = ("Charge", "Allowed", "Paid", "Units")


def _columns(title: str, headings: tuple[str, ...]) -> Any:
    """A table whose amounts and days are never cut, however narrow the terminal."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        right = heading in _RIGHT
        table.add_column(
            heading, justify="right" if right else "left", no_wrap=right or heading in ("Date", "Adjusted")
        )
    return table


def _cas(adjustments: tuple[x12.Adjustment, ...]) -> str:
    return "\n".join(f"{a.group}-{a.reason} {dollars(a.amount_cents)}" for a in adjustments)


def _show_payment(out: Console, c: x12.ClaimPayment) -> None:
    who = f"{c.patient.last_name}, {c.patient.first_name}".strip(", ")
    title = f"{c.patient_control_number}  {who}  status {c.status_code}  payer's number {c.payer_control_number}"
    table = _columns(title, ("Date", "Procedure", "Units", "Charge", "Allowed", "Adjusted", "Remarks", "Paid"))
    for line in c.lines:
        allowed = "" if line.allowed_cents is None else dollars(line.allowed_cents)
        table.add_row(
            str(line.date or ""), " ".join((line.procedure, *line.modifiers)), str(line.units), dollars(line.charge_cents),
            allowed, _cas(line.adjustments), " ".join(line.remark_codes), dollars(line.paid_cents),
        )  # fmt: skip
    share = f"patient {dollars(c.patient_responsibility_cents)}"
    table.add_section()
    table.add_row(
        "Claim",
        "",
        "",
        dollars(c.charge_cents),
        "",
        _cas(c.adjustments) or share,
        " ".join(c.remark_codes),
        dollars(c.paid_cents),
    )
    out.print(table)


def _show_end(out: Console, end: x12.RemittanceEnd, r: x12.Remittance | None) -> None:
    for a in end.provider_adjustments:
        out.print(f"Provider level {a.reason} {a.reference}: {dollars(-a.amount_cents)}")
    stated = f", payment {dollars(r.amount_cents)}" if r else ""
    out.print(
        f"{end.claims} claim{'' if end.claims == 1 else 's'}, {dollars(end.paid_cents)} paid on claims{stated}: ",
        end="",
    )
    out.print("it balances" if end.balanced else "it does NOT balance")
    for o in end.out_of_balance:
        out.print(f"  {o.level} {o.reference}: off by {dollars(o.off_by_cents)}")
    out.print()


def _show_claim(out: Console, c: x12.Claim837) -> None:
    who = c.patient or c.subscriber
    out.rule(f"Claim {c.patient_control_number}")
    out.print(
        f"{who.last_name}, {who.first_name}, born {who.date_of_birth}; member {c.member_id} of {c.payer_name} ({c.payer_id})"
    )
    rendering = f", rendered by {c.rendering.last_name} (NPI {c.rendering.npi})" if c.rendering else ""
    out.print(f"billed by {c.billing.last_name} (NPI {c.billing.npi}){rendering}; place {c.place_of_service}")
    out.print("diagnoses " + ", ".join(f"{n} {code}" for n, code in enumerate(c.diagnoses, 1)))
    table = _columns(f"charge {dollars(c.charge_cents)}", ("Date", "Procedure", "Units", "Diagnoses", "Charge"))
    for line in c.lines:
        table.add_row(
            str(line.date or ""), " ".join((line.procedure, *line.modifiers)), str(line.units),
            " ".join(map(str, line.diagnosis_pointers)), dollars(line.charge_cents),
        )  # fmt: skip
    out.print(table)
