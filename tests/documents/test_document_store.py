"""Documents: encrypted under the practice's own key, never replaced in silence, another practice's do not exist."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import documents, store
from chalicelib.platform.errors import Conflict, Misuse, NotFound

pytestmark = pytest.mark.aws


def test_a_document_comes_back_and_lies_under_the_practices_key(in_tenant: Any) -> None:
    with in_tenant() as context:
        key = documents.put("837/000000001.edi", b"ISA*00*", "application/edi-x12")
        assert key == f"{context.placement.prefix}837/000000001.edi" == documents.key_of("837/000000001.edi")
        assert documents.get(key) == b"ISA*00*"
        assert documents.exists(key)
        head = store.runtime().client("s3").head_object(Bucket=context.placement.bucket, Key=key)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", context.placement.key_arn)


def test_the_same_content_again_writes_nothing_and_other_content_is_refused(in_tenant: Any) -> None:
    with in_tenant():
        key = documents.put("a.txt", b"one", "text/plain")
        before = store.runtime().writes
        assert documents.put("a.txt", b"one", "text/plain") == key
        assert store.runtime().writes == before
        with pytest.raises(Conflict, match="DOCUMENT_DIFFERS"):
            documents.put("a.txt", b"two", "text/plain")
        assert documents.get(key) == b"one"


def test_another_practices_document_is_as_absent_as_one_that_never_was(in_tenant: Any, tenant: Any) -> None:
    with in_tenant(tenant()):
        foreign = documents.put("a.txt", b"theirs", "text/plain")
    with in_tenant() as context:
        for key in (foreign, documents.key_of("nothing.txt"), f"{context.placement.prefix}../x", "a.txt"):
            with pytest.raises(NotFound, match="DOCUMENT_NOT_FOUND"):
                documents.get(key)


@pytest.mark.parametrize("name", ["../a", "a/../b", "/a", "a//b", "", "Marigold Testcase.pdf", "a/.hidden"])
def test_names_that_climb_or_tell_are_refused(in_tenant: Any, name: str) -> None:
    with in_tenant(), pytest.raises(Misuse, match="BAD_DOCUMENT_NAME"):
        documents.put(name, b"", "text/plain")


def test_too_much_is_refused_before_it_is_sent(in_tenant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.documents.files.MAX_BYTES", 3)
    with in_tenant(), pytest.raises(Misuse, match="DOCUMENT_TOO_LARGE"):
        documents.put("a.txt", b"four", "text/plain")
