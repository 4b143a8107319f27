"""How often one may ask: per principal and per practice, a minute at a time, told in RateLimit headers.

The count is shared by all processes, but taken in portions: a process asks the store once for PORTION requests and then
spends them, so that a limit costs a fraction of a write. What a process does not spend is lost: limits err to the low side.
Header fields: draft-ietf-httpapi-ratelimit-headers-09.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from chalicelib.api import requests
from chalicelib.platform.errors import Refused
from chalicelib.store import control, runtime
from chalicelib.tenancy import Principal, current

PORTION = 20
WINDOW_S = 60
_MOST_KNOWN = 10_000


class TooManyRequests(Refused):
    http_status = 429


@dataclass
class _Share:
    """What this process still has of a window, and what was handed out to all processes when it last asked."""

    window: int
    left: int = 0
    given: int = 0


_shares: dict[tuple[str, str], _Share] = {}
_lock = threading.Lock()


def of_principal(principal: Principal) -> None:
    """Count a request of somebody signed in. Raises TooManyRequests beyond the limit of a minute."""
    _spend("principal", principal.user_id, runtime().settings.requests_per_minute)


def of_practice() -> None:
    """Count a request in the current practice."""
    _spend("practice", current().tenant.tenant_id, runtime().settings.practice_requests_per_minute)


def forget() -> None:
    """Forget what was handed out (tests; another control table)."""
    with _lock:
        _shares.clear()


def _spend(scope: str, name: str, limit: int) -> None:
    if not limit:
        return
    now = int(time.time())
    with _lock:
        share = _share(scope, name, now // WINDOW_S)
        if not share.left and share.given < limit:
            portion = min(PORTION, limit)
            share.given = control.count_up(f"rate-{scope}-{name}", str(share.window), portion, now + 2 * WINDOW_S)
            share.left = max(0, portion - max(0, share.given - limit))
        refused = not share.left
        share.left -= 0 if refused else 1
        remaining = max(0, limit - share.given) + share.left
    _tell(scope, limit, remaining, WINDOW_S - now % WINDOW_S)
    if refused:
        requests.answer_headers()["Retry-After"] = str(WINDOW_S - now % WINDOW_S)
        raise TooManyRequests("TOO_MANY_REQUESTS", "There were too many requests in a minute.", fix="Wait, then go on.")


def _share(scope: str, name: str, window: int) -> _Share:
    if len(_shares) > _MOST_KNOWN:
        _shares.clear()
    share = _shares.get((scope, name))
    if share is None or share.window != window:
        share = _shares[scope, name] = _Share(window)
    return share


def _tell(scope: str, limit: int, remaining: int, reset_s: int) -> None:
    """Structured fields: one member for each policy that applied."""
    headers = requests.answer_headers()
    policies, states = headers.get("RateLimit-Policy", ""), headers.get("RateLimit", "")
    headers["RateLimit-Policy"] = ", ".join(filter(None, (policies, f'"{scope}";q={limit};w={WINDOW_S}')))
    headers["RateLimit"] = ", ".join(filter(None, (states, f'"{scope}";r={remaining};t={reset_s}')))
