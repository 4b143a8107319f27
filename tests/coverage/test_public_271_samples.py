"""Public 271 files: each is interpreted or refused with a reason, and no EB segment is lost. The count is made here."""

from __future__ import annotations

import re
from datetime import date

import pytest
from public_samples import X12

from chalicelib.coverage.rules import interpret
from chalicelib.x12 import read_271

CORPUS = X12
SAMPLES = sorted((CORPUS / "271").glob("*")) if (CORPUS / "271").is_dir() else []
pytestmark = [pytest.mark.corpus, pytest.mark.skipif(not SAMPLES, reason="the public X12 samples are not here")]


def count_segments(data: bytes, name: str) -> int:
    """By splitting alone: the terminator stands after ISA16, the separator after 'ISA'."""
    text = data.decode("latin-1")
    start = text.find("ISA")
    if start < 0 or len(text) < start + 106:
        return 0
    separator, terminator = text[start + 3], text[start + 105]
    return sum(
        bool(re.match(rf"\s*{name}{re.escape(separator)}", segment)) for segment in text[start:].split(terminator)
    )


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[:60])
def test_every_benefit_of_a_public_sample_is_kept_or_the_file_is_refused(path):
    data = path.read_bytes()
    read = read_271(data)
    told = [interpret(response, date(2026, 9, 30)) for response in read.responses]
    if told:
        assert sum(len(one.rows) for one in told) == count_segments(data, "EB")
        assert all(one.active in ("yes", "no", "unknown") for one in told)
    else:
        assert [d.code for d in read.diagnostics if d.severity == "error"]
