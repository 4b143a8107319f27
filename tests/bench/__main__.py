"""`make bench`: speed, memory and rates beside their floors and peers; docs/figures/bench.jsonl for the record.

One JSON object a figure: {"name","value","unit","against","ratio", ...}, with date, commit and versions. Exit 1 when a figure
misses its "must". `python -m tests.bench scrub` runs only that part; a part not run keeps its lines.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.bench import claims_figures, coverage_figures, scrub_figures
from tests.proof.figures import REPOSITORY, _read, _stamp

TARGET = REPOSITORY / "docs" / "figures" / "bench.jsonl"
Found = tuple[list[dict[str, Any]], int]


def scrub() -> Found:
    found = scrub_figures.figures()
    for figure in found:
        sys.stdout.write(f"{figure['name']:44} {figure['value']:12,.2f} {figure['unit']:9} must {figure['must']}\n")
    return found, int(bool(scrub_figures.missed(found)))


def coverage() -> Found:
    found = coverage_figures.figures()
    sys.stdout.write(coverage_figures.table(found))
    return found, int(bool(coverage_figures.missed(found)))


def x12() -> Found:
    """The EDI engine's own benchmark prints its table and writes its lines; ours is only to keep them."""
    from chalicelib.local import bench_x12

    with tempfile.TemporaryDirectory(prefix="otbill-bench-") as folder:
        record = Path(folder) / "x12.jsonl"
        missed = bench_x12.run(record=record)
        return [json.loads(line) for line in record.read_text("utf-8").splitlines()], missed


def claims() -> Found:
    found = claims_figures.figures()
    for figure in found:
        sys.stdout.write(f"{figure['name']:44} {figure['value']:12,.2f} {figure['unit']:9} must {figure['must']}\n")
    return found, int(bool(claims_figures.missed(found)))


PARTS: dict[str, Callable[[], Found]] = {"claims": claims, "scrub": scrub, "x12": x12, "coverage": coverage}


def keep(figures: Iterable[dict[str, Any]], target: Path = TARGET) -> None:
    """Replace each figure's line; figures not measured this time stay."""
    stamp = _stamp()
    found = _read(target) | {one["name"]: {**stamp, **one} for one in figures}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(json.dumps(found[name]) + "\n" for name in sorted(found)))


def main(chosen: Sequence[str]) -> int:
    missed = 0
    for name in chosen or PARTS:
        figures, failed = PARTS[name]()
        keep(figures)
        missed |= failed
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
