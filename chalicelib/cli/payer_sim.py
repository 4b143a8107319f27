"""`otbill payer-sim`: the simulated clearinghouse and payers as a process of their own."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from typing import Any

from chalicelib.cli import common


def register(commands: Any) -> None:
    verbs = commands.add_parser("payer-sim", help="simulated payers beside the product").add_subparsers(required=True)
    serve = verbs.add_parser(
        "serve", help="answer files over SFTP and in a folder, 270 and 276 over HTTP, until stopped"
    )
    serve.add_argument("--folder", type=Path, default=Path("payer-sim"), help="where they keep files and memory")
    serve.add_argument(
        "--seed", default="otbill", help="makes keys and token; one seed, the same doors (default otbill)"
    )
    serve.add_argument("--partner", default="simulated", help="what practice files call this trading partner")
    serve.add_argument("--sftp-port", type=int, default=2222, help="0 takes a free one (default 2222)")
    serve.add_argument("--http-port", type=int, default=8277, help="0 takes a free one (default 8277)")
    common.add_common(serve)
    serve.set_defaults(run=run_serve, offline=True)


def run_serve(arguments: argparse.Namespace) -> int:
    """Runs until it is stopped. The first lines say how the product is told of it."""
    from chalicelib.local import demo, payer_sim

    demo.freeze()
    made = payer_sim.start(
        arguments.folder.resolve(),
        seed=arguments.seed,
        partner=arguments.partner,
        sftp_port=arguments.sftp_port,
        http_port=arguments.http_port,
    )
    told = {
        "sftp_port": made.sftp.port,
        "url": made.url,
        "settings": str(made.settings),
        "key": str(made.key),
        "token": str(made.token),
    }
    if arguments.json:
        common.print_json(told)
    else:
        common.console().print(
            f"SFTP on 127.0.0.1:{made.sftp.port}, real-time door {made.url}, folder {made.folder}\n"
            f"Tell the product: otbill exchange partner {made.settings} --key {made.key} --token {made.token}\n"
            "Stop with Ctrl-C."
        )
    _flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        made.close()
    return 0


def _flush() -> None:
    import sys

    sys.stdout.flush()
