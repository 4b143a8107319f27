"""`otbill jobs`: run a batch job here and now, as its schedule would; see what became of runs; ask for one on the queue."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from chalicelib.cli import common


def register(commands: Any) -> None:
    verbs = commands.add_parser("jobs", help="the batch jobs: list them, run one").add_subparsers(required=True)
    for name, words, run in (
        ("list", "every job, what it does and when", run_list),
        ("run", "run a job in every live practice, or in one", run_job),
        ("runs", "what became of the state machines' runs, newest first", run_runs),
        ("ask", "put a job for a practice on the work queue", run_ask),
    ):
        command = verbs.add_parser(name, help=words)
        if name in ("run", "ask"):
            command.add_argument("name", help="the job")
            common.add_tenant(command, required=name == "ask")
        common.add_common(command)
        command.set_defaults(run=run)


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.jobs.registry import JOBS

    if arguments.json:
        listed = [{"name": job.name, "words": job.words, "schedule": job.schedule} for job in JOBS.values()]
        common.print_json({"jobs": listed})
        return 0
    for job in JOBS.values():
        common.console().print(f"{job.name:20} {job.schedule or 'by hand':24} {job.words}")
    return 0


def run_job(arguments: argparse.Namespace) -> int:
    """Exit 1 when the job was stopped in some practice."""
    from chalicelib.jobs.registry import run
    from chalicelib.local.clearinghouse import doors

    refs = [arguments.tenant] if arguments.tenant else None
    done = run(arguments.name, arguments.principal, refs, doors(common.home() / "exchange" / "clearinghouse"))
    if arguments.json:
        common.print_json({"job": arguments.name, "practices": [asdict(item) for item in done]})
    else:
        for item in done:
            said = ", ".join(f"{count} {name}" for name, count in item.counts.items()) or f"stopped: {item.error}"
            common.console().print(f"{item.slug}: {said}")
    return 1 if any(item.error for item in done) else 0


def run_runs(arguments: argparse.Namespace) -> int:
    """Exit 1 when a practice or partner was given up in one of them."""
    from chalicelib.jobs.registry import newest_runs
    from chalicelib.jobs.runs import STOPPED

    found = newest_runs(arguments.principal)
    if arguments.json:
        common.print_json({"runs": found})
    for item in () if arguments.json else found:
        said = item["code"] or ", ".join(f"{count} {name}" for name, count in item["counts"].items())
        common.console().print(f"{item['at']}  {item['job']:20} {item['outcome']:8} {item['subject']}  {said}")
    return 1 if any(item["outcome"] == STOPPED for item in found) else 0


def run_ask(arguments: argparse.Namespace) -> int:
    from chalicelib.jobs.registry import ask, job

    found = job(arguments.name)
    with common.in_tenant(arguments, "jobs.run") as context:
        message = ask(found)
    if arguments.json:
        common.print_json({"job": found.name, "tenant_id": context.tenant.tenant_id, "message": message})
    else:
        common.console().print(f"{found.name} is asked for {context.tenant.slug}")
    return 0
