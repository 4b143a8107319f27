"""Mail to people: through SES where `OTBILL_MAIL_FROM` names a sender, into a folder on the embedded machine.

No mail tells anything of a patient, a practice or a claim, in its subject least of all: mail is read by whoever holds the
mailbox. A mail in the folder is named by our user id and its instant; `otbill login-mail USER` prints the newest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from chalicelib.platform.errors import Fault
from chalicelib.store import runtime


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one of our users."""

    user_id: str
    address: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class Post(Protocol):
    """Hands a mail over. Fault when nobody took it."""

    def send(self, mail: Mail) -> None: ...


class Ses:
    """Amazon SES, from a verified sender."""

    def __init__(self, sender: str) -> None:
        self.sender = sender

    def send(self, mail: Mail) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        message = {"Subject": {"Data": mail.subject}, "Body": {"Text": {"Data": mail.text}}}
        try:
            runtime().client("ses").send_email(
                Source=self.sender, Destination={"ToAddresses": [mail.address]}, Message=message
            )
        except (ClientError, BotoCoreError) as error:  # its text repeats the address
            raise Fault("MAIL_NOT_SENT", f"SES did not take it ({type(error).__name__})") from None


class Folder:
    """A folder of this machine, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: Mail) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self.folder / f"{mail.user_id}-{time.time_ns():020d}.txt"
        place.touch(mode=0o600)
        place.write_text(f"To: {mail.address}\nSubject: {mail.subject}\n\n{mail.text}\n", "utf-8")

    def newest(self, user_id: str) -> str:
        """The newest mail to a user; '' when there is none."""
        found = sorted(self.folder.glob(f"{user_id}-*.txt"))
        return found[-1].read_text("utf-8") if found else ""


def post() -> Post:
    """How mail leaves. Fault NO_MAIL on AWS without a sender."""
    settings = runtime().settings
    if settings.mail_from:
        return Ses(settings.mail_from)
    if not settings.is_local:
        raise Fault("NO_MAIL", "no sender of mail is set", fix="set OTBILL_MAIL_FROM to an address SES has verified")
    return folder()


def folder() -> Folder:
    """The embedded machine's folder of mail."""
    return Folder(runtime().settings.home / "mail")
