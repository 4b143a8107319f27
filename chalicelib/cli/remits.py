"""`otbill remits`: post remittances and look at them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars


def register(commands: Any) -> None:
    top = commands.add_parser("remits", help="post 835 remittances and look at them").add_subparsers(required=True)
    post = top.add_parser("post", help="post an 835 file, exactly once")
    post.add_argument("file", type=Path)
    common.add_tenant(post, required=False)
    common.add_common(post)
    post.set_defaults(run=run_post)
    listing = top.add_parser("list", help="checks, newest first")
    common.add_tenant(listing)
    common.add_common(listing)
    listing.set_defaults(run=run_list)
    strange = top.add_parser("exceptions", help="checks that pay nobody here (for the operator)")
    common.add_common(strange)
    strange.set_defaults(run=run_exceptions)


def run_post(arguments: argparse.Namespace) -> int:
    """Post every check of the file. Exit 1 when something was refused."""
    from chalicelib.jobs.denials import refresh_practices
    from chalicelib.remittance.service import post_file

    content = arguments.file.read_bytes()
    results = post_file(content, arguments.principal, arguments.tenant or "")
    if arguments.json:
        common.print_json({"remittances": [item.model_dump() for item in results]})
    else:
        for item in results:
            _print(item)
    refresh_practices(arguments.principal)
    return 1 if any(item.refused for item in results) else 0


def _print(item: Any) -> None:
    counts = (
        (item.posted, "claims posted"),
        (item.suspended, "to suspense"),
        (item.already_posted, "posted before"),
        (item.refused, "refused"),
    )
    said = ", ".join(f"{number} {words}" for number, words in counts if number) or "no claims"
    balance = "balanced" if item.balanced else "does not balance"
    reason = f" ({item.reason})" if item.reason else ""
    common.console().print(f"Check {item.trace or '?'}: {dollars(item.amount_cents)}, {balance}: {said}{reason}")


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.queries import list_remittances

    with common.in_tenant(arguments, "remits.list"):
        rows = list_remittances(limit=1000).rows
    if arguments.json:
        common.print_json({"remittances": [row.model_dump(mode="json") for row in rows]})
        return 0
    out = common.console()
    for row in rows:
        balance = "balanced" if row.balanced else "does not balance"
        out.print(
            f"{row.date}  {row.payer_name:36} {row.trace:18} {dollars(row.amount_cents):>12}  {row.posted} posted, "
            f"{row.suspended} unmatched, {balance}"
        )
    return 0


def run_exceptions(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.service import exceptions
    from chalicelib.tenancy import require

    require("remits.exceptions", arguments.principal)
    found = exceptions()
    if arguments.json:
        common.print_json({"exceptions": found})
        return 0
    for item in found:
        common.console().print(
            f"{item['at']}  {item['reason']}  {item['payer']}  {dollars(int(str(item['amount_cents'])))}"
        )
    return 0
