"""/p/{tenant}/claims/{claim}/<act>: what a person does to a claim. First what it would do, then the button that does it.

Plain forms: they work without script and by keyboard alone. A form carries the number of the claim's last event it was made
from, so that a form sent twice, or after somebody else acted, is refused instead of done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chalice.app import Blueprint, Response

from chalicelib.claims import authority, corrections, holds, secondary
from chalicelib.claims.acts import ACTS, Preview, preview
from chalicelib.claims.model import Party
from chalicelib.claims.queries import claim_view
from chalicelib.clock import today
from chalicelib.money import MoneyError, dollars, parse_dollars
from chalicelib.platform.errors import Conflict, Misuse, OtbillError
from chalicelib.portal import code_words
from chalicelib.portal.render import html, redirect, sentence
from chalicelib.portal.session import PageCall, page, posted
from chalicelib.tenancy import require

routes = Blueprint(__name__)
FOLLOW_UP_DAYS = 7
Form = Mapping[str, str]

BUTTONS = {
    "release": "Release and check anew",
    "resubmit": "Make it ready to go again",
    "secondary": "Make the claim ready",
    "correct": "Open the correction",
    "void": "Void it at the payer",
    "drop": "Give up the correction",
    "hold": "Hold the claim",
    "writeoff": "Give it up",
    "note": "Add the note",
}
DONE = {
    "release": "The claim was checked anew.",
    "resubmit": "The claim was checked anew; when it is ready it goes with the next batch.",
    "secondary": "The claim to the next payer goes with the next batch; one on paper waits to be printed.",
    "correct": "The correction is open.",
    "void": "The void goes with the next batch.",
    "drop": "The correction is given up.",
    "hold": "The claim is held.",
    "writeoff": "The amount is given up.",
    "note": "The note is on the timeline.",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `kind` is text, date, area, select or check; `choices` of a select are value and words."""

    name: str
    label: str
    kind: str = "area"
    hint: str = ""
    optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()


_REASON = Field("reason", "Why", hint="Stands on the claim’s page. Nothing about the patient, please.", optional=True)


def _fields(act: str, seen: Preview) -> tuple[Field, ...]:
    if act == "hold":
        return (
            Field("reason", "Reason", "select", choices=_worded(authority.HOLD_REASONS)),
            Field("words", "More about it", hint="Needed for the reason “see the words”.", optional=True),
            Field("owner", "Whose move it is", "select", choices=(("us", "Ours"), ("practice", "The practice’s"))),
            Field("follow_up_on", "Look at it again on", "date"),
            Field(
                "release_on", "Ends by itself on", "date", hint="Such as the day an enrolment begins.", optional=True
            ),
        )
    if act == "release":
        checks = tuple(
            Field(f"override_{code}", f"Overrule {code}: {code_words.finding(code)}", "check", optional=True)
            for code in seen.overridable
        )
        return (*checks, _REASON)
    if act == "writeoff":
        owing = tuple((party, f"{party.title()}, ${dollars(cents)}") for party, cents in seen.owed_cents.items())
        reasons = _worded({k: rule.meaning for k, rule in authority.WRITE_OFFS.items() if _fits(rule, seen)})
        return (
            Field("party", "Who owes it", "select", choices=owing),
            Field("reason", "Reason", "select", choices=reasons),
            Field("amount", "How much", "text", hint="In dollars, such as 12.50. Empty: all of it.", optional=True),
        )
    if act == "note":
        return (Field("words", "Note", hint="At most 500 characters."),)
    if act == "secondary":
        paper = Field("paper", "On paper: to be printed and mailed", "check", optional=True)
        as_new = Field("as_new", "As a new claim, not a corrected one: the payer wants that", "check", optional=True)
        return (paper, as_new, _REASON) if seen.may_be_new else (paper, _REASON)
    if act == "void":
        return (Field("reason", "Why", hint=_REASON.hint),)
    if act == "correct" and seen.lines_would_go:
        return (
            Field("drop_lines", "The lines that are gone are to be deleted at the payer", "check", optional=True),
            _REASON,
        )
    return (_REASON,)


def _worded(reasons: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((key, words[:1].upper() + words[1:]) for key, words in reasons.items())


def _fits(rule: authority.WriteOffRule, seen: Preview) -> bool:
    return bool(rule.parties & seen.owed_cents.keys())


def _day(form: Form, name: str) -> date | None:
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Misuse("NOT_A_DATE", "a date is written 2026-09-30", where=name) from None


def _hold(claim_id: str, form: Form) -> object:
    follow_up = _day(form, "follow_up_on")
    if follow_up is None:
        raise Misuse("DATE_MISSING", "a hold needs a day to look at it again", where="follow_up_on")
    owner = Party.PRACTICE if form.get("owner") == "practice" else Party.US
    words, reason = form.get("words", ""), form.get("reason", "")
    release_on = _day(form, "release_on")
    return holds.hold(claim_id, reason, follow_up_on=follow_up, words=words, owner=owner, release_on=release_on)


def _release(claim_id: str, form: Form) -> object:
    codes = [name.removeprefix("override_") for name, value in form.items() if name.startswith("override_") and value]
    return holds.release(claim_id, overrides=codes, reason=form.get("reason", "").strip())


def _write_off(claim_id: str, form: Form) -> object:
    text = form.get("amount", "").strip().removeprefix("$")
    try:
        amount = parse_dollars(text) if text else None
    except MoneyError as error:
        raise Misuse("NOT_DOLLARS", str(error), where="amount", fix="write dollars such as 12.50") from None
    return holds.write_off(claim_id, form.get("reason", ""), party=form.get("party", ""), amount_cents=amount)


def _void(claim_id: str, form: Form) -> object:
    reason = form.get("reason", "").strip()
    if not reason:
        raise Misuse("REASON_MISSING", "a void needs a reason", where="reason", fix="say why")
    return corrections.void(claim_id, reason=reason)


_DO: dict[str, Callable[[str, Form], object]] = {
    "release": _release,
    "resubmit": lambda claim_id, form: corrections.resubmit(claim_id, reason=form.get("reason", "").strip()),
    "correct": lambda claim_id, form: corrections.correct(
        claim_id, reason=form.get("reason", "").strip(), drop_lines=bool(form.get("drop_lines"))
    ),
    "secondary": lambda claim_id, form: secondary.open_secondary(
        claim_id,
        reason=form.get("reason", "").strip(),
        paper=bool(form.get("paper")),
        as_new=bool(form.get("as_new")),
    ),
    "void": _void,
    "drop": lambda claim_id, form: corrections.drop(claim_id, reason=form.get("reason", "").strip()),
    "hold": _hold,
    "writeoff": _write_off,
    "note": lambda claim_id, form: holds.note(claim_id, form.get("words", "")),
}


def _register(name: str) -> None:
    """The page of an act and its post. Both need the act's own permission beside that to see the claim."""
    path = f"/p/{{tenant}}/claims/{{claim_id}}/{name}"

    def show(call: PageCall) -> Response:
        return _form(call, name)

    def do(call: PageCall) -> Response:
        return _done(call, name)

    show.__name__, do.__name__ = f"claim_{name}_page", f"claim_{name}"
    page(routes, path, ACTS[name].action)(show)
    posted(routes, path, ACTS[name].action)(do)


def _form(call: PageCall, name: str, error: OtbillError | None = None) -> Response:
    require("claims.show")
    view = claim_view(call.path["claim_id"])
    seen = preview(view.row.claim_id, name)
    values = dict(call.form) if error else {"follow_up_on": str(today(call.frame.timezone) + timedelta(FOLLOW_UP_DAYS))}
    return html(
        "claim_act.html",
        status_code=error.http_status if error else 200,
        frame=call.frame,
        section="claims",
        viewer=call.viewer,
        view=view,
        row=view.row,
        act=ACTS[name],
        button=BUTTONS[name],
        seen=seen,
        fields=_fields(name, seen),
        values=values,
        error=_said(error) if error else "",
        wrong=error.where if error else "",
    )


def _said(error: OtbillError) -> str:
    return " ".join(filter(None, (sentence(error.message), sentence(error.fix) if error.fix else "")))


def _done(call: PageCall, name: str) -> Response:
    claim_id = call.path["claim_id"]
    try:
        now = preview(claim_id, name).sequence
        if call.form.get("sequence") != str(now):
            raise Conflict(
                "CHANGED", "the claim changed since this page was opened", fix="look at it again, then decide"
            )
        _DO[name](claim_id, call.form)
    except OtbillError as error:
        if error.http_status >= 500 or error.http_status in (403, 404):
            raise
        return _form(call, name, error)
    return redirect(f"/p/{call.frame.slug}/claims/{claim_id}?done={name}")


for _name in ACTS:
    _register(_name)
