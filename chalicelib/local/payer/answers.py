"""A run: files in, answers out, in memory. Nothing here touches a disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from chalicelib.local.payer import authorization, claim_status, eligibility
from chalicelib.local.payer.adjudicate import adjudicate, correct
from chalicelib.local.payer.checks import make_checks
from chalicelib.local.payer.inbound import ReadFile, read_file
from chalicelib.local.payer.intake import judge
from chalicelib.local.payer.plans import PLANS
from chalicelib.local.payer.pricing import Tables
from chalicelib.local.payer.remit import remittance
from chalicelib.local.payer.results import ClaimResult
from chalicelib.local.payer.state import State
from chalicelib.local.payer.status import batches
from chalicelib.x12.claim837 import Claim837
from chalicelib.x12.eligibility import EligibilityRequest
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Address, Name
from chalicelib.x12.review278 import ReviewRequest
from chalicelib.x12.write270 import write_271
from chalicelib.x12.write276 import write_277
from chalicelib.x12.write277ca import write_277ca
from chalicelib.x12.write278 import write_278
from chalicelib.x12.write835 import write_835
from chalicelib.x12.write999 import write_999

HOUSE_ID = "SIMCLEARINGHOUS"  # ISA06 takes 15 characters


@dataclass(slots=True)
class Run:
    """What one run gathers: answers by file name, accepted claims in file order, and whom each check goes to."""

    state: State
    today: date
    answers: dict[str, bytes] = field(default_factory=dict)
    claims: list[Claim837] = field(default_factory=list)
    senders: dict[tuple[str, str], tuple[Interchange, Address | None]] = field(default_factory=dict)

    def reply_to(self, sender: Interchange) -> Interchange:
        """An envelope back to who sent a file: numbered on, dated noon of the day, test or production as it came."""
        number = self.state.next_control_number()
        return envelope(sender, number, self.today)


def envelope(sender: Interchange, number: int, today: date) -> Interchange:
    qualifier = sender.sender_qualifier
    return Interchange(
        sender_id=HOUSE_ID,
        receiver_id=sender.sender_id or "UNKNOWN",
        receiver_qualifier=qualifier if len(qualifier) == 2 and qualifier.isascii() and qualifier.isalnum() else "ZZ",
        control_number=number,
        group_control_number=number,
        created_at=datetime.combine(today, time(12), UTC),
        usage=sender.usage if sender.usage in ("T", "P") else "T",
        receiver_name=sender.submitter.last_name,
    )


def answer_files(files: Mapping[str, bytes], state: State, today: date, tables: Tables) -> dict[str, bytes]:
    """Answers by name for files by stem, in the order given; `state` is moved on."""
    run = Run(state, today)
    for stem, content in files.items():
        _receive(run, stem, read_file(content))
    _pay(run, tables)
    return run.answers


class NotARequest(ValueError):
    """What came through the real-time door is no 270, 276 or 278. The message says what is wrong, not what was in it."""


def answer_request(content: bytes, state: State, today: date) -> bytes:
    """271 for a 270, 277 for a 276, 278 for a 278, or the 999 that rejects it. The reply takes the request's control number.

    Only a 278 that is certified changes the state.
    """
    file = read_file(content, "270", "276", "278")
    if file.refusal:
        raise NotARequest(file.refusal)
    sender = file.interchanges[0]
    reply = envelope(sender, sender.control_number or 1, today)
    if file.status_requests:
        return write_277(reply, [claim_status.answer(one, state, sender, today) for one in file.status_requests])
    if not file.requests:
        return write_999(reply, file.acknowledgements)
    reviews = [authorization.decide(one, PLANS, state) for one in file.requests if isinstance(one, ReviewRequest)]
    if reviews:
        return write_278(reply, reviews)
    questions = [one for one in file.requests if isinstance(one, EligibilityRequest)]
    return write_271(reply, [eligibility.answer(question, PLANS, state, today) for question in questions])


def _receive(run: Run, stem: str, file: ReadFile) -> None:
    """999 and 277CA of one file; what is accepted waits in the run for adjudication."""
    if file.refusal:
        run.answers[f"{stem}.rejected.txt"] = file.refusal.encode()
        return
    sender = file.interchanges[0]
    run.answers[f"{stem}.999"] = write_999(run.reply_to(sender), file.acknowledgements)
    verdicts = [(claim, judge(claim)) for claim in file.claims]
    if not verdicts:
        return
    receiver = Name(sender.submitter.last_name or sender.sender_id, member_id=sender.sender_id)
    statuses = batches(verdicts, receiver, file.reference, run.today)
    run.answers[f"{stem}.277ca"] = write_277ca(run.reply_to(sender), statuses)
    for claim, verdict in verdicts:
        if verdict.accepted:
            run.claims.append(claim)
            run.senders.setdefault((claim.payer_id, claim.billing.npi), (sender, claim.billing.address))


def _pay(run: Run, tables: Tables) -> None:
    results = adjudicate(run.claims, PLANS, run.state, run.today, tables)
    _write_checks(run, results, first=True)
    corrected = [again for result in results for again in correct(result, PLANS, run.state)]
    _write_checks(run, corrected, first=False)


def _write_checks(run: Run, results: Iterable[ClaimResult], *, first: bool) -> None:
    for check in make_checks(results, run.state, run.today, first=first):
        sender, address = run.senders[check.payer_id, check.billing_npi]
        advice = remittance(check, run.today, address)
        reply = run.reply_to(sender)  # its number rises, so answers in name order are answers in the order given
        run.answers[f"check-{reply.control_number:09d}-{check.trace}.835"] = write_835(reply, [advice])
