"""Error types. Every refusal says what, where, why and how to mend it, and never repeats the value that was refused.

OtbillError
├── Refused          input or a request we will not act on (exit 1, HTTP 4xx)
│   ├── NotFound     also what is another practice's (404)
│   ├── Forbidden    signed in, not allowed (403)
│   ├── Conflict     somebody else changed it first; read again and retry (409)
│   └── AlreadyDone  the natural key says this was done before: success, nothing to do
├── Misuse           the command or call itself is wrong (exit 2, HTTP 400)
└── Fault            our side or a dependency failed (exit 2, HTTP 503 or 500)
"""

from __future__ import annotations


class OtbillError(Exception):
    """`code` is stable and for machines; `message`, `where` and `fix` are plain words without PHI."""

    exit_code = 2
    http_status = 500

    def __init__(self, code: str, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.where = where
        self.fix = fix

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message, "where": self.where, "fix": self.fix}


class Refused(OtbillError):
    exit_code = 1
    http_status = 422


class NotFound(Refused):
    http_status = 404


class Forbidden(Refused):
    http_status = 403


class Conflict(Refused):
    http_status = 409


class AlreadyDone(Refused):
    exit_code = 0
    http_status = 200


class Misuse(OtbillError):
    http_status = 400


class Fault(OtbillError):
    http_status = 503
