"""A trading partner's real-time door over HTTPS: one X12 question posted, one X12 answer back, with a bearer token.

Plain http is for the loopback only. Nothing of the question or the answer reaches a message or a log.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from chalicelib.exchange.realtime import MAX_ANSWER_BYTES
from chalicelib.platform.errors import Fault
from chalicelib.platform.model import Model

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _secure(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("a real-time door is reached over https (http on the loopback only)")
    if parts.username or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("the address is host and path only; the token has a place of its own")
    return url


class RealtimeSettings(Model):
    """`token_secret` names the bearer token in Secrets Manager ('' = the partner wants none)."""

    url: Annotated[str, AfterValidator(_secure)]
    token_secret: str = ""
    timeout_s: int = Field(default=30, ge=1, le=120)


class HttpDoor:
    """The RealtimeDoor Protocol. Fault REALTIME_UNREACHABLE, REALTIME_AUTH, REALTIME_REFUSED, REALTIME_TOO_LARGE."""

    def __init__(self, settings: RealtimeSettings, token: Callable[[], str]) -> None:
        self._settings = settings
        self._token = token

    def ask(self, question: bytes) -> bytes:
        where = urlsplit(self._settings.url)
        headers = {"Content-Type": "application/edi-x12", "Accept": "application/edi-x12"}
        if self._settings.token_secret:
            headers["Authorization"] = f"Bearer {self._token()}"
        connection = _connection(where, self._settings.timeout_s)
        try:
            connection.request("POST", where.path or "/", question, headers)
            answer = connection.getresponse()
            body = answer.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _fault(
                "REALTIME_UNREACHABLE", f"the partner did not answer ({type(error).__name__})", where
            ) from None
        finally:
            connection.close()
        return _judged(answer.status, body, where)


def _connection(where: SplitResult, timeout_s: int) -> http.client.HTTPConnection:
    host = where.hostname or ""
    if where.scheme == "https":
        return http.client.HTTPSConnection(host, where.port, timeout=timeout_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, where.port, timeout=timeout_s)


def _judged(status: int, body: bytes, where: SplitResult) -> bytes:
    if status in (401, 403):
        raise _fault("REALTIME_AUTH", "the partner did not take our token", where)
    if status != 200:
        raise _fault("REALTIME_REFUSED", f"the partner answered {status}", where)
    if len(body) > MAX_ANSWER_BYTES:
        raise _fault("REALTIME_TOO_LARGE", "the answer is larger than 2 MB", where)
    return body


def _fault(code: str, message: str, where: SplitResult) -> Fault:
    return Fault(code, message, where=where.hostname or "", fix="try again later; check the partner's settings")
