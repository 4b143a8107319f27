"""A trading partner over SFTP: pinned host keys, key authentication, one folder each way.

Uploads go to `name.tmp` and are renamed when whole; a connection cut in mid-transfer is taken up again where it broke, after a
pause that doubles. Downloads resume too, and start over when the file changed meanwhile. paramiko is imported where it is used.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import Field

from chalicelib.exchange.clearinghouse import MOST_BYTES, is_plain, plain_name
from chalicelib.platform.errors import Fault, Misuse
from chalicelib.platform.model import Model

if TYPE_CHECKING:
    from paramiko import PKey, SFTPAttributes, SFTPClient, Transport

Result = TypeVar("Result")
CHUNK_BYTES = 32 * 1024
_RSA = ("rsa-sha2-512", "rsa-sha2-256")


class SftpSettings(Model):
    """How a partner is reached. `host_keys` are OpenSSH lines ('ssh-ed25519 AAAA…'); any other key at the host is refused.

    `key_secret` names the private key in Secrets Manager. `outgoing` is where we put files, `incoming` where we find them;
    `archive`, when the partner lets us rename, where answers go once they are taken in (empty: they stay, and the ledger
    of what was taken keeps them from being taken again).
    """

    host: str
    port: int = Field(default=22, ge=1, le=65535)
    username: str
    host_keys: tuple[str, ...] = Field(min_length=1)
    key_secret: str
    outgoing: str
    incoming: str
    archive: str = ""
    timeout_s: int = Field(default=30, ge=1, le=300)
    attempts: int = Field(default=5, ge=1, le=10)


class TakenLedger(Protocol):
    """Which files of this partner were taken in, by name, size and time of change (`version`)."""

    def was_taken(self, name: str, version: str) -> bool: ...

    def mark_taken(self, name: str, version: str) -> None: ...


class SftpClearinghouse:
    """The Clearinghouse Protocol over SFTP. Connects when first used; `close` or a `with` block ends it.

    Fault SFTP_HOST_KEY, SFTP_AUTH (neither is tried again), SFTP_REFUSED (the server said no), SFTP_UNREACHABLE.
    """

    def __init__(
        self,
        settings: SftpSettings,
        private_key: str,
        ledger: TakenLedger,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self._private_key = private_key
        self._ledger = ledger
        self._pause = pause
        self._transport: Transport | None = None
        self._sftp: SFTPClient | None = None

    def __enter__(self) -> SftpClearinghouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._transport = self._sftp = None

    # The Clearinghouse Protocol

    def stage(self, name: str, content: bytes) -> None:
        path = f"{self.settings.outgoing}/{plain_name(name)}.tmp"
        fresh = True  # what another run left may be another content: the first attempt starts over

        def upload(sftp: SFTPClient) -> None:
            nonlocal fresh
            done = 0 if fresh else min(_size(sftp, path) or 0, len(content))
            fresh = False
            with sftp.open(path, "r+b" if done else "wb") as remote:
                remote.set_pipelined(True)
                remote.seek(done)
                for start in range(done, len(content), CHUNK_BYTES):
                    remote.write(content[start : start + CHUNK_BYTES])
            if _size(sftp, path) != len(content):
                raise EOFError("the upload is not whole")

        self._attempt(upload)

    def publish(self, name: str) -> None:
        path = f"{self.settings.outgoing}/{plain_name(name)}"

        def rename(sftp: SFTPClient) -> None:
            if _size(sftp, f"{path}.tmp") is not None:  # otherwise it was renamed before, and perhaps carried off
                sftp.posix_rename(f"{path}.tmp", path)

        self._attempt(rename)

    def available(self) -> list[str]:
        """Names of whole files not taken in yet, oldest first."""
        import stat

        def listing(sftp: SFTPClient) -> list[Any]:
            return sftp.listdir_attr(self.settings.incoming)

        files = [item for item in self._attempt(listing) if stat.S_ISREG(item.st_mode or 0) and is_plain(item.filename)]
        fresh = [item for item in files if not self._ledger.was_taken(item.filename, _version(item))]
        return [item.filename for item in sorted(fresh, key=lambda item: (item.st_mtime or 0, item.filename))]

    def fetch(self, name: str) -> bytes:
        path = f"{self.settings.incoming}/{plain_name(name)}"
        got = bytearray()
        mark: tuple[int, int] | None = None

        def download(sftp: SFTPClient) -> bytes:
            nonlocal mark
            found = sftp.stat(path)
            now = (int(found.st_size or 0), int(found.st_mtime or 0))
            if now[0] > MOST_BYTES:
                raise Misuse("FILE_TOO_LARGE", "an answer is larger than 2 GB", where=name)
            if mark is not None and mark != now:
                got.clear()  # it changed while we were away
            mark = now
            with sftp.open(path, "rb") as remote:
                remote.seek(len(got))
                remote.prefetch(now[0])  # asks ahead, from here on
                while len(got) < now[0]:
                    chunk = remote.read(min(CHUNK_BYTES, now[0] - len(got)))
                    if not chunk:
                        raise EOFError("the file ended early")
                    got.extend(chunk)
            return bytes(got)

        return self._attempt(download)

    def archive(self, name: str) -> None:
        """Note the file as taken, then put it aside where the partner allows."""
        path = f"{self.settings.incoming}/{plain_name(name)}"

        def aside(sftp: SFTPClient) -> None:
            try:
                found = sftp.stat(path)
            except FileNotFoundError:
                return  # put aside before
            self._ledger.mark_taken(name, _version(found))
            if self.settings.archive:
                sftp.posix_rename(path, f"{self.settings.archive}/{name}")

        self._attempt(aside)

    # Connection

    def _attempt(self, act: Callable[[SFTPClient], Result]) -> Result:
        """Do it, again after a pause when the line breaks: 1 s, 2 s, 4 s …, each with jitter."""
        for attempt in range(1, self.settings.attempts + 1):
            with _said_plainly(self.settings.host):
                try:
                    return act(self._connected())
                except (EOFError, ConnectionError, TimeoutError, socket.gaierror) as broken:
                    self._give_up(attempt, broken)
                except OSError as error:
                    if not _is_broken(error):
                        raise
                    self._give_up(attempt, error)
                except Exception as error:
                    if not _is_retryable(error):
                        raise
                    self._give_up(attempt, error)
        raise Fault("SFTP_UNREACHABLE", "no attempt was made", where=self.settings.host)

    def _give_up(self, attempt: int, cause: BaseException) -> None:
        """Pause before the next attempt; Fault when this was the last."""
        self.close()
        if attempt == self.settings.attempts:
            raise Fault(
                "SFTP_UNREACHABLE",
                f"the partner's server could not be used, {attempt} times ({type(cause).__name__})",
                where=self.settings.host,
                fix="run the exchange again later; nothing is lost and nothing is sent twice",
            ) from None
        self._pause(2 ** (attempt - 1) * random.uniform(0.5, 1.0))

    def _connected(self) -> SFTPClient:
        if self._sftp is None or self._transport is None or not self._transport.is_active():
            self.close()
            self._connect()
        if self._sftp is None:
            raise EOFError("no session")
        return self._sftp

    def _connect(self) -> None:
        import paramiko

        settings = self.settings
        key = load_key(self._private_key)
        raw = socket.create_connection((settings.host, settings.port), settings.timeout_s)
        self._transport = transport = paramiko.Transport(raw)
        transport.banner_timeout = transport.auth_timeout = settings.timeout_s
        transport.get_security_options().key_types = _pinned_types(settings.host_keys)
        transport.start_client(timeout=settings.timeout_s)
        self._check_host(transport.get_remote_server_key())
        transport.auth_publickey(settings.username, key)
        self._sftp = paramiko.SFTPClient.from_transport(transport)
        channel = self._sftp.get_channel() if self._sftp else None
        if channel is not None:
            channel.settimeout(settings.timeout_s)

    def _check_host(self, offered: PKey) -> None:
        line = f"{offered.get_name()} {offered.get_base64()}"
        if line not in {" ".join(key.split()[:2]) for key in self.settings.host_keys}:
            self.close()
            raise Fault(
                "SFTP_HOST_KEY",
                "the server showed a key that is not the pinned one; nothing was sent",
                where=self.settings.host,
                fix="ask the partner, over another channel, whether its host key changed; then pin the new one",
            )


def _pinned_types(host_keys: tuple[str, ...]) -> tuple[str, ...]:
    """Ask the server for a key of a pinned kind, whatever else it has."""
    kinds: list[str] = []
    for line in host_keys:
        kind = line.split()[0]
        kinds += _RSA if kind == "ssh-rsa" else (kind,)
    return tuple(dict.fromkeys(kinds))


def load_key(text: str) -> PKey:
    """A private key in OpenSSH or PEM form. Fault SFTP_KEY when it is none we can use; the key stays out of the message."""
    import io

    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text))
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise Fault(
        "SFTP_KEY", "the private key cannot be read", fix="store an unencrypted OpenSSH or PEM key (ed25519 best)"
    )


def _version(found: SFTPAttributes) -> str:
    """Tells one file from a later one of the same name."""
    return f"{found.st_size or 0}#{found.st_mtime or 0}"


def _size(sftp: SFTPClient, path: str) -> int | None:
    """Size in bytes, None when there is no such file."""
    try:
        return int(sftp.stat(path).st_size or 0)
    except FileNotFoundError:
        return None


def _is_broken(error: OSError) -> bool:
    """Whether the line broke. A plain refusal of the server (no such file, no permission, no space) is an OSError too."""
    return "Socket is closed" in str(error) or error.__class__ is socket.timeout


def _is_retryable(error: Exception) -> bool:
    import paramiko

    fatal = (paramiko.AuthenticationException, paramiko.BadHostKeyException)
    return isinstance(error, paramiko.SSHException) and not isinstance(error, fatal)


@contextmanager
def _said_plainly(host: str) -> Iterator[None]:
    """Errors of the server as ours, without what it said: a server's words may quote a file name."""
    import paramiko

    try:
        yield
    except paramiko.AuthenticationException:
        raise Fault(
            "SFTP_AUTH",
            "the server did not take our key",
            where=host,
            fix="check the user name, and that the partner has our public key",
        ) from None
    except OSError as error:
        raise Fault(
            "SFTP_REFUSED",
            f"the server refused ({type(error).__name__})",
            where=host,
            fix="check the folders in the partner's settings and what we may do in them",
        ) from None
