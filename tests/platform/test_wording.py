"""What is wrong with a file or form is said in its own words, never in the validator's."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from chalicelib.platform.model import Model
from chalicelib.platform.wording import plain


class Sample(Model):
    name: str = Field(min_length=3, max_length=5)
    kind: Literal["OT", "OTA"] = "OT"
    units: int = Field(default=1, ge=1, le=8)
    on: date = date(2026, 9, 1)
    codes: tuple[str, ...] = Field(default=("x",), min_length=1)

    @field_validator("kind")
    @classmethod
    def _never(cls, kind: str) -> str:
        if kind == "OTA":
            raise ValueError("an assistant never signs")
        return kind


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "is missing"),
        ({"name": "Nobody", "extra": 1}, "is too long: at most 5 characters"),
        ({"name": 7}, "must be text"),
        ({"name": "abc", "kind": "PT"}, "must be one of 'OT' or 'OTA'"),
        ({"name": "abc", "units": 9}, "must be at most 8"),
        ({"name": "abc", "units": "many"}, "must be a whole number"),
        ({"name": "abc", "on": "yesterday"}, "must be a day, like 2026-01-31"),
        ({"name": "abc", "codes": []}, "needs at least 1 entries"),
        ({"name": "abc", "kind": "OTA"}, "an assistant never signs"),
        ({"name": "abc", "other": 1}, "is not known here"),
    ],
)
def test_plain_words(given: dict[str, Any], words: str):
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(given)
    said = [plain(dict(error)) for error in caught.value.errors(include_input=False)]
    assert words in said
    assert not any("Input should" in text or "Value error" in text for text in said)
