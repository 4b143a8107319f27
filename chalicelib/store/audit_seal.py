"""Daily roots of the audit chains in a bucket whose objects nobody can change or remove before their time (S3 Object Lock).

A seal says how far each chain had come and with which hash. Somebody who can write the table, put back an older head and
remove the entries after it leaves the chains whole, and contradicts the seal. A seal put over another one is a new version:
the first version is the one that counts.
"""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

from chalicelib import clock
from chalicelib.platform.errors import Conflict, Fault
from chalicelib.store import audit_chain, get_many, provision
from chalicelib.store.runtime import runtime
from chalicelib.tenancy import current

RETAIN = timedelta(days=6 * 366)  # 45 CFR 164.316(b)(2)(i): six years
Problem = dict[str, str]


def seal() -> dict[str, Any]:
    """Seal the current practice's chains as they stand; once a day. Conflict ALREADY_SEALED."""
    provision.ensure_audit_bucket()
    heads = get_many([(f"AUDHEAD#{shard:02d}", "HEAD") for shard in range(audit_chain.SHARDS)])
    now = clock.now()
    told: dict[str, Any] = {
        "tenant_id": current().tenant.tenant_id,
        "day": now.date().isoformat(),
        "made_at": clock.instant_text(now),
        "chains": {pk.removeprefix("AUDHEAD#"): record.data for (pk, _), record in sorted(heads.items())},
    }
    made = {**told, "root": _root(told)}
    _put(f"{_prefix()}{told['day']}.json", json.dumps(made, sort_keys=True).encode())
    return made


def verify() -> tuple[int, list[Problem]]:
    """(seals, what they contradict): a sealed entry that is gone or is another one, a seal that is not ours."""
    problems: list[Problem] = []
    found = _first_versions()
    for key, content in found.items():
        problems += _contradictions(key, content)
    return len(found), problems


def _contradictions(key: str, content: bytes) -> list[Problem]:
    where = key.rpartition("/")[2]
    try:
        made = json.loads(content)
        told = {name: value for name, value in made.items() if name != "root"}
        right = hmac.compare_digest(str(made.get("root", "")), _root(told))
    except (ValueError, AttributeError):
        right = False
    if not right:
        return [{"what": "seal_not_ours", "where": where}]
    keys = {
        shard: (f"AUD#{head['day']}#{shard}", f"{int(head['number']):010d}") for shard, head in made["chains"].items()
    }
    stored = get_many(keys.values())
    return [
        {"what": "sealed_entry_removed" if entry is None else "sealed_entry_altered", "where": "/".join(at)}
        for shard, at in keys.items()
        if (entry := stored.get(at)) is None or entry.data.get("hash") != made["chains"][shard]["hash"]
    ]


def _first_versions() -> dict[str, bytes]:
    """Every seal of the current practice as it was first written, oldest first."""
    bucket, s3 = runtime().settings.audit_bucket, runtime().client("s3")
    oldest: dict[str, tuple[Any, str]] = {}
    more: dict[str, Any] = {}
    while True:
        try:
            page = provision._aws(s3.list_object_versions, Bucket=bucket, Prefix=_prefix(), **more)
        except Fault as fault:
            if fault.code == "AWS_NoSuchBucket":
                return {}
            raise
        for version in page.get("Versions", ()):
            made = (version["LastModified"], version["VersionId"])
            oldest[version["Key"]] = min(oldest.get(version["Key"], made), made, key=lambda item: item[0])
        if not page.get("IsTruncated"):
            break
        more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    return {
        key: provision._aws(s3.get_object, Bucket=bucket, Key=key, VersionId=version)["Body"].read()
        for key, (_, version) in sorted(oldest.items())
    }


def _put(key: str, content: bytes) -> None:
    try:
        provision._aws(
            runtime().tenant_client("s3").put_object,
            Bucket=runtime().settings.audit_bucket,
            Key=key,
            Body=content,
            ContentType="application/json",
            IfNoneMatch="*",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=clock.now() + RETAIN,
        )
    except Fault as fault:
        if fault.code == "AWS_PreconditionFailed":
            raise Conflict("ALREADY_SEALED", "the audit trail was sealed today", fix="tomorrow's run goes on") from None
        raise


def _prefix() -> str:
    return f"tenants/{current().tenant.tenant_id}/"


def _root(told: dict[str, Any]) -> str:
    key = hmac.new(current().placement.id_key, b"audit-seal", sha256).digest()
    return hmac.new(key, json.dumps(told, sort_keys=True, separators=(",", ":")).encode(), sha256).hexdigest()
