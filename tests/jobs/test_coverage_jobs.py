"""The nightly coverage job: what is asked on which day; a partner without a real-time door is told, and the rest is done."""

from __future__ import annotations

import pytest

from chalicelib.exchange import realtime
from chalicelib.jobs import coverage
from chalicelib.jobs.registry import JOBS, run
from chalicelib.local.clearinghouse import realtime_doors
from tests.practice import live_practice

pytestmark = pytest.mark.aws


@pytest.mark.parametrize(
    ("day", "mode"),
    [("2026-09-30", "nightly"), ("2026-10-01", "monthly"), ("2027-01-01", "new_year"), ("2027-01-02", "nightly")],
)
def test_the_mode_of_the_day(day, mode, tenant, in_tenant, monkeypatch):
    monkeypatch.setenv("OTBILL_NOW", day)
    with in_tenant(tenant()):
        assert coverage.mode_of_the_day() == mode


def test_the_job_runs_with_a_door_and_says_when_there_is_none(aws, operator, monkeypatch, tmp_path):
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    realtime.install(None)  # whatever a command of another test found on this machine
    slug = live_practice(operator).slug
    (shut,) = run("coverage-nightly", operator, [slug])
    assert (shut.error, shut.counts) == ("", {"no_door": 1, "ended": 0, "warned": 0})
    realtime.install(realtime_doors(tmp_path))
    try:
        (done,) = run("coverage-nightly", operator, [slug])
    finally:
        realtime.install(None)
    assert (done.error, done.counts) == ("", {"ended": 0, "warned": 0})
    assert [step.name for step in JOBS["coverage-nightly"].parts] == ["ask", "ended", "authorizations"]
