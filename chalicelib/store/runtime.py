"""One botocore session for the whole process, its clients made on first use, and the count of what was written."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.platform.config import Settings, from_environment
from chalicelib.platform.errors import Fault
from chalicelib.store.grants import AssumedRole, Grant, Grants
from chalicelib.tenancy import current

if TYPE_CHECKING:
    from chalicelib.store.items import Item

MAX_BOUND_TABLES = 256
CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 10
_WRITES = ("Put", "Update", "Delete", "Create", "TransactWrite", "BatchWrite", "Tag", "Untag", "Schedule", "Complete")
_RARE_WRITES = ("Copy", "Upload", "Restore", "Enable", "Disable")
_COGNITO_WRITES = ("AdminCreate", "AdminSet", "AdminDelete", "Associate", "Set")
# MiniStack signs nothing away for these, and nothing but the loopback endpoint ever sees them.
EMBEDDED_CREDENTIALS = ("otbill-embedded", "otbill-embedded")
_apart: ContextVar[bool] = ContextVar("counting_apart", default=False)


class Runtime:
    """AWS as this process sees it. `writes` counts AWS calls that change something (one per call, not per retry).

    `writes_apart` counts the writes that only keep watch: who looked, how often was asked.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.is_local and not settings.aws_endpoint:
            raise Fault("AWS_NOT_STARTED", "the embedded AWS is not running", fix="start it with local.aws.ensure_aws")
        self.settings = settings
        self._lock = threading.RLock()
        self._counter = threading.Lock()
        self._writes = 0
        self._writes_apart = 0
        self.audit_heads: dict[tuple[str, int], Any] = {}  # (table, shard) to the chain's last known head
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._bound: OrderedDict[tuple[str, str], type[Item]] = OrderedDict()
        self._granted: OrderedDict[tuple[str, str], Any] = OrderedDict()  # (service, access key) to its client
        self.grants: Grants | None = None
        if settings.data_role:
            self.grants = AssumedRole(settings.data_role, lambda: self.client("sts"))

    @property
    def writes(self) -> int:
        return self._writes

    @property
    def writes_apart(self) -> int:
        return self._writes_apart

    @contextmanager
    def counting_apart(self) -> Iterator[None]:
        """What is written inside is counted in `writes_apart`, not in `writes`."""
        token = _apart.set(True)
        try:
            yield
        finally:
            _apart.reset(token)

    @property
    def session(self) -> Any:
        """The botocore session. Register event handlers on it before the first client is made."""
        with self._lock:
            if self._session is None:
                from botocore.session import Session

                self._session = Session()
                self._session.register_component("data_loader", _service_models())
                self._session.register("before-call", self._count)
                if self.settings.aws_endpoint:
                    self._session.set_credentials(*EMBEDDED_CREDENTIALS)
            return self._session

    def client(self, service: str) -> Any:
        """The shared botocore client of 'dynamodb', 's3' or 'kms'. Thread-safe; making one takes about 70 ms."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    def tenant_client(self, service: str, tenant_id: str = "", key_arn: str = "") -> Any:
        """The client for a practice's data, by default the current one's: with its own credentials where a role is set."""
        if self.grants is None:
            return self.client(service)
        placement = None if tenant_id else current().placement
        grant = self.grants.of(
            placement.tenant_id if placement else tenant_id, placement.key_arn if placement else key_arn
        )
        key = (service, grant.access_key)
        with self._lock:
            if key not in self._granted:
                self._granted[key] = self._make_client(service, grant)
                if len(self._granted) > MAX_BOUND_TABLES:
                    self._granted.popitem(last=False)
            self._granted.move_to_end(key)
            return self._granted[key]

    def table(self, name: str) -> type[Item]:
        """The pynamodb model bound to a table, least recently used ones dropped.

        With a data role, a practice's table is reached inside that practice only, with its credentials.
        """
        client, access_key = self.client("dynamodb"), ""
        if self.grants is not None and name != self.settings.control_table:
            placement = current().placement
            if placement.table_name != name:
                raise Fault(
                    "OTHER_TABLE", "a table was asked for that is not the practice's", where=placement.tenant_id
                )
            client = self.tenant_client("dynamodb")
            access_key = self.grants.of(placement.tenant_id, placement.key_arn).access_key
        key = (name, access_key)
        with self._lock:
            bound = self._bound.get(key)
            if bound is None:
                bound = self._bind(name, client)
                self._bound[key] = bound
                if len(self._bound) > MAX_BOUND_TABLES:
                    self._bound.popitem(last=False)
            self._bound.move_to_end(key)
            return bound

    def _bind(self, name: str, client: Any) -> type[Item]:
        from chalicelib.store.items import bind

        return bind(name, self.settings.region, self.settings.aws_endpoint, client)

    def _make_client(self, service: str, grant: Grant | None = None) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=32,
            retries={"mode": "standard", "total_max_attempts": 3},
            parameter_validation=service != "dynamodb",  # the store builds these requests; checking again costs 0.3 ms
            # S3 gives what KMS encrypted to presigned URLs of this signature only; botocore's default is the older one.
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path"} if self.settings.aws_endpoint else None,
        )
        return self.session.create_client(
            service,
            region_name=self.settings.region,
            endpoint_url=self.settings.aws_endpoint or None,
            config=config,
            aws_access_key_id=grant.access_key if grant else None,
            aws_secret_access_key=grant.secret_key if grant else None,
            aws_session_token=grant.token if grant else None,
        )

    def _count(self, model: Any, **_: Any) -> None:
        if model.name.startswith((*_WRITES, *_RARE_WRITES, *_COGNITO_WRITES)):
            with self._counter:
                if _apart.get():
                    self._writes_apart += 1
                else:
                    self._writes += 1


@cache
def _service_models() -> Any:
    """AWS's service descriptions, parsed once a process: a session of its own would read 10 MB of JSON again."""
    from botocore.loaders import create_loader

    return create_loader()


_runtime: Runtime | None = None
_runtime_lock = threading.Lock()


def runtime() -> Runtime:
    """The process's runtime, from the environment unless `configure` set one."""
    global _runtime
    with _runtime_lock:
        if _runtime is None:
            _runtime = Runtime(from_environment())
        return _runtime


def configure(settings: Settings | None) -> None:
    """Use these settings from now on; None forgets the runtime, so that the next use reads the environment again."""
    global _runtime
    from chalicelib.store import directory, keyring, sealed

    with _runtime_lock:
        _runtime = Runtime(settings) if settings is not None else None
    keyring.forget()
    sealed.forget()
    directory.forget()
