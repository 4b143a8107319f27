"""The clearinghouse as we see it: a place to put files and a place to fetch answers from."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Protocol

from chalicelib.platform.errors import Misuse

MOST_BYTES = 2 * 1024**3
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


class Clearinghouse(Protocol):
    """A trading partner's door. Names are plain file names; sending the same name and content again is harmless."""

    def send(self, name: str, content: bytes) -> None: ...

    def available(self) -> list[str]:
        """Names of answers waiting, oldest first."""
        ...

    def fetch(self, name: str) -> bytes: ...

    def archive(self, name: str) -> None:
        """Put an answer aside once it is taken in."""
        ...


def write_atomically(path: Path, content: bytes) -> None:
    """Write as `.tmp`, then rename: a reader sees the whole file or none, after a crash too. Owner-only: it holds PHI."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def plain_name(name: str) -> str:
    """The name itself if it is one path-free file name; Misuse otherwise."""
    if not _NAME.fullmatch(name) or name.endswith(".tmp"):
        raise Misuse("FILE_NAME", "a file name may hold letters, digits, dot, dash and underscore only")
    return name


class FolderClearinghouse:
    """A trading partner reached through two folders: `outgoing` we write, `incoming` we read."""

    def __init__(self, outgoing: Path, incoming: Path) -> None:
        self.outgoing, self.incoming = outgoing, incoming

    def send(self, name: str, content: bytes) -> None:
        write_atomically(self.outgoing / plain_name(name), content)

    def available(self) -> list[str]:
        if not self.incoming.is_dir():
            return []
        found = [path for path in self.incoming.iterdir() if path.is_file() and not path.name.endswith(".tmp")]
        return sorted(path.name for path in found if _NAME.fullmatch(path.name))

    def fetch(self, name: str) -> bytes:
        path = self.incoming / plain_name(name)
        if path.stat().st_size > MOST_BYTES:
            raise Misuse("FILE_TOO_LARGE", "an answer is larger than 2 GB", where=name)
        return path.read_bytes()

    def archive(self, name: str) -> None:
        aside = self.incoming / "taken"
        aside.mkdir(exist_ok=True)
        (self.incoming / plain_name(name)).replace(aside / name)
