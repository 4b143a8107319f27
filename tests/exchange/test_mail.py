"""Mail leaves through SES, or lies in a folder its owner alone reads; what cannot leave is a fault without the address."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from chalicelib.exchange import mail
from chalicelib.platform.errors import Fault
from chalicelib.store import configure, runtime

pytestmark = pytest.mark.aws
ONE = mail.Mail("usr_test", "person@example.test", "Your code", "aaaa-bbbb-cccc")


def test_ses_gets_the_mail_of_a_verified_sender(aws: str) -> None:
    before = runtime().settings
    with pytest.raises(Fault, match="MAIL_NOT_SENT") as refused:
        mail.Ses("nobody-verified@example.test").send(ONE)
    assert ONE.address not in str(refused.value)
    runtime().client("ses").verify_email_identity(EmailAddress="billing@example.test")
    runtime().client("ses").verify_email_identity(EmailAddress=ONE.address)  # an account in the sandbox needs both
    configure(before.model_copy(update={"mail_from": "billing@example.test"}))
    try:
        mail.post().send(ONE)
    finally:
        configure(before)
    with build_opener(ProxyHandler({})).open(f"{aws}/_ministack/ses/messages", timeout=10) as answer:
        sent = [each for account in json.load(answer)["messages"].values() for each in account]
    assert [(each["To"], each["Subject"], each["BodyText"]) for each in sent if each["To"] == [ONE.address]] == [
        ([ONE.address], ONE.subject, ONE.text)
    ]


def test_on_aws_without_a_sender_there_is_no_mail(aws: str) -> None:
    before = runtime().settings
    configure(before.model_copy(update={"stage": "dev"}))
    try:
        with pytest.raises(Fault, match="NO_MAIL"):
            mail.post()
    finally:
        configure(before)


def test_the_folder_is_its_owners_and_keeps_the_newest(tmp_path: Path) -> None:
    folder = mail.Folder(tmp_path / "mail")
    assert folder.newest(ONE.user_id) == ""
    for text in ("first", "second"):
        folder.send(mail.Mail(ONE.user_id, ONE.address, ONE.subject, text))
    assert folder.newest(ONE.user_id).endswith("second\n")
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.folder.stat().st_mode) == 0o700
    assert ONE.text not in repr(ONE)
