"""The demo, run once as a user runs it, in a state directory of its own; every test of this folder looks at what it left."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
OTBILL = REPOSITORY / ".venv" / "bin" / "otbill"
TENANT = "harborview-ot"


@dataclass(frozen=True)
class Demo:
    """A finished demo: its state directory, what it printed as JSON, and a way to run further commands there."""

    home: Path
    first: dict[str, Any]
    run: Callable[..., subprocess.CompletedProcess[str]]

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def files(self, suffix: str) -> list[Path]:
        """Files the clearinghouse received (837) or answered (835, 999, 277ca)."""
        return sorted(path for path in (self.home / "exchange" / "clearinghouse").rglob(f"*{suffix}") if path.is_file())


def runner(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    environment = {**os.environ, "OTBILL_HOME": str(home), "OTBILL_NOW": "2026-09-30"}
    environment.pop("OTBILL_AWS_ENDPOINT", None)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(OTBILL), *words], env=environment, capture_output=True, text=True, timeout=240)

    return run


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    run = runner(home)
    try:
        done = run("demo", "--json")
        assert done.returncode == 0, done.stderr
        yield Demo(home, json.loads(done.stdout), run)
    finally:
        run("stop")
