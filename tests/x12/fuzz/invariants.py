"""What must hold of any bytes at all: no exception, an end in good time, the same reading in pieces, and no claim lost.

Standard library and the product only: `harness.py` runs this under a fuzzer, the tests run it over what a fuzzer found.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from chalicelib import x12
from chalicelib.x12.json_lines import as_json

SECONDS = 2.0  # of CPU, for a file of a few KB under instrumentation
_CLAIMS = {b"CLP": x12.ClaimPayment, b"CLM": x12.Claim837}
_REFUSED = frozenset(("SET_NOT_READ", "VERSION_4010", "VERSION_UNKNOWN"))
_BLANKS = b" \t\r\n\x00\x1a"


class Pieces(io.RawIOBase):
    """A file that comes a few bytes at a time, as a socket or a pipe gives it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def read(self, size: int = -1) -> bytes:
        step = 1 + zlib.crc32(self.at.to_bytes(4, "big")) % 700
        piece = self.data[self.at : self.at + step]
        self.at += len(piece)
        return piece


class Stepwise(x12.Engine):
    """The engine without its runs: every segment goes to its handler."""

    def _open_reader(self, set_id: str, version: str) -> None:
        super()._open_reader(set_id, version)
        self.runs = {}


def check(data: bytes) -> None:
    """Raise AssertionError (or whatever the reader raises) when one of the promises is broken."""
    started = time.thread_time()
    values = list(x12.read(data))
    said = [as_json(value) for value in values]
    assert time.thread_time() - started < SECONDS, "too slow"
    in_pieces = [as_json(value) for value in x12.read(Pieces(data))]  # type: ignore[arg-type]
    assert Counter(map(_said, in_pieces)) == Counter(map(_said, said)), "read otherwise when it comes in pieces"
    assert list(Stepwise(data).run()) == values, "a run reads otherwise than the handlers"
    no_claim_is_lost(data, values)
    if zlib.crc32(data) % 32 == 0:
        x12.acknowledge(data)
        x12.peek(data)
        as_commands(data)


def _said(value: dict[str, Any] | None) -> str:
    """As a script would get it; an empty segment has a place in the file only to within a chunk."""
    if value and value.get("code") == "EMPTY_SEGMENT":
        value = {"code": "EMPTY_SEGMENT"}
    return json.dumps(value)


def no_claim_is_lost(data: bytes, values: list[object]) -> None:
    """Every CLP and CLM is out, or a diagnostic names its place, or its whole set was refused. Only of files whose
    separators are beyond doubt: one interchange, whole header, `*` and `~`."""
    header = data[:106]
    if data.count(b"ISA") != 1 or header[:4] != b"ISA*" or header[105:] != b"~" or header.count(b"*") != 16:
        return
    if header[104:105] in b"*~" or header[103:104] != b"*" or header[104:105].isalnum():
        return
    segments = [s.strip(_BLANKS) for s in data.split(b"~")]
    numbers = [s.split(b"*", 1)[0] for s in segments if s]
    told = {d.segment_number for d in values if isinstance(d, x12.Diagnostic)}
    refused = {d.segment_number for d in values if isinstance(d, x12.Diagnostic) and d.code in _REFUSED}
    for tag, kind in _CLAIMS.items():
        came = {value.segment_number for value in values if isinstance(value, kind)}
        in_refused = False
        for number, name in enumerate(numbers, 1):
            if name == b"ST":
                in_refused = number in refused
            elif name in (b"SE", b"GE", b"IEA", b"GS"):
                in_refused = False
            elif name == tag:
                assert in_refused or number in came or number in told, f"{tag.decode()} at segment {number} is lost"


def as_commands(data: bytes) -> None:
    """`otbill x12 read`, `check` and `show` of it."""
    from chalicelib.cli.x12 import check_command, read_command, show_command

    quiet = io.StringIO()
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        path = Path(name) / "file.x12"
        path.write_bytes(data)
        codes = {command(path) for command in (read_command, check_command, show_command)}
    assert len(codes) == 1, f"the commands end in {codes}"
    assert codes <= {0, 1, 2}
