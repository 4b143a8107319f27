"""A paper uploaded from outside is bounded, looked into and scanned before anybody can read it; it leaves as a file."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from chalicelib import documents, store
from chalicelib.documentation import attachments, uploads
from chalicelib.documents import quarantine
from chalicelib.intake.records import patient_key
from chalicelib.platform.errors import Conflict, Forbidden, NotFound, Refused
from chalicelib.store import directory
from chalicelib.tenancy import Principal, enter
from tests.practice import line, live_practice, take

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]
PDF = b"%PDF-1.4 a fictional prescription"


@pytest.fixture
def patient(aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path) -> Iterator[str]:
    practice = live_practice(operator)
    with in_tenant(practice.slug):
        take(tmp_path, line("V1"))
        yield patient_key("P1")


def post(form: dict[str, Any], content: bytes, **changed: str) -> int:
    """The form as a browser sends it; the status S3 answers with."""
    boundary = uuid4().hex
    fields = {**form["fields"], **changed}
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n')
    body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return send("POST", form["url"], body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})[0]


def send(method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes, str]:
    """Status, body and disposition of an answer."""
    to = urlsplit(url)
    connection = http.client.HTTPConnection(to.netloc, timeout=10)
    connection.request(method, f"{to.path}?{to.query}", body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers.get("Content-Disposition") or ""


def asked(patient: str, kind: str = "application/pdf") -> tuple[str, dict[str, Any]]:
    upload, form = uploads.ask("prescription", kind, patient=patient)
    return upload.upload_id, form


def test_a_clean_paper_becomes_one_and_downloads_as_a_file(patient: str) -> None:
    upload_id, form = asked(patient)
    with pytest.raises(NotFound):  # nothing came yet
        uploads.finish(upload_id)
    assert post(form, PDF) in (200, 204)
    assert attachments.papers_of(patient) == []  # in quarantine it is nobody's paper
    paper = uploads.finish(upload_id)
    assert uploads.finish(upload_id) == paper  # again changes nothing
    assert documents.get(paper.document) == PDF
    assert not [name for name in documents.names() if name.startswith("incoming/")]
    url = uploads.link(patient, paper.paper_id)
    assert send("GET", url) == (200, PDF, f'attachment; filename="{paper.paper_id}.pdf"')
    assert (
        send("GET", url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))[0] == 403
    )  # its minute cannot be stretched


def test_the_form_bounds_size_key_and_kind(patient: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MAX_BYTES", 100)
    _, form = asked(patient)
    assert post(form, b"%PDF-" + b"x" * 200) in (400, 403)
    assert post(form, PDF, key=form["fields"]["key"] + "x") in (400, 403)
    assert post(form, PDF, **{"Content-Type": "text/html"}) in (400, 403)
    assert not [name for name in documents.names() if name.startswith("incoming/")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><script>alert(1)</script>", "UPLOAD_KIND"),
        (b"\x89PNG\r\n\x1a\n what was announced as a PDF", "UPLOAD_KIND"),
        (PDF + quarantine.EICAR, "UPLOAD_INFECTED"),
    ],
)
def test_what_is_not_what_it_says_or_harms_is_refused_and_gone(patient: str, content: bytes, code: str) -> None:
    upload_id, form = asked(patient)
    post(form, content)
    with pytest.raises(Refused, match=code):
        uploads.finish(upload_id)
    assert attachments.papers_of(patient) == []
    assert not [name for name in documents.names() if name.startswith("incoming/")]
    with pytest.raises(Conflict, match="UPLOAD_OVER"):
        uploads.finish(upload_id)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (None, "UPLOAD_PENDING"),
        ("THREATS_FOUND", "UPLOAD_INFECTED"),
        ("UNSUPPORTED", "UPLOAD_NOT_SCANNED"),
        ("FAILED", "UPLOAD_NOT_SCANNED"),
        ("NO_THREATS_FOUND", ""),
    ],
)
def test_on_aws_the_scanners_tag_decides(
    patient: str, monkeypatch: pytest.MonkeyPatch, said: str | None, code: str
) -> None:
    monkeypatch.setattr(quarantine, "scanner", quarantine.TagScanner)
    upload_id, form = asked(patient)
    post(form, PDF)
    if said:
        key = documents.key_of(f"incoming/{upload_id}")
        bucket = store.runtime().settings.bucket
        tags = {"TagSet": [{"Key": "GuardDutyMalwareScanStatus", "Value": said}]}
        store.runtime().client("s3").put_object_tagging(Bucket=bucket, Key=key, Tagging=tags)
    if code:
        with pytest.raises((Refused, Conflict), match=code):
            uploads.finish(upload_id)
    else:
        assert uploads.finish(upload_id).name == "prescription"


def test_only_who_may_hands_in_and_what_is_unknown_is_refused(patient: str) -> None:
    from chalicelib.tenancy import current

    for kind, name, code in (("text/html", "prescription", "PAPER_KIND"), ("application/pdf", "Not So", "PAPER_NAME")):
        with pytest.raises(Refused, match=code):
            uploads.ask(name, kind, patient=patient)
    with pytest.raises(NotFound):
        uploads.ask("prescription", "application/pdf", patient="pat_" + "0" * 26)
    tenant_id = current().tenant.tenant_id
    auditor = Principal(user_id="usr_a", name="A", kind="staff", roles={"auditor"}, tenants={tenant_id})
    with enter(auditor, tenant_id, "test", directory.directory()), pytest.raises(Forbidden):
        asked(patient)
