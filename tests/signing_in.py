"""Signing test people in: tokens of the real user pool, and codes of the authenticators they need."""

from __future__ import annotations

import time

from chalicelib.local import login_codes
from chalicelib.store import control, identity, user_pool
from chalicelib.store.user_pool import CodeNeeded

PASSWORD = "fictional-password"  # of every person the tests make, unless told otherwise


def bearer(user: str, password: str = PASSWORD) -> str:
    """An access token of a user (login or user id), asked of the pool itself, past the sign-in and its limits."""
    user_id = user if user.startswith("usr_") else identity.user_id_of(user)
    record = control.get(f"USR#{user_id}", "USER")
    assert record is not None
    login_codes.enrol(record.data["login"], password)
    answer = user_pool.check_password(user_id, password)
    if isinstance(answer, CodeNeeded):
        answer = user_pool.check_code(user_id, answer.session, login_codes.current(record.data["login"])[0])
    return answer.token


def code_for_set_up(key: str) -> str:
    """The code before the present one, with time left to send it: it counts until the half minute turns."""
    left = login_codes.PERIOD_S - time.time() % login_codes.PERIOD_S
    if left < 8:
        time.sleep(left + 0.1)
    return login_codes.earlier_code(key)


def code_for(login: str, password: str = PASSWORD) -> str:
    """The present code, made usable again however often it was used in these thirty seconds."""
    login_codes.enrol(login, password)
    used = control.get(f"CODES#{identity.user_id_of(login)}", "USED")
    if used:
        control.delete(used)
    return login_codes.current(login)[0]
