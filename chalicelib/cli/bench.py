"""`otbill bench`: how fast, beside what others offer. Needs no practice and no AWS."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def register(commands: Any) -> None:
    """Add `bench` to the command line."""
    top = commands.add_parser("bench", help="time the parts of this product beside the floor and their peers")
    actions = top.add_subparsers(required=True)
    command = actions.add_parser("x12", help="reading and writing X12: 835 and 837P, with every peer that can be had")
    command.add_argument("--claims", type=int, default=100_000, help="claims of the 835 (the 837P has half as many)")
    command.add_argument("--runs", type=int, default=3, help="readings of each file; the best counts")
    command.add_argument("--growth", action="store_true", help="also a file ten times as large: time per MB and memory")
    command.add_argument("--record", type=Path, help="append the figures to this JSON Lines file")
    command.set_defaults(run=_x12, offline=True)


def _x12(arguments: argparse.Namespace) -> int:
    from chalicelib.local.bench_x12 import run

    claims = arguments.claims
    return run(claims, max(claims // 2, 1), arguments.runs, arguments.growth, arguments.record)
