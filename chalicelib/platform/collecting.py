"""Python's cycle collector during long runs: it walks all that lives, and a run over thousands of claims makes it walk often.

Nothing of ours makes many cycles: what a claim needs goes when its last name goes. The tables loaded so far (code sets, models,
the AWS client's shapes) are set aside, and young objects are looked through every 20,000 instead of every 700.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 20_000
_lock = threading.Lock()
_runs = 0
_before = (700, 10, 10)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Inside, collections are rare; after the last of several such runs everything is as it was."""
    global _runs, _before
    with _lock:
        _runs += 1
        if _runs == 1:
            _before = gc.get_threshold()
            gc.freeze()
            gc.set_threshold(max(_YOUNG, _before[0]) if _before[0] else 0, *_before[1:])
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                gc.set_threshold(*_before)
                gc.unfreeze()
