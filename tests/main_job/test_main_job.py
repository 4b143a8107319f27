"""The main job, end to end: what a biller gets from 200 visits, and that every dollar of it adds up."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from public_samples import X12

from tests.main_job.conftest import REPOSITORY, TENANT, Demo

pytestmark = [pytest.mark.aws, pytest.mark.slow]
MONEY = ("paid_cents", "adjusted_cents", "patient_cents", "open_cents")


@pytest.fixture(scope="session")
def claims(demo: Demo) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = demo.json("claims", "list", "--tenant", TENANT)["claims"]
    return listed


def enter_demo(demo: Demo) -> None:
    """Point this process at the demo's own state."""
    from chalicelib import store
    from chalicelib.local.aws import ensure_aws
    from chalicelib.platform.config import Settings

    store.configure(Settings(home=demo.home, aws_endpoint=ensure_aws(demo.home)))


@pytest.fixture(scope="session")
def views(demo: Demo, claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every claim's page."""
    from chalicelib.claims.queries import claim_view
    from chalicelib.cli.common import OPERATOR
    from chalicelib.store import directory
    from chalicelib.tenancy import enter

    enter_demo(demo)
    with enter(OPERATOR, TENANT, "test", directory.directory()):
        return [claim_view(claim["claim_id"]).model_dump(mode="json") for claim in claims]


def test_a_second_run_changes_nothing_and_says_so(demo: Demo) -> None:
    before = demo.json("report", "summary", "--tenant", TENANT)
    again = demo.run("demo")
    assert again.returncode == 0, again.stderr
    assert "Nothing changed" in again.stdout
    assert "0 writes" in again.stdout
    assert demo.json("report", "summary", "--tenant", TENANT) == before


def test_the_summary_is_alive(demo: Demo) -> None:
    """Every stage of the main job is reached by some visits, so that none of the proofs here is empty."""
    counts = demo.first["summary"]["counts"]
    assert counts["visits"] == 200
    for stage in ("held", "submitted", "accepted", "rejected", "paid", "denied"):
        assert counts[stage] > 0, stage


def test_charge_is_paid_plus_adjusted_plus_patient_plus_open(demo: Demo, claims: list[dict[str, Any]]) -> None:
    for claim in claims:
        assert claim["charge_cents"] == sum(claim[name] for name in MONEY), claim["claim_id"]
    summary = demo.first["summary"]
    assert summary["charge_cents"] == sum(claim["charge_cents"] for claim in claims)
    for name in MONEY:
        assert summary[name] == sum(claim[name] for claim in claims)
    assert summary["balanced"] is True


def test_every_visit_has_the_answer_worked_out_by_hand(views: list[dict[str, Any]], demo: Demo) -> None:
    expected = list(csv.DictReader((REPOSITORY / "tests/data/expected_visits.csv").open()))
    assert len(expected) == 200
    by_visit = {visit: view for view in views for visit in view["content"]["visit_ids"]}
    wrong = []
    for row in expected:
        view = by_visit.get(row["visit_id"])
        found = outcome(view)
        reasons = set(row["reasons"].split())
        if found[0] != row["expected_status"] or not reasons <= found[1]:
            wrong.append((row["visit_id"], row["expected_status"], row["reasons"], found, row["note"]))
    assert wrong == []


def outcome(view: dict[str, Any] | None) -> tuple[str, set[str]]:
    if view is None:
        return "held", {"VISIT_INCOMPLETE"}  # no row could be read: there is no claim
    errors = {item["code"] for item in view["findings"] if item["severity"] == "error"}
    return ("held" if errors else "clean"), errors


def test_units_and_modifiers_of_every_clean_visit(views: list[dict[str, Any]]) -> None:
    """Per claim, the lines worked out by hand for its visits, summed where lines merge."""
    expected = {row["visit_id"]: row for row in csv.DictReader((REPOSITORY / "tests/data/expected_visits.csv").open())}
    wrong = []
    for view in views:
        rows = [expected[visit] for visit in view["content"]["visit_ids"]]
        if any(row["expected_status"] != "clean" for row in rows):
            continue
        want: Counter[tuple[str, str]] = Counter()
        for row in rows:
            for part in row["lines"].split():
                service, _, modifiers = part.partition(":")
                code, units = service.split("x")
                want[code, modifiers] += int(units)
        have: Counter[tuple[str, str]] = Counter()
        for line in view["content"]["lines"]:
            have[line["cpt"], "+".join(line["modifiers"])] += line["units"]
        if want != have:
            wrong.append((view["content"]["visit_ids"], dict(want), dict(have)))
    assert wrong == []


def test_no_clean_visit_is_held(views: list[dict[str, Any]]) -> None:
    clean = {
        row["visit_id"]
        for row in csv.DictReader((REPOSITORY / "tests/data/expected_visits.csv").open())
        if row["expected_status"] == "clean"
    }
    held = {visit for view in views if view["row"]["status"] == "held" for visit in view["content"]["visit_ids"]}
    assert clean & held == set()


def pyx12_says(path: Path) -> tuple[bool, Any]:
    import pyx12.params
    import pyx12.x12n_document

    out = io.StringIO()
    parameters = pyx12.params.params()
    valid = pyx12.x12n_document.x12n_document(
        param=parameters, src_file=str(path), fd_997=None, fd_html=None, fd_json=out
    )
    return valid, json.loads(out.getvalue() or "{}")


def test_every_837p_is_valid_for_pyx12(demo: Demo) -> None:
    files = demo.files(".837")
    assert len(files) >= 9
    for path in files:
        valid, errors = pyx12_says(path)
        assert valid, (path.name, errors)


def test_every_835_is_clean_for_oxedi(demo: Demo) -> None:
    import oxedi

    files = demo.files(".835")
    assert len(files) >= 5
    for path in files:
        assert list(oxedi.parse_file(str(path)).diagnostics) == [], path.name


def test_test_files_say_so(demo: Demo) -> None:
    """ISA15 is T until the payer's enrolment in the practice file says live."""
    import tomllib

    practice = tomllib.loads((REPOSITORY / "tenants" / f"{TENANT}.toml").read_text())
    live = {payer["payer_id"]: payer["enrolment"]["837"]["state"] == "live" for payer in practice["payers"]}
    for path in demo.files(".837"):
        usage = path.read_text().split("*")[15]
        payer_id = path.name.split("-")[1]
        assert usage == ("P" if live[payer_id] else "T"), path.name


def test_the_cash_of_every_check_is_in_the_ledger(demo: Demo) -> None:
    """Independent of our reader: the sum of BPR02 over the 835 files is what cash.bank holds."""
    total = 0
    for path in demo.files(".835"):
        for segment in path.read_text().replace("\n", "").split("~"):
            if segment.startswith("BPR*"):
                whole, _, part = segment.split("*")[2].partition(".")
                total += int(whole) * 100 + int(part.ljust(2, "0") or 0)
    posted = demo.json("remits", "list", "--tenant", TENANT)["remittances"]
    assert sum(row["amount_cents"] for row in posted) == total


def test_the_payers_answers_equal_an_oracle_that_knows_none_of_our_code(demo: Demo) -> None:
    """Every CLP, service line and adjustment of the demo's 835 files, to the cent."""
    import sys
    from datetime import date

    sys.path.insert(0, str(REPOSITORY / "tests" / "oracle"))
    from oracle_truth import Payers
    from oracle_x12 import read_835

    files = [path.read_bytes() for path in demo.files(".837")]
    expected = Payers().run(files, date(2026, 9, 30))
    answered = [check for path in demo.files(".835") for check in read_835(path.read_bytes())]
    paid = sorted((claim.pcn, claim.status, claim.charge, claim.paid) for check in answered for claim in check.claims)
    truth = sorted((claim.pcn, claim.status, claim.charge, claim.paid) for check in expected for claim in check.claims)
    assert paid == truth
    assert sum(check.amount for check in answered) == sum(check.amount for check in expected)


def test_the_denial_queue_is_what_the_payers_own_rules_deny(demo: Demo) -> None:
    """Counted by hand from docs/payer-simulator.md, 'Denials', over the 837 files as they went out: whole claims refused (member
    id ending 13: CO-27 ...), single lines (member id ending 9: 97535 not necessary), and the corrected claims of members ending
    88, whose last paid line comes back bundled (CO-97). Our code takes no part in the count."""
    import sys
    from datetime import date

    sys.path.insert(0, str(REPOSITORY / "tests" / "oracle"))
    from oracle_truth import Payers

    contract, patient = {"45", "59", "253"}, {("PR", "1"), ("PR", "2"), ("PR", "3")}
    standing = {}
    for check in Payers().run([path.read_bytes() for path in demo.files(".837")], date(2026, 9, 30)):
        standing |= {
            claim.pcn: claim for claim in check.claims if claim.status != "22"
        }  # a later answer takes its place
    truth: Counter[tuple[str, str]] = Counter()
    for claim in standing.values():
        for line in claim.lines:
            for group, reason, cents in line.cas:
                if reason not in contract and (group, reason) not in patient:
                    truth[claim.pcn, reason] += cents
    found = demo.json("denials", "list", "--tenant", TENANT, "--limit", "500")["denials"]
    assert {(row["patient_control_number"], row["carc"]): row["amount_cents"] for row in found} == dict(truth)
    assert len(found) == 20
    assert Counter(row["carc"] for row in found) == {"97": 11, "50": 7, "27": 2}
    worth = [row["cents_a_day"] for row in found]
    assert worth == sorted(worth, reverse=True)
    assert {row["likelihood"]["words"] for row in found} == {"no history"}
    assert all(0 < row["expected_cents"] <= row["amount_cents"] for row in found)


def raw_items(demo: Demo) -> list[dict[str, Any]]:
    """The practice's items as DynamoDB keeps them, through botocore alone."""
    from botocore.session import Session

    from chalicelib.local.aws import ensure_aws

    session = Session()
    session.set_credentials("test", "test")
    client = session.create_client("dynamodb", region_name="us-east-1", endpoint_url=ensure_aws(demo.home))
    tables = [name for name in client.list_tables()["TableNames"] if "tnt_" in name]
    largest = max(tables, key=lambda name: client.scan(TableName=name, Select="COUNT")["Count"])
    items: list[dict[str, Any]] = []
    for page in client.get_paginator("scan").paginate(TableName=largest):
        items += [{**item, "_table": largest, "_client": client} for item in page["Items"]]
    return items


def test_verify_agrees_with_a_fold_of_the_raw_items_and_one_cent_breaks_it(demo: Demo) -> None:
    items = raw_items(demo)
    accounts: Counter[str] = Counter()
    journal = [item for item in items if item["pk"]["S"].startswith("JRN#")]
    for item in journal:
        for line in json.loads(item["data"]["S"])["lines"]:
            accounts[line["account"]] += line["debit_cents"] - line["credit_cents"]
    summary = demo.first["summary"]
    assert sum(accounts.values()) == 0
    assert -accounts["revenue.charges"] == summary["charge_cents"]
    assert accounts["receivable.payer"] + accounts["receivable.secondary"] == summary["open_cents"]
    assert accounts["receivable.patient"] == summary["patient_cents"]
    assert (
        sum(amount for name, amount in accounts.items() if name.startswith("adjustment.")) == summary["adjusted_cents"]
    )
    proof = demo.json("ledger", "verify", "--tenant", TENANT)
    assert proof["balanced"] is True
    assert proof["entries"] == len(journal)

    victim = next(item for item in journal if "adjustment.CO-45" in item["data"]["S"])
    client, key = victim["_client"], {"pk": victim["pk"], "sk": victim["sk"]}
    altered = json.loads(victim["data"]["S"])
    altered["lines"][0]["debit_cents" if altered["lines"][0]["debit_cents"] else "credit_cents"] += 1
    put = {
        "TableName": victim["_table"],
        "Key": key,
        "UpdateExpression": "SET #d = :d",
        "ExpressionAttributeNames": {"#d": "data"},
    }
    client.update_item(**put, ExpressionAttributeValues={":d": {"S": json.dumps(altered)}})
    try:
        broken = demo.run("ledger", "verify", "--tenant", TENANT, "--json")
        assert broken.returncode == 1
        assert json.loads(broken.stdout)["balanced"] is False
        assert json.loads(broken.stdout)["mismatches"]
    finally:
        client.update_item(**put, ExpressionAttributeValues={":d": victim["data"]})


@pytest.mark.corpus
def test_public_835_samples_are_posted_to_suspense_or_refused_with_a_reason(demo: Demo) -> None:
    corpus = X12 / "835"
    if not corpus.is_dir():
        pytest.skip("the public X12 samples are not here (OTBILL_X12_CORPUS)")
    from chalicelib.cli.common import OPERATOR
    from chalicelib.remittance.service import post_file

    before = demo.json("report", "summary", "--tenant", TENANT)
    enter_demo(demo)
    for path in sorted(corpus.iterdir()):
        results = post_file(path.read_bytes(), OPERATOR)
        assert results, path.name
        for item in results:
            assert item.reason or item.posted + item.suspended + item.already_posted, path.name
    assert demo.json("report", "summary", "--tenant", TENANT) == before
