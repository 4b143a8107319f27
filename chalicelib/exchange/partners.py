"""Trading partners: which door each has. Settings are data in the control table, their keys in Secrets Manager.

PARTNER#<name> / SETTINGS        how the partner is reached; gsi1 PARTNERS / name
TAKEN#<name> / <file name>#<size>#<time> a file of the partner that was taken in
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from chalicelib import clock
from chalicelib.exchange.clearinghouse import Clearinghouse, FolderClearinghouse
from chalicelib.exchange.http_door import HttpDoor, RealtimeSettings
from chalicelib.exchange.realtime import RealtimeDoor
from chalicelib.exchange.sftp import SftpClearinghouse, SftpSettings, load_key
from chalicelib.platform.errors import Conflict, Fault, Forbidden, Misuse
from chalicelib.platform.model import Model
from chalicelib.store import control, secrets
from chalicelib.store.record import Record
from chalicelib.tenancy import Principal, require


class FolderSettings(Model):
    """Two folders on this machine (or a mounted share)."""

    outgoing: str
    incoming: str


class TradingPartner(Model):
    """One partner, as its file declares it: `name` is what practice files call it."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,29}$")]
    transport: Literal["sftp", "folder"]
    sftp: SftpSettings | None = None
    folder: FolderSettings | None = None
    realtime: RealtimeSettings | None = None

    @model_validator(mode="after")
    def _has_its_table(self) -> TradingPartner:
        if getattr(self, self.transport) is None:
            raise ValueError("the table of the chosen transport is missing")
        return self


def read_settings(path: Path) -> TradingPartner:
    """A partner from its TOML file. Misuse names the fields that are wrong, never their values."""
    try:
        return TradingPartner.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Misuse("NOT_TOML", "the partner's file is not TOML", where=path.name) from None
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) or item["msg"] for item in error.errors())
        raise Misuse(
            "PARTNER_SETTINGS", "the partner's file is not right", where=wrong, fix="see docs/exchange.md"
        ) from None


def declare(principal: Principal, partner: TradingPartner, *, key: str = "", token: str = "") -> TradingPartner:
    """Take a partner's settings, SSH key and token into use.

    A partner carries the claims of every practice that names it, so only an administrator of all of them may say where they
    go. Forbidden NOT_PERMITTED, NOT_YOURS; Misuse NO_SFTP, NO_TOKEN_SECRET for a secret that the settings have no place for.
    """
    require("exchange.partner", principal)
    if not principal.may_see(()):
        raise Forbidden(
            "NOT_YOURS", "practices share their trading partners", fix="ask an administrator of all of them"
        )
    if key:
        if partner.sftp is None:
            raise Misuse("NO_SFTP", "a key is for a partner reached over SFTP")
        load_key(key)
        secrets.put_secret(partner.sftp.key_secret, key)
    if token:
        if partner.realtime is None or not partner.realtime.token_secret:
            raise Misuse("NO_TOKEN_SECRET", "a token is for a partner with a real-time door and a token_secret")
        secrets.put_secret(partner.realtime.token_secret, token)
    return save_settings(partner)


def save_settings(partner: TradingPartner) -> TradingPartner:
    """Store a partner's settings over what was there."""
    known = control.get(*_key(partner.name))
    data = partner.model_dump(mode="json")
    if known is None:
        control.put_new(Record(*_key(partner.name), "partner", data, gsi1=("PARTNERS", partner.name)))
    elif known.data != data:
        record = Record(*_key(partner.name), "partner", data, known.version, gsi1=("PARTNERS", partner.name))
        control.replace(record)
    return partner


def find_settings(name: str) -> TradingPartner | None:
    found = control.get(*_key(name))
    return found.read_as(TradingPartner) if found else None


def every_partner() -> list[TradingPartner]:
    return [found.read_as(TradingPartner) for found in control.iter_index("gsi1", "PARTNERS")]


def door(name: str) -> Clearinghouse:
    """The door of a partner. Fault PARTNER_UNKNOWN when nobody declared it."""
    partner = find_settings(name)
    if partner is None:
        raise Fault(
            "PARTNER_UNKNOWN", "no settings for this trading partner", where=name, fix="otbill exchange partner FILE"
        )
    if partner.transport == "folder" and partner.folder:
        return FolderClearinghouse(Path(partner.folder.outgoing), Path(partner.folder.incoming))
    if partner.sftp is None:
        raise Fault("PARTNER_SETTINGS", "the partner has no door", where=name)
    return SftpClearinghouse(partner.sftp, secrets.get_secret(partner.sftp.key_secret), Taken(name))


def realtime_door(name: str) -> RealtimeDoor:
    """The real-time door of a partner. Fault NO_REALTIME_DOOR when it has none."""
    partner = find_settings(name)
    settings = partner.realtime if partner else None
    if settings is None:
        raise Fault(
            "NO_REALTIME_DOOR", "this trading partner has no real-time door", where=name, fix="[realtime] in its file"
        )
    return HttpDoor(settings, lambda: secrets.get_secret(settings.token_secret))


class Taken:
    """The ledger of one partner's files that were taken in, in the control table."""

    def __init__(self, partner: str) -> None:
        self.partner = partner

    def was_taken(self, name: str, version: str) -> bool:
        return control.get(*self._key(name, version)) is not None

    def mark_taken(self, name: str, version: str) -> None:
        data = {"name": name, "version": version, "at": clock.instant_text(clock.now())}
        try:
            control.put_new(Record(*self._key(name, version), "taken", data))
        except Conflict:
            return  # noted before

    def _key(self, name: str, version: str) -> tuple[str, str]:
        return f"TAKEN#{self.partner}", f"{name}#{version}"


def _key(name: str) -> tuple[str, str]:
    return f"PARTNER#{name}", "SETTINGS"
