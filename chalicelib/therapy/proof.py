"""Proof objects: what went in, which tables and version of the rules were used, what came out; enough to do it again years later.

A proof is plain JSON. `replay` computes it afresh and says what differs; where the tables in use are not those the proof
names, it says that first, since then a difference is no fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from chalicelib.codes import tables
from chalicelib.codes.mpfs import Gpci
from chalicelib.codes.tables import day
from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import CodedDay, Service
from chalicelib.therapy.modifiers import Plan
from chalicelib.therapy.pricing import AllowedLine, ChargedLine, Terms, allowed

RULES = 1  # raised when the same input and tables may give another result
CODING_TABLES = ("cpt.csv", "findings.toml", "ncci.csv")
PRICING_TABLES = ("conversion_factor.csv", "mpfs.csv", "thresholds.csv")
PLAN = ("line_of_business", "unit_rule", "go_required", "co_required", "kx_used", "abn_used", "ncci")


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
class Replay:
    """`same` when everything came out alike; `tables` those that are not the proof's; `differences` as 'where: then -> now'."""

    same: bool
    tables: tuple[str, ...]
    differences: tuple[str, ...]


def prove_coding(services: Sequence[Service], plan: Plan, on: date) -> tuple[CodedDay, dict[str, Any]]:
    """The coded day with its proof."""
    coded = code_day(services, plan, on)
    given = {
        "services": [asdict(service) for service in services],
        "plan": {name: getattr(plan, name) for name in PLAN},
        "date": on.isoformat(),
    }
    return coded, _proof("coding", given, CODING_TABLES, _coded(coded))


def prove_pricing(lines: Sequence[ChargedLine], terms: Terms) -> tuple[tuple[AllowedLine, ...], dict[str, Any]]:
    """Allowed amounts with their proof; the locality's indices are part of the input."""
    priced = allowed(lines, terms)
    given = {"lines": [asdict(line) for line in lines], "terms": asdict(terms)}
    return priced, _proof("pricing", given, PRICING_TABLES, _priced(priced))


def _proof(kind: str, given: dict[str, Any], names: Sequence[str], result: dict[str, Any]) -> dict[str, Any]:
    used = tables.versions()
    found: dict[str, Any] = _json(
        {"kind": kind, "rules": RULES, "given": given, "tables": {name: used[name] for name in names}, "result": result}
    )
    return found


def _coded(coded: CodedDay) -> dict[str, Any]:
    return {
        "rule": coded.rule.value,
        "lines": [asdict(line) for line in coded.lines],
        "ties": coded.ties,
        "explanation": coded.explanation,
        "findings": [finding.model_dump(mode="json") for finding in coded.findings],
    }


def _priced(lines: Sequence[AllowedLine]) -> dict[str, Any]:
    return {"lines": [asdict(line) for line in lines], "total_cents": sum(line.allowed_cents for line in lines)}


def _json(value: Any) -> Any:
    """Tuples as lists, dates and exact decimals as text, as JSON keeps them."""
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    if isinstance(value, (date, Decimal)):
        return str(value)
    return value


def replay(proof: Mapping[str, Any]) -> Replay:
    """Compute a stored proof again. Raises ProofError for what is no proof."""
    try:
        result = _again(proof)
        stored, names = proof["result"], proof["tables"]
    except (KeyError, TypeError, ValueError) as error:
        raise ProofError("not a proof of this system") from error
    used = tables.versions()
    changed = tuple(name for name in names if used.get(name) != names[name])
    differences = tuple(_differences("", stored, _json(result)))
    if proof["rules"] != RULES:
        differences = (f"rules: {proof['rules']} -> {RULES}", *differences)
    return Replay(not differences, changed, differences)


def _again(proof: Mapping[str, Any]) -> dict[str, Any]:
    given = proof["given"]
    if proof["kind"] == "coding":
        services = [_service(item) for item in given["services"]]
        return _coded(code_day(services, ProofPlan(**given["plan"]), date.fromisoformat(given["date"])))
    if proof["kind"] == "pricing":
        lines = [ChargedLine(**item | {"modifiers": tuple(item["modifiers"])}) for item in given["lines"]]
        return _priced(allowed(lines, _terms(given["terms"])))
    raise ProofError("unknown kind of proof")


def _service(item: Mapping[str, Any]) -> Service:
    return Service(**{**item, "file_modifiers": tuple(item["file_modifiers"])})


def _terms(item: Mapping[str, Any]) -> Terms:
    index = item["gpci"]
    gpci = Gpci(
        index["mac"],
        index["state"],
        index["locality"],
        Decimal(index["work"]),
        Decimal(index["practice"]),
        Decimal(index["malpractice"]),
        day(index["start"] or ""),
        day(index["end"] or ""),
    )
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
