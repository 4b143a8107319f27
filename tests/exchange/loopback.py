"""A real OpenSSH server on loopback, and a line to it that can be cut in mid-transfer."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.exchange.sftp import SftpSettings

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


@dataclass
class Memory:
    """The ledger of taken files, for tests that need no AWS."""

    taken: set[tuple[str, str]] = field(default_factory=set)

    def was_taken(self, name: str, version: str) -> bool:
        return (name, version) in self.taken

    def mark_taken(self, name: str, version: str) -> None:
        self.taken.add((name, version))


@dataclass
class Server:
    port: int
    folder: Path
    host_key: str  # the OpenSSH line
    private_key: str
    log: Path

    @property
    def to_partner(self) -> Path:
        return self.folder / "inbound"

    @property
    def from_partner(self) -> Path:
        return self.folder / "outbound"

    def settings(self, **more: object) -> SftpSettings:
        base: dict[str, object] = {
            "host": "127.0.0.1", "port": self.port, "username": pwd.getpwuid(os.getuid()).pw_name, "host_keys": (self.host_key,),
            "key_secret": "test/key", "outgoing": str(self.to_partner), "incoming": str(self.from_partner),
            "timeout_s": 10,
        }  # fmt: skip
        return SftpSettings.model_validate({**base, **more})


def make_key(path: Path) -> tuple[str, str]:
    """(private key, public line) of a new ed25519 key."""
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(words, check=True, timeout=30)
    return path.read_text(), " ".join(path.with_suffix(".pub").read_text().split()[:2])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """An sshd of our own, as this user, with keys and folders of its own."""
    private, public = make_key(folder / "client")
    _, host = make_key(folder / "host")
    (folder / "authorized").write_text(public + "\n")
    for name in ("inbound", "outbound", "taken"):
        (folder / name).mkdir()
    port = free_port()
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        f"PidFile {folder}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\nLogLevel VERBOSE\n"
    )
    with contextlib.suppress(PermissionError):
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it when it runs as root
    log = folder / "sshd.log"
    process = subprocess.Popen([SSHD, "-D", "-f", str(config), "-E", str(log)])
    try:
        _wait_for(port, process)
        yield Server(port, folder, host, private, log)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("sshd ended at once")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("sshd did not answer")


class Line:
    """A line to the server that breaks after so many bytes in one direction, once per number in `cuts`."""

    def __init__(self, port: int, cuts: list[int], *, upward: bool) -> None:
        self.target, self.cuts, self.upward = port, list(cuts), upward
        self.carried: list[int] = []  # bytes in the watched direction, by connection
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.carried.append(0)
            far = socket.create_connection(("127.0.0.1", self.target))
            limit = self.cuts.pop(0) if self.cuts else None
            threading.Thread(target=self._carry, args=(near, far, limit if self.upward else None, self.upward)).start()
            threading.Thread(
                target=self._carry, args=(far, near, None if self.upward else limit, not self.upward)
            ).start()

    def _carry(self, source: socket.socket, sink: socket.socket, limit: int | None, watched: bool) -> None:
        """Pass bytes on until the end or the cut; after a cut the far end still gets all that was under way."""
        done, heard, cut = 0, True, False
        with contextlib.suppress(OSError):
            while not cut and (data := source.recv(16384)):
                done += len(data)
                self.carried[-1] += len(data) if watched else 0
                cut = limit is not None and done > limit
                if heard and not cut:
                    try:
                        sink.sendall(data)
                    except OSError:
                        heard = False
        if cut:
            time.sleep(0.5)  # the far end gets on with what reached it before the line breaks
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        if cut:
            near = source if self.upward else sink
            with contextlib.suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
            near.close()
