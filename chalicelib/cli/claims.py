"""`otbill claims`: build, scrub, submit, list and show claims."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chalicelib.cli import claim_moves, claim_papers, common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    top = commands.add_parser("claims", help="build, check, submit and look at claims").add_subparsers(required=True)
    for name, words, run in (
        ("build", "visits to claims: units, modifiers, checks; unsent claims follow their visits", run_build),
        ("scrub", "check unsent claims again as of today", run_scrub),
        ("submit", "write ready claims as 837P files, one per payer, into the outbox", run_submit),
        ("list", "claims with status, whose move it is and why", run_list),
        ("show", "one claim with its lines, findings and timeline", run_show),
    ):
        command = top.add_parser(name, help=words)
        common.add_tenant(command)
        common.add_common(command)
        if name in ("scrub", "show"):
            command.add_argument("--claim", metavar="ID", required=name == "show", help="one claim only")
        if name == "list":
            command.add_argument("--status", action="append", default=[], help="e.g. held, ready, denied (repeatable)")
            command.add_argument("--payer", default="", help="payer id")
        command.set_defaults(run=run)
    claim_moves.register(top)
    claim_papers.register(top)


def _entry(claim_id: str | None, visit_ids: Iterable[str], status: str, number: str = "") -> dict[str, Any]:
    return {"claim_id": claim_id, "visit_ids": list(visit_ids), "status": status, "patient_control_number": number}


def run_build(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.build import build_claims

    with (
        common.in_tenant(arguments, "claims.build"),
        common.progress("building claims, days", quiet=arguments.json) as moved,
    ):
        outcomes = build_claims(progress=moved)
    if arguments.json:
        claims = [
            {**_entry(item.claim_id, item.visit_ids, item.status), "reasons": list(item.reasons)} for item in outcomes
        ]
        common.print_json({"claims": claims, "files": []})
        return 0
    out = common.console()
    kinds = Counter(item.change for item in outcomes)
    said = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing new"
    out.print(f"Claims: {said}")
    _print_reasons(outcomes)
    return 0


def _print_reasons(outcomes: Iterable[Any]) -> None:
    reasons = Counter(code for item in outcomes if item.status == "held" for code in item.reasons)
    if not reasons:
        return
    out = common.console()
    out.print("Held, and why:")
    for code, count in reasons.most_common():
        out.print(f"  {count:4d}  {code}")


def run_scrub(arguments: argparse.Namespace) -> int:
    """All unsent claims, or one: the day of that one is judged as a whole, and that claim is told of."""
    from chalicelib.claims.build import rescrub, rescrub_one
    from chalicelib.claims.records import find_claims

    with common.in_tenant(arguments, "claims.scrub"):
        outcomes = [rescrub_one(arguments.claim)] if arguments.claim else rescrub()
        # A day is settled as a whole; claims of it that are with a payer were not checked again.
        outcomes = [item for item in outcomes if item.status in ("held", "ready")]
        stored = find_claims(item.claim_id for item in outcomes if item.claim_id)
    if arguments.json:
        common.print_json(
            {"claims": [_scrubbed(item, stored[item.claim_id].claim) for item in outcomes if item.claim_id]}
        )
        return 0
    common.console().print(f"Checked {len(outcomes)} unsent claim{'' if len(outcomes) == 1 else 's'}")
    _print_reasons(outcomes)
    return 0


def _scrubbed(item: Any, claim: Any) -> dict[str, Any]:
    shown = ("code", "severity", "line", "message", "fix", "citation")
    findings = [finding.model_dump(mode="json", include=set(shown)) for finding in claim.findings]
    status = "warned" if item.status == "ready" and findings else item.status
    return {"claim_id": item.claim_id, "visit_ids": list(item.visit_ids), "status": status, "findings": findings}


def run_submit(arguments: argparse.Namespace) -> int:
    from chalicelib import documents
    from chalicelib.claims.records import batches as batches_in
    from chalicelib.claims.records import find_claims
    from chalicelib.claims.submission import submit_claims
    from chalicelib.exchange import outbox

    files: list[Path] = []
    with common.in_tenant(arguments, "claims.submit"):
        with common.progress("submitting claims", quiet=arguments.json) as moved:
            sent, batches = submit_claims(moved)
        mine = {batch.file for batch in batches}
        for batch in batches_in("written"):  # also those of a run that was cut off before it could place them
            path = outbox.place(common.home() / "exchange" / "outbox", batch.file, documents.get(batch.document))
            files += [path] if batch.file in mine else []
        claims = find_claims(item.claim.claim_id for item in sent)
    if arguments.json:
        entries = [
            _entry(
                c.claim.claim_id,
                c.claim.content.visit_ids,
                c.claim.status,
                c.claim.submissions[-1].patient_control_number,
            )
            for c in (claims[item.claim.claim_id] for item in sent)
        ]
        common.print_json({"claims": entries, "files": [str(path) for path in files]})
        return 0
    out = common.console()
    out.print(f"Submitted {len(sent)} claims in {len(files)} files" if sent else "No claim is ready to submit")
    for path in files:
        out.print(f"  {path}")
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.queries import ClaimRow, list_claims
    from chalicelib.compliance.access_log import log_read

    rows: list[ClaimRow] = []
    with common.in_tenant(arguments, "claims.list"):
        cursor = None
        while True:
            page = list_claims(statuses=arguments.status, payer_id=arguments.payer, limit=200, cursor=cursor)
            rows += page.rows
            cursor = page.cursor
            if cursor is None:
                break
        log_read("claims.list", "CLAIMS", [row.claim_id for row in rows])
    if arguments.json:
        common.print_json({"claims": [row.model_dump(mode="json") for row in rows]})
        return 0
    _print_rows(rows)
    return 0


def _print_rows(rows: Iterable[Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("claim", no_wrap=True)
    for name, side in (
        ("date", "left"),
        ("patient", "left"),
        ("payer", "left"),
        ("charge", "right"),
        ("open", "right"),
        ("status", "left"),
        ("move", "left"),
        ("why", "left"),
    ):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(
            row.claim_id,
            str(row.date_of_service),
            row.practice_patient_id,
            row.payer_name,
            dollars(row.charge_cents),
            dollars(row.open_cents),
            row.status,
            row.owner,
            row.reason[:70],
        )
    common.console().print(table)


def run_show(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.queries import claim_view
    from chalicelib.compliance.access_log import log_read

    with common.in_tenant(arguments, "claims.show"):
        view = claim_view(arguments.claim)
        log_read("claims.show", f"CLM#{view.row.claim_id}")
    if arguments.json:
        common.print_json(view.model_dump(mode="json"))
        return 0
    out = common.console()
    row = view.row
    out.print(f"{row.patient_name} · {row.date_of_service} · {row.payer_name} · {row.status}: {row.reason}")
    out.print(
        f"charged {dollars(row.charge_cents)} = paid {dollars(row.paid_cents)} + adjusted {dollars(row.adjusted_cents)}"
        f" + patient {dollars(row.patient_cents)} + open {dollars(row.open_cents)}"
    )
    for line in view.content.lines:
        out.print(f"  {line.number}. {line.cpt} {' '.join(line.modifiers)} x{line.units}  {dollars(line.charge_cents)}")
    for finding in view.findings:
        out.print(f"  {finding.severity}: {finding.code}: {finding.message}. {finding.fix}")
    for event in view.events:
        out.print(f"  {event.at}  {event.source:6} {event.words}")
    return 0
