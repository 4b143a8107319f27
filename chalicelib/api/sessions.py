"""POST /api/session: email and password for a bearer token."""

from __future__ import annotations

from typing import Annotated

from chalice.app import Blueprint
from pydantic import Field, SecretStr

from chalicelib import clock
from chalicelib.api import identity
from chalicelib.api.http import Call, resource
from chalicelib.api.problems import Unauthenticated
from chalicelib.platform.errors import Forbidden
from chalicelib.platform.model import Model

routes = Blueprint(__name__)


class Credentials(Model):
    """What a person or a program signs in with."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class TokenAnswer(Model):
    """A bearer token, shown once, and the practices it opens, by slug."""

    token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name for the scheme
    expires_at: str
    tenants: tuple[str, ...]


@resource(routes, "/api/session", method="POST", body=Credentials, public=True, status=201)
def create_session(call: Call) -> TokenAnswer:
    """A wrong password and an unknown address get the same answer, in the same time."""
    try:
        principal = identity.authenticate(call.body.email, call.body.password.get_secret_value())
    except Forbidden:
        raise Unauthenticated(
            "WRONG_CREDENTIALS", "The email or the password is not right.", fix="Check both."
        ) from None
    expires_at = clock.instant_text(clock.now() + identity.TOKEN_LIFETIME)
    tenants = tuple(tenant.slug for tenant in identity.tenants_of(principal))
    return TokenAnswer(token=identity.issue_token(principal), expires_at=expires_at, tenants=tenants)
