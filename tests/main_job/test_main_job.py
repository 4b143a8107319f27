"""The main job, end to end: what a biller gets from 200 visits, and that every dollar of it adds up."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.main_job.conftest import REPOSITORY, TENANT, Demo

pytestmark = [pytest.mark.aws, pytest.mark.slow]
MONEY = ("paid_cents", "adjusted_cents", "patient_cents", "open_cents")


@pytest.fixture(scope="session")
def claims(demo: Demo) -> list[dict[str, Any]]:
    listed = demo.json("claims", "list", "--tenant", TENANT)["claims"]
    return [demo_claim for demo_claim in listed]


@pytest.fixture(scope="session")
def views(demo: Demo, claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every claim's page, read in this process from the demo's own state."""
    from chalicelib import store
    from chalicelib.claims.queries import claim_view
    from chalicelib.cli.common import OPERATOR
    from chalicelib.local.aws import ensure_aws
    from chalicelib.platform.config import Settings
    from chalicelib.store import directory
    from chalicelib.tenancy import enter

    store.configure(Settings(home=demo.home, aws_endpoint=ensure_aws(demo.home)))
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
