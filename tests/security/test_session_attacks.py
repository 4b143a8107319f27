"""Every attack of attacks.py is refused."""

from __future__ import annotations

import pytest
from attacks import ATTACKS
from web_world import World

pytestmark = pytest.mark.aws


@pytest.mark.parametrize("name", ATTACKS)
def test_refused(client, practices: World, name: str) -> None:
    assert ATTACKS[name](client, practices)
