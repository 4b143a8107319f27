"""`make proof`: every proof in an embedded AWS of its own; a table for people, docs/figures/proof.jsonl for the record.

Exit 1 when a proof fails. `python -m tests.proof canary crash` runs only those, one after the other; all of them go in
two lanes of processes, the longest first, as the machine has two cores and each proof uses little more than one.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.proof import (
    attack,
    authorization,
    books,
    canary,
    concurrency,
    conservation,
    contract,
    cost,
    crash,
    crash_denials,
    crash_remits,
    figures,
    isolation,
    jobs,
    static,
    world,
)

PROOFS: dict[str, Callable[[Path], Sequence[figures.Figure]]] = {
    "static": lambda _: [static.proof()],
    "isolation": isolation.matrix,
    "canary": lambda home: [canary.proof(home)],
    "canary-run": lambda home: [canary.whole_run(home)],
    "attack": lambda _: [attack.proof()],
    "contract": lambda home: [contract.proof(home)],
    "cost": lambda home: [cost.proof(home)],
    "ledger": lambda _: [books.proof()],
    "concurrency": concurrency.proofs,
    "authorization": lambda home: [authorization.proof(home)],
    "conservation": lambda _: [conservation.proof()],
    "crash": lambda home: [crash.sweep(home)],
    "crash-remits": lambda home: [crash_remits.proof(home)],
    "crash-denials": lambda home: [crash_denials.proof(home)],
    "jobs": lambda home: [jobs.proof(home)],
}
LANES = 2
LONGEST_FIRST = ("conservation", "canary-run", "contract", "crash", "isolation", "jobs", "cost", "concurrency")


def main(chosen: Sequence[str]) -> int:
    if not chosen:
        return _everything()
    found: list[figures.Figure] = []
    for name in chosen:
        with world.embedded() as home:
            found += PROOFS[name](home)
    figures.show(found)
    figures.write(found)
    return 1 if any(one.failed or not one.tried for one in found) else 0


def _everything() -> int:
    """Every proof in a process of its own, so that none is helped or spoilt by what another left in memory."""
    began = time.monotonic()
    order = sorted(PROOFS, key=lambda name: LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(PROOFS))
    with ThreadPoolExecutor(LANES) as lanes:
        codes = dict(zip(order, lanes.map(_one, order), strict=True))
    failed = [name for name, code in codes.items() if code]
    minutes = (time.monotonic() - began) / 60
    sys.stdout.write(f"{len(codes)} proofs in {minutes:.1f} minutes; failed: {', '.join(failed) or 'none'}\n")
    return 1 if failed else 0


def _one(name: str) -> int:
    done = subprocess.run([sys.executable, "-m", "tests.proof", name], capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout + (done.stderr if done.returncode else ""))
    sys.stdout.flush()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
