"""The served API keeps to its description, judged by schemathesis."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.api.openapi import document

pytestmark = [pytest.mark.contract, pytest.mark.aws]


def test_the_api_answers_as_it_says(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.contract.running import run

    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    outcome = run(tmp_path, examples=10)
    assert outcome.failures == 0, outcome.output
    assert outcome.code == 0, outcome.output
    # One less than described: the tool leaves out the address it read the description from.
    assert outcome.operations == sum(len(by_method) for by_method in document()["paths"].values()) - 1
    assert outcome.answered[200] > 50, "the tool must get past refusals"
    assert not any(status >= 500 for status in outcome.answered)
