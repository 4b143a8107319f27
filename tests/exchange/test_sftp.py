"""Files to and from a trading partner over a real OpenSSH server: whole, once, and to the right host only."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.exchange.sftp import SftpClearinghouse
from chalicelib.platform.errors import Fault, Misuse
from tests.exchange.loopback import Line, Memory, Server, free_port, make_key, serve

pytestmark = pytest.mark.sshd
SIZE = 1_500_000
CONTENT = random.Random(6).randbytes(SIZE)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path) as running:
        yield running


def door(server: Server, pauses: list[float] | None = None, **more: object) -> SftpClearinghouse:
    kept = pauses if pauses is not None else []

    def pause(seconds: float) -> None:
        kept.append(seconds)
        time.sleep(0.3)  # long enough for the server to write down what it had when the line broke

    return SftpClearinghouse(server.settings(**more), server.private_key, Memory(), pause)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_seen_under_its_name_only_when_it_is_whole(server: Server) -> None:
    with door(server) as partner:
        partner.stage("A-1.837", b"ISA")
        assert names(server.to_partner) == ["A-1.837.tmp"]
        partner.publish("A-1.837")
        assert names(server.to_partner) == ["A-1.837"]
        assert (server.to_partner / "A-1.837").read_bytes() == b"ISA"


def test_a_file_the_partner_carried_off_is_not_sent_again(server: Server) -> None:
    with door(server) as partner:
        partner.stage("A-1.837", b"ISA")
        partner.publish("A-1.837")
        (server.to_partner / "A-1.837").unlink()
    with door(server) as again:  # as after a crash between renaming and writing it down
        again.publish("A-1.837")
    assert names(server.to_partner) == []


def test_what_another_run_left_half_sent_is_written_anew(server: Server) -> None:
    (server.to_partner / "A-1.837.tmp").write_bytes(b"something else, longer than the file")
    with door(server) as partner:
        partner.stage("A-1.837", b"ISA")
        partner.publish("A-1.837")
    assert (server.to_partner / "A-1.837").read_bytes() == b"ISA"


def test_an_upload_cut_in_mid_transfer_goes_on_where_it_broke(server: Server) -> None:
    pauses: list[float] = []
    line = Line(server.port, [400_000, 700_000], upward=True)

    kept: list[int] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(0.5)
        kept.append((server.to_partner / "A-1.837.tmp").stat().st_size)

    with SftpClearinghouse(server.settings(port=line.port), server.private_key, Memory(), pause) as partner:
        partner.stage("A-1.837", CONTENT)
        partner.publish("A-1.837")
    line.close()
    assert (server.to_partner / "A-1.837").read_bytes() == CONTENT
    assert line.connections == 3
    assert [0.5 * 2**n <= paused <= 2**n for n, paused in enumerate(pauses)] == [True, True]
    assert kept[0] < kept[1] < SIZE
    assert line.carried[-1] < SIZE - kept[1] + 60_000, "resumed, not begun again"


def test_a_download_cut_in_mid_transfer_goes_on_where_it_broke(server: Server) -> None:
    (server.from_partner / "B-1.835").write_bytes(CONTENT)
    line = Line(server.port, [400_000, 700_000], upward=False)
    with door(server, port=line.port) as partner:
        assert partner.available() == ["B-1.835"]
        assert partner.fetch("B-1.835") == CONTENT
    line.close()
    assert line.connections == 3
    assert sum(line.carried) < SIZE * 1.5, "resumed, not begun again"


def test_another_host_key_than_the_pinned_one_gets_nothing(server: Server, tmp_path: Path) -> None:
    _, stranger = make_key(tmp_path / "stranger")
    pauses: list[float] = []
    with door(server, pauses, host_keys=(stranger,)) as partner, pytest.raises(Fault) as caught:
        partner.stage("A-1.837", b"ISA")
    assert caught.value.code == "SFTP_HOST_KEY"
    assert pauses == []
    assert names(server.to_partner) == []
    assert "Accepted publickey" not in server.log.read_text(), "our key was not shown to a stranger"


def test_a_key_the_partner_does_not_know_is_told_at_once(server: Server, tmp_path: Path) -> None:
    private, _ = make_key(tmp_path / "other")
    pauses: list[float] = []
    partner = SftpClearinghouse(server.settings(), private, Memory(), pauses.append)
    with pytest.raises(Fault) as caught:
        partner.available()
    assert (caught.value.code, pauses) == ("SFTP_AUTH", [])


def test_an_unusable_key_is_refused_without_showing_it(server: Server) -> None:
    partner = SftpClearinghouse(server.settings(), "-----BEGIN NONSENSE-----canary", Memory())
    with pytest.raises(Fault) as caught:
        partner.available()
    assert caught.value.code == "SFTP_KEY"
    assert "canary" not in str(caught.value)


def test_a_host_that_does_not_answer_is_asked_again_with_growing_pauses(server: Server) -> None:
    pauses: list[float] = []
    with door(server, pauses, port=free_port(), attempts=4) as partner, pytest.raises(Fault) as caught:
        partner.available()
    assert caught.value.code == "SFTP_UNREACHABLE"
    assert [2**n / 2 <= pause <= 2**n for n, pause in enumerate(pauses)] == [True] * 3


def test_a_folder_that_is_not_there_is_told_at_once(server: Server) -> None:
    pauses: list[float] = []
    with door(server, pauses, incoming="/nowhere") as partner, pytest.raises(Fault) as caught:
        partner.available()
    assert (caught.value.code, pauses) == ("SFTP_REFUSED", [])


def test_answers_come_oldest_first_without_halves_folders_and_odd_names(server: Server) -> None:
    for n, name in enumerate(("b.999", "a.835", "c.835.tmp", "odd name.txt")):
        path = server.from_partner / name
        path.write_bytes(b"ISA")
        os.utime(path, (1_000_000 + n, 1_000_000 + n))
    (server.from_partner / "folder").mkdir()
    with door(server) as partner:
        assert partner.available() == ["b.999", "a.835"]
        with pytest.raises(Misuse):
            partner.fetch("../host")


def test_an_answer_taken_in_is_put_aside_or_remembered(server: Server) -> None:
    path = server.from_partner / "b.999"
    path.write_bytes(b"one")
    with door(server, archive=str(server.folder / "taken")) as partner:
        partner.archive("b.999")
        assert names(server.folder / "taken") == ["b.999"]
        partner.archive("b.999")  # again: nothing to do
    path.write_bytes(b"two")
    with door(server) as partner:  # this partner lets nobody rename
        assert partner.available() == ["b.999"]
        partner.archive("b.999")
        assert partner.available() == []
        path.write_bytes(b"three, another file of the same name")
        assert partner.available() == ["b.999"]
