"""What a reader or writer has to say about a file: values, never exceptions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Diagnostic:
    """One finding. `severity` is error, warning or note; `fix` says what to do.

    `segment_number` counts from 1 in the file, `position` from 1 at the ST of its transaction set; `offset`
    and `line` point at the segment's first byte; `element` and `component` count from 1, 0 = the whole
    segment. `message` holds no patient data.
    """

    code: str
    severity: str
    message: str
    segment: str = ""
    segment_number: int = 0
    offset: int = 0
    line: int = 0
    element: int = 0
    component: int = 0
    loop: str = ""
    fix: str = ""
    position: int = 0
    transaction: str = ""
