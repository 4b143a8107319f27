"""What the forms of a denial's page ask for: each does one thing, and a refusal comes back in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import cast

from chalicelib.denials import acts, appeals, paths
from chalicelib.denials.appeal import Method, Result
from chalicelib.money import MoneyError, parse_dollars
from chalicelib.platform.errors import Misuse, NotFound, OtbillError

Form = Mapping[str, str]


def denial_act(denial_id: str, form: Form) -> OtbillError | None:
    """Do what the form says to a denial; the refusal, if it was one. NotFound stays an error of its own."""
    return _done(_ACTS, form, denial_id)


def appeal_step(appeal_id: str, form: Form) -> OtbillError | None:
    return _done(_STEPS, form, appeal_id)


def _done(known: Mapping[str, Callable[[str, Form], object]], form: Form, key: str) -> OtbillError | None:
    act = known.get(form.get("do", ""))
    try:
        if act is None:
            raise Misuse("NO_SUCH_ACT", "That is nothing one can do here.", fix="Use the buttons of the page.")
        act(key, form)
    except NotFound:
        raise
    except OtbillError as error:
        if error.http_status >= 500:
            raise
        return error
    return None


def _day(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise Misuse("NOT_A_DATE", "a day is missing", fix="choose one") from None


def _day_or_today(form: Form, name: str) -> date | None:
    return _day(form, name) if form.get(name) else None


def _draft(kind: str) -> Callable[[str, Form], object]:
    def act(denial_id: str, form: Form) -> object:
        return appeals.draft(
            denial_id,
            kind=kind,
            argument=form.get("argument", ""),
            statement=form.get("statement", "").replace("\r\n", "\n"),
            recipient=form.get("recipient", "").replace("\r\n", "\n"),
            good_cause=form.get("good_cause", ""),
        )

    return act


_ACTS: Mapping[str, Callable[[str, Form], object]] = {
    "assign": lambda key, form: acts.assign(key, form.get("user_id", "")),
    "snooze": lambda key, form: acts.snooze(key, _day(form, "until"), form.get("words", "")),
    "note": lambda key, form: acts.note(key, form.get("words", "")),
    "correct": lambda key, form: paths.correct(key, reason=form.get("words", "")),
    "next_payer": lambda key, form: paths.next_payer(key, reason=form.get("words", "")),
    "write_off": lambda key, form: paths.write_off(key, form.get("reason", "")),
    "patient": lambda key, _: paths.bill_patient(key),
    "ask": lambda key, form: paths.ask(key, form.get("role", ""), _day(form, "due_on"), form.get("words", "")),
    "appeal": _draft("appeal"),
    "records": _draft("records"),
}


def _send(appeal_id: str, form: Form) -> object:
    method = form.get("method", "")
    if method not in ("mail", "fax", "portal"):
        raise Misuse("METHOD", "how it was sent is missing", fix="choose mail, fax or portal")
    return appeals.send(
        appeal_id,
        cast(Method, method),
        to=form.get("to", ""),
        proof=form.get("proof", ""),
        on=_day_or_today(form, "on"),
    )


def _outcome(appeal_id: str, form: Form) -> object:
    result = form.get("result", "")
    if result not in ("overturned", "partly", "upheld", "dismissed"):
        raise Misuse("RESULT", "the payer's answer is missing", fix="choose it")
    try:
        amount = parse_dollars(form.get("amount", "") or "0")
    except MoneyError:
        raise Misuse("NOT_DOLLARS", "the amount is not in dollars", fix="write it as 12.34") from None
    return appeals.outcome(
        appeal_id, cast(Result, result), on=_day_or_today(form, "on"), amount_cents=amount, words=form.get("words", "")
    )


_STEPS: Mapping[str, Callable[[str, Form], object]] = {
    "packet": lambda key, form: appeals.packet(key, waive=[name[6:] for name in form if name.startswith("waive:")]),
    "send": _send,
    "outcome": _outcome,
}
