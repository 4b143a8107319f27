"""No `Scan` outside maintenance: every list is read by key or index, whatever the table's size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.static import MAINTENANCE, scans

ROOT = Path(__file__).parents[2]


def test_the_product_scans_nowhere() -> None:
    assert list(scans(ROOT)) == []


@pytest.mark.parametrize(
    "line",
    [
        "client.scan(TableName='x')",
        "client.get_paginator('scan')",
        "getattr(client, 'scan')(TableName='x')",
        "Item.scan()",
        "client._make_api_call('Scan', {})",
    ],
)
def test_a_scan_is_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "app.py").write_text("")
    (tmp_path / "chalicelib" / "x.py").write_text(line + "\n")
    assert list(scans(tmp_path)) == ["chalicelib/x.py:1"]
    maintenance = tmp_path / MAINTENANCE
    maintenance.parent.mkdir()
    (tmp_path / "chalicelib" / "x.py").rename(maintenance)
    assert list(scans(tmp_path)) == []
