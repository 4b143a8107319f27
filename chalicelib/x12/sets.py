"""Which reader takes which transaction set and version."""

from __future__ import annotations

import importlib
from typing import Any

_READERS = {
    "835": "read835.Reader835",
    "837": "read837.Reader837",
    "999": "read999.Reader999",
    "277": "read277.Reader277",
    "276": "read276.Reader276",
    "278": "read278.Reader278",
    "270": "read270.Reader270",
    "271": "read270.Reader271",
}
_NOT_PROFESSIONAL = ("X223", "X224", "X220", "X299", "X300")


def choose(set_id: str, version: str, group_version: str) -> Any:
    """A factory of readers, or the code of the diagnostic that says why there is none."""
    reader = _READERS.get(set_id)
    if version.startswith(("003", "004")) or group_version.startswith(("003", "004")):
        return "VERSION_4010" if reader else "SET_NOT_READ"
    if reader is None or any(mark in version for mark in _NOT_PROFESSIONAL):
        return "SET_NOT_READ"
    if not version.startswith("005010") and version:
        return "VERSION_UNKNOWN"
    module, name = reader.split(".")
    return getattr(importlib.import_module(f"chalicelib.x12.{module}"), name)
