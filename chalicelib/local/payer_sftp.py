"""The SFTP door of the simulated clearinghouse: two folders, one user with one key, on the loopback.

The far end of the line that `exchange.sftp` holds, hence the only other module that knows paramiko.
"""

from __future__ import annotations

import base64
import io
import os
import posixpath
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import paramiko
from paramiko import common, sftp

HOST = "127.0.0.1"
SESSION_LIMIT_S = 3600


@dataclass(frozen=True, slots=True)
class Keys:
    """`host_public` and `client_public` are OpenSSH lines; the private ones OpenSSH files."""

    host_private: str = field(repr=False)
    host_public: str = ""
    client_private: str = field(default="", repr=False)
    client_public: str = ""


def keys(seed: str) -> Keys:
    """Host and client key (ed25519) made from a seed: for a simulator, and for nothing else."""
    host, client = _key(f"{seed}|host"), _key(f"{seed}|client")
    return Keys(*host, *client)


def _key(words: str) -> tuple[str, str]:
    from cryptography.hazmat.primitives import serialization as kinds
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(sha256(words.encode()).digest())
    text = private.private_bytes(kinds.Encoding.PEM, kinds.PrivateFormat.OpenSSH, kinds.NoEncryption()).decode()
    public = private.public_key().public_bytes(kinds.Encoding.OpenSSH, kinds.PublicFormat.OpenSSH).decode()
    return text, public


@dataclass
class Server:
    """The listening door. `close` ends it and every session."""

    listener: socket.socket
    sessions: list[paramiko.Transport] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def close(self) -> None:
        for session in self.sessions:
            session.close()
        self.listener.close()


def serve(
    inbound: Path, outbound: Path, user: str, known: Keys, before_looking: Callable[[], object], port: int = 0
) -> Server:
    """Listen and answer in threads. `before_looking` runs before the answers are listed, so that none is missing."""
    listener = socket.create_server((HOST, port))
    server = Server(listener)
    places = _Places({"/inbound": inbound, "/outbound": outbound}, before_looking)
    host_key = paramiko.Ed25519Key.from_private_key(io.StringIO(known.host_private))

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return  # closed
            session = paramiko.Transport(line)
            session.add_server_key(host_key)
            session.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folders, places)
            server.sessions.append(session)
            with suppress(paramiko.SSHException, EOFError, OSError):
                session.start_server(server=_Door(user, known.client_public))

    threading.Thread(target=accept, daemon=True).start()
    return server


class _Door(paramiko.ServerInterface):
    """One user, one key, nothing but SFTP."""

    def __init__(self, user: str, public: str) -> None:
        self.user, self.key = user, base64.b64decode(public.split()[1])

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        right = username == self.user and key.asbytes() == self.key
        return common.AUTH_SUCCESSFUL if right else common.AUTH_FAILED

    def get_allowed_auths(self, _: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, _: int) -> int:
        return common.OPEN_SUCCEEDED if kind == "session" else common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


@dataclass(frozen=True, slots=True)
class _Places:
    roots: dict[str, Path]
    before_looking: Callable[[], object]

    def find(self, path: str) -> Path | None:
        """The file a path of the session names, None outside the two folders."""
        plain = _plain(path)
        for name, folder in self.roots.items():
            if plain == name:
                return folder
            if plain.startswith(name + "/"):
                return folder / plain[len(name) + 1 :]
        return None


class _Folders(paramiko.SFTPServerInterface):
    """Files of the two folders: list, look, read, write, rename, remove."""

    def __init__(self, server: paramiko.ServerInterface, places: _Places) -> None:
        super().__init__(server)
        self.places = places

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        found = self.places.find(path)
        if found is None:
            return sftp.SFTP_NO_SUCH_FILE
        self.places.before_looking()
        try:
            return [_attributes(entry) for entry in sorted(found.iterdir()) if not entry.name.startswith(".")]
        except OSError as error:
            return _code(error)

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        found = self.places.find(path)
        if _plain(path) == "/":
            return _attributes(next(iter(self.places.roots.values())).parent)
        try:
            return _attributes(found) if found else sftp.SFTP_NO_SUCH_FILE
        except OSError as error:
            return _code(error)

    lstat = stat

    def open(self, path: str, flags: int, _: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        found = self.places.find(path)
        if found is None or found in self.places.roots.values():
            return sftp.SFTP_PERMISSION_DENIED
        try:
            file = os.fdopen(os.open(found, flags, 0o600), _mode(flags))
        except OSError as error:
            return _code(error)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = handle.writefile = file  # type: ignore[attr-defined]
        return handle

    def remove(self, path: str) -> int:
        return self._do(lambda one: one.unlink(), path)

    def rename(self, old: str, new: str) -> int:
        return self._do(lambda one, other: other.exists() or one.rename(other), old, new)

    def posix_rename(self, old: str, new: str) -> int:
        return self._do(lambda one, other: one.replace(other), old, new)

    def mkdir(self, path: str, _: paramiko.SFTPAttributes) -> int:
        return self._do(lambda one: one.mkdir(), path)

    def _do(self, act: Callable[..., object], *paths: str) -> int:
        found = [self.places.find(path) for path in paths]
        if any(one is None or one in self.places.roots.values() for one in found):
            return sftp.SFTP_PERMISSION_DENIED
        try:
            return sftp.SFTP_FAILURE if act(*found) is True else sftp.SFTP_OK
        except OSError as error:
            return _code(error)


def _plain(path: str) -> str:
    # Two slashes at the beginning mean something of their own to POSIX, and normpath keeps them.
    return posixpath.normpath("/" + path.lstrip("/"))


def _mode(flags: int) -> str:
    if flags & os.O_RDWR:
        return "r+b"
    if flags & os.O_WRONLY:
        return "ab" if flags & os.O_APPEND else "wb" if flags & os.O_TRUNC else "r+b"
    return "rb"


def _attributes(path: Path) -> paramiko.SFTPAttributes:
    return paramiko.SFTPAttributes.from_stat(path.stat(), path.name)


def _code(error: OSError) -> int:
    return paramiko.SFTPServer.convert_errno(error.errno or 0)
