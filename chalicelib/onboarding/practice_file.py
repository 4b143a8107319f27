"""Reads a practice file and tells every problem it has, by table and key; never shows a value."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chalicelib.onboarding.model import Clinician, Credentialing, Enrolment, Payer, Practice
from chalicelib.platform.errors import Misuse, Refused
from chalicelib.platform.wording import plain

__all__ = [
    "Clinician",
    "Credentialing",
    "Enrolment",
    "Payer",
    "Practice",
    "PracticeFileRefused",
    "Problem",
    "load",
    "parse",
]

MAX_BYTES = 512 * 1024
_FIXES = {
    "missing": "add the key; tenants/schema.json lists them all",
    "extra_forbidden": "mend its spelling or take it out; tenants/schema.json lists the keys",
    "too_short": "add at least one entry",
    "string_type": "write it as text, in quotes",
    "date_from_datetime_parsing": 'write the day as "2026-01-31"',
    "date_parsing": 'write the day as "2026-01-31"',
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `table` as TOML names it, entries counted from 1: 'therapists[2].credentialing[1]'."""

    table: str
    key: str
    code: str
    reason: str
    fix: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.table or 'top level'}: {self.key or '(table)'}: {self.reason}; {self.fix}"


class PracticeFileRefused(Refused):
    """The file as a whole is refused; `problems` says everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...], where: str = "") -> None:
        count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
        super().__init__(
            "PRACTICE_FILE", f"the practice file has {count}", where=where, fix="mend each and apply again"
        )
        self.problems = problems


def load(path: Path) -> Practice:
    """The practice of a file. PracticeFileRefused with all its problems; Misuse when it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misuse("FILE_UNREADABLE", "the practice file cannot be read", where=str(path)) from error
    return parse(content, where=path.name, slug=path.stem)


def parse(content: bytes, *, where: str = "", slug: str = "") -> Practice:
    """The practice of a file's bytes; `slug`, when given, is the file's name and must be the slug inside."""
    raw = _toml(content, where)
    practice: Practice | None = None
    problems = list(_crossed(raw, slug))
    try:
        practice = Practice.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(one) for one in error.errors(include_url=False, include_input=False)] + problems  # type: ignore[arg-type]
    if practice is None or problems:
        raise PracticeFileRefused(tuple(problems), where)
    return practice


def practice_from_record(data: dict[str, Any]) -> Practice:
    """A practice stored by `to_record`."""
    return Practice.model_validate(data)


def to_record(practice: Practice) -> dict[str, Any]:
    """The practice in the file's own words, as JSON data in one canonical order."""
    return dict(practice.model_dump(mode="json", by_alias=True))


def schema_text() -> str:
    """`tenants/schema.json`: the JSON schema of a practice file, for editors and for people."""
    schema = Practice.model_json_schema(by_alias=True)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Practice file (tenants/<slug>.toml)",
    }
    return json.dumps({**schema, **head}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _toml(content: bytes, where: str) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise PracticeFileRefused(
            (Problem("", "", "FILE_TOO_LARGE", "the file is over 512 KB", "split the practice"),), where
        )
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        fault = Problem("", "", "NOT_UTF8", "the file is not UTF-8 text", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        # tomllib quotes no value beyond the one character it stumbled over.
        fault = Problem("", "", "NOT_TOML", f"not TOML: {error}", "mend that line")
    raise PracticeFileRefused((fault,), where) from None


def _problem(error: dict[str, Any]) -> Problem:
    table, key = _place(error["loc"])
    context = error.get("ctx") or {}
    code = str(error["type"])
    fix = context.get("fix") or _FIXES.get(code, "mend the value")
    return Problem(table, key, code.upper(), plain(error), str(fix))


def _place(loc: Iterable[int | str]) -> tuple[str, str]:
    """('therapists', 1, 'credentialing', 0, 'from') -> ('therapists[2].credentialing[1]', 'from')."""
    path: list[str] = []
    for part in loc:
        if isinstance(part, int):
            path[-1] += f"[{part + 1}]"
        elif part != "[key]":  # pydantic's mark for a wrong key of a mapping; the key itself stands before it
            path.append(part)
    if not path:
        return "", ""
    if path[-1].endswith("]") or (len(path) == 1 and path[0] in ("address", "pay_to", "fee_agreement", "billing")):
        return ".".join(path), ""
    return ".".join(path[:-1]), path[-1]


def _rows(raw: dict[str, Any], key: str) -> list[tuple[int, dict[str, Any]]]:
    rows = raw.get(key)
    return [(n, row) for n, row in enumerate(rows, 1) if isinstance(row, dict)] if isinstance(rows, list) else []


def _crossed(raw: dict[str, Any], slug: str) -> Iterator[Problem]:
    """What only shows across tables; on the raw file, so that a wrong NPI does not hide a doubled payer."""
    if slug and isinstance(raw.get("slug"), str) and raw["slug"] != slug:
        yield Problem("", "slug", "SLUG_FILE", "the slug and the file's name differ", "name the file <slug>.toml")
    if raw.get("is_person") is True and not raw.get("first_name"):
        yield Problem(
            "",
            "first_name",
            "FIRST_NAME_MISSING",
            "a person bills, so legal_name is only the last name",
            "add first_name",
        )
    therapists, payers = _rows(raw, "therapists"), _rows(raw, "payers")
    yield from _doubled(therapists, "therapists", ("id", "npi"))
    yield from _doubled(payers, "payers", ("payer_id",))
    if therapists and not any(row.get("kind") == "OT" for _, row in therapists):
        yield Problem(
            "therapists", "kind", "NO_THERAPIST", "no occupational therapist: nobody can render", "list at least one OT"
        )
    yield from _credentialing(therapists, payers)
    yield from _directory(payers)


def _doubled(rows: list[tuple[int, dict[str, Any]]], table: str, keys: tuple[str, ...]) -> Iterator[Problem]:
    for key in keys:
        seen: dict[str, int] = {}
        for n, row in rows:
            value = row.get(key)
            if isinstance(value, str) and value and seen.setdefault(value, n) != n:
                yield Problem(
                    f"{table}[{n}]", key, "DOUBLED", f"the same as in {table}[{seen[value]}]", "keep one entry"
                )


def _credentialing(
    therapists: list[tuple[int, dict[str, Any]]], payers: list[tuple[int, dict[str, Any]]]
) -> Iterator[Problem]:
    lines = {row.get("payer_id"): row.get("lines_of_business") for _, row in payers}
    for n, row in therapists:
        for m, entry in _rows(row, "credentialing"):
            table = f"therapists[{n}].credentialing[{m}]"
            payer_id, line = entry.get("payer_id"), entry.get("line_of_business")
            if isinstance(payer_id, str) and payer_id not in lines:
                yield Problem(
                    table,
                    "payer_id",
                    "PAYER_NOT_LISTED",
                    "no [[payers]] entry has this payer id",
                    "add the payer or mend the id",
                )
            elif line and isinstance(lines.get(payer_id), list) and line not in (lines[payer_id] or []):
                yield Problem(
                    table,
                    "line_of_business",
                    "LINE_NOT_LISTED",
                    "the payer's entry does not list this line of business",
                    "add it there or mend it",
                )


def _directory(payers: list[tuple[int, dict[str, Any]]]) -> Iterator[Problem]:
    """Every payer and line of business needs a row in the payer directory, or its claims cannot be coded."""
    from chalicelib import clock
    from chalicelib.codes import payers as directory

    for n, row in payers:
        payer_id, lines = row.get("payer_id"), row.get("lines_of_business")
        for line in lines if isinstance(lines, list) else ():
            if (
                isinstance(payer_id, str)
                and isinstance(line, str)
                and directory.plan(payer_id, line, clock.today()) is None
            ):
                yield Problem(
                    f"payers[{n}]",
                    "lines_of_business",
                    "PAYER_UNKNOWN",
                    f"the payer directory has no {line.replace('_', ' ')} plan with this payer id",
                    "mend the payer id, or add the plan to the payer directory",
                )
