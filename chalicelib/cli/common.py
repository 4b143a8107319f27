"""What every command shares: where state is, who acts, how results are printed, how errors become exit codes.

Exit codes: 0 success (a held claim is success), 1 some input was rejected or refused or the ledger mismatches, 2 misuse or fault.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.platform.config import from_environment
from chalicelib.platform.errors import Forbidden
from chalicelib.tenancy import Principal, TenantContext, enter, require

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 1000  # columns of what is not a terminal
OPERATOR = Principal(
    user_id="operator",
    name="Operator of this machine",
    kind="operator",
    roles=frozenset(("operator",)),
    tenants=frozenset(("*",)),
)


def console(*, error: bool = False) -> Console:
    """Where people read: plain when it is no terminal, and then no table is folded to a screen's width."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(stderr=error, highlight=False, soft_wrap=not terminal, width=None if terminal else WIDE)


def home() -> Path:
    return from_environment().home


def connect() -> None:
    """Start (or find) the embedded AWS of OTBILL_HOME, make sure the control table stands, use the published code tables.

    On AWS there is nothing to start.
    """
    from chalicelib import store
    from chalicelib.documents import code_tables
    from chalicelib.store import provision
    from chalicelib.therapy.proof import TABLES

    settings = from_environment()
    if settings.is_local and not settings.aws_endpoint:
        from chalicelib.local.aws import ensure_aws

        os.environ["OTBILL_AWS_ENDPOINT"] = ensure_aws(settings.home)
    if settings.is_local:
        from chalicelib.exchange import realtime
        from chalicelib.local.clearinghouse import realtime_doors

        realtime.install(realtime_doors(settings.home / "exchange" / "clearinghouse"))
    store.configure(from_environment())
    provision.ensure_platform()
    code_tables.load()
    code_tables.keep_bundled(TABLES)


def acting(user: str) -> Principal:
    """Who acts: the user of `--as` (user id or login), or, on the embedded AWS only, the operator."""
    if not user:
        if not from_environment().is_local:
            raise Forbidden("NO_OPERATOR", "the operator exists only on the embedded AWS", fix="name a user with --as")
        return OPERATOR
    from chalicelib.store import identity

    found = identity.find_user(user) or identity.find_login(user)
    if found is None:
        raise Forbidden("USER_UNKNOWN", "no such user", fix="`otbill serve` prints the demo users")
    return found


@contextmanager
def in_tenant(arguments: argparse.Namespace, action: str) -> Iterator[TenantContext]:
    """Enter the practice of `--tenant` for an action of the permission table; Forbidden when it is not the user's."""
    from chalicelib.store import directory

    with enter(arguments.principal, arguments.tenant, action, directory.directory()) as context:
        require(action)
        yield context


def add_tenant(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--tenant", required=required, metavar="T", help="the practice: its slug or id")


def add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON, for programs")


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2, default=str)
    sys.stdout.write("\n")


@contextmanager
def progress(words: str, *, quiet: bool = False) -> Iterator[Any]:
    """A line that moves while something long runs; yields a function taking the count done so far. Silent off a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed}"), TimeElapsedColumn())
    with Progress(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, *_: bar.update(task, completed=done if isinstance(done, int) else bar.tasks[0].completed + 1)
