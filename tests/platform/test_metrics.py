"""What CloudWatch is told of the jobs: counts by job and outcome, and nothing that names a practice or a patient."""

from __future__ import annotations

import json

import pytest

from chalicelib.jobs import runs
from chalicelib.platform import metrics
from chalicelib.store import control


def test_a_reading_holds_declared_counts_and_no_words() -> None:
    told = metrics.line(
        {"job": "nightly-submission", "outcome": "done", "tenant": "harborview", "patient": "Marigold"},
        {"runs": 1, "submitted": 12, "Marigold": 3, "posted": "Testcase", "sent": True},
    )
    read = json.loads(told)
    assert {name: value for name, value in read.items() if name != "_aws"} == {
        "job": "nightly-submission", "outcome": "done", "service": "otbill", "runs": [1.0], "submitted": [12.0],
    }  # fmt: skip
    (directive,) = read["_aws"]["CloudWatchMetrics"]
    assert sorted(directive["Dimensions"][0]) == ["job", "outcome", "service"]


def test_a_dimension_that_is_no_plain_name_is_left_out() -> None:
    assert "Marigold Testcase" not in metrics.line({"job": "Marigold Testcase, 1937"}, {"runs": 1})
    assert metrics.line({"job": "x"}, {"birthday": 19370411}) == ""


@pytest.mark.parametrize("inside", [True, False])
def test_a_jobs_end_is_counted_where_lambda_runs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], inside: bool
) -> None:
    monkeypatch.setattr(control, "get", lambda pk, sk: None)
    monkeypatch.setattr(control, "replace", lambda record: record)
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    if inside:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "otbill-test-job_work")
    runs.note("silence", "run_1", "tnt_1", runs.DONE, counts={"asked": 4})
    out, err = capsys.readouterr()
    assert out == ""
    assert [json.loads(text)["asked"] for text in err.splitlines()] == ([[4.0]] if inside else [])
    assert "tnt_1" not in err
