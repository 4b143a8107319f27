"""What can be said of the code without running it: bandit, known advisories, import contracts, and no table read whole."""

from __future__ import annotations

import ast
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.proof.figures import REPOSITORY, Figure

# The one place that reads whole tables: maintenance that a person starts (`otbill tenant export`).
MAINTENANCE = "chalicelib/store/maintenance.py"
TOOLS = REPOSITORY / ".venv/bin"
CODE = ("chalicelib", "app.py", "infra")


def proof() -> Figure:
    began = time.monotonic()
    figure = Figure("static", detail={"bandit findings": 0, "scans": 0, "packages audited": 0, "not audited": 0})
    _bandit(figure)
    _advisories(figure)
    done = subprocess.run([str(TOOLS / "lint-imports")], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    figure.check(done.returncode == 0, "an import contract is broken")
    for found in scans(REPOSITORY):
        figure.detail["scans"] += 1
        figure.fail(f"a table is read whole: {found}")
    figure.seconds = time.monotonic() - began
    return figure


def scans(root: Path) -> Iterator[str]:
    """Places in the product that scan a table: a call of `.scan(…)`, a paginator of it, a pynamodb `rate_limited_scan`."""
    files = [root / "app.py", *sorted((root / "chalicelib").rglob("*.py"))]
    for path in files:
        name = path.relative_to(root).as_posix()
        if name == MAINTENANCE or not path.exists():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _scans(node):
                yield f"{name}:{node.lineno}"


def _scans(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("scan", "rate_limited_scan", "parallel_scan"):
        return True
    named = {str(part.value).lower() for part in call.args if isinstance(part, ast.Constant)}
    return name in ("get_paginator", "getattr", "_make_api_call") and "scan" in named


def _bandit(figure: Figure) -> None:
    command = [str(TOOLS / "bandit"), "-q", "-c", "pyproject.toml", "-f", "json", "-r", *CODE]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        figure.check(False, "bandit did not run: make check-tools")
        return
    told = json.loads(done.stdout)
    figure.tried += len(told["metrics"]) - 1
    figure.detail["bandit findings"] = len(told["results"])
    for item in told["results"]:
        figure.fail(f"bandit {item['test_id']} {item['filename']}:{item['line_number']}")


def _advisories(figure: Figure) -> None:
    """pip-audit says 'no known vulnerabilities' of packages it could not look up; those are counted as not audited."""
    command = [str(TOOLS / "pip-audit"), "-r", "requirements/runtime.lock", "--disable-pip", "--require-hashes"]
    try:
        done = subprocess.run(
            [*command, "--timeout", "5", "-f", "json"],
            cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        packages = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        packages = []
    for item in packages:
        if "skip_reason" in item:
            figure.detail["not audited"] += 1
            continue
        figure.detail["packages audited"] += 1
        figure.check(not item["vulns"], f"{item['name']} {item['version']}: {[v['id'] for v in item['vulns']]}")
    if not figure.detail["packages audited"]:
        figure.examples.append("advisories not reachable from here: no package was audited")
