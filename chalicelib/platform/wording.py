"""What pydantic found wrong, in the words of the people who fill in our files and forms; never the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be text",
    "string_too_short": "is too short: at least {min_length} characters",
    "string_too_long": "is too long: at most {max_length} characters",
    "string_pattern_mismatch": "does not have the form it must have",
    "too_short": "needs at least {min_length} entries",
    "too_long": "may have at most {max_length} entries",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "date_type": "must be a day, like 2026-01-31",
    "date_parsing": "must be a day, like 2026-01-31",
    "date_from_datetime_parsing": "must be a day, like 2026-01-31",
    "date_from_datetime_inexact": "must be a day without a time of day",
    "datetime_parsing": "must be a date with a time of day",
    "datetime_type": "must be a date with a time of day",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must be a table of names and values",
    "model_type": "must be a table of names and values",
    "model_attributes_type": "must be a table of names and values",
    "json_invalid": "is not JSON",
}
_PREFIXES = ("Value error, ", "Assertion failed, ")


def plain(error: Mapping[str, Any]) -> str:
    """The reason of one of `ValidationError.errors()`, after the field's name; our validators' words as they are."""
    words = _WORDS.get(str(error["type"]))
    if words is not None:
        try:
            return words.format(**error.get("ctx", {}))
        except KeyError:
            return words.partition(":")[0].partition(" {")[0]
    said = str(error["msg"])
    return next((said.removeprefix(prefix) for prefix in _PREFIXES if said.startswith(prefix)), said)
