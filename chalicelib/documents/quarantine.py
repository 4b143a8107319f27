"""Files from outside, uploaded straight to S3 and held apart until a scanner says they are clean.

A presigned POST fixes key, content type, encryption and the largest size (a presigned PUT cannot bound a size). What arrives
lies under `incoming/`, which nothing reads but this; a clean file is stored anew under its own name, the upload removed.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from chalicelib import store
from chalicelib.documents import files
from chalicelib.platform.errors import Fault, Refused
from chalicelib.tenancy import current, refuse_suspended

POST_LIFETIME_S = 300
LINK_LIFETIME_S = 60
Verdict = Literal["clean", "infected", "pending", "unknown"]
# GuardDuty Malware Protection for S3 tags what it has looked at; it does not stop anybody from reading.
_TAG = "GuardDutyMalwareScanStatus"
_SAYS: dict[str, Verdict] = {"NO_THREATS_FOUND": "clean", "THREATS_FOUND": "infected"}
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner(Protocol):
    """Says whether an uploaded file is clean. 'unknown' = it could not be looked at, 'pending' = not yet."""

    def verdict(self, key: str, content: bytes) -> Verdict: ...


class TagScanner:
    """GuardDuty on AWS: the verdict is a tag of the object."""

    def verdict(self, key: str, content: bytes) -> Verdict:  # noqa: ARG002 - GuardDuty has read it
        tags = files._call("get_object_tagging", key)["TagSet"]
        said = next((tag["Value"] for tag in tags if tag["Key"] == _TAG), None)
        return "pending" if said is None else _SAYS.get(said, "unknown")


class LocalScanner:
    """Stands in for GuardDuty on the embedded AWS: finds the test file every virus scanner finds (EICAR), and nothing else."""

    def verdict(self, key: str, content: bytes) -> Verdict:  # noqa: ARG002 - it looks at the content
        return "infected" if EICAR in content else "clean"


def scanner() -> Scanner:
    return LocalScanner() if store.runtime().settings.is_local else TagScanner()


def ask(upload_id: str, content_type: str, most_bytes: int, back: str = "") -> dict[str, Any]:
    """Where and with which form fields a file may be posted: {"url", "fields", "expires_in_s"}.

    `back` is the page a browser is sent to once the file has arrived.
    """
    refuse_suspended()
    placement = current().placement
    fields = {
        "Content-Type": content_type,
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": placement.key_arn,
        **({"success_action_redirect": back} if back else {}),
    }
    made = (
        store.runtime()
        .tenant_client("s3")
        .generate_presigned_post(
            placement.bucket,
            _key(upload_id),
            Fields=fields,
            Conditions=[["content-length-range", 1, most_bytes], *({name: value} for name, value in fields.items())],
            ExpiresIn=POST_LIFETIME_S,
        )
    )
    return {"url": made["url"], "fields": made["fields"], "expires_in_s": POST_LIFETIME_S}


def fetch(upload_id: str, most_bytes: int) -> bytes:
    """What was uploaded. NotFound before it arrived; Refused UPLOAD_TOO_LARGE without reading more than allowed."""
    reply = files._call("get_object", _key(upload_id))
    if int(reply["ContentLength"]) > most_bytes:
        raise Refused("UPLOAD_TOO_LARGE", f"a file may hold {most_bytes // 1024**2} MB", fix="make it smaller")
    content: bytes = reply["Body"].read()
    return content


def arrived(upload_id: str) -> bool:
    """Whether a file was posted for it that nobody has taken or refused yet."""
    return files.exists(_key(upload_id))


def judge(upload_id: str, content: bytes) -> Verdict:
    return scanner().verdict(_key(upload_id), content)


def drop(upload_id: str) -> None:
    """Take the upload away."""
    files._call("delete_object", _key(upload_id))


def link(key: str, file_name: str) -> str:
    """A URL that gives a document of the current practice for a minute, as a file to keep and never as a page."""
    if not files.exists(key):
        raise Fault("DOCUMENT_MISSING", "the document's content is not there", where=key.rpartition("/")[2])
    asked = {
        "Bucket": current().placement.bucket,
        "Key": key,
        "ResponseContentDisposition": f'attachment; filename="{file_name}"',
        "ResponseContentType": "application/octet-stream",
    }
    client = store.runtime().tenant_client("s3")
    return str(client.generate_presigned_url("get_object", Params=asked, ExpiresIn=LINK_LIFETIME_S))


def _key(upload_id: str) -> str:
    return files.key_of(f"incoming/{upload_id}")
