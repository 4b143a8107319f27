"""The world of the faces (tests/web_world.py) for this folder's tests."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from web_world import World, world


@pytest.fixture
def practices(aws: str, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    return world(aws)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # --no-sandbox: CI runs as root, where Chromium's sandbox refuses to start.
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def address(practices: World) -> Iterator[str]:
    """The portal over http, with the world's practices in it."""
    from waitress.server import create_server

    from chalicelib.local.web import THREADS, make_wsgi

    server = create_server(make_wsgi(), host="127.0.0.1", port=0, threads=THREADS, ident="")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture
def open_page(chromium: Any, address: str) -> Iterator[Callable[..., Any]]:
    """`open_page(email="", **context options)`: a page of a fresh browser context; a console error fails the test."""
    from chalicelib.store import identity

    contexts, complaints = [], []

    def make(email: str = "", **options: Any) -> Any:
        context = chromium.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        contexts.append(context)
        if email:
            session = identity.start_session(identity.find_login(email))
            context.add_cookies([{"name": "sid", "value": session, "url": address}])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    # A refused form answers 422, which Chromium notes as a failed load; everything else is ours to mend.
    assert [text for text in complaints if "status of 422" not in text] == []
