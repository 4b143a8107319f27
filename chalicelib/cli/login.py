"""`otbill login-code`: a demo user's present code. `login-end`: sign out everywhere. `login-reset`: a lost authenticator."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.cli import common


def register(commands: Any) -> None:
    code = commands.add_parser("login-code", help="the code a demo user's authenticator shows now (embedded AWS only)")
    code.add_argument("user", metavar="USER", help="the email the user signs in with")
    end = commands.add_parser("login-end", help="end every session and token of a user at once")
    end.add_argument("user", metavar="USER", help="the email the user signs in with")
    reset = commands.add_parser(
        "login-reset", help="forget a user's lost authenticator; the next sign-in sets up another"
    )
    reset.add_argument("user", metavar="USER", help="the email the user signs in with")
    for command, run in ((code, run_code), (end, run_end), (reset, run_reset)):
        common.add_common(command)
        command.set_defaults(run=run)


def run_code(arguments: argparse.Namespace) -> int:
    """For the operator of this machine alone: a code of somebody else's is that person's second factor."""
    from chalicelib.local import login_codes
    from chalicelib.tenancy import require

    require("login.code", arguments.principal)
    code, seconds = login_codes.current(arguments.user)
    if arguments.json:
        common.print_json({"code": code, "seconds": seconds})
    else:
        common.console().print(f"{code}  (for {seconds} s; it signs in once)")
    return 0


def run_end(arguments: argparse.Namespace) -> int:
    from chalicelib.store import identity
    from chalicelib.tenancy import require

    require("login.end", arguments.principal)
    identity.end_everything(identity.user_id_of(arguments.user))
    if arguments.json:
        common.print_json({"ended": True})
    else:
        common.console().print("Every session and token of this user has ended.")
    return 0


def run_reset(arguments: argparse.Namespace) -> int:
    """Never one's own: whoever holds a password alone must not get round the second factor with it."""
    from chalicelib.platform.errors import Forbidden
    from chalicelib.store import identity
    from chalicelib.tenancy import require

    require("login.reset", arguments.principal)
    user_id = identity.user_id_of(arguments.user)
    if user_id == arguments.principal.user_id:
        raise Forbidden("OWN_RESET", "somebody else must reset this", fix="ask another administrator")
    identity.reset_second_factor(user_id)
    if arguments.json:
        common.print_json({"reset": True})
    else:
        common.console().print("The authenticator counts no longer; the next sign-in sets up another.")
    return 0
