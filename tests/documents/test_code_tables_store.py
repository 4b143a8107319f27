"""Published code tables kept in S3 by version: in use after `load`, every change recorded, the same file again nothing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.codes import cpt, tables
from chalicelib.documents import code_tables
from chalicelib.platform.errors import Fault, Misuse, Refused

pytestmark = pytest.mark.aws
MUE = (
    '"HCPCS/\nCPT Code","Practitioner Services MUE Values","MUE Adjudication Indicator","MUE Rationale"\n'
    '"97530","5","3 Date of Service Edit: Clinical","x"\n'
)
DAY = date(2031, 1, 1)


@pytest.fixture(autouse=True)
def fresh(aws: str) -> Iterator[None]:
    from chalicelib.store import provision

    provision.ensure_platform()
    tables.uninstall()
    yield
    tables.uninstall()


def run(*words: str) -> tuple[int, argparse.Namespace]:
    from chalicelib.cli import codes

    top = argparse.ArgumentParser()
    codes.register(top.add_subparsers())
    arguments = top.parse_args(["codes", *words])
    arguments.principal = type("Who", (), {"user_id": "usr_1"})()
    return arguments.run(arguments), arguments


def limit() -> int | None:
    found = cpt.lookup("97530", DAY)
    assert found is not None
    return found.mue


def test_an_imported_table_is_in_use_here_and_after_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "MCR_MUE_PractitionerServices_Eff_01-01-2031.csv"
    file.write_text(MUE)
    assert run("import", "mue", str(file), "--json")[0] == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (shown["rows_read"], shown["rows_kept"]) == (1, 1)
    assert limit() == 5
    tables.uninstall()
    assert limit() == 6
    code_tables.load()
    assert limit() == 5
    assert shown["tables"]["mue.csv"] == tables.versions()["mue.csv"]

    before = code_tables.changes()
    assert before[-1]["source"] == f"mue: {file.name}"
    assert before[-1]["who"] == "usr_1"
    assert run("import", "mue", str(file))[0] == 0
    assert code_tables.changes() == before  # the same file again changes nothing

    capsys.readouterr()
    assert run("list", "--json")[0] == 0
    assert json.loads(capsys.readouterr().out)["tables"]["mue.csv"] == tables.versions()["mue.csv"]


def test_every_command_and_every_request_use_the_published_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from chalicelib.api import identity
    from chalicelib.cli import common

    file = tmp_path / "MCR_MUE_PractitionerServices_Eff_01-01-2031.csv"
    file.write_text(MUE)
    run("import", "mue", str(file))
    for begin in (common.connect, identity.directory):
        tables.uninstall()
        monkeypatch.setattr(code_tables, "_looked_at", None)
        begin()
        assert limit() == 5


def test_a_warm_process_looks_again_only_after_a_while(monkeypatch: pytest.MonkeyPatch):
    looked: list[int] = []
    monkeypatch.setattr(code_tables, "in_use", lambda: looked.append(1) or {})
    monkeypatch.setattr(code_tables, "_looked_at", None)
    code_tables.keep_current()
    code_tables.keep_current()
    assert len(looked) == 1
    code_tables.keep_current(max_age_s=0)
    assert len(looked) == 2


def test_a_damaged_table_is_never_used(monkeypatch: pytest.MonkeyPatch):
    code_tables.publish({"carc.csv": tables.stored("carc.csv") + b"\n"}, "test", "usr_1")
    tables.uninstall()
    monkeypatch.setattr(code_tables, "in_use", lambda: {"carc.csv": "0" * 64})
    monkeypatch.setattr(
        code_tables, "_call", lambda *_, **__: {"Body": type("B", (), {"read": staticmethod(lambda: b"x")})}
    )
    with pytest.raises(Fault) as fault:
        code_tables.load()
    assert fault.value.code == "CODE_TABLE_DAMAGED"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("import", "mue", "{file}"), Refused),
        (("import", "ncci", "{file}"), Misuse),
        (("import", "mpfs", "{file}", "--version", "Jan 2031"), Misuse),
        (("import", "gpci", "{file}"), Misuse),
        (("import", "gpci", "{file}", "--year", "2031"), Refused),
        (("import", "icd10", "{file}", "--year", "2031"), Refused),
        (("import", "carc", "{file}", "{file}"), Misuse),
    ],
)
def test_another_file_or_a_missing_option_is_refused(words: tuple[str, ...], error: type[Exception], tmp_path: Path):
    file = tmp_path / "other.txt"
    file.write_text("nothing\n")
    with pytest.raises(error):
        run(*(word.format(file=file) for word in words))
