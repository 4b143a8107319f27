"""What became of a run of a job, practice by practice: for the end of a state machine and for `otbill jobs runs`. No PHI.

RUN#<run> / <practice or partner>   control table; gsi1 JOB_RUNS / instant#run#subject
"""

from __future__ import annotations

from typing import Any

from chalicelib import clock
from chalicelib.platform import metrics
from chalicelib.platform.errors import Conflict
from chalicelib.store import control
from chalicelib.store.record import Record

STOPPED, DONE, RUNNING = "stopped", "done", "running"


def note(job: str, run: str, subject: str, outcome: str, code: str = "", counts: dict[str, int] | None = None) -> None:
    """Write down where a run stands for one subject. Counts of its steps are kept together; one run again replaces its own."""
    for _ in range(5):
        known = control.get(f"RUN#{run}", subject)
        at = clock.instant_text(clock.now())
        before: dict[str, Any] = known.data if known else {"began": at, "counts": {}}
        data = {
            "job": job,
            "run": run,
            "subject": subject,
            "outcome": outcome,
            "code": code,
            "began": before["began"],
            "at": at,
            "counts": {**before["counts"], **(counts or {})},
        }
        index = ("JOB_RUNS", f"{before['began']}#{run}#{subject}")
        record = Record(f"RUN#{run}", subject, "job_run", data, version=known.version if known else 0, gsi1=index)
        try:
            control.replace(record)
        except Conflict:
            continue  # noted by another hand at the same moment: what it wrote is read again
        over = {"runs": 1} if outcome != RUNNING else {}
        metrics.emit({"job": job, "outcome": outcome}, {**over, **(counts or {})})
        return


def of(run: str) -> list[dict[str, Any]]:
    """Everything noted about a run."""
    return [record.data for record in control.iter_query(f"RUN#{run}")]


def newest(limit: int = 50) -> list[dict[str, Any]]:
    """The last notes, newest first."""
    return [record.data for record in control.query_index("gsi1", "JOB_RUNS", limit=limit, newest_first=True).records]
