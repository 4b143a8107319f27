"""Rows of one visit to a `Visit`. Rows that disagree about the visit are rejected, and so hold it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from chalicelib.intake.columns import VISIT_COLUMNS
from chalicelib.intake.model import Visit, VisitLine
from chalicelib.intake.rows import RowFault

Values = dict[str, Any]


def to_json(values: Values) -> str:
    """Typed cell values as JSON text; dates in ISO form."""
    return json.dumps(
        values,
        default=lambda value: value.isoformat() if isinstance(value, date) else str(value),
        sort_keys=True,
    )


def agree(rows: Sequence[tuple[int, Values]]) -> tuple[list[tuple[int, Values]], list[RowFault]]:
    """Rows that say the same about the visit as its first row, and faults for those that do not.

    The same line number twice with different content is a fault of the later row; an exact repeat is kept once.
    """
    kept: list[tuple[int, Values]] = []
    faults: list[RowFault] = []
    lines: dict[int, Values] = {}
    for number, values in rows:
        first = kept[0][1] if kept else values
        column = next((name for name in VISIT_COLUMNS if values.get(name) != first.get(name)), None)
        if column is not None:
            fault = (
                "VISIT_DISAGREES",
                "differs from the visit's first row",
                "make every row of the visit say the same",
            )
            faults.append(RowFault(number, column, *fault))
        elif lines.get(values["line_number"], values) != values:
            fault = (
                "LINE_TWICE",
                "repeats a line of the visit with other content",
                "number the lines 1, 2, 3 …",
            )
            faults.append(RowFault(number, "line_number", *fault))
        else:
            lines[values["line_number"]] = values
            kept.append((number, values))
    return kept, faults


def _line(number: int, values: Values) -> VisitLine:
    names = (
        "line_number",
        "cpt",
        "therapist_minutes",
        "assistant_minutes",
        "units",
        "modifiers",
        "distinct_service",
    )
    return VisitLine(
        **{name: values[name] for name in names if name in values},
        diagnosis_pointers=values.get("diagnosis_pointers", ()),
        charge_cents=values.get("charge"),
        source_row=number,
    )


def coverage_of(values: Values, prefix: str = "") -> dict[str, Any] | None:
    """The coverage columns of a row as `Coverage` takes them; None where they name no payer."""
    if f"{prefix}payer_id" not in values:
        return None
    names = ("payer_id", "line_of_business", "member_id", "group_number", "relationship")
    found = {name: values[f"{prefix}{name}"] for name in names if f"{prefix}{name}" in values}
    found.setdefault("line_of_business", "commercial")
    parts = ("last_name", "first_name", "date_of_birth")
    subscriber = {n: values[f"{prefix}subscriber_{n}"] for n in parts if f"{prefix}subscriber_{n}" in values}
    if "last_name" in subscriber and found.get("relationship", "self") != "self":
        found["subscriber"] = {"first_name": "", **subscriber}
    return found


def _accident(values: Values) -> dict[str, Any] | None:
    kind = values.get("accident_type") or ("AA" if values.get("line_of_business") == "auto" else None)
    if kind is None:
        return None
    names = {
        "accident_date": "date",
        "accident_state": "state",
        "property_casualty_claim_number": "claim_number",
        "first_care_on": "first_care_on",
        "emc_on": "emergency_condition_on",
        "initiation_notice_on": "initiation_notice_on",
    }
    return {"type": kind, **{ours: values[theirs] for theirs, ours in names.items() if theirs in values}}


_SAME_NAME = [
    "visit_id",
    "date_of_service",
    "start_time",
    "end_time",
    "place_of_service",
    "facility_id",
    "case_id",
    "rendering_npi",
    "assistant_id",
    "patient_id",
    "msp_type",
    "benefits_assigned",
    "release_on_file",
    "total_treatment_minutes",
    "note_signed_on",
    "note_signed_by",
    "kx_attested",
    "abn_signed_on",
    "authorization_number",
    "referral_number",
]
_PLAN = {
    "first_treatment_on": "first_treatment_on",
    "plan_of_care_start": "start",
    "plan_of_care_end": "end",
    "plan_of_care_certified_on": "certified_on",
    "plan_sent_on": "sent_on",
    "order_signed_on": "order_signed_on",
    "progress_report_on": "progress_report_on",
}


def to_visit(rows: Sequence[tuple[int, Values]]) -> Visit:
    """The visit of rows that agree, lines in order of their number."""
    values = rows[0][1]
    lines = {row["line_number"]: _line(number, row) for number, row in reversed(rows)}
    person = {n: values[n] for n in ("last_name", "first_name", "middle_name", "date_of_birth", "sex") if n in values}
    address: Values = {
        "line1": values["address"],
        **{n: values[n] for n in ("city", "state", "zip", "phone") if n in values},
    }
    referrer = {n: values[f"referring_{n}"] for n in ("npi", "last_name", "first_name") if f"referring_{n}" in values}
    same: Values = {name: values[name] for name in _SAME_NAME if name in values}
    others: Values = {
        "referrer": referrer,
        "patient": person,
        "address": address,
        "primary": coverage_of(values),
        "secondary": coverage_of(values, "secondary_"),
        "tertiary": coverage_of(values, "tertiary_"),
        "diagnoses": [values[f"diagnosis_{n}"] for n in range(1, 13) if f"diagnosis_{n}" in values],
        "plan_of_care": {ours: values[theirs] for theirs, ours in _PLAN.items() if theirs in values},
        "patient_paid_cents": values.get("patient_paid", 0),
        "accident": _accident(values),
        "lines": [lines[number] for number in sorted(lines)],
    }
    return Visit.model_validate(same | others)
