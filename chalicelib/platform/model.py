"""The base of every pydantic model here: strict about extra fields, and silent about values when it refuses."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """`hide_input_in_errors` keeps PHI out of exceptions; frozen, so a value is replaced and never edited in place."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)
