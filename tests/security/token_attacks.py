"""Attacks with bearer tokens: forged, bent, borrowed and worn out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import forging
from forging import by_hand, claims, hmac_with, key_id, signed
from web_world import OWNER_A, OWNER_B, PASSWORD, STAFF, World

from chalicelib.store import bearer, identity, runtime, user_pool

HOUR = 3600
Attack = Callable[[Any, World], bool]


def refused(client: Any, world: World, token: str) -> bool:
    """Whether a bearer token is refused, without telling anything."""
    path = f"/api/{world.a.tenant.slug}/claims"
    answer = client.http.get(path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 401 and b"claim_id" not in answer.body and token[-20:].encode() not in answer.body


def _each(tokens: Callable[[World], Iterator[str]]) -> Attack:
    """All of them refused, while the honest token of the same person is taken."""

    def attack(client: Any, world: World) -> bool:
        assert not refused(client, world, signed(claims(OWNER_A))), "the honest token is refused: nothing is shown"
        return all(refused(client, world, token) for token in tokens(world))

    return attack


def _none(_: World) -> Iterator[str]:
    for name in ("none", "None", "nOnE", "NONE", ""):
        yield by_hand({"alg": name, "typ": "JWT", "kid": key_id()}, claims(OWNER_A))
    yield by_hand({"typ": "JWT", "kid": key_id()}, claims(OWNER_A))
    honest = signed(claims(OWNER_A))
    yield honest.rpartition(".")[0] + "."
    yield honest.rpartition(".")[0]


def _public_key_as_secret(_: World) -> Iterator[str]:
    pem = forging.public_pem()
    for secret in (pem, pem.strip(), b"", str(forging.public_key().public_numbers().n).encode()):
        yield hmac_with(secret, claims(OWNER_A), key_id())


def _wrong_key(_: World) -> Iterator[str]:
    yield signed(claims(OWNER_A), forging.attackers_key())
    yield signed(claims(OWNER_A), forging.attackers_key(), kid=key_id("id"))
    yield signed(claims(OWNER_A), forging.pool_key("id"))  # the pool's other key under this one's name


def _other_algorithms(_: World) -> Iterator[str]:
    for algorithm in ("RS384", "RS512", "PS256"):
        yield signed(claims(OWNER_A), algorithm=algorithm)


def _audience(_: World) -> Iterator[str]:
    for client_id in ("another-client", "", forging.pool().client_id + "x", [forging.pool().client_id]):
        yield signed(claims(OWNER_A, client_id=client_id))
    yield signed(claims(OWNER_A, client_id=None))
    yield signed(claims(OWNER_A, aud=forging.pool().client_id))


def _issuer(_: World) -> Iterator[str]:
    ours = forging.pool().issuer
    for issuer in (ours + "x", ours.replace("https", "http"), "https://evil.invalid", ours + "/", [ours], ""):
        yield by_hand_signed(claims(OWNER_A, iss=issuer))
    yield signed(claims(OWNER_A, iss=None))


def by_hand_signed(said: dict[str, Any]) -> str:
    """Signed by the pool's key, whatever the claims' types: PyJWT refuses to write some."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    unsigned = by_hand({"alg": "RS256", "kid": key_id()}, said).rpartition(".")[0]
    signature = forging.pool_key().sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{unsigned}.{forging._part(signature)}"


def _other_pool(world: World) -> Iterator[str]:
    """A whole other pool of the same account, with a user of the same name: a real token of its own."""
    idp, name = runtime().client("cognito-idp"), identity.user_id_of(OWNER_A)
    pool_id = idp.create_user_pool(PoolName="another")["UserPool"]["Id"]
    made = idp.create_user_pool_client(
        UserPoolId=pool_id, ClientName="x", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    where = {"UserPoolId": pool_id, "Username": name}
    idp.admin_create_user(**where, MessageAction="SUPPRESS")
    idp.admin_set_user_password(**where, Password="Fictional-1-password", Permanent=True)
    parameters = {"USERNAME": name, "PASSWORD": "Fictional-1-password"}
    flow, client_id = "ADMIN_USER_PASSWORD_AUTH", made["UserPoolClient"]["ClientId"]
    given = idp.admin_initiate_auth(UserPoolId=pool_id, ClientId=client_id, AuthFlow=flow, AuthParameters=parameters)
    idp.delete_user_pool(UserPoolId=pool_id)
    yield given["AuthenticationResult"]["AccessToken"]


def _times(_: World) -> Iterator[str]:
    now = int(time.time())
    yield signed(claims(OWNER_A, iat=now - 2 * HOUR, exp=now - HOUR))
    yield signed(claims(OWNER_A, iat=now - HOUR, exp=now - 30))
    yield signed(claims(OWNER_A, nbf=now + 120))
    yield signed(claims(OWNER_A, iat=now + 120, exp=now + HOUR))
    yield signed(claims(OWNER_A, exp=now + 365 * 24 * HOUR))
    yield signed(claims(OWNER_A, exp=None))
    yield signed(claims(OWNER_A, iat=None))
    for odd in ("never", str(now + HOUR), now + 1800.5, True):
        yield by_hand_signed(claims(OWNER_A, exp=odd))


def _other_uses(_: World) -> Iterator[str]:
    """An id token and a refresh token of the pool itself, and an access token that says it is one."""
    login = "desk-of-attacks@web.invalid"
    identity.ensure_user(login, "Desk", PASSWORD, "practice", ("front_desk",), ())
    here = forging.pool()
    parameters = {"USERNAME": identity.user_id_of(login), "PASSWORD": PASSWORD}
    given = runtime().client("cognito-idp").admin_initiate_auth(
        UserPoolId=here.pool_id, ClientId=here.client_id, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=parameters
    )["AuthenticationResult"]  # fmt: skip
    yield given["IdToken"]
    yield given["RefreshToken"]
    for use in ("id", "refresh", "", None):
        yield signed(claims(OWNER_A, token_use=use))


def _key_ids(_: World) -> Iterator[str]:
    for kid in (
        "../../../dev/null",
        "https://evil.invalid/jwks.json",
        "' or 1=1 --",
        "x" * 500,
        "ministack-key-1",
        "\u0000",
    ):
        yield by_hand({"alg": "RS256", "kid": kid}, claims(OWNER_A), b"x" * 256)
        yield signed(claims(OWNER_A), forging.attackers_key(), kid=kid)
    for kid in (None, 1, ["a"], {"a": 1}, True):
        yield by_hand({"alg": "RS256", "kid": kid}, claims(OWNER_A), b"x" * 256)


def _keys_brought_along(_: World) -> Iterator[str]:
    from jwt.algorithms import RSAAlgorithm

    mine = json.loads(RSAAlgorithm.to_jwk(forging.attackers_key().public_key())) | {"kid": key_id()}
    address = "http://127.0.0.1:9/jwks.json"
    for header in (
        {"jwk": mine},
        {"jku": address},
        {"x5u": address},
        {"x5c": ["MIIB"]},
        {"crit": ["b64"], "b64": False},
    ):
        yield signed(claims(OWNER_A), forging.attackers_key(), **header)
        yield signed(claims(OWNER_A), **header)  # even well signed: what is not looked at is not taken


def _bent(_: World) -> Iterator[str]:
    head, body, signature = signed(claims(OWNER_A)).split(".")
    other = signed(claims(OWNER_B)).split(".")
    yield f"{head}.{other[1]}.{signature}"
    yield f"{head}.{body}.{signature[:-8]}"
    yield f"{head}.{body}.{signature}.{signature}"
    yield (
        f"{head}.{body}.{signature[:40]}A{signature[41:]}"
        if signature[40] != "A"
        else f"{head}.{body}.B{signature[1:]}"
    )
    yield f"{head}..{signature}"
    yield json.dumps({"protected": head, "payload": body, "signature": signature})
    yield "." * 3000
    yield "A" * 200_000
    yield "é"


def _other_people(world: World) -> Iterator[str]:
    """Well signed for nobody, for somebody made again, and for staff who never set up their second factor."""
    yield signed(claims(OWNER_A, username="usr_" + "0" * 26))
    yield signed(claims(OWNER_A, sub="00000000-0000-0000-0000-000000000000"))
    yield signed(claims(OWNER_A, username=identity.user_id_of(STAFF)))
    yield signed(claims(OWNER_A, sub=None))
    login = "half-of-attacks@web.invalid"
    identity.ensure_user(login, "Half", PASSWORD, "practice", ("owner",), (world.a.tenant.tenant_id,))
    yield signed(claims(login))


def _flood(client: Any, world: World) -> bool:
    """Many unknown keys at once do not make us ask the pool each time, and the honest are served meanwhile."""
    assert not refused(client, world, signed(claims(OWNER_A)))
    before = bearer.keys().looks
    answers = [refused(client, world, signed(claims(OWNER_A), forging.attackers_key(), kid=f"k{n}")) for n in range(30)]
    return all(answers) and bearer.keys().looks - before <= 1 and not refused(client, world, signed(claims(OWNER_A)))


def _revoked(client: Any, world: World) -> bool:
    login = "ended@web.invalid"
    user = identity.ensure_user(login, "En Ded", PASSWORD, "practice", ("therapist",), (world.a.tenant.tenant_id,))
    answer = user_pool.check_password(user.user_id, PASSWORD)
    assert isinstance(answer, user_pool.Access)
    assert not refused(client, world, answer.token)
    identity.end_everything(user.user_id)
    return refused(client, world, answer.token)


ATTACKS: dict[str, Attack] = {
    "token with alg none, or no signature": _each(_none),
    "token by HS256 with the public key as secret": _each(_public_key_as_secret),
    "token signed with another key": _each(_wrong_key),
    "token by an algorithm not ours": _each(_other_algorithms),
    "token for another audience": _each(_audience),
    "token of another issuer": _each(_issuer),
    "real token of another pool": _each(_other_pool),
    "token expired, not yet valid, or of endless life": _each(_times),
    "id or refresh token as access token": _each(_other_uses),
    "token with a key id of the attacker's wit": _each(_key_ids),
    "token that brings its own key or address": _each(_keys_brought_along),
    "token bent after signing": _each(_bent),
    "token of nobody, of a namesake, of half a sign-in": _each(_other_people),
    "token after everything was ended": _revoked,
    "flood of unknown key ids": _flood,
}
