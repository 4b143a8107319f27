"""`otbill bench x12`: how fast this engine reads and writes, beside the floor and every peer that is installed.

All in one run on one machine: a ratio from another day or machine means nothing. Each reading happens in a process of its
own, so memory is that reading's; time is CPU time of the reading alone, the best of several runs.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chalicelib.local.bench_peers import ROOT, python_of, version
from chalicelib.local.bench_x12_files import write_claims, write_remittance

_MUST = {"835 of the floor": 0.18, "837P of the floor": 0.10, "837P writing, claims/s": 3000.0, "peak RSS, MB": 32.0}
_SMALL = 2000


@dataclass(slots=True)
class Figure:
    """One line of the result; `ratio` is ours over theirs where there is a peer."""

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None


# What is timed. Each takes a path and returns how many things it read.


def floor(path: Path) -> int:
    """The least any reader can do in Python: 64 KB chunks, split on ~, split on *, drop."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(65536):
            *segments, tail = (tail + chunk).split(b"~")
            for segment in segments:
                segment.split(b"*")
            count += len(segments)
    return count


def ours(path: Path) -> int:
    """Typed claims with cents, balance and diagnostics, streamed and dropped."""
    from chalicelib.x12.reader import read

    with path.open("rb") as file:
        return sum(1 for _ in read(file))


def oxedi(path: Path) -> int:
    import oxedi as peer

    return int(peer.parse_file(str(path)).count_claims())


def pyx12(path: Path) -> int:
    import pyx12.params
    import pyx12.x12n_document

    params = pyx12.params.params()
    return int(pyx12.x12n_document.x12n_document(param=params, src_file=str(path), fd_997=None, fd_html=None))


def edi_835_parser(path: Path) -> int:
    import edi_835_parser as peer  # type: ignore[import-not-found, unused-ignore]

    return sum(len(one.claims) for one in peer.parse(str(path)))


def openx12(path: Path) -> int:
    import openx12 as peer  # type: ignore[import-not-found, unused-ignore]

    kind = peer.x835 if path.suffix == ".835" else peer.x837p
    return len(kind.parse(path.read_text()).claims)


def linuxforhealth(path: Path) -> int:
    from linuxforhealth.x12.io import X12ModelReader  # type: ignore[import-not-found, unused-ignore]

    with X12ModelReader(str(path)) as reader:
        return sum(1 for _ in reader.models())


READERS: dict[str, Callable[[Path], int]] = {
    "floor": floor, "ours": ours, "oxedi": oxedi, "pyx12": pyx12, "edi-835-parser": edi_835_parser, "openx12": openx12,
    "linuxforhealth-x12": linuxforhealth,
}  # fmt: skip
PEERS = {
    "835": ("oxedi", "pyx12", "edi-835-parser", "openx12", "linuxforhealth-x12"),
    "837P": ("pyx12", "openx12", "linuxforhealth-x12"),
}


def measure(reader: str, path: Path, runs: int) -> tuple[float, float]:
    """Best CPU seconds and peak RSS in MB above the bare interpreter, in a process of its own."""
    command = [python_of(reader) or sys.executable, "-m", "chalicelib.local.bench_x12", reader, str(path), str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{reader} could not read the synthetic file: {done.stderr.strip().splitlines()[-1:]}")
    seconds, rss = json.loads(done.stdout.splitlines()[-1])
    return seconds, rss


def _peak_kb() -> int:
    """Peak resident memory of this process. ru_maxrss would be the parent's when that was larger (fork hands it on)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def _child(reader: str, path: Path, runs: int) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    before = _peak_kb()
    READERS[reader](_warm(path))
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        READERS[reader](path)
        best = min(best, time.process_time() - start)
    peak = _peak_kb() - before
    sys.stdout.write(json.dumps([best, peak / 1024]) + "\n")


def _warm(path: Path) -> Path:
    """A tiny file of the same kind: imports are not what is measured."""
    small = path.with_name("warm-" + path.name)
    if not small.exists():
        (write_remittance if path.suffix == ".835" else write_claims)(small, 2)
    return small


def _write_speed(path: Path, runs: int) -> float:
    from chalicelib.x12 import read_837p, write_837p

    found = read_837p(path.read_bytes())
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        write_837p(found.interchanges[0], found.claims)
        best = min(best, time.process_time() - start)
    return len(found.claims) / best


def _read_figures(kind: str, path: Path, small: Path, claims: int, runs: int) -> list[Figure]:
    size = path.stat().st_size / 1e6
    base, _ = measure("floor", path, runs)
    seconds, rss = measure("ours", path, runs)
    found = [
        Figure(f"{kind} floor", size / base, "MB/s"),
        Figure(f"{kind} ours", size / seconds, "MB/s"),
        Figure(f"{kind} ours", claims / seconds, "claims/s"),
        Figure(f"{kind} of the floor", base / seconds, "", "floor", base / seconds),
        Figure(f"{kind} peak RSS", rss, "MB"),
    ]
    for name in PEERS[kind]:
        if python_of(name) is None:
            continue
        file = path if name == "oxedi" else small
        mine = seconds if name == "oxedi" else measure("ours", small, runs)[0]
        try:
            theirs, _ = measure(name, file, runs)  # as many readings as ours, the best of them likewise
        except RuntimeError as failed:
            sys.stdout.write(f"{name}: {failed}\n")
            continue
        found.append(Figure(f"{kind} {name}", file.stat().st_size / 1e6 / theirs, "MB/s", name, theirs / mine))
    return found


def _growth(folder: Path, claims: int) -> list[Figure]:
    """Time per MB and memory of a file a hundred times as large as a small one (490 MB over 4.9 MB at 100,000 claims)."""
    small, large = folder / "growth-small.835", folder / "growth-large.835"
    write_remittance(small, claims // 10)
    write_remittance(large, claims * 10)
    one = min(
        measure("ours", small, 1)[0] for _ in range(3)
    )  # each in a new process: a second reading finds its tables full
    two, rss = measure("ours", large, 1)
    size = large.stat().st_size / 1e6
    ratio = (two / large.stat().st_size) / (one / small.stat().st_size)
    large.unlink()
    return [
        Figure("835 time per MB, large file over small", ratio, "", "itself", ratio),
        Figure(f"835 of {size:.0f} MB peak RSS", rss, "MB"),
    ]


def figures(claims_835: int = 100_000, claims_837: int = 50_000, runs: int = 3, growth: bool = False) -> list[Figure]:
    """Write the files, read them with everything installed, and give the figures."""
    with tempfile.TemporaryDirectory(prefix="otbill-bench-") as name:
        folder = Path(name)
        paths = [folder / "full.835", folder / "full.837", folder / "small.835", folder / "small.837"]
        write_remittance(paths[0], claims_835)
        write_claims(paths[1], claims_837)
        write_remittance(paths[2], min(_SMALL, claims_835))
        write_claims(paths[3], min(_SMALL, claims_837))
        found = _read_figures("835", paths[0], paths[2], claims_835, runs)
        found += _read_figures("837P", paths[1], paths[3], claims_837, runs)
        found.append(Figure("837P writing, with checks", _write_speed(paths[3], runs), "claims/s"))
        if growth:
            found += _growth(folder, claims_835)
    return found


def _missed(found: list[Figure]) -> list[str]:
    value = {f"{f.name} {f.unit}".strip(): f.value for f in found}
    checks = [
        ("835 of the floor", value.get("835 of the floor", 1.0) >= _MUST["835 of the floor"]),
        ("837P of the floor", value.get("837P of the floor", 1.0) >= _MUST["837P of the floor"]),
        ("837P writing", value["837P writing, with checks claims/s"] >= _MUST["837P writing, claims/s"]),
        ("peak RSS", all(f.value <= _MUST["peak RSS, MB"] for f in found if f.name.endswith("peak RSS"))),
        ("five times the best pure-Python peer", all(f.ratio >= 5 for f in found if f.ratio and f.against not in ("floor",
        "oxedi", "itself"))),
    ]  # fmt: skip
    return [name for name, holds in checks if not holds]


def versions() -> dict[str, str]:
    """What was compared, for the record."""
    found = {"python": platform.python_version()}
    return found | {name: told for name in PEERS["835"] if (told := version(name))}


def run(
    claims_835: int = 100_000, claims_837: int = 50_000, runs: int = 3, growth: bool = False, record: Path | None = None
) -> int:
    """Print the table; append the figures to `record` as JSON Lines. Exit 1 when a figure misses what it must reach."""
    found = figures(claims_835, claims_837, runs, growth)
    for f in found:
        ratio = (
            f"   ours is {f.ratio:.2f} times {f.against}"
            if f.ratio is not None and f.against not in ("floor", "itself")
            else ""
        )
        sys.stdout.write(f"{f.name:44} {f.value:12,.2f} {f.unit:9}{ratio}\n")
    missed = _missed(found)
    for name in missed:
        sys.stdout.write(f"missed: {name}\n")
    if record is not None:
        _record(record, found)
    return 1 if missed else 0


def _record(path: Path, found: list[Figure]) -> None:
    from chalicelib import clock

    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    common: dict[str, Any] = {
        "date": clock.today().isoformat(), "commit": commit.stdout.strip(), "versions": versions(),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    with path.open("a", encoding="utf-8") as out:
        for f in found:
            out.write(json.dumps({**asdict(f), "name": f"x12 {f.name}", **common}) + "\n")


if __name__ == "__main__":
    _child(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
