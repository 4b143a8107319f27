"""Secrets Manager: keys and passwords of trading partners. Their names may be stored and logged, their values never."""

from __future__ import annotations

from chalicelib.platform.errors import Fault
from chalicelib.store.runtime import runtime


def get_secret(name: str) -> str:
    """The secret's text. Fault when it is not there or may not be read; the message holds the name only."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = runtime().client("secretsmanager").get_secret_value(SecretId=name)
    except (ClientError, BotoCoreError):
        raise Fault("SECRET_UNREADABLE", "a secret could not be read", where=name, fix="store it first") from None
    return str(found["SecretString"])


def put_secret(name: str, value: str) -> None:
    """Store a secret, or a new version of it, under the platform's key."""
    from botocore.exceptions import ClientError

    client = runtime().client("secretsmanager")
    try:
        client.create_secret(Name=name, SecretString=value)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceExistsException":
            raise Fault("SECRET_UNWRITABLE", "a secret could not be stored", where=name) from None
        client.put_secret_value(SecretId=name, SecretString=value)
