"""A practice's data can be taken away whole and checked; a suspended practice stands still and can go on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from chalicelib import documents, store
from chalicelib.claims.build import build_claims
from chalicelib.claims.queries import list_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.compliance import export, suspension
from chalicelib.intake.service import import_visits
from chalicelib.platform.errors import Conflict, Forbidden, NotFound
from chalicelib.store import directory, sealed
from chalicelib.tenancy import Principal, TenantState, enter
from tests.practice import build, line, live_practice

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def slug(aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: Any) -> Iterator[str]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        build(tmp_path, line("V1"), line("V2", patient_id="P2"))
        submit_claims()
    return practice.slug


def otbill(*words: str) -> tuple[int, Any]:
    from chalicelib.cli.main import main

    out = StringIO()
    with redirect_stdout(out):
        code = main([*words, "--json"])
    return code, json.loads(out.getvalue())


def raw_items(table: str) -> list[dict[str, Any]]:
    pages = store.runtime().client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def test_an_export_holds_everything_and_says_so(slug: str, in_tenant: InTenant, tmp_path: Path) -> None:
    target = tmp_path / "taken"
    code, planned = otbill("tenant", "export", "--tenant", slug)
    assert (code, planned["dry_run"], target.exists()) == (0, True, False)
    code, manifest = otbill("tenant", "export", "--tenant", slug, "--to", str(target))
    assert code == 0
    with in_tenant(slug) as context:
        stored = raw_items(context.placement.table_name)
        kept = {(item["pk"], item["sk"]): item for item in map(json.loads, (target / "items.jsonl").open())}
        assert kept.keys() == {(item["pk"]["S"], item["sk"]["S"]) for item in stored}
        for item in stored:
            pk, sk, text = item["pk"]["S"], item["sk"]["S"], item["data"]["S"]
            data = json.loads(text)
            if sealed.PREFIX in text:  # an export is for people: nothing in it stays sealed
                data = sealed.unseal(data, pk, sk, context.placement.table_name)
            assert kept[pk, sk]["data"] == data
        assert sealed.PREFIX not in (target / "items.jsonl").read_text()
        names = list(documents.names())
        assert names
        for name in names:
            assert (target / "documents" / name).read_bytes() == documents.get(documents.key_of(name))
    rows = list(csv.DictReader((target / "ledger.csv").open()))
    assert sum(int(row["debit_cents"]) for row in rows) == sum(int(row["credit_cents"]) for row in rows) > 0
    assert json.loads((target / "audit.json").read_text())["intact"] is True
    assert manifest["counts"] == {
        "items": len(stored), "documents": len(names), "journal_lines": len(rows),
        "audit_entries": sum(1 for item in stored if item["kind"]["S"] == "audit"),
    }  # fmt: skip
    assert planned["documents"] == len(names)
    assert otbill("tenant", "verify-export", "--tenant", slug, "--from", str(target)) == (
        0,
        {"intact": True, "problems": []},
    )


def test_one_changed_byte_of_an_export_is_named(slug: str, in_tenant: InTenant, tmp_path: Path) -> None:
    target = tmp_path / "taken"
    with in_tenant(slug):
        export.export(target)
        files = sorted(path for path in target.rglob("*") if path.is_file())
        for path in files:
            content = path.read_bytes()
            changed = bytearray(content)
            place = content.find(b'"sha256": "') + 12 if path.name == "manifest.json" else len(content) // 2
            changed[place] ^= 1
            path.write_bytes(bytes(changed))
            found = {(item["what"], item["where"]) for item in export.verify(target)}
            what = "manifest_altered" if path.name == "manifest.json" else "file_altered"
            assert (what, path.relative_to(target).as_posix()) in found
            path.write_bytes(content)
        (target / "added.txt").write_text("x")
        assert export.verify(target) == [{"what": "file_added", "where": "added.txt"}]
        (target / "added.txt").unlink()
        (target / "ledger.csv").unlink()
        assert export.verify(target) == [{"what": "file_missing", "where": "ledger.csv"}]
        (target / "manifest.json").unlink()
        with pytest.raises(NotFound, match="NO_MANIFEST"):
            export.verify(target)


def test_a_manifest_made_anew_without_the_practices_key_is_seen(slug: str, in_tenant: InTenant, tmp_path: Path) -> None:
    """Who alters a file and writes its hash into the manifest cannot sign it."""
    target = tmp_path / "taken"
    with in_tenant(slug):
        export.export(target)
        (target / "ledger.csv").write_text("altered")
        manifest = json.loads((target / "manifest.json").read_text())
        for item in manifest["files"]:
            if item["path"] == "ledger.csv":
                item |= {"bytes": 7, "sha256": export._digest(target / "ledger.csv")}
        (target / "manifest.json").write_text(json.dumps(manifest))
        assert export.verify(target) == [{"what": "manifest_altered", "where": "manifest.json"}]


def test_an_export_is_on_record_and_only_for_who_may(slug: str, in_tenant: InTenant, tmp_path: Path) -> None:
    from chalicelib.store import audit_chain

    with in_tenant(slug) as context:
        export.export(tmp_path / "taken")
        assert "tenant.exported" in {entry["action"] for entry in audit_chain.entries("2026-09-30")}
        with pytest.raises(Conflict, match="FOLDER_NOT_EMPTY"):
            export.export(tmp_path / "taken")
    biller = Principal(user_id="usr_b", name="B", kind="staff", roles={"biller"}, tenants={context.tenant.tenant_id})
    with enter(biller, slug, "test", directory.directory()), pytest.raises(Forbidden):
        export.export(tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_suspended_practice_stands_still_until_it_is_resumed(
    slug: str, in_tenant: InTenant, operator: Principal, tmp_path: Path
) -> None:
    code, planned = otbill("tenant", "suspend", "--tenant", slug)
    assert (code, planned["dry_run"], planned["becomes"]) == (0, True, "suspended")
    assert directory.find_tenant(slug).state is TenantState.LIVE
    assert otbill("tenant", "suspend", "--tenant", slug, "--yes")[0] == 0
    assert directory.find_tenant(slug).state is TenantState.SUSPENDED
    visits = tmp_path / "more.csv"
    more = line("V9", patient_id="P9")
    visits.write_text(",".join(more) + "\n" + ",".join(more.values()) + "\n")
    with in_tenant(slug) as context:
        before = {(item["pk"]["S"], item["sk"]["S"]) for item in raw_items(context.placement.table_name)}
        for act in (lambda: import_visits(visits), lambda: documents.put("a.txt", b"x", "text/plain")):
            with pytest.raises(Forbidden, match="TENANT_SUSPENDED"):
                act()
        assert not build_claims()  # nothing new came in
        assert list_claims().rows  # ours still look
        after = {(item["pk"]["S"], item["sk"]["S"]) for item in raw_items(context.placement.table_name)}
        assert after == before
        export.export(tmp_path / "taken")
        assert export.verify(tmp_path / "taken") == []
    owner = Principal(user_id="usr_o", name="O", kind="practice", roles={"owner"}, tenants={context.tenant.tenant_id})
    with pytest.raises(NotFound), enter(owner, slug, "test", directory.directory()):
        pass
    assert otbill("tenant", "resume", "--tenant", slug, "--yes")[1]["becomes"] == "live"
    with in_tenant(slug):
        assert import_visits(visits).added == 1
        with pytest.raises(Conflict, match="NOT_SUSPENDED"):
            suspension.plan_resumption()


def test_money_for_a_suspended_practice_is_listed_and_stops_nobody_else(
    slug: str, in_tenant: InTenant, operator: Principal
) -> None:
    from chalicelib.claims import records
    from chalicelib.onboarding.records import current_practice
    from chalicelib.remittance.service import exceptions, post_file
    from tests.compliance.test_books import check, payment

    with in_tenant(slug):
        practice = current_practice()
        claim = next(records.claims_with_status(records.Status.SUBMITTED)).claim
        assert claim.latest
        content = check(practice, "SUSP", payment(claim.latest.patient_control_number, claim.content.charge_cents))
        suspension.carry_out(suspension.plan_suspension())
    (result,) = post_file(content, operator)
    assert (result.reason, result.refused) == ("TENANT_SUSPENDED", 1)
    assert "TENANT_SUSPENDED" in {item["reason"] for item in exceptions(operator)}
    with in_tenant(slug):
        suspension.carry_out(suspension.plan_resumption())
    (result,) = post_file(content, operator)
    assert (result.reason, result.posted) == ("", 1)
