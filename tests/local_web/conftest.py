"""The world of the faces (tests/web_world.py) for this folder's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from web_world import World, world


@pytest.fixture
def practices(aws: str, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    return world(aws)
