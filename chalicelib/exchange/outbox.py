"""Files ready to leave, where a person can see them: one folder, emptied by the next sync.

The document in the practice's store is the file of record; this is its copy at the door.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.exchange.clearinghouse import plain_name, write_atomically


def place(folder: Path, name: str, content: bytes) -> Path:
    """Put a file at the door; the same file again changes nothing."""
    path = folder / plain_name(name)
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content)
    return path


def names(folder: Path) -> list[str]:
    """Names of the files at the door."""
    return sorted(path.name for path in folder.glob("*.837")) if folder.is_dir() else []


def remove(folder: Path, name: str) -> None:
    """Take a sent file from the door."""
    (folder / plain_name(name)).unlink(missing_ok=True)
