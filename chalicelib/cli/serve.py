"""`otbill serve`: the API and the portal on this machine."""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.cli import common


def register(commands: Any) -> None:
    command = commands.add_parser("serve", help="start the portal and the API on 127.0.0.1 and print the logins")
    command.add_argument("--port", type=int, default=8640, help="0 takes a free one (default 8640)")
    command.set_defaults(run=run_serve)
    stop = commands.add_parser("stop", help="stop the embedded AWS of OTBILL_HOME; its state stays")
    stop.set_defaults(run=run_stop, offline=True)


def run_serve(arguments: argparse.Namespace) -> int:
    from chalicelib.local import demo, web
    from chalicelib.local.people import PASSWORD, ensure_people

    demo.freeze()
    people = ensure_people()
    out = common.console()
    if len(people) < 2:
        out.print("No practice yet: `make demo` fills one, or apply a practice file.")
    out.print("Demo logins (this machine only, fictional data):")
    for user in people:
        where = user.practice or "all practices"
        code = "and a code" if user.needs_code else ""
        out.print(f"  {user.login:28} {PASSWORD:22} {code:11} {', '.join(user.roles)} of {where}")
    out.print("A code: otbill login-code EMAIL, in another terminal.")
    out.print("Public inquiry form: /inquiry. Stop with Ctrl-C.")
    web.serve(common.home(), port=arguments.port)
    return 0


def run_stop(_: argparse.Namespace) -> int:
    from chalicelib.local.aws import stop_aws

    stopped = stop_aws(common.home())
    common.console().print("The embedded AWS is stopped" if stopped else "No embedded AWS was running")
    return 0
