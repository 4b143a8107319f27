"""Proof objects: what went in, which tables and version of the rules were used, what came out; enough to do it again years later.

A proof is plain JSON, kept short: what has its usual value is left out. `replay` computes it afresh and says what differs;
where the tables in use are not those the proof names, it says that first, since then a difference is no fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.codes import tables
from chalicelib.codes.mpfs import Gpci
from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import BilledLine, CodedDay, Service
from chalicelib.therapy.modifiers import Plan
from chalicelib.therapy.pricing import AllowedLine, ChargedLine, Terms, allowed

RULES = 1  # raised when the same input and tables may give another result
CODING_TABLES = ("cpt.csv", "findings.toml", "ncci.csv")
PRICING_TABLES = ("conversion_factor.csv", "gpci.csv", "mpfs.csv", "thresholds.csv", "zip_locality.csv")
TABLES = (*CODING_TABLES, *PRICING_TABLES)
PLAN = ("line_of_business", "unit_rule", "go_required", "co_required", "kx_used", "abn_used", "ncci")
_INDICES = ("work", "practice", "malpractice")
_PLACE = ("mac", "state", "locality")


class ProofError(ValueError):
    """Not a proof of this system."""


@dataclass(frozen=True, slots=True)
class ProofPlan:
    """The part of a payer plan that coding used."""

    line_of_business: str
    unit_rule: str
    go_required: bool
    co_required: bool
    kx_used: bool
    abn_used: bool
    ncci: str


@dataclass(frozen=True, slots=True)
class DayCoding:
    """One patient's day under one plan: what was given to coding, and what came of it."""

    services: tuple[Service, ...]
    plan: Plan
    on: date
    coded: CodedDay


@dataclass(frozen=True, slots=True)
class Replay:
    """`same` when everything came out alike; `tables` those that are not the proof's; `differences` as 'where: then -> now'."""

    same: bool
    tables: tuple[str, ...]
    differences: tuple[str, ...]


def coding_proof(day: DayCoding) -> dict[str, Any]:
    """The proof of a day's units and modifiers."""
    given = {
        "services": [_short(service, _SERVICE) for service in day.services],
        "plan": {name: getattr(day.plan, name) for name in PLAN},
        "date": day.on.isoformat(),
    }
    return _proof("coding", given, CODING_TABLES, _coded(day.coded))


def pricing_proof(lines: Sequence[ChargedLine], terms: Terms, priced: Sequence[AllowedLine]) -> dict[str, Any]:
    """The proof of allowed amounts; the locality's indices are part of the input."""
    given = {"lines": charges_given(lines), "terms": _terms_given(terms)}
    return _proof("pricing", given, PRICING_TABLES, _priced(priced))


def charges_given(lines: Sequence[ChargedLine]) -> list[dict[str, Any]]:
    """Billed lines as a proof keeps them."""
    return [_short(line, _CHARGED) for line in lines]


def _proof(kind: str, given: dict[str, Any], names: Sequence[str], result: dict[str, Any]) -> dict[str, Any]:
    used = tables.versions()
    return {"kind": kind, "rules": RULES, "given": given, "tables": {n: used[n] for n in names}, "result": result}


def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Names of a dataclass's fields with the value that is left out; MISSING where it is always told."""
    return tuple((field.name, field.default) for field in fields(kind))


_SERVICE, _CHARGED, _BILLED, _TERMS = _fields(Service), _fields(ChargedLine), _fields(BilledLine), _fields(Terms)


def _short(item: object, names: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A dataclass as JSON keeps it, without what has its usual value."""
    told = ((name, getattr(item, name), usual) for name, usual in names)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value, usual in told
        if usual is MISSING or value != usual
    }


def _terms_given(terms: Terms) -> dict[str, Any]:
    gpci = terms.gpci
    place = {name: getattr(gpci, name) for name in _PLACE} | {name: str(getattr(gpci, name)) for name in _INDICES}
    return {**_short(terms, _TERMS), "on": terms.on.isoformat(), "gpci": place}


def _coded(coded: CodedDay) -> dict[str, Any]:
    """Units and modifiers; how they came about, in words, is with the claim."""
    return {
        "rule": coded.rule.value,
        "lines": [_short(line, _BILLED) for line in coded.lines],
        "ties": list(coded.ties),
        "other_rule_units": dict(coded.other_rule_units),
    }


def _priced(lines: Sequence[AllowedLine]) -> dict[str, Any]:
    return {
        "lines": [
            {"unit_cents": list(line.unit_cents), "allowed_cents": line.allowed_cents, "working": list(line.working)}
            for line in lines
        ],
        "total_cents": sum(line.allowed_cents for line in lines),
    }


def replay(proof: Mapping[str, Any]) -> Replay:
    """Compute a stored proof again. Raises ProofError for what is no proof."""
    try:
        result = _again(proof)
        stored, names = proof["result"], proof["tables"]
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ProofError("not a proof of this system") from error
    used = tables.versions()
    changed = tuple(name for name in names if used.get(name) != names[name])
    differences = tuple(_differences("", stored, result))
    if proof["rules"] != RULES:
        differences = (f"rules: {proof['rules']} -> {RULES}", *differences)
    return Replay(not differences, changed, differences)


def _again(proof: Mapping[str, Any]) -> dict[str, Any]:
    given = proof["given"]
    if proof["kind"] == "coding":
        day = day_of(proof)
        return _coded(code_day(day.services, day.plan, day.on))
    if proof["kind"] == "pricing":
        return _priced(allowed([_charged(item) for item in given["lines"]], _terms(given["terms"])))
    raise ProofError("unknown kind of proof")


def day_of(proof: Mapping[str, Any]) -> DayCoding:
    """The day of a coding proof, coded afresh from what was given."""
    given = proof["given"]
    services = tuple(_service(item) for item in given["services"])
    plan, on = ProofPlan(**given["plan"]), date.fromisoformat(given["date"])
    return DayCoding(services, plan, on, code_day(services, plan, on))


def terms_of(proof: Mapping[str, Any]) -> Terms:
    """How the lines of a pricing proof were priced."""
    return _terms(proof["given"]["terms"])


def _service(item: Mapping[str, Any]) -> Service:
    return Service(**{**item, "file_modifiers": tuple(item.get("file_modifiers", ()))})


def _charged(item: Mapping[str, Any]) -> ChargedLine:
    return ChargedLine(**{**item, "modifiers": tuple(item.get("modifiers", ()))})


def _terms(item: Mapping[str, Any]) -> Terms:
    index = item["gpci"]
    place, indices = [str(index[name]) for name in _PLACE], [Decimal(index[name]) for name in _INDICES]
    gpci = Gpci(place[0], place[1], place[2], indices[0], indices[1], indices[2], None, None)
    return Terms(**{**item, "on": date.fromisoformat(item["on"]), "gpci": gpci})


def _differences(where: str, then: Any, now: Any) -> list[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            line
            for key in sorted({*then, *now})
            for line in _differences(f"{where}.{key}".lstrip("."), then.get(key), now.get(key))
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            line for n, pair in enumerate(zip(then, now, strict=True)) for line in _differences(f"{where}[{n}]", *pair)
        ]
    return [] if then == now else [f"{where}: {then} -> {now}"]
