"""A practice's claims travel over its trading partner's own door, and nothing goes out twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import records
from chalicelib.claims.submission import submit_claims
from chalicelib.cli.main import main
from chalicelib.exchange import exceptions, partners
from chalicelib.exchange.clearinghouse import Clearinghouse, FolderClearinghouse
from chalicelib.exchange.sftp import SftpClearinghouse
from chalicelib.jobs.standing import standing
from chalicelib.jobs.sync import SyncResult, send_written, sync_partners, take
from chalicelib.local.payer.doors import SimulatedClearinghouse
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.practice_file import load
from chalicelib.platform.errors import Fault, Misuse
from chalicelib.store import journal, secrets
from chalicelib.tenancy import Principal
from chalicelib.x12 import ClaimStatus, Interchange, Name, StatusBatch, StatusCode, write_277ca
from tests.exchange.loopback import Server, serve
from tests.practice import REPOSITORY, build, line, live_practice, npi, only

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")


def practice_of(partner: str, operator: Principal, number: int) -> str:
    """A live practice whose files go to a partner of its own."""
    base = load(REPOSITORY / "tenants/harborview-ot.toml")
    billing = base.billing.model_copy(update={"trading_partner": partner})
    made = base.model_copy(
        update={
            "slug": f"{partner}-{number}",
            "npi": npi(5000 + number),
            "tax_id": f"01{number:07d}",
            "billing": billing,
        }
    )
    apply(made, operator)
    return made.slug


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path) as running:
        yield running


def _doors(folder: Path) -> Callable[[str], Clearinghouse]:
    """Doors as declared; every other practice of this test run meets an empty folder."""
    empty = FolderClearinghouse(folder / "elsewhere", folder / "nothing")
    return lambda name: partners.door(name) if partners.find_settings(name) else empty


@pytest.mark.sshd
def test_claims_go_out_and_payments_come_back_over_sftp(
    ssh: Server, in_tenant: InTenant, operator: Principal, tmp_path: Path
) -> None:
    slug = practice_of("sftp-partner", operator, 1)
    secrets.put_secret("otbill/test/sftp-partner", ssh.private_key)
    settings = ssh.settings(key_secret="otbill/test/sftp-partner", archive=str(ssh.folder / "taken"))
    partners.save_settings(partners.TradingPartner(name="sftp-partner", transport="sftp", sftp=settings))
    with in_tenant(slug):
        claim_id = only(build(tmp_path, line())).claim_id
        submit_claims()
    first = sync_partners(_doors(tmp_path), operator)
    (file,) = ssh.to_partner.iterdir()
    assert file.name in first.sent
    SimulatedClearinghouse(ssh.folder).answer_all()
    second = sync_partners(_doors(tmp_path), operator)
    assert (len(second.taken), second.claims.accepted) == (3, 1)  # 999, 277CA, 835
    with in_tenant(slug):
        assert records.get_claim(claim_id).claim.adjudication is not None
        assert journal.verify()["balanced"]
    assert sync_partners(_doors(tmp_path), operator).taken == []


def test_one_partner_out_of_reach_stops_no_other(in_tenant: InTenant, operator: Principal, tmp_path: Path) -> None:
    lost, found = practice_of("lost-partner", operator, 2), practice_of("near-partner", operator, 3)
    near = partners.FolderSettings(outgoing=str(tmp_path / "in"), incoming=str(tmp_path / "out"))
    partners.save_settings(partners.TradingPartner(name="near-partner", transport="folder", folder=near))
    for slug in (lost, found):
        with in_tenant(slug):
            build(tmp_path, line())
            submit_claims()

    def door(name: str) -> Clearinghouse:
        if name == "lost-partner":
            raise Fault("SFTP_UNREACHABLE", "gone")
        return _doors(tmp_path)(name)

    result = sync_partners(door, operator)
    assert {"partner": "lost-partner", "reason": "SFTP_UNREACHABLE"} in result.unreachable
    assert len(list((tmp_path / "in").iterdir())) == 1
    waiting = standing(operator)["partners"]["lost-partner"]["waiting"]
    assert [item["state"] for item in waiting] == ["written"]


class Stop(BaseException):
    """The process dies here."""


@dataclass
class Dying:
    """A partner that carries files off at once, seen by a process that dies at the k-th step."""

    dies_at: int
    steps: int = 0
    aside: dict[str, bytes] = field(default_factory=dict)
    received: list[str] = field(default_factory=list)

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.dies_at:
            raise Stop

    def stage(self, name: str, content: bytes) -> None:
        self._step()
        self.aside[name] = content
        self._step()

    def publish(self, name: str) -> None:
        self._step()
        if self.aside.pop(name, None) is not None:
            self.received.append(name)
        self._step()

    def available(self) -> list[str]:
        return []

    def fetch(self, name: str) -> bytes:
        raise FileNotFoundError(name)

    def archive(self, name: str) -> None:
        raise FileNotFoundError(name)


@pytest.mark.parametrize("dies_at", range(1, 6))
def test_a_crash_at_any_step_of_sending_loses_and_doubles_no_file(
    in_tenant: InTenant, operator: Principal, tmp_path: Path, dies_at: int
) -> None:
    practice = live_practice(operator)
    with in_tenant(practice.slug) as context:
        build(tmp_path, line())
        _, (batch,) = submit_claims()
        tenant_id = context.tenant.tenant_id
    partner = Dying(dies_at)
    with contextlib.suppress(Stop):
        send_written(partner, operator, SyncResult(), [tenant_id])
    again = SyncResult()
    send_written(partner, operator, again, [tenant_id])
    send_written(partner, operator, SyncResult(), [tenant_id])
    assert partner.received == [batch.file]
    with in_tenant(practice.slug):
        assert only(records.batches("sent")).file == batch.file


def test_answers_about_claims_of_nobody_are_listed_once_and_without_their_text(operator: Principal, aws: str) -> None:
    today = date(2026, 9, 30)
    status = ClaimStatus(
        patient_control_number="MARIGOLD TESTCASE", category="A3", status="164", entity="IL", payer_control_number="",
        charge_cents=15000, effective_date=today, action="U", patient=Name("Testcase", "Marigold"),
    )  # fmt: skip
    batch = StatusBatch(
        payer_name="AETNA", payer_id="60054", receiver_name="OTBILL", receiver_id="OTBILL", provider_name="P",
        provider_npi="1999999984", batch_reference="X", received_on=today, processed_on=today,
        status=StatusCode("A1", "19", "PR"), claims=[status],
    )  # fmt: skip
    envelope = Interchange("PAYER", "OTBILL", control_number=771, created_at=datetime(2026, 9, 30, tzinfo=UTC))
    content = write_277ca(envelope, [batch])
    before = len(exceptions.listed())
    result = SyncResult()
    take("strangers.277ca", content, operator, result)
    take("strangers.277ca", content, operator, result)
    take("novel.txt", b"Call me Ishmael.", operator, result)
    assert result.claims.unknown == 1
    found = exceptions.listed()
    assert len(found) == before + 2
    told = next(item for item in found if item["file"] == "strangers.277ca")
    assert (told["kind"], told["reason"], told["number"]) == ("277CA", "UNKNOWN_CONTROL_NUMBER", "")
    assert "Rejected by the payer: A3" in told["words"]
    assert "MARIGOLD" not in str(found).upper()


def test_a_partner_is_declared_from_its_file_with_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], operator: Principal, aws: str
) -> None:
    from tests.exchange.loopback import make_key

    private, public = make_key(tmp_path / "key")
    declared = tmp_path / "filed-partner.toml"
    declared.write_text(
        'name = "filed-partner"\ntransport = "sftp"\n[sftp]\nhost = "sftp.example"\nusername = "otbill"\n'
        f'host_keys = ["{public}"]\nkey_secret = "otbill/test/filed"\noutgoing = "/in"\nincoming = "/out"\n'
    )
    assert main(["exchange", "partner", str(declared), "--key", str(tmp_path / "key")]) == 0
    assert isinstance(partners.door("filed-partner"), SftpClearinghouse)
    assert secrets.get_secret("otbill/test/filed") == private
    capsys.readouterr()
    declared.write_text('name = "filed-partner"\ntransport = "sftp"\n[sftp]\nhost = "h"\n')
    with pytest.raises(Misuse) as caught:
        partners.read_settings(declared)
    assert "sftp.username" in caught.value.where
    with pytest.raises(Fault) as unknown:
        partners.door("nobody-at-all")
    assert unknown.value.code == "PARTNER_UNKNOWN"
    assert main(["exchange", "status", "--json"]) == 0
    assert main(["exchange", "inbox"]) == 0
    assert "BEGIN" not in capsys.readouterr().out
