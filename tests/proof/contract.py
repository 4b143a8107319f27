"""The API's contract: schemathesis over the served product and its own description, longer than `make check` does."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.proof.figures import REPOSITORY, Figure

EXAMPLES = 40


def proof(home: Path) -> Figure:
    """Every call made counts as tried; a check of the tool's that fails counts as failed."""
    from tests.contract.running import run

    subprocess.run([str(REPOSITORY / ".ci" / "install-check-tools")], check=True)
    began, figure = time.monotonic(), Figure("contract.openapi")
    outcome = run(home, EXAMPLES)
    figure.tried = sum(outcome.answered.values())
    figure.detail = {"operations": outcome.operations}
    figure.detail |= {f"answered {status}": count for status, count in sorted(outcome.answered.items())}
    if outcome.failures or outcome.code:
        figure.failed = max(outcome.failures, 1)
        figure.examples = outcome.output.partition("= FAILURES =")[2].splitlines()[:60]
    figure.seconds = time.monotonic() - began
    return figure
