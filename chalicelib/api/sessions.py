"""POST /api/session: email, password and, for whom it is required, the authenticator's code, for a bearer token.

/api/session/refresh gives the next one, /api/session/end ends it; /api/password/forgot and /reset are for who forgot theirs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field, SecretStr

from chalicelib import clock
from chalicelib.api import identity, recovery
from chalicelib.api.http import Call, resource
from chalicelib.api.problems import Unauthenticated
from chalicelib.platform.errors import Forbidden
from chalicelib.platform.model import Model
from chalicelib.store import renewal
from chalicelib.store.sign_in import SignedIn, Step
from chalicelib.store.user_pool import Access
from chalicelib.tenancy import Principal

routes = Blueprint(__name__)


class Credentials(Model, str_strip_whitespace=False):  # a password may begin or end with a space
    """What a person or a program signs in with. `code` is the authenticator's, six digits, for those who have one."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]
    code: Annotated[SecretStr, Field(max_length=12)] = SecretStr("")


class TokenAnswer(Model):
    """A bearer token (a JWT of an hour) and the practices it opens, by slug.

    `refresh_token` is good once, for the next pair, until twelve hours after the sign-in. Sent twice, it ends them all.
    """

    token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name for the scheme
    expires_at: str
    tenants: tuple[str, ...]
    refresh_token: str


@resource(routes, "/api/session", method="POST", body=Credentials, public=True, status=201)
def create_session(call: Call) -> TokenAnswer:
    """Sign in. A wrong password and an unknown address get the same answer, in the same time."""
    try:
        answer = identity.sign_in(call.body.email, call.body.password.get_secret_value())
        signed_in = answer if isinstance(answer, SignedIn) else _second(answer, call.body.code.get_secret_value())
    except Forbidden as refused:
        raise _refusal(refused) from None
    refresh = renewal.begin(signed_in.principal.user_id, signed_in.access)
    return _answer(signed_in.principal, signed_in.access, refresh)


class RefreshBody(Model, str_strip_whitespace=False):
    """The refresh token of the last answer."""

    refresh_token: Annotated[SecretStr, Field(min_length=1, max_length=200)]


@resource(routes, "/api/session/refresh", method="POST", body=RefreshBody, public=True)
def refresh_session(call: Call) -> TokenAnswer:
    """The next access token and the next refresh token. 401 for one that was used, is too old, or was ended."""
    done = renewal.renew(call.body.refresh_token.get_secret_value())
    return _answer(done.principal, done.access, done.refresh)


class EndedAnswer(Model):
    """Said of any token, known or not (RFC 7009 section 2.2)."""

    ended: bool = True


@resource(routes, "/api/session/end", method="POST", body=RefreshBody, public=True)
def end_session(call: Call) -> EndedAnswer:
    """Sign out: this refresh token and every access token that came of the same sign-in end at once."""
    renewal.end(call.body.refresh_token.get_secret_value())
    return EndedAnswer()


class ForgotBody(Model):
    """Who forgot their password."""

    email: Annotated[str, Field(min_length=3, max_length=254)]


class ForgotAnswer(Model):
    """Said to everybody: whether there is such an account is nobody's to learn."""

    detail: str = "If this address has an account, a code is on its way to it. It is good for 15 minutes."


@resource(routes, "/api/password/forgot", method="POST", body=ForgotBody, public=True, status=202)
def forgot_password(call: Call) -> ForgotAnswer:
    """Ask for a code by mail."""
    recovery.ask(call.body.email)
    return ForgotAnswer()


class ResetBody(Model, str_strip_whitespace=False):
    """The code of the mail, and the password from now on."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    code: Annotated[SecretStr, Field(min_length=1, max_length=40)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]


class ResetAnswer(Model):
    """The password counts; every session and token has ended."""

    changed: bool = True


@resource(routes, "/api/password/reset", method="POST", body=ResetBody, public=True)
def reset_password(call: Call) -> ResetAnswer:
    """Choose a password with the code. The next sign-in asks for the authenticator's code as ever."""
    sent: ResetBody = call.body
    recovery.choose(sent.email, sent.code.get_secret_value(), sent.password.get_secret_value())
    return ResetAnswer()


def _answer(principal: Principal, access: Access, refresh: str) -> TokenAnswer:
    # The wall clock: the token's own times are, whatever day the demo has.
    expires_at = clock.instant_text(datetime.now(UTC) + timedelta(seconds=access.lifetime_s))
    tenants = tuple(tenant.slug for tenant in identity.tenants_of(principal))
    return TokenAnswer(token=access.token, expires_at=expires_at, tenants=tenants, refresh_token=refresh)


def _second(step: Step, code: str) -> SignedIn:
    if step.need == "password":
        raise Unauthenticated(
            "PASSWORD_TO_CHOOSE", "This password is for choosing one of your own.", fix="Sign in to the portal once."
        )
    if step.need == "set_up":
        raise Unauthenticated(
            "SECOND_FACTOR_NOT_SET_UP", "This account needs an authenticator.", fix="Sign in to the portal once."
        )
    if not code:
        raise Unauthenticated("CODE_NEEDED", "This account needs a code.", fix="Send the authenticator's as `code`.")
    return identity.second_step(step, code)


def _refusal(refused: Forbidden) -> Unauthenticated:
    if refused.code == "CODE_REFUSED":
        return Unauthenticated("CODE_REFUSED", "The code is wrong or was used before.", fix="Wait for the next one.")
    return Unauthenticated("WRONG_CREDENTIALS", "The email or the password is not right.", fix="Check both.")
