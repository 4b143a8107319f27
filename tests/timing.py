"""Processor time of one piece of work, kept apart from the run around it: no collection of the run's memory falls into it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def processor_seconds(work: Callable[[], object], rounds: int = 1) -> float:
    """This thread's quickest of so many rounds; a shared core stretches even processor time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return min(_one(work) for _ in range(rounds))
    finally:
        if was_on:
            gc.enable()


def _one(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began
