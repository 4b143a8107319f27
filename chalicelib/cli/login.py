"""`otbill login-code`: a demo user's present code. `login-end`: sign out everywhere. `login-reset`: a lost authenticator.
`login-password`: a forgotten or first password. `login-mail`: the mail a demo user would have got."""

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
    forgot = commands.add_parser(
        "login-password", help="a one-time password; at the next sign-in the user chooses their own"
    )
    forgot.add_argument("user", metavar="USER", help="the email the user signs in with")
    mailed = commands.add_parser("login-mail", help="the newest mail to a demo user (embedded AWS only)")
    mailed.add_argument("user", metavar="USER", help="the email the user signs in with")
    for command, run in (
        (mailed, run_mail),
        (code, run_code),
        (end, run_end),
        (reset, run_reset),
        (forgot, run_password),
    ):
        common.add_common(command)
        command.set_defaults(run=run)


def run_code(arguments: argparse.Namespace) -> int:
    from chalicelib.local import login_codes

    code, seconds = login_codes.tell(arguments.principal, arguments.user)
    if arguments.json:
        common.print_json({"code": code, "seconds": seconds})
    else:
        common.console().print(f"{code}  (for {seconds} s; it signs in once)")
    return 0


def run_mail(arguments: argparse.Namespace) -> int:
    """Nothing leaves this machine by mail: what a demo user would have got, the code of a forgotten password, stands here."""
    from chalicelib.local import login_codes

    text = login_codes.tell_mail(arguments.principal, arguments.user)
    return _say(arguments, {"mail": text}, text)


def run_end(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import logins

    logins.end(arguments.principal, arguments.user)
    return _say(arguments, {"ended": True}, "Every session and token of this user has ended.")


def run_reset(arguments: argparse.Namespace) -> int:
    from chalicelib.compliance import logins

    logins.reset_authenticator(arguments.principal, arguments.user)
    words = "The authenticator counts no longer; the next sign-in sets up another."
    return _say(arguments, {"reset": True}, words)


def run_password(arguments: argparse.Namespace) -> int:
    """Printed here and nowhere else; hand it over by another way than mail, and to nobody but the person."""
    from chalicelib.compliance import logins

    password = logins.reset_password(arguments.principal, arguments.user)
    words = f"{password}\nOpens nothing but the page where the user chooses a password. It is shown once; every session ended."
    return _say(arguments, {"one_time_password": password}, words)


def _say(arguments: argparse.Namespace, answer: dict[str, Any], words: str) -> int:
    if arguments.json:
        common.print_json(answer)
    else:
        common.console().print(words, markup=False)
    return 0
