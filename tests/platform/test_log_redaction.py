"""A log line carries declared keys only. The canary is planted everywhere a careless line could carry it."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from chalicelib.platform.errors import Conflict
from chalicelib.platform.logging import logger
from chalicelib.platform.model import Model

CANARY = "CANARY-Marigold-Testcase-123456789"


class Patient(Model):
    age: int


@pytest.fixture
def log(request: pytest.FixtureRequest) -> tuple[Any, io.StringIO]:
    stream = io.StringIO()
    return logger(request.node.name, stream=stream), stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_declared_keys_pass_and_others_are_dropped(log: tuple[Any, io.StringIO]) -> None:
    log[0].info("claims built", extra={"count": 12, "claim_id": "clm_x", "last_name": CANARY, "patient": {"n": CANARY}})
    (line,) = lines(log[1])
    assert (line["message"], line["count"], line["claim_id"], line["level"]) == ("claims built", 12, "clm_x", "INFO")
    assert "last_name" not in line
    assert CANARY not in log[1].getvalue()


def test_a_declared_key_takes_no_structure(log: tuple[Any, io.StringIO]) -> None:
    log[0].info("x", extra={"count": [CANARY], "status": Patient(age=1), "code": {"a": CANARY}})
    assert CANARY not in log[1].getvalue()
    assert lines(log[1])[0]["count"] == "list"


def test_message_arguments_are_not_filled_in(log: tuple[Any, io.StringIO]) -> None:
    log[0].warning("posted for %s", CANARY)
    assert lines(log[1])[0]["message"] == "posted for %s"


def test_a_dict_message_is_not_printed(log: tuple[Any, io.StringIO]) -> None:
    log[0].info({"name": CANARY})
    assert CANARY not in log[1].getvalue()


def test_appended_keys_are_under_the_same_list(log: tuple[Any, io.StringIO]) -> None:
    log[0].append_keys(tenant_id="tnt_1", member=CANARY)
    log[0].info("x")
    assert lines(log[1])[0]["tenant_id"] == "tnt_1"
    assert CANARY not in log[1].getvalue()


def test_an_exception_tells_type_and_place_and_not_its_text(log: tuple[Any, io.StringIO]) -> None:
    def fail(name: str) -> None:
        raise ValueError(f"cannot bill {name}")

    try:
        try:
            fail(CANARY)
        except ValueError as error:
            error.add_note(CANARY)
            raise RuntimeError(CANARY) from error
    except RuntimeError:
        log[0].exception("posting failed")
    (line,) = lines(log[1])
    assert line["exception_name"] == "RuntimeError"
    assert "test_log_redaction.py" in line["raised_at"]
    assert CANARY not in log[1].getvalue()


def test_our_errors_tell_their_code(log: tuple[Any, io.StringIO]) -> None:
    try:
        raise Conflict("CHANGED", f"changed {CANARY}")
    except Conflict:
        log[0].exception("not stored")
    assert lines(log[1])[0]["error_code"] == "CHANGED"
    assert CANARY not in log[1].getvalue()


def test_a_refused_model_does_not_repeat_what_it_refused(log: tuple[Any, io.StringIO]) -> None:
    with pytest.raises(ValueError) as refused:
        Patient(age=CANARY)
    assert CANARY not in str(refused.value)


def test_the_libraries_that_print_requests_at_debug_are_quiet() -> None:
    logger("quiet")
    for name in ("botocore", "pynamodb", "urllib3"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING
