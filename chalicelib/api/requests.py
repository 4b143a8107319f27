"""The request being answered, and what may be read of it.

Chalice keeps `current_request` on the app object, so a threaded server mixes requests up. Here the first middleware
puts the request in a context variable; nothing else in the faces asks Chalice for it.
"""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from chalice.app import Request

from chalicelib.platform import config
from chalicelib.platform.errors import Misuse, Refused

BODY_LIMIT_BYTES = 64 * 1024
FIELD_LIMIT = 200

_request: ContextVar[Request] = ContextVar("request")
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_body_limit: ContextVar[int] = ContextVar("body_limit", default=BODY_LIMIT_BYTES)
_answer_headers: ContextVar[dict[str, str]] = ContextVar("answer_headers")


class TooLarge(Refused):
    http_status = 413


def remember(request: Request) -> str:
    """Take up a request; the id it gets is ours, never the caller's."""
    _request.set(request)
    _answer_headers.set({})
    _body_limit.set(BODY_LIMIT_BYTES)
    _request_id.set(f"req_{secrets.token_hex(12)}")
    return _request_id.get()


def current() -> Request:
    return _request.get()


def request_id() -> str:
    return _request_id.get()


def answer_headers() -> dict[str, str]:
    """Headers the answer will carry, whatever it turns out to be; filled while it is worked out."""
    return _answer_headers.get()


def header(name: str) -> str:
    return str(current().headers.get(name) or "")


def origin() -> str:
    """Scheme and host this request came to, 'https://billing.example': for an address of ours that another site hands back."""
    scheme = header("x-forwarded-proto") or ("http" if config.from_environment().is_local else "https")
    return f"{scheme}://{header('host')}"


def query() -> dict[str, list[str]]:
    """Every query parameter with all its values, in the order sent."""
    params = current().query_params
    return {name: list(params.getlist(name)) for name in params} if params else {}


def body_bytes() -> bytes:
    """The raw body. Raises TooLarge beyond 64 KB, or what the route allows: hardly a form or JSON body needs more."""
    raw: Any = current().raw_body
    body = raw.encode() if isinstance(raw, str) else bytes(raw or b"")
    if len(body) > _body_limit.get():
        most = f"{_body_limit.get() // 1024} KB"
        raise TooLarge("BODY_TOO_LARGE", f"The request body is over {most}.", fix="Send less at a time.")
    return body


def allow_body(limit_bytes: int) -> None:
    """How large the body of the request being answered may be."""
    _body_limit.set(limit_bytes)


def form() -> dict[str, str]:
    """The fields of a posted HTML form; of a field sent twice the last one counts."""
    try:
        fields = parse_qs(body_bytes().decode(), keep_blank_values=True, max_num_fields=FIELD_LIMIT)
    except ValueError as error:  # not UTF-8, or too many fields
        raise Misuse("BAD_FORM", "The form could not be read.", fix="Send it again from the page.") from error
    return {name: values[-1] for name, values in fields.items()}


def cookie(name: str) -> str:
    """One cookie's value, or '' when there is none or the header is malformed."""
    try:
        jar: SimpleCookie = SimpleCookie(header("cookie"))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""
