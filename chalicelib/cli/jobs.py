"""`otbill jobs`: run a batch job here and now, as its schedule would."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from chalicelib.cli import common


def register(commands: Any) -> None:
    verbs = commands.add_parser("jobs", help="the batch jobs: list them, run one").add_subparsers(required=True)
    listed = verbs.add_parser("list", help="every job and what it does")
    common.add_common(listed)
    listed.set_defaults(run=run_list)
    ran = verbs.add_parser("run", help="run a job in every live practice, or in one")
    ran.add_argument("name", help="the job")
    common.add_tenant(ran, required=False)
    common.add_common(ran)
    ran.set_defaults(run=run_job)


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.jobs.registry import JOBS

    if arguments.json:
        common.print_json({"jobs": [{"name": job.name, "words": job.words} for job in JOBS.values()]})
        return 0
    for job in JOBS.values():
        common.console().print(f"{job.name:20} {job.words}")
    return 0


def run_job(arguments: argparse.Namespace) -> int:
    """Exit 1 when the job was stopped in some practice."""
    from chalicelib.jobs.registry import run
    from chalicelib.tenancy import require

    require("jobs.run", arguments.principal)
    done = run(arguments.name, arguments.principal, [arguments.tenant] if arguments.tenant else None)
    if arguments.json:
        common.print_json({"job": arguments.name, "practices": [asdict(item) for item in done]})
    else:
        for item in done:
            said = ", ".join(f"{count} {name}" for name, count in item.counts.items()) or f"stopped: {item.error}"
            common.console().print(f"{item.slug}: {said}")
    return 1 if any(item.error for item in done) else 0
