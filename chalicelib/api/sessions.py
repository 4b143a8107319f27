"""POST /api/session: email, password and, for whom it is required, the authenticator's code, for a bearer token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field, SecretStr

from chalicelib import clock
from chalicelib.api import identity
from chalicelib.api.http import Call, resource
from chalicelib.api.problems import Unauthenticated
from chalicelib.platform.errors import Forbidden
from chalicelib.platform.model import Model
from chalicelib.store.sign_in import SignedIn, Step

routes = Blueprint(__name__)


class Credentials(Model):
    """What a person or a program signs in with. `code` is the authenticator's, six digits, for those who have one."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]
    code: Annotated[SecretStr, Field(max_length=12)] = SecretStr("")


class TokenAnswer(Model):
    """A bearer token (a JWT of an hour) and the practices it opens, by slug."""

    token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name for the scheme
    expires_at: str
    tenants: tuple[str, ...]


@resource(routes, "/api/session", method="POST", body=Credentials, public=True, status=201)
def create_session(call: Call) -> TokenAnswer:
    """Sign in. A wrong password and an unknown address get the same answer, in the same time."""
    try:
        answer = identity.sign_in(call.body.email, call.body.password.get_secret_value())
        signed_in = answer if isinstance(answer, SignedIn) else _second(answer, call.body.code.get_secret_value())
    except Forbidden as refused:
        raise _refusal(refused) from None
    # The wall clock: the token's own times are, whatever day the demo has.
    expires_at = clock.instant_text(datetime.now(UTC) + timedelta(seconds=signed_in.access.lifetime_s))
    tenants = tuple(tenant.slug for tenant in identity.tenants_of(signed_in.principal))
    return TokenAnswer(token=signed_in.access.token, expires_at=expires_at, tenants=tenants)


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
