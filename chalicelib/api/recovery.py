"""A forgotten password, for API and portal: limits on asking and on guessing, and the same answer in the same time for all."""

from __future__ import annotations

import time

from chalicelib.api import identity
from chalicelib.compliance import password_reset
from chalicelib.compliance.password_reset import ResetRefused

__all__ = ["ResetRefused", "ask", "choose"]

# Mail nobody asked for is a nuisance, and each makes the code before it worthless.
MAX_MAILS_OF_A_NAME = 5
MAX_MAILS_OF_AN_ADDRESS = 20
MAIL_WINDOW_S = 3600
MAX_CODES = 10
MAX_CODES_OF_AN_ADDRESS = 50
# Sending a mail takes a while and sending none does not: both take this long, so that time tells nothing either.
FLOOR_S = 1.0


def ask(login: str) -> None:
    """Send a code to whoever has this login. TooManyTries alike for names that exist and names that do not."""
    began = time.monotonic()
    _count("mail", login, MAIL_WINDOW_S, MAX_MAILS_OF_A_NAME, MAX_MAILS_OF_AN_ADDRESS)
    password_reset.ask(login)
    time.sleep(max(0.0, FLOOR_S - (time.monotonic() - began)))


def choose(login: str, code: str, password: str) -> None:
    """The new password for a code; each try is counted before it is judged. ResetRefused, Misuse, TooManyTries."""
    _count("reset", login, identity.WINDOW_S, MAX_CODES, MAX_CODES_OF_AN_ADDRESS)
    password_reset.choose(login, code, password)


def _count(scope: str, login: str, seconds: int, of_a_name: int, of_an_address: int) -> None:
    identity.count_tries(seconds, {identity.hidden(f"{scope}-name", login): of_a_name,
                                   identity.hidden(f"{scope}-address", identity.source_address()): of_an_address},
                         "requests")  # fmt: skip
