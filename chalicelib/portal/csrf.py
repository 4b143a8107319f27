"""Posts come from our own pages: the browser says so by itself, and a token bound to the session agrees.

The header rule is the one Go 1.25's CrossOriginProtection uses: Sec-Fetch-Site same-origin or none; without that header
an Origin whose host is ours; with neither it is no browser, and a browser's user cannot be tricked through it.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from chalicelib.api import requests
from chalicelib.platform.errors import Forbidden

FIELD = "form_token"


def check_origin() -> None:
    """Raises Forbidden for a post another site made the browser send."""
    site, origin = requests.header("sec-fetch-site"), requests.header("origin")
    if site:
        allowed = site in ("same-origin", "none")
    elif origin:
        allowed = urlsplit(origin).netloc == requests.header("host")
    else:
        allowed = True
    if not allowed:
        raise _refused()


def form_token(key: str) -> str:
    """A token for a form of the session with this key; new on every page, so compression cannot leak it (BREACH)."""
    salt = secrets.token_hex(8)
    return f"{salt}.{_mac(key, salt)}"


def check_token(key: str, token: str) -> None:
    """Raises Forbidden unless the token was made for this session."""
    salt, _, mac = token.partition(".")
    if not hmac.compare_digest(_mac(key, salt).encode(), mac.encode()):
        raise _refused()


def _mac(key: str, salt: str) -> str:
    return hmac.new(key.encode(), f"form|{salt}".encode(), sha256).hexdigest()


def _refused() -> Forbidden:
    return Forbidden(
        "NOT_OUR_FORM", "This form was not sent from our page.", fix="Open the page again and send it from there."
    )
