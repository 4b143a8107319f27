"""`otbill therapy explain`: an auditor sees minutes, units, working, findings and tables, and that it comes out again."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.claims.explain import NO_PROOF, explain
from chalicelib.cli import therapy
from chalicelib.codes import tables
from chalicelib.documents import code_tables
from chalicelib.platform.errors import NotFound
from chalicelib.store.runtime import runtime
from chalicelib.tenancy import Principal, current
from chalicelib.therapy.proof import TABLES
from tests.practice import MEDICARE, THERAPISTS, build, line, live_practice, only

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def practice(aws: str, in_tenant: InTenant, operator: Principal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        yield practice
    unpublish()


def test_the_proof_of_a_claim(practice: Any, tmp_path: Path):
    rows = (
        line("V1", 1, therapist_minutes="33", cpt="97110", **MEDICARE),
        line("V1", 2, therapist_minutes="7", cpt="97140", **MEDICARE),
    )
    outcome = only(build(tmp_path, *rows))
    proof = explain(outcome.claim_id)
    assert [(item["code"], item["units"]) for item in proof["lines"]] == [("97110", 2), ("97140", 1)]
    assert proof["explanation"][0] == "40 timed minutes are 3 units by total time"
    assert [item["therapist_minutes"] for item in proof["documented"][0]["lines"]] == [33, 7]
    assert proof["plan"]["unit_rule"] == "cms"
    assert proof["expected"]["allowed_cents"] > 0
    assert proof["tables"] == {name: tables.versions()[name] for name in TABLES}
    assert proof["replay"] == {"same": True, "differences": []}
    assert proof["today"]["same"]
    assert "Testcase" not in json.dumps(proof)


def test_the_command_prints_it_and_says_when_it_comes_out_otherwise(
    practice: Any, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", **MEDICARE)))
    top = argparse.ArgumentParser()
    therapy.register(top.add_subparsers())
    arguments = top.parse_args(["therapy", "explain", "--tenant", practice.slug, "--claim", outcome.claim_id])
    arguments.principal = operator
    out = io.StringIO()
    assert arguments.run(arguments, out) == 0
    assert json.loads(out.getvalue())["claim_id"] == outcome.claim_id
    monkeypatch.setattr("chalicelib.claims.explain.draft_day", lambda *_: [])
    assert arguments.run(arguments, io.StringIO()) == 1


def test_years_later_it_says_the_dollars_and_tables_the_claim_was_made_with(practice: Any, tmp_path: Path):
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", cpt="97530", **MEDICARE)))
    then = explain(outcome.claim_id)
    publish_dearer_fees()
    later = explain(outcome.claim_id)
    assert tables.versions()["mpfs.csv"] != then["tables"]["mpfs.csv"]  # what is in use is not what the claim stands on
    assert {name: later[name] for name in ("proof", "expected", "tables", "unit_rules")} == {
        name: then[name] for name in ("proof", "expected", "tables", "unit_rules")
    }
    assert later["replay"] == {"same": True, "differences": []}
    assert later["today"]["expected"]["allowed_cents"] > later["expected"]["allowed_cents"]
    assert later["today"]["tables"] == tables.versions()


def test_a_claim_made_by_published_tables_is_computed_with_those_again(practice: Any, tmp_path: Path):
    publish_dearer_fees()
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", cpt="97530", **MEDICARE)))
    made = explain(outcome.claim_id)
    publish_dearer_fees(twice=True)
    later = explain(outcome.claim_id)
    assert later["replay"]["same"]
    assert later["expected"] == made["expected"]
    assert later["today"]["expected"]["allowed_cents"] != made["expected"]["allowed_cents"]


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("coding", "result", "lines", 0, "units"), 9, "coding: lines[0].units: 9 -> 2"),
        (("coding", "given", "services", 0, "therapist_minutes"), 15, "coding: lines[0].units: 2 -> 1"),
        (("pricing", "result", "lines", 0, "allowed_cents"), 9_900, "pricing: lines[0].allowed_cents: 9900 -> "),
        (("pricing", "result", "total_cents"), 1, "pricing: total_cents: 1 -> "),
        (("pricing", "given", "lines", 0, "charge_cents"), 100, "claim: priced "),
        (
            ("pricing", "tables", "mpfs.csv"),
            "0123456789abcdef",
            "mpfs.csv: version 0123456789abcdef is not kept anywhere",
        ),
        (("rules", "units"), 3, "rules: "),
        (("coding", "kind"), "other", "not a proof of this system"),
    ],
)
def test_an_altered_proof_is_found_out(
    practice: Any, tmp_path: Path, where: tuple[str | int, ...], value: Any, said: str
):
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", cpt="97530", **MEDICARE)))
    alter(outcome.claim_id, lambda proof: put(proof, where, value))
    replayed = explain(outcome.claim_id)["replay"]
    assert not replayed["same"]
    assert any(said in told for told in replayed["differences"]), replayed["differences"]


def test_a_claim_that_says_something_else_than_its_proof_is_found_out(practice: Any, tmp_path: Path):
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", cpt="97530", **MEDICARE)))
    other = only(build(tmp_path, line("V2", patient_id="P2", therapist_minutes="45", cpt="97530", **MEDICARE)))
    strange = stored_proof(other.claim_id)
    alter(outcome.claim_id, lambda proof: (proof.clear(), proof.update(strange)))
    replayed = explain(outcome.claim_id)["replay"]
    assert [told.partition(":")[0] for told in replayed["differences"]] == ["explanation", "claim"]


def test_a_claim_without_a_stored_proof_says_so(practice: Any, tmp_path: Path):
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", cpt="97530", **MEDICARE)))
    alter(outcome.claim_id, None)
    told = explain(outcome.claim_id)
    assert told["proof"] is None
    assert told["expected"] == {"unknown": NO_PROOF}
    assert told["replay"] == {"same": False, "differences": [NO_PROOF]}
    assert told["today"]["same"]  # which is no proof of what was done then, and stands apart from it


def test_a_day_of_hundreds_of_lines_fits_its_item_and_still_proves_itself(practice: Any, tmp_path: Path):
    rows = [line("V1", n, therapist_minutes="8", cpt="97530", charge=f"{n}.00", **MEDICARE) for n in range(1, 601)]
    outcomes = build(tmp_path, *rows)
    assert len(outcomes) > 1
    for outcome in outcomes:
        assert outcome.claim_id is not None
        assert explain(outcome.claim_id)["replay"]["same"]
        events = store.iter_query(f"CLM#{outcome.claim_id}", "EV#")
        assert max(len(record.text()) for record in events) < 350_000


def test_both_unit_rules_with_the_dollars_between(practice: Any, tmp_path: Path):
    rows = (
        line("V1", 1, therapist_minutes="24", cpt="97112", **MEDICARE),
        line("V1", 2, therapist_minutes="23", cpt="97110", **MEDICARE),
    )
    told = explain(only(build(tmp_path, *rows)).claim_id)["unit_rules"]
    assert (told["rule"], told["units"], told["other_rule"], told["other_units"]) == ("cms", 3, "midpoint", 4)
    assert told["difference_cents"] == told["other_allowed_cents"] - told["allowed_cents"] > 0


def dearer(table: bytes, twice: bool = False) -> bytes:
    """A later fee file: double the work and, the second time, one more."""
    found = list(csv.DictReader(table.decode().splitlines()))
    for row in found:
        row["work_rvu"] = str(2 * Decimal(row["work_rvu"]) + twice)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue().encode()


def publish_dearer_fees(*, twice: bool = False) -> None:
    code_tables.publish({"mpfs.csv": dearer(tables.raw("mpfs.csv"), twice)}, "mpfs: fictional.csv", "usr_test")


def unpublish() -> None:
    """The control table is every test's: it points to the bundled fees again, and so does this process."""
    code_tables.publish({"mpfs.csv": tables.bundled("mpfs.csv")}, "mpfs: bundled", "usr_test")
    tables.uninstall()


def put(tree: Any, where: tuple[str | int, ...], value: Any) -> None:
    for step in where[:-1]:
        tree = tree[step]
    tree[where[-1]] = value


def stored_proof(claim_id: str) -> dict[str, Any]:
    record = next(iter(store.iter_query(f"CLM#{claim_id}", "EV#")))
    return dict(record.data["data"]["proof"])


def alter(claim_id: str, change: Callable[[dict[str, Any]], Any] | None) -> None:
    """Somebody with the keys to the table rewrites the first event; None takes its proof away."""
    record = next(iter(store.iter_query(f"CLM#{claim_id}", "EV#")))
    data = record.data
    if change is None:
        del data["data"]["proof"]
    else:
        change(data["data"]["proof"])
    client, table = runtime().tenant_client("dynamodb"), current().placement.table_name
    key = {"pk": {"S": record.pk}, "sk": {"S": record.sk}}
    raw = client.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    client.put_item(TableName=table, Item=raw | {"data": {"S": json.dumps(data)}})


def test_a_claim_nobody_has_is_not_found(practice: Any):
    with pytest.raises(NotFound):
        explain("clm_00000000000000000000000000")


def test_a_claim_whose_kx_was_left_off_proves_itself(practice: Any, tmp_path: Path):
    """Two claims of the day, KX attested far below the threshold: left off, and each claim's proof holds for the day."""
    rows = (
        line("V1", therapist_minutes="30", kx_attested="Y", **MEDICARE),
        line("V2", therapist_minutes="30", kx_attested="Y", rendering_npi=THERAPISTS[1], **MEDICARE),
    )
    for outcome in build(tmp_path, *rows):
        told = explain(str(outcome.claim_id))
        assert [item["modifiers"] for item in told["lines"]] == [["GO"]]
        assert told["replay"] == {"same": True, "differences": []}


def test_an_amended_claim_has_the_proof_of_what_it_says_now(practice: Any, tmp_path: Path):
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", cpt="97530", **MEDICARE)))
    build(tmp_path, line("V1", therapist_minutes="45", cpt="97530", **MEDICARE))
    told = explain(outcome.claim_id)
    assert told["proof"]["coding"]["given"]["services"][0]["therapist_minutes"] == 45
    assert told["unit_rules"]["units"] == 3
    assert told["replay"]["same"]


def test_bundled_tables_outlive_their_release(practice: Any, tmp_path: Path):
    """A later release carries other fees; any command had kept the former ones in the documents store."""
    outcome = only(build(tmp_path, line("V1", therapist_minutes="30", cpt="97530", **MEDICARE)))
    made = explain(outcome.claim_id)
    code_tables.keep_bundled(TABLES)
    former = tables.bundled("mpfs.csv")
    real = tables.bundled
    with pytest.MonkeyPatch.context() as release:
        release.setattr(tables, "bundled", lambda name: dearer(former) if name == "mpfs.csv" else real(name))
        tables.uninstall()
        later = explain(outcome.claim_id)
    tables.uninstall()
    assert later["today"]["expected"]["allowed_cents"] > later["expected"]["allowed_cents"]
    assert later["expected"] == made["expected"]
    assert later["replay"]["same"]
