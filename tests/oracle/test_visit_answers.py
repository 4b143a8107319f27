"""The hand-written answers to the 200 visits are whole, follow from their patterns, and add up by the manual's interval table."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

DATA = Path(__file__).parents[1] / "data"
UNTIMED = {"97165", "97166", "97167", "97168", "97150", "97018", "97022", "97016", "G0283"}
# Medicare Claims Processing Manual ch. 5 s. 20.2: minutes of the day to units
INTERVALS = [(0, 7), (8, 22), (23, 37), (38, 52), (53, 67), (68, 82), (83, 97)]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DATA / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def units(minutes: int) -> int:
    return next(count for count, (low, high) in enumerate(INTERVALS) if low <= minutes <= high)


def family(code: str) -> str:
    """97129 and 97130 share their minutes (ot_rules.md 1.3)."""
    return "97129" if code == "97130" else code


def minutes_of(pattern: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in pattern.split(", "):
        code, minutes = part.split()[:2]
        total[family(code)] += sum(int(one) for one in minutes.split("+"))
    return total


def billed(text: str) -> Counter[str]:
    out: Counter[str] = Counter()
    for item in text.split():
        code, _, rest = item.partition("x")
        out[family(code)] += int(rest.partition("/")[0])
    return out


PATTERNS = load("patterns").PATTERNS
POOLED = {"D1", "D2", "D3", "D4"}  # answers that hold only for their day of two visits


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_answers_fit_the_interval_table(name: str):
    note, cms, midpoint, _ = PATTERNS[name]
    minutes = minutes_of(note)
    timed = {code: count for code, count in minutes.items() if code not in UNTIMED}
    once = {code for code in minutes if code in UNTIMED}
    for text in (cms, midpoint):
        assert all(billed(text)[code] == 1 for code in once)
    if name != "T12":  # used under total time only
        assert {c: n for c, n in billed(midpoint).items() if c not in UNTIMED} == {
            c: units(m) for c, m in timed.items() if units(m)
        }
    if name in POOLED or name == "Z2":  # Z2 is used under the midpoint rule only
        return
    counted = {code: count for code, count in billed(cms).items() if code not in UNTIMED}
    assert sum(counted.values()) == units(sum(timed.values()))
    left = {code: timed[code] - 15 * counted.get(code, 0) for code in timed}
    # Nobody with whole quarter hours goes without them, and no unit went past a larger rest.
    assert all(rest < 15 for rest in left.values())
    earned = [timed[code] % 15 for code, rest in left.items() if rest < 0]
    missed = [timed[code] % 15 for code, rest in left.items() if rest > 0]
    assert not earned or not missed or min(earned) >= max(missed)


def test_pooled_days_fit_the_interval_table():
    for one, two in (("D1", "D2"), ("D3", "D4")):
        minutes = minutes_of(PATTERNS[one][0]) + minutes_of(PATTERNS[two][0])
        both = billed(PATTERNS[one][1]) + billed(PATTERNS[two][1])
        assert sum(both.values()) == units(sum(minutes.values()))


def test_two_hundred_visits_each_with_an_answer():
    visits, answers = rows("visits.csv"), rows("expected_visits.csv")
    assert len(answers) == 200
    assert {row["visit_id"] for row in visits} == {row["visit_id"] for row in answers}
    assert all((row["expected_status"] == "held") == bool(row["reasons"]) for row in answers)
    assert all((row["expected_status"] == "clean") == bool(row["lines"]) for row in answers)
    payers = {row["payer_id"] for row in visits}
    assert payers == {"09102", "87726", "60054", "62308", "61101", "00590", "GEICO", "PROGR", "31059"}
    reasons = Counter(row["reasons"] for row in answers if row["reasons"])
    assert min(reasons.values()) >= 2


def test_the_committed_files_are_what_the_generator_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DATA))
    maker = load("make_visits")
    monkeypatch.setattr(maker, "HERE", tmp_path)
    maker.main()
    for name in ("visits.csv", "expected_visits.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()
