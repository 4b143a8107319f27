"""What another library does to the root logger does not undo the redaction."""

from __future__ import annotations

import io
import logging

from chalicelib.platform.logging import logger


def test_a_root_handler_sees_nothing_of_ours() -> None:
    """GIVEN a library that puts a plain handler on the root logger WHEN we log an exception THEN its text stays out."""
    root, caught = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(caught)
    root.addHandler(handler)
    ours = io.StringIO()
    try:
        try:
            raise ValueError("Marigold Testcase 1950-02-03")
        except ValueError:
            logger("canary-root", ours).exception("a visit failed")
    finally:
        root.removeHandler(handler)
    assert "Marigold" not in caught.getvalue() + ours.getvalue()
    assert "ValueError" in ours.getvalue()
