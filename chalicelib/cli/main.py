"""`otbill`: everything a person or a script does from a terminal, in the field's words."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from chalicelib.cli import common
from chalicelib.platform.errors import OtbillError

_MODULES = (
    "tenant",
    "visits",
    "claims",
    "exchange",
    "payer_sim",
    "jobs",
    "remits",
    "denials",
    "appeals",
    "ledger",
    "audit",
    "events",
    "report",
    "eligibility",
    "auth",
    "schedule",
    "coverage",
    "estimate",
    "inquiry",
    "x12",
    "bench",
    "therapy",
    "codes",
    "rules",
    "documents",
    "demo",
    "serve",
    "login",
)
_OFFLINE = frozenset(("x12", "therapy", "bench"))  # these need no AWS
_EPILOG = """\
The main job, in order:
  otbill tenant apply tenants/harborview-ot.toml     make a practice live
  otbill visits import FILE.csv --tenant T           take in its visits
  otbill claims build --tenant T                     code and check claims; held ones say why
  otbill claims submit --tenant T                    write 837P files, one per payer
  otbill exchange sync                               send them, fetch 999, 277CA and 835, post payments
  otbill report summary --tenant T                   where the money is
  otbill ledger verify --tenant T                    prove that it adds up

State is kept in OTBILL_HOME (default .otbill/); the embedded AWS starts by itself. OTBILL_NOW freezes the clock.
`--as USER` acts as that user; without it, as the operator of this machine (embedded AWS only).
Exit codes: 0 success (a held claim is success); 1 some input was rejected or refused, or the ledger mismatches;
2 wrong use or a fault.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command tree."""
    top = argparse.ArgumentParser(
        prog="otbill",
        description="Insurance billing for occupational therapy: visits in, claims out, remittances posted to the cent.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in _MODULES:
        import_module(f"chalicelib.cli.{name}").register(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code. Errors are one plain sentence on stderr, with the fix."""
    os.umask(0o077)  # what this machine keeps is its owner's alone: claims and answers hold PHI
    words, user = _acting_user(list(sys.argv[1:] if argv is None else argv))
    arguments = parser().parse_args(words)
    try:
        if not getattr(arguments, "offline", arguments.command in _OFFLINE):
            common.connect()
            arguments.principal = common.acting(user)
        return int(arguments.run(arguments) or 0)
    except OtbillError as error:
        _tell(error, as_json=getattr(arguments, "json", False))
        return error.exit_code
    except FileNotFoundError as error:
        sys.stderr.write(f"otbill: there is no file {error.filename}\n")
        return 2
    except BrokenPipeError:
        return 0
    except OSError as error:
        sys.stderr.write(
            f"otbill: {error.strerror or type(error).__name__}: {error.filename or 'the system refused'}\n"
        )
        return 2
    except Exception as error:  # noqa: BLE001 - the last net: a fault is exit 2, and its text may repeat what it choked on
        sys.stderr.write(f"otbill: FAULT: {type(error).__name__} at {_place(error)}; nothing half-done was committed\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("otbill: stopped; what was committed stays, and running again goes on from there\n")
        return 2


def _place(error: Exception) -> str:
    """Where a fault was raised, for the person who mends it."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_code.co_filename.rpartition('/')[2]}:{last.tb_lineno}" if last else "an unknown place"


def _acting_user(words: list[str]) -> tuple[list[str], str]:
    """`--as USER` may stand anywhere; it is taken out before the command's own words are read."""
    if "--as" not in words:
        return words, ""
    place = words.index("--as")
    if place + 1 == len(words):
        sys.stderr.write("otbill: --as needs a user\n")
        raise SystemExit(2)
    return words[:place] + words[place + 2 :], words[place + 1]


def _tell(error: OtbillError, *, as_json: bool) -> None:
    if as_json:
        from chalicelib.cli.common import print_json

        print_json({"error": error.as_dict()})
    where = f" ({error.where})" if error.where else ""
    fix = f"\n  To mend: {error.fix}" if error.fix else ""
    sys.stderr.write(f"otbill: {error.code}: {error.message}{where}{fix}\n")
