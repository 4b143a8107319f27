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
    """A trading partner's door. Names are plain file names.

    A file leaves in two steps, so that one that the partner has already carried off is never sent again: `stage` puts the
    whole of it there as `.tmp`; that is recorded; then `publish` renames it. A staged file that is no longer there was
    published, because nothing else takes a `.tmp` away.
    """

    def stage(self, name: str, content: bytes) -> None:
        """Put the file there as `name.tmp`, whole. Staging again replaces it."""
        ...

    def publish(self, name: str) -> None:
        """Rename a staged file to its name. Publishing again changes nothing."""
        ...

    def available(self) -> list[str]:
        """Names of answers waiting, oldest first."""
        ...

    def fetch(self, name: str) -> bytes: ...

    def archive(self, name: str) -> None:
        """Put an answer aside once it is taken in."""
        ...


def write_atomically(path: Path, content: bytes) -> None:
    """Write as `.tmp`, then rename: a reader sees the whole file or none, after a crash too. Owner-only: it holds PHI."""
    _write_aside(path, content).replace(path)


def _write_aside(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return temporary


def is_plain(name: str) -> bool:
    """Whether it is one path-free name of a whole file."""
    return bool(_NAME.fullmatch(name)) and not name.endswith(".tmp")


def plain_name(name: str) -> str:
    """The name itself if it is one path-free file name; Misuse otherwise."""
    if not is_plain(name):
        raise Misuse("FILE_NAME", "a file name may hold letters, digits, dot, dash and underscore only")
    return name


class FolderClearinghouse:
    """A trading partner reached through two folders: `outgoing` we write, `incoming` we read."""

    def __init__(self, outgoing: Path, incoming: Path) -> None:
        self.outgoing, self.incoming = outgoing, incoming

    def stage(self, name: str, content: bytes) -> None:
        _write_aside(self.outgoing / plain_name(name), content)

    def publish(self, name: str) -> None:
        path = self.outgoing / plain_name(name)
        temporary = path.with_name(path.name + ".tmp")
        if temporary.exists():
            temporary.replace(path)

    def available(self) -> list[str]:
        if not self.incoming.is_dir():
            return []
        return sorted(path.name for path in self.incoming.iterdir() if path.is_file() and is_plain(path.name))

    def fetch(self, name: str) -> bytes:
        path = self.incoming / plain_name(name)
        if path.stat().st_size > MOST_BYTES:
            raise Misuse("FILE_TOO_LARGE", "an answer is larger than 2 GB", where=name)
        return path.read_bytes()

    def archive(self, name: str) -> None:
        aside = self.incoming / "taken"
        aside.mkdir(exist_ok=True)
        (self.incoming / plain_name(name)).replace(aside / name)
