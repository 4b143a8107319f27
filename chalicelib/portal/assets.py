"""The few files a page needs, and their addresses: named by content, so browsers may keep them for ever."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

from chalicelib.platform.errors import NotFound


@cache
def asset(name: str) -> str:
    """The text of static/`name`. Raises NotFound; `name` must already be checked for slashes."""
    file = files("chalicelib.portal").joinpath("static", name)
    if not file.is_file():
        raise NotFound("NOT_FOUND", "There is no such file.")
    return file.read_text(encoding="utf-8")


@cache
def static_url(name: str) -> str:
    """'/static/portal-1a2b3c4d5e.css': one segment, since a greedy path behaves differently locally and on AWS."""
    stem, _, ending = name.rpartition(".")
    return f"/static/{stem}-{sha256(asset(name).encode()).hexdigest()[:10]}.{ending}"
