"""A biller's rules in force: kept by version, used in drafting and judging, taken up by the next scrub, replayed by the proof."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims import rule_book
from chalicelib.claims.build import rescrub
from chalicelib.claims.explain import explain
from chalicelib.claims.records import get_claim
from chalicelib.claims.submission import submit_claims
from chalicelib.cli import rules
from chalicelib.platform.errors import NotFound, Refused
from chalicelib.tenancy import Principal
from tests.practice import CIGNA, build, line, live_practice, only

pytestmark = pytest.mark.aws
HOLD = b"""
[[rules]]
name = "hold-weakness"
when = { diagnosis = ["M62.81"] }
then = "hold"
message = "Dr. Example wants to see these first"
"""
ADD = b"""
[[rules]]
name = "right-side"
when = { payer = ["60054"], code = ["97530"] }
then = "add_modifier"
modifier = "RT"
"""
ASK = b"""
[[rules]]
name = "ask-for-the-order"
when = { payer = ["60054"] }
then = "require_document"
document = "order"
"""


@pytest.fixture
def practice(
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    made = live_practice(operator)
    with in_tenant(made.slug):
        yield made


def claim(folder: Path, **more: str) -> Any:
    return get_claim(only(build(folder, line(**more))).claim_id).claim


def test_a_rule_holds_what_it_names_from_the_next_scrub_on(practice: Any, tmp_path: Path):
    made = claim(tmp_path)
    assert made.status == "ready"
    rule_book.apply(HOLD, "rules.toml")
    assert only(rescrub()).reasons == ("BILLER_RULE",)
    held = get_claim(made.claim_id).claim
    assert "Dr. Example wants to see these first" in held.reason
    rule_book.apply(ADD, "rules.toml")
    assert only(rescrub()).status == "ready"


def test_a_modifier_is_added_and_known_as_the_rules(practice: Any, tmp_path: Path):
    rule_book.apply(ADD, "rules.toml")
    added = only(claim(tmp_path).content.lines)
    assert (added.modifiers, added.rule_modifiers) == (("GO", "RT"), ("RT",))


def test_a_required_document_is_satisfied_by_the_record(practice: Any, tmp_path: Path):
    rule_book.apply(ASK, "rules.toml")
    assert claim(tmp_path).status == "held"
    assert claim(tmp_path, visit="V2", patient_id="P2", order_signed_on="2026-07-30").status == "ready"


def test_a_new_rule_is_no_news_about_a_sent_claim(practice: Any, tmp_path: Path):
    made = claim(tmp_path)
    submit_claims()
    rule_book.apply(ADD, "rules.toml")
    day = build(tmp_path, line("V2", **CIGNA))  # settles the sent claim's day again
    assert {item.claim_id: item.change for item in day}[made.claim_id] == "unchanged"
    sent = get_claim(made.claim_id).claim
    assert not sent.correction_open
    assert only(sent.content.lines).modifiers == ("GO",)


def test_the_proof_uses_the_rules_of_its_day(practice: Any, tmp_path: Path):
    rule_book.apply(ADD, "rules.toml")
    made = claim(tmp_path)
    rule_book.apply(HOLD, "other.toml")
    proof = explain(made.claim_id)
    assert proof["replay"] == {"same": True, "differences": []}
    assert proof["biller_rules"] == 1
    assert proof["lines"][0]["modifiers_of_rules"] == ["RT"]


def test_the_proof_shows_the_documentation_behind_the_claim(practice: Any, tmp_path: Path):
    proof = explain(claim(tmp_path, progress_report_on="2026-08-31").claim_id)["documentation"]
    assert proof["plan_of_care"]["certified_on"] == "2026-08-10"
    assert (proof["progress_reports"], proof["treatment_days"]) == (["2026-08-31"], 1)
    assert proof["note_signed_on"] == "2026-09-01"


def test_the_same_rules_again_write_nothing_and_every_version_stays(practice: Any):
    first = rule_book.apply(ADD, "one.toml")
    before = store.runtime().writes
    assert rule_book.apply(ADD, "again.toml") == first
    assert store.runtime().writes == before
    rule_book.apply(HOLD, "two.toml")
    assert [(book.number, book.source) for book in rule_book.versions()] == [(1, "one.toml"), (2, "two.toml")]


def test_a_wrong_file_changes_nothing(practice: Any):
    rule_book.apply(ADD, "one.toml")
    with pytest.raises(Refused):
        rule_book.apply(ADD.replace(b"RT", b"KX"), "bad.toml")
    assert rule_book.current_book().number == 1


def test_the_commands(practice: Any, operator: Principal, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "rules.toml"
    file.write_bytes(ADD)

    def run(*words: str) -> Any:
        top = argparse.ArgumentParser()
        rules.register(top.add_subparsers())
        arguments = top.parse_args(["rules", *words, "--tenant", practice.slug])
        arguments.principal = operator
        assert arguments.run(arguments) == 0
        return capsys.readouterr().out

    assert json.loads(run("apply", str(file), "--json")) == {"number": 1, "rules": 1, "changed": True}
    assert "Nothing changed" in run("apply", str(file))
    listed = json.loads(run("list", "--json"))
    assert listed["rules"][0]["name"] == "right-side"
    assert [one["source"] for one in listed["versions"]] == ["rules.toml"]
    assert "right-side: add_modifier RT" in run("list")


def scrubbed(practice: Any, operator: Principal, capsys: pytest.CaptureFixture[str], *words: str) -> list[Any]:
    from chalicelib.cli import claims

    top = argparse.ArgumentParser()
    claims.register(top.add_subparsers())
    arguments = top.parse_args(["claims", "scrub", "--tenant", practice.slug, "--json", *words])
    arguments.principal = operator
    assert arguments.run(arguments) == 0
    found: list[Any] = json.loads(capsys.readouterr().out)["claims"]
    return found


def test_scrub_tells_of_claims_not_sent_and_of_no_others(
    practice: Any, operator: Principal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    claim(tmp_path)
    submit_claims()
    other = only(item for item in build(tmp_path, line("V2", **CIGNA)) if item.change == "drafted")
    shown = only(scrubbed(practice, operator, capsys))
    assert (shown["claim_id"], shown["status"]) == (other.claim_id, "warned")


def test_scrub_of_one_claim_judges_its_day_and_tells_of_that_claim(
    practice: Any, operator: Principal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    aetna, cigna = build(tmp_path, line("V1"), line("V2", **CIGNA))
    rule_book.apply(HOLD, "rules.toml")
    shown = only(scrubbed(practice, operator, capsys, "--claim", str(aetna.claim_id)))
    assert (shown["claim_id"], shown["status"]) == (aetna.claim_id, "held")
    assert get_claim(str(cigna.claim_id)).claim.status == "held"


def test_scrub_of_a_claim_that_is_not_here_is_refused(
    practice: Any, operator: Principal, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(NotFound) as refused:
        scrubbed(practice, operator, capsys, "--claim", "clm_nobodys")
    assert (refused.value.code, refused.value.exit_code) == ("CLAIM_NOT_FOUND", 1)


def test_scrub_of_a_claim_with_the_payer_says_that_it_was_not_checked_and_what_to_do(
    practice: Any, operator: Principal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    sent = claim(tmp_path)
    submit_claims()
    before = get_claim(sent.claim_id)
    with pytest.raises(Refused) as refused:
        scrubbed(practice, operator, capsys, "--claim", sent.claim_id)
    assert refused.value.code == "CLAIM_NOT_UNSENT"
    assert "with the payer" in refused.value.message
    assert "was not checked again" in refused.value.message
    assert "otbill claims correct" in refused.value.fix
    assert get_claim(sent.claim_id) == before
