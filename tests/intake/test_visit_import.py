"""Importing a visit file: what goes in, what is held, and that doing it again does nothing."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from chalicelib import store
from chalicelib.intake import records
from chalicelib.intake.service import ImportResult, import_visits
from chalicelib.intake.table import read_table
from chalicelib.platform.errors import Refused
from tests.intake.test_visit_cells import GOOD

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


def write(path: Path, *rows: dict[str, str], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding=encoding) as stream:
        writer = csv.DictWriter(stream, names, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def line(visit: str = "V1", number: int = 1, **more: str) -> dict[str, str]:
    return {**GOOD, "therapist_minutes": "15", "visit_id": visit, "line_number": str(number), **more}


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.added, result.unchanged, result.amended, len(result.rejected)


def test_the_same_content_again_writes_nothing(in_tenant: InTenant, tmp_path: Path) -> None:
    file = write(tmp_path / "v.csv", line(), line(number=2, cpt="97110"), line("V2"))
    with in_tenant():
        assert counts(import_visits(file)) == (3, 0, 0, 0)
        before = store.runtime().writes
        assert counts(import_visits(file)) == (0, 3, 0, 0)
        assert store.runtime().writes == before


def test_rows_in_any_order_make_the_same_visits(in_tenant: InTenant, tmp_path: Path) -> None:
    rows = [line(f"V{visit}", number) for visit in range(5) for number in (1, 2, 3)]
    with in_tenant():
        import_visits(write(tmp_path / "a.csv", *rows))
        random.Random(5).shuffle(rows)
        before = store.runtime().writes
        assert counts(import_visits(write(tmp_path / "b.csv", *rows))) == (0, 15, 0, 0)
        assert store.runtime().writes == before


def test_a_bad_row_holds_its_visit_and_the_others_go_in(in_tenant: InTenant, tmp_path: Path) -> None:
    file = write(tmp_path / "v.csv", line(), line(number=2, therapist_minutes="soon"), line("V2"))
    with in_tenant():
        result = import_visits(file)
        assert [(fault.row, fault.column) for fault in result.rejected] == [(3, "therapist_minutes")]
        stored = records.find_visits([records.visit_key("V1"), records.visit_key("V2")])
        assert not stored[records.visit_key("V1")].complete
        assert stored[records.visit_key("V2")].complete


def test_sending_the_mended_row_completes_the_visit(in_tenant: InTenant, tmp_path: Path) -> None:
    with in_tenant():
        import_visits(write(tmp_path / "a.csv", line(), line(number=2, therapist_minutes="soon")))
        import_visits(write(tmp_path / "b.csv", line(number=2, therapist_minutes="23")))
        stored = records.find_visits([records.visit_key("V1")])[records.visit_key("V1")]
        assert stored.complete
        assert stored.visit is not None
        assert [(item.line_number, item.therapist_minutes) for item in stored.visit.lines] == [(1, 15), (2, 23)]


def test_rows_that_disagree_about_the_visit_hold_it(in_tenant: InTenant, tmp_path: Path) -> None:
    with in_tenant():
        result = import_visits(write(tmp_path / "v.csv", line(), line(number=2, place_of_service="12")))
        assert [(fault.column, fault.code) for fault in result.rejected] == [("place_of_service", "VISIT_DISAGREES")]


def test_changed_content_amends(in_tenant: InTenant, tmp_path: Path) -> None:
    with in_tenant():
        import_visits(write(tmp_path / "a.csv", line(), line(number=2)))
        assert counts(import_visits(write(tmp_path / "b.csv", line(therapist_minutes="30"), line(number=2)))) == (
            0,
            1,
            1,
            0,
        )


def test_an_exact_repeat_counts_as_unchanged_and_another_content_is_refused(
    in_tenant: InTenant, tmp_path: Path
) -> None:
    with in_tenant():
        assert counts(import_visits(write(tmp_path / "a.csv", line(), line()))) == (1, 1, 0, 0)
        result = import_visits(write(tmp_path / "b.csv", line("V9"), line("V9", cpt="97110")))
        assert [fault.code for fault in result.rejected] == ["LINE_TWICE"]


def test_dry_run_says_the_same_and_writes_nothing(in_tenant: InTenant, tmp_path: Path) -> None:
    file = write(tmp_path / "v.csv", line(), line("V2", sex="?"))
    with in_tenant():
        before = store.runtime().writes
        assert counts(import_visits(file, dry_run=True)) == (1, 0, 0, 1)
        assert store.runtime().writes == before


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("cp1252", ";"), ("utf-16", "\t")])
def test_exports_of_other_systems_are_read(in_tenant: InTenant, tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = write(tmp_path / "v.csv", line(last_name="Beispiel-Müller"), encoding=encoding, delimiter=delimiter)
    with in_tenant():
        import_visits(file)
        assert records.patient("P1").person.last_name == "Beispiel-Müller"


def test_one_odd_byte_spoils_no_other_row(tmp_path: Path) -> None:
    """GIVEN a UTF-8 file into which one cell was pasted in the Windows code page THEN both names read as they were meant."""
    rows = (line(last_name="Beispiel-Müller"), line("V2", last_name="Ejemplo-Niño"))
    file = write(tmp_path / "v.csv", *rows)
    file.write_bytes(file.read_bytes().replace("Niño".encode(), "Niño".encode("cp1252")))
    names = [cells["last_name"] for _, cells in read_table(file) if isinstance(cells, dict)]
    assert names == ["Beispiel-Müller", "Ejemplo-Niño"]


def test_a_missing_column_is_named(in_tenant: InTenant, tmp_path: Path) -> None:
    file = write(tmp_path / "v.csv", {name: text for name, text in line().items() if name != "cpt"})
    with in_tenant(), pytest.raises(Refused, match="COLUMN_MISSING") as caught:
        import_visits(file)
    assert "cpt" in caught.value.message


def test_an_older_visit_does_not_overwrite_the_patient(in_tenant: InTenant, tmp_path: Path) -> None:
    with in_tenant():
        import_visits(write(tmp_path / "a.csv", line("V2", date_of_service="2026-08-02", city="Hialeah")))
        import_visits(write(tmp_path / "b.csv", line("V1", date_of_service="2026-07-01", city="Miami")))
        assert records.patient("P1").address.city == "Hialeah"


def test_an_open_quote_spoils_its_own_row_only(in_tenant: InTenant, tmp_path: Path) -> None:
    file = write(tmp_path / "v.csv", line(), line("V2"), line("V3"))
    file.write_text(file.read_text().replace("V2,", 'V2,"', 1))
    with in_tenant():
        result = import_visits(file)
        assert [(fault.row, fault.code) for fault in result.rejected] == [(3, "ROW_UNREADABLE")]
        assert result.added == 2


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "data" / "bad").glob("*.csv")), ids=lambda p: p.stem
)
def test_files_with_the_faults_real_exports_have_are_answered_in_words(in_tenant: InTenant, path: Path) -> None:
    """Every row is added or rejected with a reason, or the file is refused with one: nothing is lost silently."""
    with in_tenant():
        refusal, result = None, ImportResult()
        try:
            result = import_visits(path)
        except Refused as refused:
            refusal = refused
        assert refusal is None or refusal.fix
        rejected_rows = {fault.row for fault in result.rejected}
        assert result.added + result.unchanged + result.amended + len(rejected_rows) == result.rows
        assert all(fault.reason and fault.fix for fault in result.rejected)


def test_a_known_visit_whose_every_row_is_bad_now_is_held_not_a_conflict(in_tenant: InTenant, tmp_path: Path) -> None:
    with in_tenant():
        import_visits(write(tmp_path / "good.csv", line()))
        result = import_visits(write(tmp_path / "bad.csv", line(charge="much")))
        assert counts(result) == (0, 0, 0, 1)
        (stored,) = records.find_visits([records.visit_key("V1")]).values()
        assert not stored.complete
