"""The one logger: Powertools JSON lines that carry only keys on a list, and nothing of an exception but what it is.

PHI must not reach a log by accident, so the rule is an allow-list: a key nobody declared safe is dropped, a message's
arguments are not filled in, and an exception tells its type, its code and where it was raised, never its text.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterable
from typing import IO, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chalicelib.platform.errors import OtbillError

SAFE_KEYS = frozenset(
    {
        # the record itself
        "level", "location", "message", "timestamp", "service", "exception_name", "error_code", "raised_at",
        "xray_trace_id", "cold_start", "function_name", "function_request_id", "function_memory_size", "sampling_rate",
        # who and what, by id
        "request_id", "tenant_id", "user_id", "claim_id", "visit_count", "remittance_id", "submission_id", "task_id",
        "event_id", "event_type", "receipt", "control_number", "job", "route", "method", "status", "purpose", "code",
        # how much and how long
        "count", "added", "unchanged", "amended", "rejected", "posted", "suspended", "refused", "bytes", "rows",
        "duration_ms", "attempt", "writes", "items", "port",
    }
)  # fmt: skip
_MAX_TEXT = 200
_QUIET = ("botocore", "pynamodb", "urllib3", "chalice")  # at DEBUG they write whole requests


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Powertools' formatter behind the allow-list."""

    def format(self, record: logging.LogRecord) -> str:
        fields = self._extract_log_keys(log_record=record)
        fields["message"] = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        fields.update(_describe(record.exc_info))
        return self.serialize(log=allowed(fields))

    def formatException(self, ei: Any) -> str:
        return str(_describe(ei))


def allowed(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that may be logged: declared keys with plain, short values."""
    return {key: _plain(value) for key, value in fields.items() if key in SAFE_KEYS and value is not None}


def logger(name: str, stream: IO[str] | None = None) -> Logger:
    """A logger for one part of the product: `logger("claims").info("claims built", extra={"count": 12})`.

    Messages are constant sentences; what varies goes into declared keys (`SAFE_KEYS`), anything else is dropped.
    """
    _hush(_QUIET)
    made = Logger(service=f"otbill.{name}", stream=stream or sys.stderr, logger_formatter=RedactingFormatter(utc=True))
    # A handler somebody else puts on the root logger (waitress does) would print what this one redacts.
    logging.getLogger(f"otbill.{name}").propagate = False
    return made


def _describe(exc_info: Any) -> dict[str, str]:
    """What an exception is: type, code and place. Its text may repeat what it choked on, so it stays out."""
    if not isinstance(exc_info, tuple) or exc_info[1] is None:
        return {}
    error = exc_info[1]
    told = {"exception_name": type(error).__name__, "raised_at": _place(error)}
    if isinstance(error, OtbillError):
        told["error_code"] = error.code
    return told


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "chalicelib" in frame.filename] or frames
    return f"{ours[-1].filename.rpartition('chalicelib')[2].lstrip('/')}:{ours[-1].lineno}" if ours else ""


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int):
        return value
    return value[:_MAX_TEXT] if isinstance(value, str) else type(value).__name__


def _hush(names: Iterable[str]) -> None:
    for name in names:
        logging.getLogger(name).setLevel(logging.WARNING)
