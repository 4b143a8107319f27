"""`otbill claims correct|void|resubmit`: the ways back for one claim. Registered by `chalicelib.cli.claims`."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.cli import common


def register(verbs: Any) -> None:
    for name, words, run in (
        ("correct", "send a corrected claim (7) from its visits as they are now", run_correct),
        ("void", "take a claim back at the payer (8)", run_void),
        ("resubmit", "send a rejected or voided claim again as new (1)", run_resubmit),
    ):
        command = add_move(verbs, name, words, run, reason_needed=False)
        if name != "resubmit":
            command.add_argument("--drop", action="store_true", help="give it up, as long as it is not sent")
        if name == "correct":
            command.add_argument("--drop-lines", action="store_true", help="lines that are gone are to be deleted")


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
