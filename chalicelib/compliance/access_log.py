"""Looking at a patient's record is logged like changing it: who, when, what, why (45 CFR 164.312(b), 164.528)."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib import store
from chalicelib.tenancy.permissions import READS_PATIENTS

MOST_SUBJECTS = 500  # of one entry; a longer list takes several


def log_read(action: str, subject: str, seen: Sequence[str] = ()) -> None:
    """Log one look at records of the current practice. It is on record before anything is shown; no log, no look.

    `subject` is the record or list asked for, `seen` the ids that were in the answer. Other actions are not logged.
    """
    if action not in READS_PATIENTS:
        return
    parts = [seen[start : start + MOST_SUBJECTS] for start in range(0, len(seen), MOST_SUBJECTS)] or [()]
    for part in parts:
        with store.runtime().counting_apart(), store.unit_of_work() as uow:
            uow.audit(action, subject, subjects=tuple(part))
            uow.commit()
