"""Figures of a proof run: printed as a table, kept one JSON object a line in docs/figures/proof.jsonl."""

from __future__ import annotations

import fcntl
import json
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = REPOSITORY / "docs" / "figures" / "proof.jsonl"
_PACKAGES = ("botocore", "chalice", "pydantic", "pynamodb", "aws-lambda-powertools")


@dataclass
class Figure:
    """`tried` cases, `failed` of them; `detail` counts what is worth telling apart, `examples` what went wrong."""

    name: str
    tried: int = 0
    failed: int = 0
    detail: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def fail(self, what: str) -> None:
        self.failed += 1
        if len(self.examples) < 20:
            self.examples.append(what)

    def check(self, right: bool, what: str) -> None:
        """Count one case."""
        self.tried += 1
        if not right:
            self.fail(what)


def write(figures: Iterable[Figure], target: Path = TARGET) -> None:
    """Replace each figure's line; figures of proofs not run this time stay. Proofs that end together write in turn."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        found = _read(target) | {one.name: {**_stamp(), **_line(one)} for one in figures}
        target.write_text("".join(json.dumps(found[name]) + "\n" for name in sorted(found)))


def _read(target: Path) -> dict[str, Any]:
    if not target.exists():
        return {}
    lines = [json.loads(line) for line in target.read_text().splitlines() if line.strip()]
    return {line["name"]: line for line in lines}


def _line(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "tried": figure.tried,
        "failed": figure.failed,
        **({"detail": figure.detail} if figure.detail else {}),
        "seconds": round(figure.seconds, 1),
    }


def _stamp() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True)
    versions = {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
    return {"date": datetime.now(UTC).date().isoformat(), "commit": commit.stdout.strip(), "versions": versions}


def show(figures: Iterable[Figure]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("proof", "tried", "failed", "seconds", "detail"):
        table.add_column(name, justify="left" if name in ("proof", "detail") else "right")
    for one in figures:
        said = ", ".join(f"{name} {count}" for name, count in one.detail.items())
        table.add_row(one.name, str(one.tried), str(one.failed), f"{one.seconds:.1f}", said)
    out = Console(highlight=False, soft_wrap=True)
    out.print(table)
    for one in figures:
        for example in one.examples:
            out.print(f"  {one.name}: {example}")
