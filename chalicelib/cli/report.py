"""`otbill report`: where the money is."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    top = commands.add_parser("report", help="where the money is").add_subparsers(required=True)
    command = top.add_parser("summary", help="visits, claims and money of a practice, adding up")
    common.add_tenant(command)
    common.add_common(command)
    command.set_defaults(run=run_summary)
    proof = top.add_parser("verify", help="work every figure out again from the records, and compare")
    common.add_tenant(proof)
    common.add_common(proof)
    proof.add_argument("--rebuild", action="store_true", help="put what the records say in place of the figures first")
    proof.set_defaults(run=run_verify)


def run_summary(arguments: argparse.Namespace) -> int:
    """Exit 1 when the books do not balance: here the whole journal is folded again, not only the figures added up."""
    from chalicelib.reporting.summary import summary
    from chalicelib.store import journal

    with common.in_tenant(arguments, "report.summary") as context:
        found = summary()
        found = found.model_copy(update={"balanced": found.balanced and bool(journal.verify()["balanced"])})
    if arguments.json:
        common.print_json(found.model_dump(mode="json"))
    else:
        print_summary(context.tenant.name, found)
    return 0 if found.balanced else 1


def run_verify(arguments: argparse.Namespace) -> int:
    """Exit 1 when a figure differs from what the records say."""
    from dataclasses import asdict

    from chalicelib.reporting import projection
    from chalicelib.reporting.figures import SEPARATOR

    with common.in_tenant(arguments, "report.verify"):
        counted = projection.rebuild() if arguments.rebuild else 0
        found = projection.verify()
    if arguments.json:
        common.print_json({"rebuilt": counted, "differences": [asdict(item) for item in found]})
        return 1 if found else 0
    for item in found:
        what = item.name.replace(SEPARATOR, " | ")
        common.console().print(f"{what}: {item.kept} is kept, the records say {item.worked_out}", markup=False)
    common.console().print(
        f"{len(found)} figures differ from the records" if found else "Every figure is what the records say"
    )
    return 1 if found else 0


def print_summary(name: str, found: Any) -> None:
    """The table a biller reads: what came in, what went out, where every dollar is."""
    from rich.table import Table

    out = common.console()
    counts = found.counts
    out.print(f"\n[bold]{name}[/bold]")
    steps = Table(box=None, pad_edge=False, show_header=False)
    steps.add_column(justify="right")
    steps.add_column()
    for key, words in _STEPS:
        steps.add_row(str(counts.get(key, found.by_status.get(key, 0))), words)
    out.print(steps)
    if found.held:
        out.print("\nHeld, and why")
        for item in found.held:
            out.print(f"  {item.claims:4d}  {item.code:28} {dollars(item.amount_cents):>12}")
    out.print()
    out.print(_money_table(found))
    word = "The ledger balances" if found.balanced else "The ledger does NOT balance"
    out.print(
        f"{word}: charged {dollars(found.charge_cents)} = paid {dollars(found.paid_cents)} + adjusted "
        f"{dollars(found.adjusted_cents)} + patient {dollars(found.patient_cents)} + open {dollars(found.open_cents)}"
    )


_STEPS = (
    ("visits", "visits taken in"),
    ("claims", "claims built"),
    ("held", "held, with a reason"),
    ("submitted", "submitted"),
    ("accepted", "accepted by the payer"),
    ("rejected", "rejected at the payer's door"),
    ("paid", "paid something by the decision that stands"),
    ("denied", "denied something by the decision that stands"),
    ("patient_due", "waiting for the patient's share"),
    ("tasks", "tasks open for a person"),
)


def _money_table(found: Any) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("payer")
    for column in ("claims", "charged", "paid", "adjusted", "patient", "open"):
        table.add_column(column, justify="right")
    for line in found.by_payer:
        amounts = (line.charge_cents, line.paid_cents, line.adjusted_cents, line.patient_cents, line.open_cents)
        table.add_row(line.payer_name, str(line.claims), *(dollars(amount) for amount in amounts))
    table.add_section()
    totals = (found.charge_cents, found.paid_cents, found.adjusted_cents, found.patient_cents, found.open_cents)
    table.add_row("all payers", str(found.counts["claims"]), *(dollars(amount) for amount in totals), style="bold")
    return table
