"""/, /sign-in with its second steps, and /sign-out."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from chalice.app import Blueprint, Response

from chalicelib.api import identity, recovery, requests
from chalicelib.platform.errors import Forbidden, Misuse
from chalicelib.portal import csrf
from chalicelib.portal.render import html, redirect
from chalicelib.portal.session import (
    SIGN_IN,
    cookie,
    cookie_name,
    current_session,
    public_page,
    session_cookie,
    set_cookie,
)
from chalicelib.store import identity as users
from chalicelib.store import sign_in as steps
from chalicelib.store.sign_in import SignedIn, Step

routes = Blueprint(__name__)

CODE_PAGE, SET_UP_PAGE, PASSWORD_PAGE = "/sign-in/code", "/sign-in/set-up", "/sign-in/password"
_PAGES = {"code": CODE_PAGE, "set_up": SET_UP_PAGE, "password": PASSWORD_PAGE}
_TEMPLATES = {"code": "sign_in_code.html", "set_up": "sign_in_set_up.html", "password": "sign_in_password.html"}
FORGOT_PAGE, RESET_PAGE = "/sign-in/forgot", "/sign-in/reset"
_LONGEST_EMAIL = 254
ISSUER = "Otbill"
WRONG = "The email or the password is not right. Check both and try again."
WRONG_CODE = "That code is not right, or it was used before. Wait for the next one and type its six digits."
_WEAK = {
    "PASSWORD_TOO_SHORT": "That password is too short. It needs at least 12 characters.",
    "PASSWORD_TOO_LONG": "That password is too long. It may have at most 256 characters.",
    "PASSWORD_IS_NAME": "A password must not be the email address.",
    "": "That password is refused. Take a longer one.",
}
OVER = "That took too long, or it was done already. Sign in again."


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
    """The password. Right, it leads to the portal, or to the code, or to setting up an authenticator."""
    form = requests.form()
    email, next_page = form.get("email", "").strip(), _own_page(form.get("next", ""))
    try:
        answer = identity.sign_in(email, form.get("password", ""))
    except Forbidden:
        return html("sign_in.html", status_code=422, error=WRONG, email=email, next=next_page)
    except identity.TooManyTries as refused:
        error = f"{refused.message} {refused.fix}"
        return html("sign_in.html", status_code=429, error=error, email=email, next=next_page)
    return _go_on(answer, next_page)


def _go_on(answer: SignedIn | Step, next_page: str) -> Response:
    if isinstance(answer, SignedIn):
        return _enter(answer, next_page)
    step = replace(steps.begin_set_up(answer) if answer.need == "set_up" else answer, next_page=next_page)
    return redirect(_PAGES[step.need], _step_set(steps.keep(step)))


@public_page(routes, PASSWORD_PAGE)
def password_form() -> Response:
    return _step_page("password")


@public_page(routes, PASSWORD_PAGE, "POST")
def choose_password() -> Response:
    """A password of one's own in place of a one-time one; then the code, as at every sign-in."""
    opaque, form = _step_cookie(), requests.form()
    step = steps.find(opaque)
    if step is None or step.need != "password":
        return _over()
    chosen = form.get("password", "")
    if chosen != form.get("again", ""):
        return _ask(step, "The two passwords differ. Type the same one twice.")
    try:
        answer = steps.with_own_password(step, chosen)
    except Misuse as refused:
        return _ask(step, _WEAK.get(refused.code, _WEAK[""]))
    except Forbidden:
        steps.end(opaque)
        return _over()
    return _go_on(answer, step.next_page) if steps.end(opaque) else _over()


@public_page(routes, FORGOT_PAGE)
def forgot_form() -> Response:
    return html("forgot.html", error="", email="")


@public_page(routes, FORGOT_PAGE, "POST")
def forgot() -> Response:
    """Ask for a code; the next page says the same whether there is such an account or not. No address in any URL."""
    email = requests.form().get("email", "").strip()
    if not 3 <= len(email) <= _LONGEST_EMAIL or "@" not in email:
        return html("forgot.html", status_code=422, error="Type the email address you sign in with.", email=email)
    try:
        recovery.ask(email)
    except identity.TooManyTries as refused:
        return html(
            "forgot.html", status_code=429, error=f"{refused.message} Wait an hour, then ask again.", email=email
        )
    return html("reset.html", error="", email=email, field="")


@public_page(routes, RESET_PAGE)
def reset_form() -> Response:
    return redirect(FORGOT_PAGE)


@public_page(routes, RESET_PAGE, "POST")
def reset() -> Response:
    """A password of one's own for the code of the mail; then one signs in with it, and the second step is asked for as ever."""
    form = requests.form()
    email, chosen = form.get("email", "").strip()[:_LONGEST_EMAIL], form.get("password", "")
    if chosen != form.get("again", ""):
        return _reset_again(email, "The two passwords differ. Type the same one twice.", "password")
    try:
        recovery.choose(email, form.get("code", ""), chosen)
    except Misuse as refused:
        return _reset_again(email, _WEAK.get(refused.code, _WEAK[""]), "password")
    except recovery.ResetRefused:
        return _reset_again(
            email, "That code is wrong, was used, or is older than 15 minutes. Ask for another.", "code"
        )
    except identity.TooManyTries as refused:
        return _reset_again(email, f"{refused.message} {refused.fix}", "code", 429)
    return html("reset_done.html")


def _reset_again(email: str, error: str, field: str, status: int = 422) -> Response:
    return html("reset.html", status_code=status, error=error, email=email, field=field)


@public_page(routes, CODE_PAGE)
def code_form() -> Response:
    return _step_page("code")


@public_page(routes, CODE_PAGE, "POST")
def code() -> Response:
    return _second("code")


@public_page(routes, SET_UP_PAGE)
def set_up_form() -> Response:
    return _step_page("set_up")


@public_page(routes, SET_UP_PAGE, "POST")
def set_up() -> Response:
    return _second("set_up")


@public_page(routes, "/sign-out", "POST")
def sign_out() -> Response:
    session = current_session()
    if session is not None:
        csrf.check_token(session.csrf, requests.form().get(csrf.FIELD, ""))
        identity.end_session(session_cookie())
    return redirect(SIGN_IN, set_cookie(""))


def _step_page(need: str) -> Response:
    step = steps.find(_step_cookie())
    return redirect(SIGN_IN) if step is None or step.need != need else _ask(step)


def _second(need: str) -> Response:
    """Judge the code. A right one ends the step, and only who ended it goes on."""
    opaque = _step_cookie()
    step = steps.find(opaque)
    if step is None or step.need != need:
        return _over()
    try:
        signed_in = identity.second_step(step, requests.form().get("code", ""))
    except identity.TooManyTries as refused:
        steps.end(opaque)
        return _over(f"{refused.message} {refused.fix}", 429)
    except Forbidden as refused:
        return _ask(step, WRONG_CODE) if refused.code == "CODE_REFUSED" else _over()
    return _enter(signed_in, step.next_page) if steps.end(opaque) else _over()


def _enter(signed_in: SignedIn, next_page: str) -> Response:
    """A new session, whatever the browser brought along; one it had ends."""
    before = session_cookie()
    if before:
        identity.end_session(before)
    cookies = [set_cookie(identity.start_session(signed_in.principal))]
    if _step_cookie():
        cookies.append(_step_set(""))
    return redirect(next_page or "/", *cookies)


def _ask(step: Step, error: str = "") -> Response:
    status = 422 if error else 200
    if step.need == "password":
        return html(_TEMPLATES["password"], status_code=status, error=error, email=users.login_of(step.user_id))
    if step.need == "code":
        return html(_TEMPLATES["code"], status_code=status, error=error)
    key = " ".join(step.key[at : at + 4] for at in range(0, len(step.key), 4))
    address = f"otpauth://totp/{ISSUER}?secret={step.key}&issuer={quote(ISSUER)}"
    return html(
        _TEMPLATES["set_up"], status_code=status, error=error, key=key, address=address, picture=_picture(address)
    )


def _over(error: str = OVER, status: int = 422) -> Response:
    answer = html("sign_in.html", status_code=status, error=error, email="", next="")
    answer.headers["Set-Cookie"] = _step_set("")
    return answer


def _picture(address: str) -> str:
    """The address as a QR code: an SVG without style or script. Imported here: few sign-ins set anything up."""
    import segno

    return segno.make(address, error="m", micro=False).svg_inline(scale=5, border=4, light="#fff", omitsize=True)


def _step_cookie() -> str:
    return requests.cookie(cookie_name("step"))


def _step_set(opaque: str) -> str:
    return cookie(cookie_name("step"), opaque, same_site="Strict")


def _own_page(address: str) -> str:
    """The address if it is a page of ours, else '': never a way out to another site."""
    plain = address.startswith("/p/") and not any(c in address for c in "\\\r\n\t") and address.isprintable()
    return address if plain else ""
