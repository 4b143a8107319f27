"""Credentials for one practice at a time: on AWS the function's own role reads no practice's data, it assumes the data role.

The session carries the tags `tenant` and `key`; `infra/policies/data-role.json` lets it reach exactly that practice's table,
prefix and KMS key. Named by `OTBILL_DATA_ROLE`; without it (the embedded AWS) the process's own credentials serve.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from chalicelib.platform.errors import Fault

LIFETIME_S = 3600
RENEW_BEFORE = timedelta(minutes=5)
MAX_GRANTS = 256


@dataclass(frozen=True, slots=True)
class Grant:
    """Temporary credentials of one practice. The real clock decides when they end: AWS does not know a frozen one."""

    tenant_id: str
    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    until: datetime

    @property
    def is_fresh(self) -> bool:
        return datetime.now(UTC) < self.until - RENEW_BEFORE


class Grants(Protocol):
    """Where a practice's credentials come from."""

    def of(self, tenant_id: str, key_arn: str) -> Grant:
        """Credentials that reach this practice only. Fault CREDENTIALS_REFUSED when they are not given."""
        ...


class AssumedRole:
    """Grants by STS AssumeRole with session tags, kept until shortly before they end."""

    def __init__(self, role_arn: str, sts: Callable[[], Any]) -> None:
        self._role_arn, self._sts = role_arn, sts
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Grant] = OrderedDict()

    def of(self, tenant_id: str, key_arn: str) -> Grant:
        with self._lock:
            grant = self._kept.get(tenant_id)
            if grant is None or not grant.is_fresh:
                grant = self._kept[tenant_id] = self._assume(tenant_id, key_arn)
            self._kept.move_to_end(tenant_id)
            if len(self._kept) > MAX_GRANTS:
                self._kept.popitem(last=False)
            return grant

    def _assume(self, tenant_id: str, key_arn: str) -> Grant:
        from botocore.exceptions import BotoCoreError, ClientError

        tags = {"tenant": tenant_id, "key": key_arn.rpartition("/")[2]}
        try:
            found = self._sts().assume_role(
                RoleArn=self._role_arn,
                RoleSessionName=tenant_id,
                DurationSeconds=LIFETIME_S,
                Tags=[{"Key": name, "Value": value} for name, value in tags.items()],
            )["Credentials"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise Fault("CREDENTIALS_REFUSED", f"STS answered {code}", where=tenant_id) from None
        except BotoCoreError as error:
            raise Fault("CREDENTIALS_REFUSED", f"STS did not answer ({type(error).__name__})") from None
        until = found["Expiration"].astimezone(UTC)
        return Grant(tenant_id, found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], until)
