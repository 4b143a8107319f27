"""`make proof`: every proof in one embedded AWS of its own; a table for people, docs/figures/proof.jsonl for the record.

Exit 1 when a proof fails. `python -m tests.proof canary crash` runs only those.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
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


def main(chosen: Sequence[str]) -> int:
    found: list[figures.Figure] = []
    for name in chosen or PROOFS:
        with world.embedded() as home:
            found += PROOFS[name](home)
    figures.show(found)
    figures.write(found)
    return 1 if any(one.failed or not one.tried for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
