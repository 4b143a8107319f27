"""The world of the faces (tests/web_world.py) for this folder's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from web_world import World, world  # noqa: E402


@pytest.fixture
def practices(aws: str, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    return world(aws)


@pytest.fixture
def client():
    from chalice.test import Client

    from app import app

    with Client(app, stage_name="test") as made:  # "dev" would bring its environment along
        yield made
