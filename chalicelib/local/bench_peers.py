"""Environments of their own for the peers of the benchmark that cannot live beside the product.

edi-835-parser brings pandas, linuxforhealth-x12 needs pydantic 1. Each environment is made on demand under `.otbill-bench/`
from a locked list in `requirements/`; without a network its peers are left out, and said so.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib import util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".otbill-bench"
ENVIRONMENT = {
    "edi-835-parser": "bench-835", "openx12": "bench-835", "linuxforhealth-x12": "bench-models", "atheris": "bench-fuzz",
}  # fmt: skip
"""Peer to environment; the name is also that of its list, `requirements/<name>.lock`."""


def python_of(peer: str) -> str | None:
    """The interpreter in which a peer can be imported; None when there is none and none can be made."""
    if peer in ENVIRONMENT:
        return _environment(ENVIRONMENT[peer])
    return sys.executable if peer in ("floor", "ours") or util.find_spec(peer) else None


def version(peer: str) -> str:
    """The peer's version, as its own environment tells it."""
    python = python_of(peer)
    if python is None:
        return ""
    asked = f"from importlib import metadata; print(metadata.version({peer!r}))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()


@cache
def _environment(name: str) -> str | None:
    home, lock = HOME / name, ROOT / "requirements" / f"{name}.lock"
    python, ready = home / "bin" / "python", home / ".ready"
    if ready.exists() and ready.read_text() == lock.read_text():
        return str(python)
    sys.stdout.write(f"making {home.relative_to(ROOT)} from requirements/{lock.name}\n")
    steps = [
        [sys.executable, "-m", "venv", str(home)],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)],
    ]
    for step in steps:
        if subprocess.run(step, capture_output=True, text=True, check=False, timeout=600).returncode:
            sys.stdout.write(f"{name}: not installed (no network?); its peers are left out\n")
            return None
    ready.write_text(lock.read_text())
    return str(python)
