"""`otbill claims correct|void|resubmit|secondary|hold|release|note|writeoff`: what people do to one claim."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from chalicelib.cli import common


def register(verbs: Any) -> None:
    for name, words, run in (
        ("correct", "send a corrected claim (7) from its visits as they are now", run_correct),
        ("void", "take a claim back at the payer (8)", run_void),
        ("resubmit", "send a rejected or voided claim again as new (1)", run_resubmit),
        ("secondary", "bill the next payer, with what those before it decided", run_secondary),
    ):
        command = add_move(verbs, name, words, run, reason_needed=False)
        if name != "resubmit":
            command.add_argument("--drop", action="store_true", help="give it up, as long as it is not sent")
        if name == "secondary":
            command.add_argument("--paper", action="store_true", help="to be printed and mailed")
            command.add_argument(
                "--as-new", action="store_true", help="not as a corrected claim, where the payer wants that"
            )
        if name == "correct":
            command.add_argument("--drop-lines", action="store_true", help="lines that are gone are to be deleted")

    _register_people(verbs)
    paper = verbs.add_parser("paper", help="a claim's CMS-1500 data as PDF, for a printer with the form in it")
    common.add_tenant(paper)
    common.add_common(paper)
    paper.add_argument("--claim", metavar="ID", required=True, help="the claim")
    paper.add_argument("--to", metavar="FILE.pdf", type=Path, required=True, help="where to")
    paper.add_argument("--review", action="store_true", help="with our own frame and words, to look at; not to be sent")
    paper.set_defaults(run=run_paper)


def _register_people(verbs: Any) -> None:
    """What people do to a claim: hold, release, note, write off."""
    held = add_move(verbs, "hold", "hold an unsent claim, with a day to look at it again", run_hold, reason_needed=True)
    held.add_argument("--words", default="", help="more about it")
    held.add_argument("--owner", choices=("us", "practice"), default="us", help="whose move it is")
    held.add_argument("--follow-up", required=True, metavar="DATE", help="the day it is looked at again")
    held.add_argument("--release-on", metavar="DATE", help="the day it ends by itself")
    released = add_move(verbs, "release", "end a hold and check the claim again", run_release, reason_needed=False)
    released.add_argument("--override", action="append", default=[], metavar="CODE", help="overrule a finding")
    noted = add_move(verbs, "note", "put words on the claim's timeline", run_note, reason_needed=False)
    noted.add_argument("words", help="the note")
    given = add_move(verbs, "writeoff", "give up what somebody owes on a claim", run_write_off, reason_needed=True)
    given.add_argument("--party", choices=("payer", "secondary", "patient"), required=True, help="who owes it")
    given.add_argument("--amount", metavar="DOLLARS", help="how much (default: all of it)")


def add_move(verbs: Any, name: str, words: str, run: Any, *, reason_needed: bool) -> argparse.ArgumentParser:
    """A command about one claim, with a reason in words (no names: it is shown on the claim's page)."""
    command: argparse.ArgumentParser = verbs.add_parser(name, help=words)
    common.add_tenant(command)
    common.add_common(command)
    command.add_argument("--claim", metavar="ID", required=True, help="the claim")
    command.add_argument("--reason", default="", required=reason_needed, help="why, in words")
    command.set_defaults(run=run)
    return command


def run_correct(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import corrections

    with common.in_tenant(arguments, "claims.correct"):
        if arguments.drop:
            claim = corrections.drop(arguments.claim, reason=arguments.reason)
        else:
            claim = corrections.correct(arguments.claim, reason=arguments.reason, drop_lines=arguments.drop_lines)
        return told(arguments, claim)


def run_void(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import corrections
    from chalicelib.platform.errors import Misuse

    if not arguments.drop and not arguments.reason:
        raise Misuse("REASON_MISSING", "a void needs a reason", fix="say why with --reason")
    with common.in_tenant(arguments, "claims.void"):
        if arguments.drop:
            claim = corrections.drop(arguments.claim, reason=arguments.reason)
        else:
            claim = corrections.void(arguments.claim, reason=arguments.reason)
        return told(arguments, claim)


def run_resubmit(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import corrections

    with common.in_tenant(arguments, "claims.resubmit"):
        return told(arguments, corrections.resubmit(arguments.claim, reason=arguments.reason))


def run_secondary(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import corrections, secondary

    with common.in_tenant(arguments, "claims.secondary"):
        if arguments.drop:
            claim = corrections.drop(arguments.claim, reason=arguments.reason)
        else:
            options = {"paper": arguments.paper, "as_new": arguments.as_new}
            claim = secondary.open_secondary(arguments.claim, reason=arguments.reason, **options)
        return told(arguments, claim)


def told(arguments: argparse.Namespace, claim: Any) -> int:
    """What became of the claim; `otbill claims submit` sends what is ready."""
    if arguments.json:
        keys = {"claim_id", "status", "owner", "reason", "deadline", "sending", "hold"}
        common.print_json(claim.model_dump(mode="json", include=keys))
        return 0
    out = common.console()
    out.print(f"{claim.claim_id} is {claim.status}: {claim.reason or 'ready to send'}")
    for finding in claim.findings:
        if finding.severity == "error":
            out.print(f"  {finding.code}: {finding.message}. {finding.fix}")
    return 0


def _day(text: str | None) -> Any:
    from datetime import date

    from chalicelib.platform.errors import Misuse

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Misuse("NOT_A_DATE", "a date is written 2026-09-30", where=str(text)) from None


def run_hold(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import holds
    from chalicelib.claims.model import Party

    with common.in_tenant(arguments, "claims.hold"):
        claim = holds.hold(
            arguments.claim,
            arguments.reason,
            words=arguments.words,
            owner=Party(arguments.owner),
            follow_up_on=_day(arguments.follow_up),
            release_on=_day(arguments.release_on),
        )
        return told(arguments, claim)


def run_release(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import holds

    with common.in_tenant(arguments, "claims.release"):
        return told(arguments, holds.release(arguments.claim, overrides=arguments.override, reason=arguments.reason))


def run_note(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import holds

    with common.in_tenant(arguments, "claims.note"):
        return told(arguments, holds.note(arguments.claim, arguments.words))


def run_write_off(arguments: argparse.Namespace) -> int:
    from chalicelib.claims import holds
    from chalicelib.money import MoneyError, parse_dollars
    from chalicelib.platform.errors import Misuse

    try:
        amount = parse_dollars(arguments.amount) if arguments.amount else None
    except MoneyError as error:
        raise Misuse("NOT_DOLLARS", str(error), where="--amount", fix="write dollars such as 12.50") from None
    with common.in_tenant(arguments, "claims.writeoff"):
        return told(
            arguments, holds.write_off(arguments.claim, arguments.reason, party=arguments.party, amount_cents=amount)
        )


def run_paper(arguments: argparse.Namespace) -> int:
    """Writes the file; it holds what a claim holds, so it is its owner's alone."""
    from chalicelib.claims.paper import paper_pdf
    from chalicelib.compliance.access_log import log_read

    with common.in_tenant(arguments, "claims.paper"):
        content = paper_pdf(arguments.claim, review=arguments.review)
        log_read("claims.paper", f"CLM#{arguments.claim}")
    arguments.to.write_bytes(content)
    arguments.to.chmod(0o600)
    if arguments.json:
        common.print_json({"file": str(arguments.to), "bytes": len(content)})
    else:
        common.console().print(f"{arguments.to}: {len(content):,} bytes")
    return 0
