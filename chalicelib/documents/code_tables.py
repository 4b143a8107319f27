"""Versioned code tables: contents in S3 by their SHA-256, a pointer in the control table, a record of every change.

Code tables are public and no practice's, so they stand outside the tenants' prefixes. A version is never overwritten: a proof
that names it can be computed again (`as_of`); the bundled versions are kept beside the published ones for that (`keep_bundled`),
since the next release may carry others. `load` puts the versions in use into this process; `keep_current` does so at most every
few minutes, for processes that live long (Lambda, the web server).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from chalicelib import clock
from chalicelib.codes import tables
from chalicelib.platform.errors import Fault
from chalicelib.store import runtime
from chalicelib.store.control import PLATFORM_KEY, get, iter_query, transaction
from chalicelib.store.record import Record

IN_USE = ("CODES", "IN_USE")
_BUNDLED = ("CODES", "BUNDLED")  # table name -> digests of bundled versions that are in the store
_CHANGES = "CHANGE#"
MAX_AGE_S = 300
_looked_at: float | None = None


def in_use() -> dict[str, str]:
    """Table name -> SHA-256 of the stored bytes, for tables that differ from the bundled ones."""
    record = get(*IN_USE)
    return dict(record.data["tables"]) if record else {}


def load() -> dict[str, str]:
    """Install the versions in use. Fault CODE_TABLE_DAMAGED when stored bytes are not what the pointer names."""
    global _looked_at
    wanted = in_use()
    here = {name: sha256(tables.stored(name)).hexdigest() for name in wanted}
    contents = {name: _get(name, digest) for name, digest in wanted.items() if here[name] != digest}
    if contents:
        tables.install(contents)
    _looked_at = time.monotonic()
    return wanted


def keep_current(max_age_s: int = MAX_AGE_S) -> None:
    """`load`, unless this process did so within `max_age_s`: an update reaches a warm process within that time."""
    if _looked_at is None or time.monotonic() - _looked_at >= max_age_s:
        load()


def publish(contents: Mapping[str, bytes], source: str, who: str) -> dict[str, str]:
    """Store new versions and point to them; the same bytes again change nothing. Conflict when somebody else published first.

    `source` names the file read (no paths of people), `who` the user id.
    """
    record = get(*IN_USE)
    before: dict[str, str] = dict(record.data["tables"]) if record else {}
    fresh = {name: sha256(content).hexdigest() for name, content in contents.items()}
    changed = {name: digest for name, digest in fresh.items() if before.get(name) != digest}
    if not changed:
        return before
    for name, digest in changed.items():
        _put(name, digest, contents[name])
    after = before | changed
    at = clock.instant_text(clock.now())
    number = sum(1 for _ in iter_query(IN_USE[0], _CHANGES)) + 1
    change = {
        "at": at,
        "who": who,
        "source": source,
        "tables": changed,
        "before": {n: before.get(n, "") for n in changed},
    }
    with transaction() as work:
        work.replace(Record(*IN_USE, "codes", {"tables": after}, version=record.version if record else 0))
        work.create(Record(IN_USE[0], f"{_CHANGES}{number:06d}", "codes_change", change))
        work.commit()
    tables.install({name: contents[name] for name in changed})
    return after


def changes() -> list[dict[str, Any]]:
    """Every publication, oldest first."""
    return [record.data for record in iter_query(IN_USE[0], _CHANGES)]


def keep_bundled(names: Iterable[str]) -> None:
    """Store this release's own versions of these tables, unless they are there: a proof made with them outlives the release."""
    record = get(*_BUNDLED)
    known: dict[str, list[str]] = dict(record.data["tables"]) if record else {}
    here = {name: tables.bundled(name) for name in names}
    digests = {name: sha256(content).hexdigest() for name, content in here.items()}
    fresh = {name: digest for name, digest in digests.items() if digest not in known.get(name, [])}
    if not fresh:
        return
    for name, digest in fresh.items():
        _put(name, digest, here[name])
    after = known | {name: [*known.get(name, []), digest] for name, digest in fresh.items()}
    with transaction() as work:
        work.replace(Record(*_BUNDLED, "codes_bundled", {"tables": after}, version=record.version if record else 0))
        work.commit()


@contextmanager
def as_of(wanted: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The named versions (table name -> first digits of its SHA-256, as proofs name them) in use for the block, which is told
    the names of those that are nowhere: in their place stays what is in use. For a command: see `tables.using`."""
    contents: dict[str, bytes] = {}
    missing: list[str] = []
    used = tables.versions()
    kept: dict[str, set[str]] | None = None  # read only where a version is asked for that is not here
    for name, version in wanted.items():
        if used.get(name) == version:
            continue
        bundled = tables.bundled(name) if name in tables.NAMES else b""
        if sha256(bundled).hexdigest()[: len(version)] == version:
            contents[name] = bundled
            continue
        kept = _kept() if kept is None else kept
        digest = next((one for one in kept.get(name, ()) if version and one.startswith(version)), "")
        if digest:
            contents[name] = _get(name, digest)
        else:
            missing.append(name)
    with tables.using(contents):
        yield tuple(missing)


def _kept() -> dict[str, set[str]]:
    """Digests of every version in the store, by table name."""
    found: dict[str, set[str]] = {}
    for change in changes():
        for name, digest in change["tables"].items():
            found.setdefault(name, set()).add(digest)
    record = get(*_BUNDLED)
    for name, digests in (record.data["tables"] if record else {}).items():
        found.setdefault(name, set()).update(digests)
    return found


def _key(name: str, digest: str) -> str:
    return f"codes/{name}/{digest}"


def _get(name: str, digest: str) -> bytes:
    content: bytes = _call("get_object", _key(name, digest))["Body"].read()
    if sha256(content).hexdigest() != digest:
        raise Fault("CODE_TABLE_DAMAGED", "a stored code table is not what its pointer names", where=name)
    return content


def _put(name: str, digest: str, content: bytes) -> None:
    platform = get(*PLATFORM_KEY)
    if platform is None:
        raise Fault("NO_PLATFORM", "the platform's key is missing", fix="run any command that connects first")
    _call(
        "put_object",
        _key(name, digest),
        Body=content,
        ContentType="application/octet-stream",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=platform.data["key_arn"],
    )


def _call(operation: str, key: str, **arguments: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    bucket = runtime().settings.bucket
    try:
        return getattr(runtime().client("s3"), operation)(Bucket=bucket, Key=key, **arguments)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        raise Fault(f"DOCUMENTS_{code}", "the document store refused a code table") from None
    except BotoCoreError as error:
        raise Fault("DOCUMENTS_UNREACHABLE", f"the document store did not answer ({type(error).__name__})") from None
