"""/p/{tenant}/remittances/unmatched, /refunds and /bank: money that does not post by itself, and what a person does about it.

Plain forms: they work without script and by keyboard alone; what is refused is told on the page it was asked from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from chalice.app import Blueprint, Response

from chalicelib.claims.records import claims_by_control_number
from chalicelib.clock import today
from chalicelib.ids import is_patient_control_number
from chalicelib.platform.errors import Misuse, NotFound, OtbillError
from chalicelib.portal.render import html, redirect
from chalicelib.portal.session import PageCall, page, posted
from chalicelib.remittance import banking, line_desk, matching, offsets, reconcile, records, refund_records, refunds
from chalicelib.tenancy import current, may, require

routes = Blueprint(__name__)
Form = Mapping[str, str]
SHOWN = 100
DONE = {
    "match": "The payment stands on the claim now.",
    "lines": "The services stand on their lines now.",
    "unmatch": "The payment waits in suspense again.",
    "assign": "The takeback stands on the claim now.",
    "deposit": "The deposit stands against its checks now.",
    "refund": "The payment is owed back; it is listed under refunds.",
    "paid": "The refund is recorded as paid.",
    "cancel": "The money waits in suspense again.",
}


def _claim_of(form: Form) -> str:
    """Our id of the claim the form names: chosen from the proposals, or typed as the number payers know it by."""
    chosen, number = form.get("claim", ""), form.get("number", "").strip().upper()
    if number:
        found = claims_by_control_number([number]) if is_patient_control_number(number) else {}
        if number not in found:
            raise Misuse("NO_SUCH_CLAIM", "no claim of this practice has that number", fix="numbers have 14 characters")
        return found[number]
    if not chosen:
        raise Misuse("CLAIM_MISSING", "no claim was named", fix="choose one of the proposals, or type its number")
    return chosen


def _unmatched(call: PageCall, refused: OtbillError | None = None) -> Response:
    found = matching.unmatched()
    context = current()
    return html(
        "unmatched.html",
        status_code=422 if refused else 200,
        frame=call.frame,
        section="remittances",
        rows=found[:SHOWN],
        total=len(found),
        suspense_cents=sum(item.paid_cents for item in found),
        takebacks=list(offsets.open_offsets()),
        waiting_lines=line_desk.lines_waiting(SHOWN),
        may_match=may(context.principal, "remits.match"),
        may_refund=may(context.principal, "remits.refund"),
        refused=refused,
        done=DONE.get(call.one("done"), ""),
    )


@page(routes, "/p/{tenant}/remittances/unmatched", "remits.list")
def unmatched_page(call: PageCall) -> Response:
    return _unmatched(call)


@posted(routes, "/p/{tenant}/remittances/{remittance_id}/part", "remits.match")
def part_acted(call: PageCall) -> Response:
    """Match, unmatch or give back one claim payment of a check, named by its place."""
    remittance_id, form = call.path["remittance_id"], call.form
    if records.find_check(remittance_id) is None:
        raise NotFound("REMITTANCE_NOT_FOUND", "no such remittance in this practice")
    number = int(form["sequence"]) if form.get("sequence", "").isdecimal() else 0
    acts: dict[str, Callable[[], object]] = {
        "match": lambda: matching.match(
            remittance_id,
            number,
            _claim_of(form),
            payer=cast(matching.Named, form["payer"]) if form.get("payer") in _PAYERS else None,
            remember_payer=bool(form.get("remember_payer")),
        ),
        "unmatch": lambda: matching.unmatch(remittance_id, number),
        "lines": lambda: matching.match_lines_by_hand(remittance_id, number, _lines_of(form)),
        "refund": lambda: refunds.refund_payment(remittance_id, number),
    }
    return _did(call, form.get("do", ""), acts, "unmatched", _unmatched)


def _lines_of(form: Form) -> dict[int, int]:
    """Billed line by service, of the fields `line:<service>` a person chose something in."""
    pairs = [(name.removeprefix("line:"), value) for name, value in form.items() if name.startswith("line:") and value]
    if not pairs or not all(one.isdecimal() and two.isdecimal() for one, two in pairs):
        raise Misuse("LINE_MISSING", "no line was chosen", fix="choose the billed line of at least one service")
    return {int(service): int(line) for service, line in pairs}


_PAYERS = ("primary", "secondary", "tertiary")


@posted(routes, "/p/{tenant}/takebacks/{offset_id}", "remits.match")
def takeback_assigned(call: PageCall) -> Response:
    offset = offsets.get_offset(call.path["offset_id"])
    return _did(
        call,
        "assign",
        {"assign": lambda: offsets.assign(offset.offset_id, _claim_of(call.form))},
        "unmatched",
        _unmatched,
    )


def _refunds(call: PageCall, refused: OtbillError | None = None) -> Response:
    rows = refunds.owed()
    return html(
        "refunds.html",
        status_code=422 if refused else 200,
        frame=call.frame,
        section="remittances",
        rows=rows,
        total_cents=sum(item.amount_cents for item in rows),
        may_refund=may(current().principal, "remits.refund"),
        refused=refused,
        done=DONE.get(call.one("done"), ""),
        today=today(call.frame.timezone),
    )


@page(routes, "/p/{tenant}/remittances/refunds", "remits.list")
def refunds_page(call: PageCall) -> Response:
    return _refunds(call)


@posted(routes, "/p/{tenant}/refunds/{refund_id}", "remits.refund")
def refund_acted(call: PageCall) -> Response:
    refund, form = refund_records.get(call.path["refund_id"]), call.form
    acts: dict[str, Callable[[], object]] = {
        "paid": lambda: refunds.pay_refund(refund.refund_id, _reference(form)),
        "cancel": lambda: refunds.cancel_refund(refund.refund_id),
    }
    return _did(call, form.get("do", ""), acts, "refunds", _refunds)


def _reference(form: Form) -> str:
    found = form.get("reference", "").strip()[:60]
    if not found:
        raise Misuse("REFERENCE_MISSING", "the number of our check or transfer is missing", fix="type it")
    return found


def _did(
    call: PageCall,
    do: str,
    acts: Mapping[str, Callable[[], object]],
    name: str,
    show: Callable[[PageCall, OtbillError | None], Response],
) -> Response:
    """Do it and go back to the list, or show the list with what was refused and why."""
    act = acts.get(do)
    try:
        if act is None:
            raise Misuse("NO_SUCH_ACT", "that is nothing one can do here", fix="use the buttons of the page")
        if do == "refund":
            require("remits.refund")
        act()
    except OtbillError as error:
        if error.http_status >= 500:
            raise
        return show(call, error)
    return redirect(f"/p/{call.frame.slug}/remittances/{name}?done={do}")


def _bank(
    call: PageCall, found: reconcile.Reconciliation | None = None, refused: OtbillError | None = None
) -> Response:
    return html(
        "bank.html",
        status_code=422 if refused else 200,
        frame=call.frame,
        section="remittances",
        found=found or reconcile.standing(),
        taken=found is not None,
        may_take=may(current().principal, "remits.reconcile"),
        refused=refused,
        content=call.form.get("content", "") if refused else "",
        chosen={name.removeprefix("check:") for name in call.form if name.startswith("check:")},
        done=DONE.get(call.one("done"), ""),
    )


@page(routes, "/p/{tenant}/remittances/bank", "remits.list")
def bank_page(call: PageCall) -> Response:
    return _bank(call)


@posted(routes, "/p/{tenant}/remittances/bank", "remits.reconcile")
def bank_taken(call: PageCall) -> Response:
    """Take in what the bank wrote. Sent again it changes nothing, so the answer is the page itself."""
    try:
        return _bank(call, reconcile.reconcile(call.form.get("content", "").encode()))
    except OtbillError as error:
        if error.http_status >= 500:
            raise
        return _bank(call, refused=error)


@posted(routes, "/p/{tenant}/deposits/{deposit_id}", "remits.reconcile")
def deposit_matched(call: PageCall) -> Response:
    """Say which checks a deposit is; what does not add up is told on the page, by how much."""
    chosen = [name.removeprefix("check:") for name in call.form if name.startswith("check:")]
    try:
        if not chosen:
            banking.find_deposit(call.path["deposit_id"])
            raise Misuse("CHECK_MISSING", "no check was chosen", fix="choose every check of the deposit")
        banking.match_deposit(call.path["deposit_id"], chosen)
    except NotFound:
        raise
    except OtbillError as error:
        if error.http_status >= 500:
            raise
        return _bank(call, refused=error)
    return redirect(f"/p/{call.frame.slug}/remittances/bank?done=deposit")
