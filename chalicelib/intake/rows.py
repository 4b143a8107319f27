"""One row of the visit file to typed values, with every fault of the row named: column, code, reason, fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from chalicelib.intake import cells
from chalicelib.intake.cells import BadCell
from chalicelib.intake.columns import COLUMNS, REQUIRED
from chalicelib.intake.model import LineOfBusiness

MOST_CHARACTERS = 200
_SEPARATORS = re.compile(r"[\x00-\x1f*~^|]")


class RowFault(NamedTuple):
    """Why a row was rejected. `row` counts lines of the file, the header being row 1."""

    row: int
    column: str
    code: str
    reason: str
    fix: str

    def as_dict(self) -> dict[str, int | str]:
        return self._asdict()


_BUSINESS = frozenset(item.value for item in LineOfBusiness)
_RELATIONSHIPS = frozenset(("self", "spouse", "child", "other"))
_npi = cells.pattern(r"\d{10}", "NPI_UNREADABLE", "is not ten digits", "write the 10-digit NPI")
_state = cells.pattern(r"[A-Z]{2}", "STATE_UNREADABLE", "is not a two-letter state", "write e.g. FL")
_minutes = cells.whole(0, cells.MOST_MINUTES, "a number of minutes")


_two_digits = cells.pattern(r"\d{2}", "POS_UNREADABLE", "is not a place of service", "write two digits, e.g. 11")
_icd10 = cells.pattern(
    r"[A-Z]\d[0-9A-Z]{1,5}", "DX_UNREADABLE", "is not shaped like an ICD-10-CM code", "write e.g. M62.81"
)
_business = cells.choice(_BUSINESS, "line of business")


def _place(text: str) -> str:
    return _two_digits(text.zfill(2))


def _diagnosis(text: str) -> str:
    return _icd10(text.replace(".", ""))


_READERS: dict[str, Callable[[str], Any]] = {
    # The longest an 837P holds: NM103 60, NM104 and NM105 35 and 25, N301 55, N401 30.
    "last_name": cells.name(60),
    "first_name": cells.name(35),
    "subscriber_last_name": cells.name(60),
    "subscriber_first_name": cells.name(35),
    "secondary_subscriber_last_name": cells.name(60),
    "secondary_subscriber_first_name": cells.name(35),
    "referring_last_name": cells.name(60),
    "referring_first_name": cells.name(35),
    "address": cells.name(55),
    "city": cells.name(30),
    "line_number": cells.whole(1, 9999, "a line number"),
    "start_time": cells.to_time,
    "end_time": cells.to_time,
    "place_of_service": _place,
    "rendering_npi": _npi,
    "referring_npi": _npi,
    "sex": cells.to_sex,
    "state": _state,
    "accident_state": _state,
    "zip": cells.to_zip,
    "payer_id": str.upper,
    "secondary_payer_id": str.upper,
    "member_id": lambda text: text.upper().replace(" ", "").replace("-", ""),
    "secondary_member_id": lambda text: text.upper().replace(" ", "").replace("-", ""),
    "line_of_business": _business,
    "secondary_line_of_business": _business,
    "relationship": cells.choice(_RELATIONSHIPS, "relationship to the subscriber"),
    "secondary_relationship": cells.choice(_RELATIONSHIPS, "relationship to the subscriber"),
    "cpt": cells.pattern(
        r"[0-9A-Z]\d{3}[0-9A-Z]",
        "CPT_UNREADABLE",
        "is not shaped like a procedure code",
        "write five characters",
    ),
    "therapist_minutes": _minutes,
    "assistant_minutes": _minutes,
    "total_treatment_minutes": _minutes,
    "units": cells.whole(0, cells.MOST_UNITS, "a number of units"),
    "modifiers": cells.to_modifiers,
    "diagnosis_pointers": cells.to_pointers,
    "charge": cells.to_cents,
    "patient_paid": cells.to_cents,
    "distinct_service": cells.to_bool,
    "benefits_assigned": cells.to_bool,
    "release_on_file": cells.to_bool,
    "kx_attested": cells.to_bool,
    "accident_type": cells.pattern(
        r"AA|EM|OA", "ACCIDENT_TYPE_UNKNOWN", "is not AA, EM or OA", "write AA for an auto accident"
    ),
    **{f"diagnosis_{n}": _diagnosis for n in range(1, 13)},
    **{
        name: cells.to_date
        for name in COLUMNS
        if name.endswith(("_on", "_date", "date_of_service", "date_of_birth"))
        or name in ("plan_of_care_start", "plan_of_care_end")
    },
}


def _text(value: str) -> str:
    if len(value) > MOST_CHARACTERS:
        raise BadCell("TOO_LONG", f"is longer than {MOST_CHARACTERS} characters", "shorten it")
    if _SEPARATORS.search(value):
        # X12 uses these as separators: they cannot travel in a claim.
        raise BadCell(
            "CHARACTER_NOT_ALLOWED",
            "has a character a claim cannot carry (* ~ ^ | or a control)",
            "remove it",
        )
    return value


def read_row(number: int, row: Mapping[str, str]) -> tuple[dict[str, Any], list[RowFault]]:
    """Typed values of the filled cells and the faults of the row; a row with any fault is rejected whole."""
    values: dict[str, Any] = {}
    faults: list[RowFault] = []
    for column, cell in row.items():
        text = (cell or "").strip()
        if not text or column not in COLUMNS:
            continue
        try:
            values[column] = _READERS.get(column, str)(_text(text))
        except BadCell as bad:
            faults.append(RowFault(number, column, bad.code, bad.reason, bad.fix))
    bad_columns = {fault.column for fault in faults}
    faults += [
        RowFault(number, column, "VALUE_MISSING", "is empty", "every row must fill this column")
        for column in REQUIRED
        if column not in values and column not in bad_columns
    ]
    return values, faults + _across(number, values)


def _across(number: int, values: Mapping[str, Any]) -> list[RowFault]:
    """Checks that need two cells."""
    faults = []
    business = values.get("line_of_business")
    if "member_id" not in values and business not in (None, "auto", "self_pay"):
        faults.append(RowFault(number, "member_id", "VALUE_MISSING", "is empty", "write the member id from the card"))
    if business == "auto" and "member_id" not in values and "property_casualty_claim_number" not in values:
        column = "property_casualty_claim_number"
        faults.append(
            RowFault(
                number,
                column,
                "VALUE_MISSING",
                "is empty",
                "an auto visit names the claim number or a policy id",
            )
        )
    born, served = values.get("date_of_birth"), values.get("date_of_service")
    if isinstance(born, date) and isinstance(served, date) and born > served:
        faults.append(
            RowFault(
                number,
                "date_of_birth",
                "BORN_AFTER_VISIT",
                "is after the date of service",
                "check both dates",
            )
        )
    filled = [n for n in range(1, 13) if f"diagnosis_{n}" in values]
    known = len(filled)
    if filled and filled[-1] != known:
        column = next(f"diagnosis_{n}" for n in range(1, 13) if n not in filled)
        faults.append(
            RowFault(number, column, "DX_GAP", "is empty before a later diagnosis", "fill diagnoses without gaps")
        )
    elif known and max(values.get("diagnosis_pointers", (1,))) > known:
        faults.append(
            RowFault(
                number,
                "diagnosis_pointers",
                "POINTER_DANGLING",
                "points at a diagnosis that is empty",
                f"point at 1 to {known}",
            )
        )
    return faults
