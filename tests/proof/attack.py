"""Attacks on sessions, tokens and forms (tests/security/attacks.py), each refused."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from chalicelib import store
from tests.proof.figures import Figure


def proof() -> Figure:
    """Every attack once, on the world the face tests use."""
    tests = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(tests), str(tests / "security")]
    from attacks import ATTACKS
    from chalice.test import Client
    from web_world import world

    from chalicelib.local.web import product

    began, figure = time.monotonic(), Figure("attack.sessions")
    made = world(store.runtime().settings.aws_endpoint)
    with Client(product(), stage_name="test") as client:
        for name, attack in ATTACKS.items():
            figure.check(attack(client, made), name)
    figure.seconds = time.monotonic() - began
    return figure
