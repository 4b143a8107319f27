"""/, /sign-in and /sign-out."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.api import identity, requests
from chalicelib.platform.errors import Forbidden
from chalicelib.portal import csrf
from chalicelib.portal.render import html, redirect
from chalicelib.portal.session import SIGN_IN, current_session, public_page, session_cookie, set_cookie

routes = Blueprint(__name__)

WRONG = "The email or the password is not right. Check both and try again."


@public_page(routes, "/")
def start() -> Response:
    """Home of the signed-in: the first practice's attention page."""
    session = current_session()
    if session is None:
        return redirect(SIGN_IN)
    practices = identity.tenants_of(session.principal)
    return redirect(f"/p/{practices[0].slug}/attention") if practices else html("no_practice.html")


@public_page(routes, SIGN_IN)
def sign_in_form() -> Response:
    next_page = (requests.query().get("next") or [""])[-1]
    return html("sign_in.html", error="", email="", next=_own_page(next_page))


@public_page(routes, SIGN_IN, "POST")
def sign_in() -> Response:
    form = requests.form()
    email, next_page = form.get("email", "").strip(), _own_page(form.get("next", ""))
    try:
        principal = identity.authenticate(email, form.get("password", ""))
    except Forbidden:
        return html("sign_in.html", status_code=422, error=WRONG, email=email, next=next_page)
    except identity.TooManyTries as refused:
        error = f"{refused.message} {refused.fix}"
        return html("sign_in.html", status_code=429, error=error, email=email, next=next_page)
    return redirect(next_page or "/", set_cookie(identity.start_session(principal)))


@public_page(routes, "/sign-out", "POST")
def sign_out() -> Response:
    session = current_session()
    if session is not None:
        csrf.check_token(session.csrf, requests.form().get(csrf.FIELD, ""))
        identity.end_session(session_cookie())
    return redirect(SIGN_IN, set_cookie(""))


def _own_page(address: str) -> str:
    """The address if it is a page of ours, else '': never a way out to another site."""
    plain = address.startswith("/p/") and not any(c in address for c in "\\\r\n\t") and address.isprintable()
    return address if plain else ""
