"""What every answer passes through, in the order app.py registers it (Chalice middleware is app-wide, always)."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import Request, Response

from chalicelib.api import requests
from chalicelib.api.problems import PROBLEM_JSON, problem
from chalicelib.platform.errors import Fault, OtbillError

Handler = Callable[[Request], Response]

# `same-origin`, not `no-referrer`: the latter makes browsers send `Origin: null` on our own form posts (Fetch 4.5).
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}

_FRAMEWORK_CODES = {
    400: ("BAD_REQUEST", "The request could not be read."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take that method."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The body is of a kind this address does not take."),
}


def request_identity(request: Request, get_response: Handler) -> Response:
    """First: take up the request, and name the answer by the id our logs use."""
    identity = requests.remember(request)
    response = get_response(request)
    response.headers["X-Request-Id"] = identity
    response.headers.update(requests.answer_headers())
    return response


def security_headers(request: Request, get_response: Handler) -> Response:
    """Strict by default; an answer that set a header itself (a static file's caching) keeps it."""
    response = get_response(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def framework_errors(request: Request, get_response: Handler) -> Response:
    """What Chalice refuses before a view runs ({"Code","Message"}) becomes problem JSON without the caller's text."""
    response = get_response(request)
    body = response.body
    if response.status_code < 400 or not (isinstance(body, dict) and "Code" in body and "Message" in body):
        return response
    fallback = ("INTERNAL", "Something went wrong on our side.")
    code, message = _FRAMEWORK_CODES.get(response.status_code, fallback)
    error: OtbillError = Fault(code, message)
    error.http_status = response.status_code
    answer = problem(error)
    if allow := response.headers.get("Allow"):
        answer.headers["Allow"] = allow
    answer.headers["Content-Type"] = PROBLEM_JSON
    return answer
