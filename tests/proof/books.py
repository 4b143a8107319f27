"""The ledger's state machine (tests/ledger/ledger_machine.py), longer than the tests run it and never the same twice."""

from __future__ import annotations

import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.ledger import ledger_machine
from tests.proof.figures import Figure

LONG = settings(
    max_examples=500,
    stateful_step_count=50,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def proof() -> Figure:
    """Steps taken, with every invariant looked at after each."""
    began, figure = time.monotonic(), Figure("ledger.stateful")
    try:
        run_state_machine_as_test(ledger_machine.Books, settings=LONG)
    except AssertionError as error:
        figure.fail(str(error))
    figure.tried = ledger_machine.steps
    figure.seconds = time.monotonic() - began
    return figure
