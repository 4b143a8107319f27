"""The embedded AWS keeps what it was told: over a stop, over a kill up to two seconds back, and never half of a change."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chalicelib import documents, store
from chalicelib.local.aws import ensure_aws, server_pid, stop_aws
from chalicelib.platform.config import Settings
from chalicelib.platform.errors import Fault
from chalicelib.store import Record, provision, unit_of_work
from chalicelib.store.directory import directory
from chalicelib.tenancy import Principal, enter

pytestmark = pytest.mark.aws
OPERATOR = Principal(user_id="usr_op", name="Operator", kind="operator", tenants={"*"})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A state directory of its own; the shared test runtime is forgotten before and after."""
    store.configure(None)
    yield tmp_path
    stop_aws(tmp_path)
    store.configure(None)


def connect(home: Path) -> None:
    store.configure(Settings(home=home, aws_endpoint=ensure_aws(home, owned=True)))


def in_practice() -> Any:
    return enter(OPERATOR, "marigold-ot", "test", directory())


def save_visit(number: int) -> None:
    with unit_of_work() as uow:
        uow.create(Record(f"VIS#{number}", "VISIT", "visit", {"number": number}))
        uow.create(Record(f"PAIR#{number}", "VISIT", "visit", {"number": number}))
        uow.commit()


def test_records_keys_and_documents_survive_a_stop(home: Path) -> None:
    connect(home)
    provision.ensure_tenant("marigold-ot", "Marigold OT", "America/Chicago")
    with in_practice() as context:
        named = context.make_id("clm", "V1")
        save_visit(1)
        key = documents.put("837/x.edi", b"ISA*00", "application/edi-x12")
    assert stop_aws(home)
    connect(home)
    with in_practice() as context:
        assert context.make_id("clm", "V1") == named  # the id key came back through KMS
        assert store.get("VIS#1", "VISIT") is not None
        assert documents.get(key) == b"ISA*00"
    provision.ensure_tenant("marigold-ot", "Marigold OT", "America/Chicago")
    assert store.runtime().writes == 0


def test_a_kill_loses_at_most_two_seconds_and_leaves_no_half(home: Path) -> None:
    connect(home)
    provision.ensure_tenant("marigold-ot", "Marigold OT", "America/Chicago")
    committed_at: dict[int, float] = {}
    with in_practice():
        key = documents.put("837/x.edi", b"ISA*00", "application/edi-x12")
        started = time.monotonic()
        while time.monotonic() - started < 3.2 or len(committed_at) < 60:
            save_visit(len(committed_at))
            committed_at[len(committed_at)] = time.monotonic()
    pid = server_pid(home)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    wait_until_gone(home)
    connect(home)
    with in_practice():
        kept, pairs = stored_numbers("VIS", len(committed_at)), stored_numbers("PAIR", len(committed_at))
        assert documents.get(key) == b"ISA*00"
        save_visit(10_000_000)
    assert kept == pairs
    must_be_there = {n for n, at in committed_at.items() if killed - at > 2.0}
    assert must_be_there, "nothing is old enough to judge by"
    assert must_be_there <= kept
    assert kept == set(range(len(kept))), "a later record is there and an earlier one is not"


def test_two_starters_share_one_server(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: ensure_aws(home, owned=True), range(4)))
    assert len(urls) == 1


def test_it_starts_quickly_listens_on_loopback_and_is_found_again(home: Path) -> None:
    began = time.monotonic()
    url = ensure_aws(home, owned=True)
    assert time.monotonic() - began < 10  # about 0.7 s on an idle machine
    port = int(url.rpartition(":")[2])
    assert listening_addresses(port) == {"127.0.0.1"}
    assert ensure_aws(home, owned=True) == url
    assert (home / "aws" / "log").read_text() == ""


def test_a_restart_takes_the_same_port_if_it_is_free(home: Path) -> None:
    first = ensure_aws(home, owned=True)
    stop_aws(home)
    assert ensure_aws(home, owned=True) == first
    stop_aws(home)
    with socket.create_server(("127.0.0.1", int(first.rpartition(":")[2]))):
        assert ensure_aws(home, owned=True) != first


def test_another_server_on_the_noted_port_is_not_taken_for_ours(home: Path) -> None:
    other = home / "other"
    url = ensure_aws(other, owned=True)
    (home / "aws").mkdir()
    (home / "aws" / "server.json").write_text(json.dumps({"port": int(url.rpartition(":")[2]), "pid": 1}))
    assert ensure_aws(home, owned=True) != url
    stop_aws(other)


def test_a_snapshot_begun_and_not_finished_is_ignored(home: Path) -> None:
    connect(home)
    provision.ensure_tenant("marigold-ot", "Marigold OT", "America/Chicago")
    with in_practice():
        save_visit(0)
    stop_aws(home)
    half = home / "aws" / "state.9999999999999999999"
    half.mkdir()
    (half / "dynamodb.json").write_text('{"__ministack_format__": 2, "payl')
    connect(home)
    with in_practice():
        assert store.get("VIS#0", "VISIT") is not None
        save_visit(1)


def test_no_temporary_snapshots_pile_up(home: Path) -> None:
    connect(home)
    provision.ensure_platform()
    stop_aws(home)
    assert len([p for p in (home / "aws").iterdir() if p.name.startswith("state")]) == 2  # the link and what it names


def test_stopping_what_does_not_run_is_false(home: Path) -> None:
    assert stop_aws(home) is False


def test_a_missing_installation_says_how_to_mend_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTBILL_AWS_PYTHON", str(home / "nowhere"))
    with pytest.raises(Fault, match="AWS_NOT_INSTALLED") as fault:
        ensure_aws(home)
    assert "make setup" in fault.value.fix


def stored_numbers(prefix: str, count: int) -> set[int]:
    found = store.get_many([(f"{prefix}#{n}", "VISIT") for n in range(count)])
    return {record.data["number"] for record in found.values()}


def wait_until_gone(home: Path) -> None:
    deadline = time.monotonic() + 5
    while server_pid(home) is not None and time.monotonic() < deadline:
        threading.Event().wait(0.02)


def listening_addresses(port: int) -> set[str]:
    """Addresses on which someone listens on this port, from the kernel's table."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            address, state = row.split()[1], row.split()[3]
            host, _, hex_port = address.partition(":")
            if state == "0A" and int(hex_port, 16) == port:
                found.add(".".join(str(b) for b in bytes.fromhex(host)[::-1]) if len(host) == 8 else host)
    return found


def test_a_server_too_busy_to_answer_is_waited_for_and_not_doubled(home: Path) -> None:
    url = ensure_aws(home, owned=True)
    pid = server_pid(home)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(6.0, os.kill, (pid, signal.SIGCONT)).start()
    assert ensure_aws(home, owned=True) == url
    assert server_pid(home) == pid


def test_stopping_right_after_a_restart_stops_the_new_server(home: Path) -> None:
    for _ in range(3):
        ensure_aws(home, owned=True)
        began = time.monotonic()
        assert stop_aws(home)
        assert time.monotonic() - began < 10
        assert server_pid(home) is None
