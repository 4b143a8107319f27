"""`otbill claims attach|packet|mailed|exhausted|accident`: papers that go with a claim, and an accident over all its claims."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(verbs: Any) -> None:
    attached = _command(verbs, "attach", "let a paper of the patient go with the claim (PWK)", run_attach)
    attached.add_argument("--paper", metavar="ID", required=True, help="from otbill documents list")
    attached.add_argument("--type", default="OZ", help="PWK01: OZ support data (default), EB, M1, 09 …")
    attached.add_argument("--send", default="FX", help="PWK02: FX fax (default), BM mail, EL electronic, AA on request")
    packed = _command(
        verbs, "packet", "the papers that go with a claim behind a sheet that names them, as one PDF", run_packet
    )
    packed.add_argument("--out", metavar="FILE", required=True, help="write the PDF here")
    used = _command(verbs, "exhausted", "say that the accident's benefits are used up", run_exhausted)
    used.add_argument("--on", metavar="DATE", required=True, help="since when")
    used.add_argument("--paper", metavar="ID", default="", help="the insurer's letter, from otbill documents list")
    _command(verbs, "mailed", "note that a claim on paper was printed and mailed", run_mailed)
    _command(
        verbs, "accident", "the accident of a claim over all its claims: paid so far, used up or not", run_accident
    )


def _command(verbs: Any, name: str, words: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = verbs.add_parser(name, help=words)
    common.add_tenant(command)
    common.add_common(command)
    command.add_argument("--claim", metavar="ID", required=True, help="the claim")
    command.set_defaults(run=run)
    return command


def run_attach(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.papers import attach

    with common.in_tenant(arguments, "claims.attach"):
        claim = attach(arguments.claim, arguments.paper, report_type=arguments.type, way=arguments.send)
    listed = [item.model_dump(mode="json") for item in claim.papers]
    if arguments.json:
        common.print_json({"claim_id": claim.claim_id, "papers": listed})
    for item in () if arguments.json else claim.papers:
        common.console().print(
            f"{item.title}: {item.report_type} by {item.transmission}, control number {item.control_number}"
        )
    return 0


def run_packet(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from chalicelib.claims.paper_packet import packet
    from chalicelib.compliance.access_log import log_read

    with common.in_tenant(arguments, "claims.attach"):
        content = packet(arguments.claim)
        log_read("claims.packet", f"CLM#{arguments.claim}")
    out = Path(arguments.out)
    out.touch(mode=0o600)
    out.write_bytes(content)
    if arguments.json:
        common.print_json({"claim_id": arguments.claim, "out": arguments.out, "bytes": len(content)})
    else:
        common.console().print(f"Written to {arguments.out}: fax or mail it, the claim itself goes as ever")
    return 0


def run_exhausted(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.accidents import mark_exhausted
    from chalicelib.platform.errors import Misuse

    try:
        on = date.fromisoformat(arguments.on)
    except ValueError:
        raise Misuse("NOT_A_DATE", "a date is written 2026-09-30", where="--on") from None
    with common.in_tenant(arguments, "claims.exhausted"):
        made = mark_exhausted(arguments.claim, on, paper_id=arguments.paper)
    if arguments.json:
        common.print_json(made.model_dump(mode="json", exclude={"version"}))
    else:
        said = "with the insurer's letter" if made.paper_id else "without a letter yet"
        common.console().print(f"Used up since {made.exhausted_on}, {said}. Unsent claims are held at the next check.")
    return 0


def run_mailed(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.submission import mail
    from chalicelib.cli.claim_moves import told

    with common.in_tenant(arguments, "claims.submit"):
        return told(arguments, mail(arguments.claim))


def run_accident(arguments: argparse.Namespace) -> int:
    from chalicelib.claims.accidents import standing
    from chalicelib.compliance.access_log import log_read

    with common.in_tenant(arguments, "claims.show"):
        found = standing(arguments.claim)
        log_read("claims.show", f"CLM#{arguments.claim}")
    if arguments.json:
        common.print_json(found.model_dump(mode="json"))
        return 0
    out = common.console()
    out.print(
        f"{found.payer_name}, accident of {found.accident_on}: {found.claims} claims, {dollars(found.charge_cents)} charged"
    )
    limit = f" of {dollars(found.benefit_cents)}" if found.benefit_cents is not None else ""
    out.print(f"paid to this practice {dollars(found.paid_cents)}{limit} (others draw on the same benefit)")
    out.print(
        f"benefits used up since {found.exhausted_on}" if found.exhausted_on else "benefits not known to be used up"
    )
    return 0
