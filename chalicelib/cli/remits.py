"""`otbill remits`: post remittances, look at them, and decide on what does not post by itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalicelib.cli import common
from chalicelib.money import dollars, parse_dollars

Run = Callable[[argparse.Namespace], int]


def register(commands: Any) -> None:
    top = commands.add_parser("remits", help="post 835 remittances and look at them").add_subparsers(required=True)
    post = top.add_parser("post", help="post an 835 file, exactly once")
    post.add_argument("file", type=Path)
    common.add_tenant(post, required=False)
    common.add_common(post)
    post.set_defaults(run=run_post)
    strange = top.add_parser("exceptions", help="checks that pay nobody here (for the operator)")
    common.add_common(strange)
    strange.set_defaults(run=run_exceptions)
    _add(top, "list", "checks, newest first", run_list)
    _add(top, "show", "one check: its claims, its provider-level amounts, what does not add up", run_show, "remittance")
    _add(top, "unmatched", "what waits in suspense, with proposals; services that answer no billed line", run_unmatched)
    match = _add(top, "match", "say which claim a payment in suspense is for", run_match, "remittance", "number")
    match.add_argument("--claim", required=True, metavar="ID")
    match.add_argument("--payer", choices=("primary", "secondary", "tertiary"), help="where the 835 does not tell")
    match.add_argument(
        "--remember-payer", action="store_true", help="this originator's checks are that payer's from now on"
    )
    _add(top, "unmatch", "take a payment off its claim again", run_unmatch, "remittance", "number")
    lines = _add(top, "match-lines", "say which billed line each service answers", run_lines, "remittance", "number")
    lines.add_argument("--line", action="append", required=True, metavar="SERVICE=LINE")
    enter = _add(top, "enter", "post a paper EOB from a form (TOML) and its scan", run_enter)
    enter.add_argument("file", type=Path)
    enter.add_argument("--document", type=Path, required=True, metavar="SCAN")
    bank = _add(top, "reconcile", "match bank deposits to checks by trace number", run_reconcile)
    bank.add_argument("--deposits", type=Path, required=True, metavar="FILE")
    whole = _add(
        top, "match-deposit", "say which checks a deposit of the bank is, to the cent", run_match_deposit, "deposit"
    )
    whole.add_argument("--check", action="append", required=True, metavar="REMITTANCE", help="one of them; may repeat")
    whole.add_argument("--also", action="append", default=[], metavar="DEPOSIT", help="a further deposit of one check")
    _add(top, "trace", "takebacks: what payers took from checks, for which claim, and what is open", run_trace)
    assign = _add(top, "assign", "say which claim a takeback is for", run_assign, "offset")
    assign.add_argument("--claim", required=True, metavar="ID")
    _refunds(top)
    paid = _add(top, "patient-payment", "record money of the patient for a claim, once per receipt", run_patient)
    paid.add_argument("--claim", required=True, metavar="ID")
    paid.add_argument("--amount", required=True, metavar="DOLLARS")
    paid.add_argument("--receipt", required=True)


def _add(top: Any, name: str, words: str, run: Run, *places: str) -> Any:
    """A command about one practice; `number` is a claim's place in its check."""
    command = top.add_parser(name, help=words)
    for place in places:
        command.add_argument(place, type=int if place == "number" else str)
    common.add_tenant(command)
    common.add_common(command)
    command.set_defaults(run=run)
    return command


def _refunds(top: Any) -> None:
    _add(top, "refunds", "what is owed back, soonest due first", run_refunds)
    refund = _add(
        top, "refund", "decide that a payment in suspense goes back to the payer", run_refund, "remittance", "number"
    )
    refund.set_defaults(claim="")
    credit = _add(top, "refund-patient", "decide that a patient's credit goes back", run_refund)
    credit.add_argument("--claim", required=True, metavar="ID")
    pay = _add(top, "refund-paid", "record that a refund was paid", run_refund_paid, "refund")
    pay.add_argument("--reference", required=True, help="check or transfer number of ours")
    _add(top, "refund-cancel", "the money was not owed back after all", run_refund_cancel, "refund")


def run_post(arguments: argparse.Namespace) -> int:
    """Post every check of the file. Exit 1 when something was refused."""
    from chalicelib.jobs.denials import refresh_practices
    from chalicelib.remittance.service import post_file

    content = arguments.file.read_bytes()
    results = post_file(content, arguments.principal, arguments.tenant or "", arguments.file.name)
    if arguments.json:
        common.print_json({"remittances": [item.model_dump() for item in results]})
    else:
        for item in results:
            _print(item)
    refresh_practices(arguments.principal, [arguments.tenant] if arguments.tenant else None)
    return 1 if any(item.refused for item in results) else 0


def _print(item: Any) -> None:
    counts = (
        (item.posted, "claims posted"),
        (item.suspended, "to suspense"),
        (item.already_posted, "posted before"),
        (item.refused, "refused"),
    )
    said = ", ".join(f"{number} {words}" for number, words in counts if number) or "no claims"
    balance = "balanced" if item.balanced else "does not balance"
    reason = f" ({item.reason})" if item.reason else ""
    common.console().print(f"Check {item.trace or '?'}: {dollars(item.amount_cents)}, {balance}: {said}{reason}")


def run_list(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.queries import list_remittances

    with common.in_tenant(arguments, "remits.list"):
        rows = list_remittances(limit=1000).rows
    if arguments.json:
        common.print_json({"remittances": [row.model_dump(mode="json") for row in rows]})
        return 0
    out = common.console()
    for row in rows:
        balance = "balanced" if row.balanced else "does not balance"
        typed = ", typed in" if row.manual else ""
        out.print(
            f"{row.date}  {row.payer_name:36} {row.trace:18} {dollars(row.amount_cents):>12}  {row.posted} posted, "
            f"{row.suspended} unmatched, {balance}{typed}  {row.remittance_id}"
        )
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.queries import remittance_view

    with common.in_tenant(arguments, "remits.show"):
        view = remittance_view(arguments.remittance)
    if arguments.json:
        common.print_json(view.model_dump(mode="json"))
        return 0
    out, row = common.console(), view.row
    out.print(f"{row.payer_name}, check {row.trace} of {row.date}: {dollars(row.amount_cents)}")
    for claim in (*view.claims, *view.unmatched):
        reason = f" ({claim.reason})" if claim.reason else ""
        name = claim.claim_id or claim.patient_control_number
        out.print(
            f"  {dollars(claim.paid_cents):>12} of {dollars(claim.charge_cents):>12}  {name}  {claim.outcome}{reason}"
        )
    for item in view.provider_adjustments:
        out.print(f"  {dollars(-item.amount_cents):>12}  {item.reason} {item.reference}")
    for off in view.out_of_balance:
        out.print(f"  off by {dollars(off.off_by_cents)}: {off.level} {off.reference}")
    return 0


def run_exceptions(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.service import exceptions

    found = exceptions(arguments.principal)
    if arguments.json:
        common.print_json({"exceptions": found})
        return 0
    for item in found:
        common.console().print(
            f"{item['at']}  {item['reason']}  {item['payer']}  {dollars(int(str(item['amount_cents'])))}"
        )
    return 0


def run_unmatched(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.line_desk import lines_waiting
    from chalicelib.remittance.matching import unmatched

    with common.in_tenant(arguments, "remits.list"):
        found, lines = unmatched(), lines_waiting()
    if arguments.json:
        told = [item.model_dump(mode="json") for item in found]
        common.print_json({"unmatched": told, "lines": [item.model_dump(mode="json") for item in lines]})
        return 0
    out = common.console()
    for item in found:
        out.print(
            f"{dollars(item.paid_cents):>12}  {item.payer_name} {item.trace}, {item.age_days} days: {item.words}\n"
            f"              {item.remittance_id} {item.sequence}"
        )
        for one in item.proposals:
            out.print(f"              maybe {one.claim_id} ({one.score}): {', '.join(one.why)}")
    out.print(f"{dollars(sum(item.paid_cents for item in found)):>12}  in suspense, {len(found)} payments")
    _print_lines(out, lines)
    return 0


def _print_lines(out: Any, lines: Any) -> None:
    for item in lines:
        out.print(f"{item.payer_name} {item.trace}: posted, but these services answer no billed line yet")
        out.print(f"              {item.remittance_id} {item.sequence}")
        for one in item.services:
            code = " ".join((one.procedure, *one.modifiers))
            out.print(f"              service {one.service}: {code}, {one.units} units, paid {dollars(one.paid_cents)}")
        open_lines = [line for line in item.billed if not line.answered]
        billed = "; ".join(f"line {line.number}: {line.cpt} {dollars(line.charge_cents)}" for line in open_lines)
        out.print(f"              maybe {billed}")


def run_match(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.matching import match

    with common.in_tenant(arguments, "remits.match"):
        part = match(
            arguments.remittance,
            arguments.number,
            arguments.claim,
            payer=arguments.payer,
            remember_payer=arguments.remember_payer,
        )
    return _said(arguments, part)


def _said(arguments: argparse.Namespace, part: Any) -> int:
    told = {"claim_id": part.claim_id, "outcome": part.outcome, "reason": part.reason}
    if arguments.json:
        common.print_json({**told, "lines": [item.model_dump() for item in part.lines]})
    else:
        reason = f" ({part.reason})" if part.reason else ""
        common.console().print(f"{part.outcome}{reason}{' on ' + part.claim_id if part.claim_id else ''}")
    return 0


def run_unmatch(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.matching import unmatch

    with common.in_tenant(arguments, "remits.match"):
        part = unmatch(arguments.remittance, arguments.number)
    return _said(arguments, part)


def run_lines(arguments: argparse.Namespace) -> int:
    from chalicelib.platform.errors import Misuse
    from chalicelib.remittance.matching import match_lines_by_hand

    try:
        lines = {int(one): int(other) for one, _, other in (text.partition("=") for text in arguments.line)}
    except ValueError:
        raise Misuse("LINE", "a line is written SERVICE=LINE, such as 2=1") from None
    with common.in_tenant(arguments, "remits.match"):
        part = match_lines_by_hand(arguments.remittance, arguments.number, lines)
    return _said(arguments, part)


def run_enter(arguments: argparse.Namespace) -> int:
    """Exit 1 when something was refused."""
    from chalicelib.remittance.manual import enter_eob

    with common.in_tenant(arguments, "remits.enter"):
        result = enter_eob(arguments.file.read_bytes(), arguments.document.read_bytes())
    if arguments.json:
        common.print_json(result.model_dump())
    else:
        _print(result)
    return 1 if result.refused else 0


def run_reconcile(arguments: argparse.Namespace) -> int:
    """Exit 1 when a deposit differs from the checks it names, or could be two different sets of them."""
    from chalicelib.remittance.reconcile import reconcile

    with common.in_tenant(arguments, "remits.reconcile"):
        found = reconcile(arguments.deposits.read_bytes())
    if arguments.json:
        common.print_json({**found.model_dump(mode="json"), "unapplied_cents": found.unapplied_cents})
        return 1 if found.differing or found.ambiguous else 0
    out = common.console()
    out.print(f"{found.deposits} deposits, {found.new} new, {len(found.matched)} are checks we have")
    for day in found.days:
        out.print(
            f"  {day.date}  {day.deposits} deposits {dollars(day.deposited_cents):>12}, matched "
            f"{dollars(day.matched_cents):>12}, open {dollars(day.off_by_cents):>12}"
        )
    for line in found.differing:
        out.print(
            f"  differs by {dollars(line.off_by_cents)} from the check it names: {line.date} {line.remittance_id}"
        )
    for line in found.ambiguous:
        out.print(f"  not clear: {line.date} {dollars(line.amount_cents):>12}: {line.why}  {line.deposit_id}")
    for line in found.deposits_open:
        maybe = f": maybe {' '.join(line.proposal)}" if line.proposal else f" ({line.why})"
        out.print(
            f"  no check: {line.date} {dollars(line.amount_cents):>12}, {line.age_days} days{maybe}  {line.deposit_id}"
        )
    for check in found.checks_open:
        out.print(
            f"  no deposit: {check.payer_name} {check.trace} {dollars(check.amount_cents):>12}, {check.age_days} days"
        )
    for item in found.unapplied:
        out.print(f"  not applied: {item.payer_name} {item.trace} {dollars(item.paid_cents):>12}, {item.age_days} days")
    return 1 if found.differing or found.ambiguous else 0


def run_match_deposit(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.banking import match_deposit

    with common.in_tenant(arguments, "remits.reconcile"):
        found = match_deposit(arguments.deposit, arguments.check, arguments.also)
    if arguments.json:
        common.print_json({"deposits": [{"deposit_id": item.deposit_id, "checks": item.checks} for item in found]})
        return 0
    for item in found:
        common.console().print(f"{item.deposit_id} {dollars(item.amount_cents)} is {' '.join(item.checks)}")
    return 0


def run_trace(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.offsets import open_offsets

    with common.in_tenant(arguments, "remits.list"):
        found = list(open_offsets())
    if arguments.json:
        common.print_json(
            {"offsets": [{**item.model_dump(mode="json"), "open_cents": item.open_cents} for item in found]}
        )
        return 0
    out = common.console()
    for item in found:
        claim = item.claim_id or "no claim known"
        out.print(f"{dollars(item.open_cents):>12}  {item.payer_name}, {item.family}: {claim}  {item.offset_id}")
        for piece in item.movements:
            out.print(f"              {piece.paid_on}  {piece.code} {dollars(piece.cents):>12}  {piece.remittance_id}")
    return 0


def run_assign(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.offsets import assign

    with common.in_tenant(arguments, "remits.match"):
        offset = assign(arguments.offset, arguments.claim)
    if arguments.json:
        common.print_json({**offset.model_dump(mode="json"), "open_cents": offset.open_cents})
    else:
        common.console().print(f"{dollars(offset.open_cents)} taken back from {offset.claim_id}")
    return 0


def run_refunds(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.refunds import owed

    with common.in_tenant(arguments, "remits.list"):
        found = owed()
    if arguments.json:
        common.print_json({"refunds": [item.model_dump(mode="json") for item in found]})
        return 0
    for item in found:
        common.console().print(f"{item.due_on}  {dollars(item.amount_cents):>12} to {item.name}  {item.refund_id}")
    return 0


def run_refund(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.refunds import refund_patient, refund_payment

    with common.in_tenant(arguments, "remits.refund"):
        if arguments.claim:
            found = refund_patient(arguments.claim)
        else:
            found = refund_payment(arguments.remittance, arguments.number)
    return _refund(arguments, found)


def _refund(arguments: argparse.Namespace, found: Any) -> int:
    if arguments.json:
        common.print_json(found.model_dump(mode="json"))
    else:
        words = f"{dollars(found.amount_cents)} to {found.name}, due {found.due_on}: {found.state}"
        common.console().print(f"{words}  {found.refund_id}")
    return 0


def run_refund_paid(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.refunds import pay_refund

    with common.in_tenant(arguments, "remits.refund"):
        return _refund(arguments, pay_refund(arguments.refund, arguments.reference))


def run_refund_cancel(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.refunds import cancel_refund

    with common.in_tenant(arguments, "remits.refund"):
        return _refund(arguments, cancel_refund(arguments.refund))


def run_patient(arguments: argparse.Namespace) -> int:
    from chalicelib.remittance.matching import patient_paid

    with common.in_tenant(arguments, "remits.enter"):
        new = patient_paid(arguments.claim, parse_dollars(arguments.amount), arguments.receipt)
    if arguments.json:
        common.print_json({"recorded": new})
    else:
        common.console().print("recorded" if new else "recorded before")
    return 0
