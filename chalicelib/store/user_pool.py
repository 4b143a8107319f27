"""The Cognito user pool: passwords and second factors. Nobody's password or key is kept anywhere else.

Our user id is the pool's username, so a token names nobody. Only our own code can sign somebody in: the client allows the
admin flow alone, which needs AWS credentials, so that every try passes our throttle. MFA is OPTIONAL in the pool and
required by role here (`tenancy.permissions.needs_second_factor`): the pool knows no roles.

PLATFORM / USER_POOL   which pool and client this stage pins
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from chalicelib.platform.errors import Conflict, Fault, Forbidden, Misuse
from chalicelib.store import control
from chalicelib.store.record import Record
from chalicelib.store.runtime import Runtime, runtime

MIN_PASSWORD = 12
MAX_PASSWORD = 256  # Cognito's own
ACCESS_MINUTES = 60
REFRESH_MINUTES = 12 * 60  # as long as a browser session, in all
STEP_MINUTES = 5  # between password and code
_RECORD = ("PLATFORM", "USER_POOL")
_FLOW = "ADMIN_USER_PASSWORD_AUTH"
_CHALLENGE = "SOFTWARE_TOKEN_MFA"
_NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - the name of a challenge
_WRONG = (
    "NotAuthorizedException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
)
_WRONG_CODE = ("CodeMismatchException", "ExpiredCodeException", "EnableSoftwareTokenMFAException")
_known: WeakKeyDictionary[Runtime, Pool] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Pool:
    pool_id: str
    client_id: str

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{self.pool_id.partition('_')[0]}.amazonaws.com/{self.pool_id}"


@dataclass(frozen=True, slots=True)
class Access:
    """The password, or password and code, were right."""

    token: str = field(repr=False)
    lifetime_s: int = 0
    refresh: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right; the pool now wants the code of the user's authenticator."""

    session: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordNeeded:
    """The password was a one-time one: the person must choose their own before anything opens."""

    session: str = field(repr=False)


def find_pool() -> Pool | None:
    """The pool this stage pins; it never changes, so a process asks once."""
    found = _known.get(runtime())
    if found is None and (record := control.get(*_RECORD)):
        found = _known[runtime()] = Pool(**record.data)
    return found


def ensure_pool() -> Pool:
    """The pool, made when there is none. Of two makers at once, the second removes its own."""
    found = find_pool()
    if found:
        return found
    made = _create()
    try:
        control.put_new(Record(*_RECORD, "user_pool", {"pool_id": made.pool_id, "client_id": made.client_id}))
    except Conflict:
        _idp("update_user_pool", UserPoolId=made.pool_id, DeletionProtection="INACTIVE")
        _idp("delete_user_pool", UserPoolId=made.pool_id)
    return _pool()


def ensure_person(user_id: str, email: str, password: str) -> tuple[str, bool]:
    """A person with this password; their subject, and whether the password is a new one. Right already: nothing is written."""
    where = {"UserPoolId": ensure_pool().pool_id, "Username": user_id}
    subject = _subject(where)
    if subject is None:
        named = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        _idp("admin_create_user", **where, UserAttributes=named, MessageAction="SUPPRESS")
        subject = _subject(where) or ""
    elif _opens(user_id, password):
        return subject, False
    _idp("admin_set_user_password", **where, Password=password, Permanent=True)
    return subject, True


def one_time_password(user_id: str, password: str) -> None:
    """From now on only this password is right, and it opens nothing: whoever has it must choose another one."""
    _idp("admin_set_user_password", UserPoolId=_pool().pool_id, Username=user_id, Password=password, Permanent=False)


def set_password(user_id: str, password: str) -> None:
    """From now on this password is right."""
    _idp("admin_set_user_password", UserPoolId=_pool().pool_id, Username=user_id, Password=password, Permanent=True)


def renew(refresh: str) -> Access:
    """An access token for the pool's refresh token. Forbidden SIGN_IN_REFUSED when it is expired or revoked."""
    pool = _pool()
    parameters = {"REFRESH_TOKEN": refresh}
    return _access(_idp("admin_initiate_auth", UserPoolId=pool.pool_id, ClientId=pool.client_id,
                        AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters))  # fmt: skip


def revoke(refresh: str) -> None:
    """The pool takes this refresh token no longer, nor tokens that came of it."""
    _idp("revoke_token", Token=refresh, ClientId=_pool().client_id)


def replace_password(user_id: str, session: str, password: str) -> None:
    """The person's own choice in place of the one-time password. What the pool answers is not used: MiniStack gives tokens
    here without asking for a code, so the caller signs in anew with what was chosen."""
    pool = _pool()
    answers = {"USERNAME": user_id, "NEW_PASSWORD": password}
    _idp("admin_respond_to_auth_challenge", UserPoolId=pool.pool_id, ClientId=pool.client_id, Session=session,
         ChallengeName=_NEW_PASSWORD, ChallengeResponses=answers)  # fmt: skip


def check_password(user_id: str, password: str) -> Access | CodeNeeded | PasswordNeeded:
    """Forbidden SIGN_IN_REFUSED for a wrong name and a wrong password alike."""
    pool = find_pool()
    if pool is None or not 0 < len(password) <= MAX_PASSWORD:
        raise _refused()
    parameters = {"USERNAME": user_id, "PASSWORD": password}
    reply = _idp("admin_initiate_auth", UserPoolId=pool.pool_id, ClientId=pool.client_id, AuthFlow=_FLOW,
                 AuthParameters=parameters)  # fmt: skip
    if reply.get("ChallengeName") == _CHALLENGE:
        return CodeNeeded(str(reply["Session"]))
    if reply.get("ChallengeName") == _NEW_PASSWORD:
        return PasswordNeeded(str(reply["Session"]))
    return _access(reply)


def check_code(user_id: str, session: str, code: str) -> Access:
    """Forbidden CODE_REFUSED for a wrong code, SIGN_IN_REFUSED when the password step is too long ago.

    MiniStack takes a code twice and any session; the callers' own records hold on both (`store.sign_in`).
    """
    pool = _pool()
    answers = {"USERNAME": user_id, "SOFTWARE_TOKEN_MFA_CODE": code}
    reply = _idp("admin_respond_to_auth_challenge", UserPoolId=pool.pool_id, ClientId=pool.client_id, Session=session,
                 ChallengeName=_CHALLENGE, ChallengeResponses=answers)  # fmt: skip
    return _access(reply)


def new_authenticator(access: Access) -> str:
    """A fresh key (base32) for the user's authenticator, which counts once a code of it was shown."""
    return str(_idp("associate_software_token", AccessToken=access.token)["SecretCode"])


def confirm_authenticator(access: Access, code: str) -> None:
    """Take the key into use. Forbidden CODE_REFUSED when the code is not of it."""
    reply = _idp("verify_software_token", AccessToken=access.token, UserCode=code)
    if reply.get("Status") != "SUCCESS":
        raise _wrong_code()
    _idp("set_user_mfa_preference", AccessToken=access.token,
         SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})  # fmt: skip


def forget_authenticator(user_id: str) -> None:
    """The user's authenticator counts no longer: the next sign-in sets one up."""
    off = {"Enabled": False, "PreferredMfa": False}
    _idp("admin_set_user_mfa_preference", UserPoolId=_pool().pool_id, Username=user_id, SoftwareTokenMfaSettings=off)


def keys_url() -> str:
    """Where the pool publishes its public keys: always from what is pinned, never from a token."""
    pool, endpoint = _pool(), runtime().settings.aws_endpoint
    return f"{endpoint}/{pool.pool_id}/.well-known/jwks.json" if endpoint else f"{pool.issuer}/.well-known/jwks.json"


def _create() -> Pool:
    length_only = {"MinimumLength": MIN_PASSWORD, "RequireUppercase": False, "RequireLowercase": False,
                   "RequireNumbers": False, "RequireSymbols": False}  # fmt: skip
    made = _idp(
        "create_user_pool",
        PoolName=f"{runtime().settings.resource_prefix}-people",
        Policies={"PasswordPolicy": length_only},  # NIST SP 800-63B 5.1.1.2: length, no composition rules
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        # ForgotPassword needs no credentials on AWS: it would go past our throttle, trail and sign-out (ADR 26).
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]},
        DeletionProtection="ACTIVE",
        UserPoolTags={"otbill:stage": runtime().settings.stage},  # the function's policy allows pools of its stage
    )["UserPool"]
    totp = {"Enabled": True}
    _idp(
        "set_user_pool_mfa_config",
        UserPoolId=made["Id"],
        SoftwareTokenMfaConfiguration=totp,
        MfaConfiguration="OPTIONAL",
    )
    client = _idp(
        "create_user_pool_client",
        UserPoolId=made["Id"],
        ClientName="otbill",
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
        AuthSessionValidity=STEP_MINUTES,
        AccessTokenValidity=ACCESS_MINUTES,
        IdTokenValidity=ACCESS_MINUTES,
        RefreshTokenValidity=REFRESH_MINUTES,
        TokenValidityUnits=dict.fromkeys(("AccessToken", "IdToken", "RefreshToken"), "minutes"),
    )["UserPoolClient"]
    return Pool(str(made["Id"]), str(client["ClientId"]))


def _pool() -> Pool:
    found = find_pool()
    if found is None:
        raise Fault("NOT_PROVISIONED", "there is no user pool yet", fix="make the first user")
    return found


def _subject(where: dict[str, str]) -> str | None:
    """The pool's own id of a person, None for one it does not know. Compared at each token: a name made again is another."""
    from botocore.exceptions import ClientError

    try:
        found = runtime().client("cognito-idp").admin_get_user(**where)
    except ClientError as error:
        if error.response["Error"]["Code"] == "UserNotFoundException":
            return None
        raise _translated(error) from None
    return next(str(each["Value"]) for each in found["UserAttributes"] if each["Name"] == "sub")


def _opens(user_id: str, password: str) -> bool:
    try:
        check_password(user_id, password)
    except Forbidden:
        return False
    return True


def _access(reply: Any) -> Access:
    result = reply.get("AuthenticationResult")
    if not result:  # a challenge this product sets nobody
        raise _refused()
    return Access(str(result["AccessToken"]), int(result["ExpiresIn"]), str(result.get("RefreshToken", "")))


def _idp(operation: str, **arguments: Any) -> Any:
    """Ask Cognito. Its errors become ours, without their text."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        act: Callable[..., Any] = getattr(runtime().client("cognito-idp"), operation)
        return act(**arguments)
    except ClientError as error:
        raise _translated(error) from None
    except BotoCoreError as error:
        raise Fault("IDENTITY_UNREACHABLE", f"Cognito did not answer ({type(error).__name__})") from None


def _translated(error: Any) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    if code in _WRONG_CODE:
        return _wrong_code()
    if code in _WRONG:
        return _refused()
    if code == "InvalidPasswordException":
        return Misuse("PASSWORD_REFUSED", "the user pool's rules refuse this password", fix="take a longer one")
    return Fault("IDENTITY_UNAVAILABLE", f"Cognito answered {code}")


def _refused() -> Forbidden:
    return Forbidden("SIGN_IN_REFUSED", "the name or the password is wrong", fix="try again")


def _wrong_code() -> Forbidden:
    return Forbidden("CODE_REFUSED", "the code is wrong or was used before", fix="wait for the next code")
