"""`python -m tests.x12.fuzz [MINUTES]`: fuzz the EDI reader with atheris (10 minutes unless told otherwise).

Seeds are written by this product's own writers, by the bench's generator and, when it is there, the public corpus. What
breaks a promise of `invariants.py` is left in `.otbill-bench/fuzz/found/` and makes the exit code 1: find what it is about
and make it a case in `test_x12_fuzz_cases.py`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chalicelib.local.bench_peers import HOME, ROOT, python_of
from chalicelib.local.bench_x12_files import write_claims, write_remittance
from tests.public_samples import X12
from tests.x12.fuzz.seeds import every_set

_LONGEST = 4096


def _seed(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(every_set()):
        (folder / f"written-{number}").write_bytes(data)
    write_remittance(folder / "bench.835", 3)
    write_claims(folder / "bench.837", 3)
    corpus = X12
    for path in corpus.glob("*/*"):
        if path.is_file() and path.stat().st_size <= _LONGEST:
            (folder / f"{path.parent.name}-{path.name}"[:120].replace("#", "-")).write_bytes(path.read_bytes())


def main(minutes: float = 10.0) -> int:
    python = python_of("atheris")
    if python is None:
        sys.stdout.write("atheris could not be installed\n")
        return 2
    home = HOME / "fuzz"
    _seed(home / "seeds")
    (home / "found").mkdir(exist_ok=True)
    (home / "grown").mkdir(exist_ok=True)
    options = [
        f"-max_total_time={int(minutes * 60)}", f"-max_len={_LONGEST}", f"-artifact_prefix={home / 'found'}/", "-timeout=20",
        "-rss_limit_mb=2048", "-print_final_stats=1",
    ]  # fmt: skip
    command = [python, "-m", "tests.x12.fuzz.harness", str(home / "grown"), str(home / "seeds"), *options]
    return int(subprocess.run(command, check=False, cwd=ROOT).returncode != 0)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2])))
