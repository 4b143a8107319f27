"""The simulated payers as a neighbour: the product reaches them over SFTP and HTTP, in another process, as any partner."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.claims import records
from chalicelib.claims.model import Status
from chalicelib.claims.submission import submit_claims
from chalicelib.cli.main import main
from chalicelib.exchange import partners
from chalicelib.exchange.http_door import HttpDoor, RealtimeSettings
from chalicelib.exchange.sftp import SftpClearinghouse, SftpSettings
from chalicelib.jobs import registry
from chalicelib.local import payer_sftp
from chalicelib.onboarding.apply import apply
from chalicelib.platform.errors import Fault
from chalicelib.store import journal
from chalicelib.tenancy import Principal
from chalicelib.x12 import Party, Person, StatusRequest, read_277ca, read_837p, write_276
from tests.exchange.loopback import Memory
from tests.practice import CIGNA, REPOSITORY, build, line, live_practice


@dataclass
class Neighbour:
    folder: Path
    told: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        return tomllib.loads(Path(self.told["settings"]).read_text())

    @property
    def key(self) -> str:
        return Path(self.told["key"]).read_text()

    def sftp(self, **more: Any) -> SftpClearinghouse:
        key = str(more.pop("key", self.key))
        settings = SftpSettings.model_validate_json(json.dumps({**self.settings["sftp"], **more}))
        return SftpClearinghouse(settings, key, Memory(), pause=lambda _: None)

    def door(self, token: str = "") -> HttpDoor:
        settings = RealtimeSettings.model_validate(self.settings["realtime"])
        return HttpDoor(settings, lambda: token or Path(self.told["token"]).read_text())


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbour]:
    """`otbill payer-sim serve` in a process of its own."""
    folder = tmp_path_factory.mktemp("payer-sim")
    words = [str(REPOSITORY / ".venv/bin/otbill"), "payer-sim", "serve", "--folder", str(folder), "--json"]
    words += ["--sftp-port", "0", "--http-port", "0", "--seed", "test"]
    environment = {**os.environ, "OTBILL_NOW": "2026-09-30"}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=folder)
    try:
        yield Neighbour(folder, _first_words(process))
    finally:
        process.terminate()
        process.wait(20)


def _first_words(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    text = b""
    while not text.rstrip().endswith(b"}"):
        ready, _, _ = select.select([process.stdout], [], [], 60)
        chunk = os.read(process.stdout.fileno(), 4096) if ready else b""
        assert chunk, process.stderr.read() if process.stderr else "it said nothing"
        text += chunk
    return json.loads(text)


def test_one_seed_has_the_same_doors_every_time(neighbour: Neighbour) -> None:
    again = payer_sftp.keys("test")
    assert again.client_public == payer_sftp.keys("test").client_public
    assert neighbour.settings["sftp"]["host_keys"] == [payer_sftp.keys("test").host_public]
    assert payer_sftp.keys("test").host_public != payer_sftp.keys("other").host_public
    assert all(Path(neighbour.told[name]).stat().st_mode & 0o077 == 0 for name in ("key", "token"))


def test_another_key_user_or_host_key_does_not_come_in(neighbour: Neighbour) -> None:
    other = payer_sftp.keys("other")
    for more in ({"key": other.client_private}, {"username": "somebody"}):
        with neighbour.sftp(**more) as door, pytest.raises(Fault) as caught:
            door.available()
        assert caught.value.code == "SFTP_AUTH"
    with neighbour.sftp(host_keys=[other.host_public]) as door, pytest.raises(Fault) as caught:
        door.available()
    assert caught.value.code == "SFTP_HOST_KEY"


@pytest.mark.parametrize("path", ["/..", "/etc", "/inbound/../..", "/state.json"])
def test_nothing_outside_the_two_folders_is_reached(neighbour: Neighbour, path: str) -> None:
    with neighbour.sftp(incoming=path) as door, pytest.raises(Fault) as caught:
        door.available()
    assert caught.value.code == "SFTP_REFUSED"
    with neighbour.sftp(outgoing=path) as door, pytest.raises(Fault):
        door.stage("claims.837", b"x")


def test_a_wrong_token_and_what_is_no_question_are_refused(neighbour: Neighbour) -> None:
    with pytest.raises(Fault) as caught:
        neighbour.door("wrong").ask(b"ISA")
    assert caught.value.code == "REALTIME_AUTH"
    with pytest.raises(Fault) as caught:
        neighbour.door().ask(b"no question")
    assert caught.value.code == "REALTIME_REFUSED"


@pytest.mark.parametrize("url", ["http://example.invalid/x", "https://user@example.invalid/x", "ftp://127.0.0.1/x"])
def test_a_real_time_door_is_https_or_on_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match=r"https|host and path"):
        RealtimeSettings(url=url)


@pytest.mark.aws
def test_the_product_syncs_with_it_and_asks_it(
    neighbour: Neighbour,
    aws: str,
    in_tenant: Callable[..., AbstractContextManager[Any]],
    operator: Principal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Claims out over SFTP, answers and money back, eligibility and claim status over HTTP: every door once."""
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    base = live_practice(operator)
    practice = base.model_copy(update={"billing": base.billing.model_copy(update={"trading_partner": "neighbour"})})
    apply(practice, operator)
    with in_tenant(practice.slug):
        build(tmp_path, line(), line("V2", patient_id="P2", **CIGNA))
        submit_claims()
    text = Path(neighbour.told["settings"]).read_text().replace('name = "simulated"', 'name = "neighbour"')
    (tmp_path / "partner.toml").write_text(text)
    words = ["exchange", "partner", str(tmp_path / "partner.toml")]
    assert main([*words, "--key", neighbour.told["key"], "--token", neighbour.told["token"]]) == 0
    told = registry.exchange_with("neighbour", operator)
    assert told == {"sent": 2, "taken": 6, "posted": 2, "strange": 0}
    with in_tenant(practice.slug):
        claims = [item.claim for status in Status for item in records.claims_with_status(status)]
        assert all(claim.adjudication for claim in claims)
        assert journal.verify()["balanced"]
        numbers = {claim.latest.patient_control_number: claim.payer_control_number for claim in claims if claim.latest}
    files = [read_837p(path.read_bytes()) for path in (neighbour.folder / "inbound").glob("*.837")]
    assert {claim.patient_control_number for file in files for claim in file.claims} == set(numbers)
    _ask_for_status(partners.realtime_door("neighbour"), files[0], numbers)

    capsys.readouterr()
    assert main(["eligibility", "check", "--tenant", practice.slug, "--patient", "P1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"][0]["outcome"] == "answered"


def _ask_for_status(door: Any, file: Any, numbers: dict[str, str]) -> None:
    sent = file.claims[0]
    base = StatusRequest(
        payer_name=sent.payer_name, payer_id=sent.payer_id, provider=Party(last_name="P", is_person=False, npi=sent.billing.npi),
        subscriber=Person("TESTCASE", "MARIGOLD", date_of_birth=date(1950, 2, 3), sex="F"), member_id=sent.member_id,
        trace="T1", patient_control_number=sent.patient_control_number, charge_cents=sent.charge_cents,
        service_from=sent.lines[0].date, service_to=sent.lines[0].date,
    )  # fmt: skip
    (told,) = read_277ca(door.ask(write_276(file.interchanges[0], [base]))).statuses
    assert (told.category, told.status, told.request_trace) == ("F1", "65", "T1")
    assert told.payer_control_number == numbers[sent.patient_control_number]
    base.patient_control_number = "NOTOURS"
    (told,) = read_277ca(door.ask(write_276(file.interchanges[0], [base]))).statuses
    assert (told.category, told.status) == ("A4", "35")
