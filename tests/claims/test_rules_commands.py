"""`otbill rules check` and `dry-run`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.cli import rules
from chalicelib.platform.errors import Refused
from chalicelib.tenancy import Principal
from tests.practice import MEDICARE, build, line, live_practice

RULES = """
[[rules]]
name = "hold-medicare"
when = { payer = ["09102"] }
then = "hold"

[[rules]]
name = "warn-gait"
when = { code = ["97116"] }
then = "warn"
"""


def run(*words: str, principal: Principal | None = None) -> int:
    top = argparse.ArgumentParser()
    rules.register(top.add_subparsers())
    arguments = top.parse_args(["rules", *words])
    arguments.principal = principal
    code: int = arguments.run(arguments)
    return code


def test_check_names_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    assert run("check", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "rules": [{"name": "hold-medicare", "then": "hold"}, {"name": "warn-gait", "then": "warn"}]
    }
    assert run("check", str(file)) == 0
    assert "2 rules" in capsys.readouterr().out


def test_check_says_where_it_is_wrong(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text(RULES.replace('"warn"', '"submit"'))
    with pytest.raises(Refused) as refused:
        run("check", str(file))
    assert refused.value.where == "rules.1.then"


@pytest.mark.aws
def test_a_dry_run_counts_and_writes_nothing(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        build(tmp_path, line("V1", **MEDICARE), line("V2", patient_id="P2"))
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    before = store.runtime().writes
    assert run("dry-run", str(file), "--tenant", practice.slug, "--json", principal=operator) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["claims"] == 2
    assert [(item["rule"], item["claims"]) for item in shown["rules"]] == [("hold-medicare", 1), ("warn-gait", 0)]
    assert run("dry-run", str(file), "--tenant", practice.slug, principal=operator) == 0
    assert "hold-medicare would have held 1 claim" in capsys.readouterr().out
    assert store.runtime().writes == before
