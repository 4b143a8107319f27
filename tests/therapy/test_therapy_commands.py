"""`otbill therapy units` and `allowed`: the JSON a person or a script gets."""

from __future__ import annotations

import argparse
import io
import json
from typing import Any

import pytest

from chalicelib.cli import therapy
from chalicelib.platform.errors import Misuse, Refused


def run(words: str) -> dict[str, Any]:
    top = argparse.ArgumentParser()
    therapy.register(top.add_subparsers())
    arguments = top.parse_args(["therapy", *words.split()])
    out = io.StringIO()
    assert arguments.run(arguments, out) == 0
    document = json.loads(out.getvalue())
    assert isinstance(document, dict)
    return document


def billed(words: str) -> list[tuple[str, int, list[str]]]:
    return [(line["code"], line["units"], line["modifiers"]) for line in run(words)["lines"]]


def test_units_by_total_time():
    assert billed("units --rule cms 97110=33 97140=7") == [("97110", 2, ["GO"]), ("97140", 1, ["GO"])]
    shown = run("units --rule cms 97110=33 97140=7")
    assert shown["total_units"] == 3
    assert shown["ties"] == []
    assert shown["explanation"][0] == "40 timed minutes are 3 units by total time"
    assert shown["other_rule_units"] == {"97110": 2, "97140": 0}
    assert shown["findings"] == []


def test_units_by_midpoint():
    assert billed("units --rule midpoint 97110=33 97140=7") == [("97110", 2, ["GO"])]
    assert [item["code"] for item in run("units --rule midpoint 97110=33 97140=7")["findings"]] == ["UNITS_ZERO"]


def test_the_dollars_between_the_two_rules():
    """CMS example 1 by total time 3 units, by midpoint 4: national, 97112 2 and 97110 1 or 2 (MPPR)."""
    shown = run("units --rule cms --date 2026-07-01 --locality national 97112=24 97110=23")["rules"]
    assert (shown["units"], shown["other_units"]) == (3, 4)
    assert shown["difference_cents"] == 2221
    assert shown["other_allowed_cents"] - shown["allowed_cents"] == 2221
    turned = run("units --rule midpoint --date 2026-07-01 --locality national 97112=24 97110=23")["rules"]
    assert turned["difference_cents"] == -2221
    with pytest.raises(Refused):
        run("units --rule cms --date 2026-06-30 --locality national 97530=30")
    assert (
        run("units --rule cms --date 2026-07-01 97112=24 97110=23")["rules"] == shown
    )  # national where nothing is named
    assert run("units --rule cms --date 2026-07-01 97530=30")["rules"]["difference_cents"] == 0
    assert "2019" in run("units --rule cms --date 2019-07-01 97530=30")["rules"]["unknown"]  # no rate is no refusal


def test_an_assistant_s_half_is_a_line_of_its_own():
    assert billed("units --rule cms 97530=12+12") == [("97530", 1, ["GO"]), ("97530", 1, ["CO", "GO"])]


def told(words: str) -> list[tuple[str, str, int]]:
    return [(item["code"], item["severity"], item["line"]) for item in run(words)["findings"]]


@pytest.mark.parametrize("code", ["99999", "92507"])
def test_a_code_that_is_not_an_occupational_therapist_s_earns_no_unit_and_is_told(code: str):
    words = f"units --rule cms 97530=30 {code}=10"
    assert billed(words) == [("97530", 2, ["GO"])]
    assert run(words)["total_units"] == 2
    assert told(words) == [("CODE_UNKNOWN", "error", 2)]


def test_an_assistant_who_evaluates_is_told():
    assert told("units --rule cms 97165=30+15") == [("ASSISTANT_EVALUATION", "error", 1)]
    assert told("units --rule cms 97165=30") == []


def test_a_tie_is_told():
    assert len(run("units --rule cms 97112=20 97110=20")["ties"]) == 1


def test_allowed_is_to_the_cent():
    shown = run("allowed --date 2026-07-01 --locality FL-04 97530x2 97110x1 97140x1")
    assert shown["total_cents"] == 10736
    assert shown["lines"][0]["unit_cents"] == [3640, 2597]
    assert run("allowed --date 2026-07-01 --locality 09102-04 97530x2 97110x1 97140x1")["total_cents"] == 10736
    assert run("allowed --date 2026-07-01 97530x2 97110x1 97140x1")["total_cents"] == 10354


def test_modifiers_charge_and_deductible():
    shown = run("allowed --date 2026-07-01 --locality FL-04 97530x1 97110:CO:GOx1")
    assert shown["lines"][1]["paid_cents"] == 1533
    assert shown["lines"][1]["modifiers"] == ["CO", "GO"]
    commas = run("allowed --date 2026-07-01 --locality FL-04 97530x1 97110:CO,GOx1")
    assert commas == shown
    assert run("allowed --date 2026-07-01 97530x2@50.00")["total_cents"] == 5000
    assert run("allowed --date 2026-07-01 --deductible 50 97530x2@50.00")["paid_cents"] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("allowed --date 2026-06-30 97530x1", "RATE_UNKNOWN"),
        ("allowed --date 2026-07-01 --locality FL-77 97530x1", "RATE_UNKNOWN"),
        ("allowed --date 2026-07-01 99213x1", "RATE_UNKNOWN"),
    ],
)
def test_no_rate_no_guess(words: str, code: str):
    with pytest.raises(Refused) as refused:
        run(words)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "words",
    [
        "units --rule cms 97530",
        "units --rule cms 97530=1234",
        "allowed --date 2026-07-01 97530",
        "allowed --date 2026-07-01 97530:,GOx1",
        "allowed --date 2026-07-01 --locality Miami 97530x1",
        "allowed --date 2026-07-01 --deductible ten 97530x1",
    ],
)
def test_wrong_words_are_misuse(words: str):
    with pytest.raises(Misuse):
        run(words)
