"""Makes what must exist before records can: the control table, and each practice's key, table and document prefix.

Every step looks first and makes only what is missing, so running it again writes nothing. The plan names
the same steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chalicelib.platform.errors import Conflict, Fault, NotFound
from chalicelib.store import control, directory, keyring, table_spec
from chalicelib.store.record import Record
from chalicelib.store.runtime import runtime
from chalicelib.tenancy import Placement, Tenant, TenantState

ACTIVE_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One resource: what it is, its name, and whether it is there ('exists') or would be made ('create')."""

    resource: str
    name: str
    action: str


def plan_tenant(slug: str) -> tuple[PlannedStep, ...]:
    """What exists for a practice and what `ensure_tenant` would make. Reads only, also before anything was set up."""
    settings = runtime().settings
    steps = [_step("control table", settings.control_table, _table_exists(settings.control_table))]
    placement = None
    tenant = None
    if steps[0].action == "exists" and control.get(*control.PLATFORM_KEY):
        tenant = _known_tenant(slug)
        placement = directory.find_placement(tenant.tenant_id) if tenant else None
    steps.append(_step("practice", slug, tenant is not None))
    name = placement.table_name if placement else "(named after the practice's id)"
    steps.append(_step("encryption key", f"alias of {slug}", placement is not None))
    steps.append(_step("table", name, bool(placement and _table_exists(placement.table_name))))
    steps.append(_step("documents", placement.prefix if placement else settings.bucket, placement is not None))
    return tuple(steps)


def ensure_platform() -> None:
    """The control table, the platform's KMS key and id key, and the document bucket."""
    settings = runtime().settings
    key_arn = _ensure_key(f"alias/{settings.resource_prefix}-platform", "platform")
    _ensure_table(settings.control_table, key_arn, "platform")
    if control.get(*control.PLATFORM_KEY) is None:
        wrapped = keyring.wrap(key_arn, keyring.new_key(), "platform")
        with _already_there_is_fine():
            control.put_new(Record(*control.PLATFORM_KEY, "key", {"key_arn": key_arn, "wrapped": wrapped}))
    _ensure_bucket(settings.bucket)


def ensure_tenant(
    slug: str, name: str, timezone: str, state: TenantState = TenantState.ONBOARDING
) -> tuple[Tenant, Placement]:
    """A practice with everything it needs, ready for records. Idempotent; a changed name, zone or state is stored."""
    ensure_platform()
    tenant = _ensure_tenant_record(slug, name, timezone, state)
    placement = directory.find_placement(tenant.tenant_id)
    if placement is None:
        _place(tenant)
        placement = directory.find_placement(tenant.tenant_id)
    if placement is None:
        raise Fault("NOT_PLACED", "the practice's placement was not stored", where=tenant.tenant_id)
    _ensure_table(placement.table_name, placement.key_arn, tenant.tenant_id)
    return tenant, placement


def _ensure_tenant_record(slug: str, name: str, timezone: str, state: TenantState) -> Tenant:
    if _known_tenant(slug) is None:
        with _already_there_is_fine():
            directory.reserve(slug, name, timezone, state)
    known = directory.find_tenant(slug)
    wanted = known.model_copy(update={"name": name, "timezone": timezone, "state": state})
    directory.save_tenant(wanted)
    return wanted


def _known_tenant(slug: str) -> Tenant | None:
    try:
        return directory.find_tenant(slug)
    except NotFound:
        return None


def _place(tenant: Tenant) -> None:
    settings = runtime().settings
    where = {
        "table_name": settings.tenant_table(tenant.tenant_id),
        "bucket": settings.bucket,
        "prefix": f"tenants/{tenant.tenant_id}/",
        "key_arn": _ensure_key(f"alias/{settings.resource_prefix}-{tenant.tenant_id}", tenant.tenant_id),
        "code": tenant.code,
    }
    with _already_there_is_fine():
        directory.save_placement(tenant.tenant_id, where)


def _ensure_key(alias: str, owner: str) -> str:
    """The ARN of the KMS key behind an alias. Of two makers at once, the second gives its key up."""
    kms = runtime().client("kms")
    found = _describe_key(kms, alias)
    if found:
        return found
    tags = [{"TagKey": "otbill:owner", "TagValue": owner}]
    made = _aws(kms.create_key, Description=f"otbill {owner}", Tags=tags)["KeyMetadata"]
    try:
        _aws(kms.create_alias, AliasName=alias, TargetKeyId=made["KeyId"])
    except Fault as fault:
        if fault.code != "AWS_AlreadyExistsException":
            raise
        _aws(kms.schedule_key_deletion, KeyId=made["KeyId"], PendingWindowInDays=7)
        return _describe_key(kms, alias) or str(made["Arn"])
    _aws(kms.enable_key_rotation, KeyId=made["KeyId"])
    return str(made["Arn"])


def _describe_key(kms: Any, alias: str) -> str | None:
    try:
        return str(_aws(kms.describe_key, KeyId=alias)["KeyMetadata"]["Arn"])
    except Fault as fault:
        if fault.code == "AWS_NotFoundException":
            return None
        raise


def _ensure_table(name: str, key_arn: str, owner: str) -> None:
    client = runtime().client("dynamodb")
    description = _describe_table(name)
    if description is None:
        request = table_spec.create_request(name, key_arn, {"otbill:owner": owner, "otbill:spec": "1"})
        try:
            _aws(client.create_table, **request)
        except Fault as fault:
            if fault.code != "AWS_ResourceInUseException":
                raise
    elif description["TableStatus"] == "ACTIVE" and _is_protected(client, name):
        return
    _wait_active(name)
    _protect(client, name)


def _protect(client: Any, name: str) -> None:
    """Expiry and point-in-time recovery, which CreateTable cannot ask for. Safe to repeat."""
    if _ttl_status(client, name) in ("DISABLED", "DISABLING"):
        specification = {"Enabled": True, "AttributeName": table_spec.TTL_ATTRIBUTE}
        _aws(client.update_time_to_live, TableName=name, TimeToLiveSpecification=specification)
    if _recovery_status(client, name) != "ENABLED":
        specification = {"PointInTimeRecoveryEnabled": table_spec.POINT_IN_TIME_RECOVERY}
        _aws(client.update_continuous_backups, TableName=name, PointInTimeRecoverySpecification=specification)


def _is_protected(client: Any, name: str) -> bool:
    return _ttl_status(client, name) in ("ENABLED", "ENABLING") and _recovery_status(client, name) == "ENABLED"


def _ttl_status(client: Any, name: str) -> str:
    reply = _aws(client.describe_time_to_live, TableName=name)
    return str(reply.get("TimeToLiveDescription", {}).get("TimeToLiveStatus", "DISABLED"))


def _recovery_status(client: Any, name: str) -> str:
    backups = _aws(client.describe_continuous_backups, TableName=name)["ContinuousBackupsDescription"]
    return str(backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus", "DISABLED"))


def _wait_active(name: str) -> None:
    deadline = time.monotonic() + ACTIVE_TIMEOUT_S
    while time.monotonic() < deadline:
        description = _describe_table(name)
        if description and description["TableStatus"] == "ACTIVE":
            return
        time.sleep(0.1)
    raise Fault("TABLE_NOT_ACTIVE", f"the table was not ready in {ACTIVE_TIMEOUT_S:.0f} s", fix="run it again")


def _table_exists(name: str) -> bool:
    return _describe_table(name) is not None


def _describe_table(name: str) -> Any:
    try:
        return _aws(runtime().client("dynamodb").describe_table, TableName=name)["Table"]
    except Fault as fault:
        if fault.code == "AWS_ResourceNotFoundException":
            return None
        raise


def ensure_audit_bucket() -> None:
    """The bucket of audit seals: as the document bucket, and objects in it can be locked."""
    _ensure_bucket(runtime().settings.audit_bucket, locked=True)


def _ensure_bucket(bucket: str, *, locked: bool = False) -> None:
    """A private, versioned bucket. Every document in one is encrypted under its practice's own key."""
    s3 = runtime().client("s3")
    try:
        _aws(s3.head_bucket, Bucket=bucket)
        return
    except Fault as fault:
        if fault.code not in ("AWS_404", "AWS_NoSuchBucket", "AWS_NotFound"):
            raise
    region = runtime().settings.region
    place: dict[str, Any] = {"ObjectLockEnabledForBucket": True} if locked else {}
    if region != "us-east-1":
        place["CreateBucketConfiguration"] = {"LocationConstraint": region}
    _aws(s3.create_bucket, Bucket=bucket, **place)
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    closed = dict.fromkeys(flags, True)
    _aws(s3.put_public_access_block, Bucket=bucket, PublicAccessBlockConfiguration=closed)
    _aws(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _aws(operation: Any, **arguments: Any) -> Any:
    """Call AWS; its error becomes a Fault AWS_<code> without its message, which may repeat values."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return operation(**arguments)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        raise Fault(f"AWS_{code}", f"AWS refused {error.operation_name}") from None
    except BotoCoreError as error:
        raise Fault("AWS_UNREACHABLE", f"AWS did not answer ({type(error).__name__})") from None


def _step(resource: str, name: str, exists: bool) -> PlannedStep:
    return PlannedStep(resource, name, "exists" if exists else "create")


@contextmanager
def _already_there_is_fine() -> Iterator[None]:
    """Another run made it in the same moment; what it made is as good."""
    try:
        yield
    except Conflict:
        return
