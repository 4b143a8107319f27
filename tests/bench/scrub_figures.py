"""Figures of the scrub and the code tables: `python -m tests.bench.scrub_figures` prints JSON lines.

Each claim is scrubbed with all edits; the floor is the same claim read from JSON and written again (plain pydantic). Budget: p99
<= 5 ms a claim, >= 1,000 claims/s on one core, all code sets loaded in <= 150 ms and <= 60 MB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

LOAD = """
import time
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4
before, start = resident(), time.process_time()
from chalicelib.codes import cpt, findings, icd10, lists, mpfs, ncci, payers, settings
loads = (icd10.table, cpt._codes, cpt._limits, ncci._edits, mpfs._fees, mpfs._gpcis, mpfs._factors, payers.directory,
         lists.carcs, lists.rarcs, lists.claim_statuses, lists.places, lists.taxonomies, settings._settings, findings.registry)
for load in loads: load()
print(time.process_time() - start, resident() - before)
"""


def each(work: Callable[[Any], object], items: list[Any], rounds: int) -> list[float]:
    """Processor seconds of every call, sorted: the machine is shared."""
    spent = []
    for _ in range(rounds):
        for item in items:
            start = time.process_time()
            work(item)
            spent.append(time.process_time() - start)
    return sorted(spent)


def figures() -> list[dict[str, Any]]:
    """{"name","value","unit","must","against","ratio"}; `against` is the floor in the same unit."""
    from chalicelib.claims.model import ClaimContent
    from chalicelib.claims.rules import scrub
    from tests.claims.test_rules_clean_claims import CLAIMS, DAYS, clean

    made = [clean(plan, DAYS[name]) for plan, name in CLAIMS]
    texts = [content.model_dump_json() for content, _ in made]
    scrubbed = each(lambda pair: scrub(*pair), made, 10)
    floor = each(lambda text: ClaimContent.model_validate_json(text).model_dump_json(), texts, 10)
    load = subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True)
    seconds, kilobytes = load.stdout.split()
    p99, p99_floor = scrubbed[len(scrubbed) * 99 // 100], floor[len(floor) * 99 // 100]
    rate, rate_floor = len(scrubbed) / sum(scrubbed), len(floor) / sum(floor)
    return [
        _figure("scrub p99", p99 * 1000, "ms", 5, p99_floor * 1000),
        _figure("scrub rate", rate, "claims/s", 1000, rate_floor),
        _figure("code tables load", float(seconds) * 1000, "ms", 150, None),
        _figure("code tables memory", int(kilobytes) / 1024, "MB", 60, None),
    ]


def _figure(name: str, value: float, unit: str, must: float, against: float | None) -> dict[str, Any]:
    shown = {"name": name, "value": round(value, 3), "unit": unit, "must": must}
    return shown | ({"against": round(against, 3), "ratio": round(value / against, 2)} if against else {})


def missed(found: list[dict[str, Any]]) -> list[str]:
    """Names of figures that miss what they must reach."""
    slow = [f for f in found if (f["value"] < f["must"] if f["unit"] == "claims/s" else f["value"] > f["must"])]
    return [figure["name"] for figure in slow]


def main() -> int:
    found = figures()
    for figure in found:
        sys.stdout.write(json.dumps(figure) + "\n")
    return 1 if missed(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
