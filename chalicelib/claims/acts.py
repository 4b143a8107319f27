"""What people may do to a claim as it stands, and what each act would do, told before it is done. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chalicelib import store
from chalicelib.claims import authority, outdated, records, secondary
from chalicelib.claims.build import fresh_draft
from chalicelib.claims.charges import RECEIVABLES
from chalicelib.claims.claim import DECIDED
from chalicelib.claims.edi import filing_indicator
from chalicelib.claims.graph import permit
from chalicelib.claims.judging import judge
from chalicelib.claims.lifecycle import Claim
from chalicelib.claims.model import ClaimContent, Status
from chalicelib.money import dollars
from chalicelib.onboarding.apply import current_practice
from chalicelib.platform.errors import Misuse, OtbillError, Refused
from chalicelib.platform.model import Model
from chalicelib.store import journal
from chalicelib.tenancy import current, may, require


@dataclass(frozen=True, slots=True)
class Act:
    """`action` of the permission table, `events` of which one must be possible, `title` on its button."""

    name: str
    title: str
    action: str
    events: tuple[str, ...]


ACTS = {
    act.name: act
    for act in (
        Act("release", "Release", "claims.release", ("released", "overridden")),
        Act("resubmit", "Send again", "claims.resubmit", ("resubmitted",)),
        Act("secondary", "Bill the next payer", "claims.secondary", ("secondary_opened", "secondary_corrected")),
        Act("correct", "Correct", "claims.correct", ("correction_opened", "reopening_asked")),
        Act("void", "Void", "claims.void", ("void_opened",)),
        Act("drop", "Give up the correction", "claims.correct", ("correction_dropped",)),
        Act("hold", "Hold", "claims.hold", ("held",)),
        Act("writeoff", "Write off", "claims.writeoff", ("written_off",)),
        Act("note", "Note", "claims.note", ("noted",)),
    )
}


class Preview(Model):
    """What an act would do, in words, one fact a line; `refusal` why it would not be done, and `fix` what instead.

    `overridable` are the findings a person may overrule by releasing; `owed_cents` what each party owes; `may_be_new` says that
    a corrected claim to the next payer may go as a new one.
    """

    act: str
    words: tuple[str, ...] = ()
    refusal: str = ""
    fix: str = ""
    lines_would_go: bool = False
    may_be_new: bool = False
    overridable: tuple[str, ...] = ()
    owed_cents: dict[str, int] = {}
    sequence: int


def act_named(name: str) -> Act:
    if name not in ACTS:
        raise Misuse("NO_SUCH_ACT", "there is no such act", where=name, fix="one of " + ", ".join(ACTS))
    return ACTS[name]


def possible(claim: Claim) -> tuple[Act, ...]:
    """The acts the claim's state and the person's role allow now."""
    context = current()
    if context.by_glass:
        return ()
    return tuple(act for act in ACTS.values() if may(context.principal, act.action) and _can_happen(claim, act))


def _can_happen(claim: Claim, act: Act) -> bool:
    if act.name == "release" and claim.hold is None and not _overridable(claim):
        return False
    if act.name == "secondary" and not _next_payer_waits(claim):
        return False
    if act.name == "writeoff" and not any(owed_cents(claim.claim_id).values()):
        return False
    return any(_permitted(claim, event) for event in act.events)


def _next_payer_waits(claim: Claim) -> bool:
    """Whether a next payer is due, or one was told what is no longer so (its task is open)."""
    due = claim.status is Status.SECONDARY_DUE or secondary.next_coverage(claim) is not None
    return (due and _permitted(claim, "secondary_opened")) or outdated.asked(claim)


def _permitted(claim: Claim, event: str) -> bool:
    try:
        permit(claim, event)
    except OtbillError:
        return False
    return True


def preview(claim_id: str, name: str) -> Preview:
    """What the act would do to the claim now. Forbidden without the act's permission."""
    act = act_named(name)
    require(act.action)
    claim = records.get_claim(claim_id).claim
    made = Preview(act=name, sequence=claim.sequence)
    try:
        if not any(_permitted(claim, event) for event in act.events):
            permit(claim, act.events[0])
        return made.model_copy(update=_PREVIEWS[name](claim))
    except OtbillError as error:
        return made.model_copy(update={"refusal": error.message, "fix": error.fix})


def owed_cents(claim_id: str) -> dict[str, int]:
    """What payer, secondary and patient still owe on a claim; who owes nothing is left out."""
    record = store.get(*journal.balance_key(claim_id))
    accounts = record.data["accounts"] if record else {}
    found = {party: int(accounts.get(account, 0)) for party, account in RECEIVABLES.items()}
    return {party: cents for party, cents in found.items() if cents > 0}


def _overridable(claim: Claim) -> tuple[str, ...]:
    overruled = {item.code for item in claim.overrides}
    codes = dict.fromkeys(finding.code for finding in claim.findings if finding.severity == "error")
    who = current().principal
    rules = authority.OVERRIDABLE
    return tuple(code for code in codes if code in rules and code not in overruled and may(who, rules[code]))


def _correct(claim: Claim) -> dict[str, object]:
    draft, _ = fresh_draft(claim, current_practice())
    changes = tuple(_differences(claim.content, draft.content))
    part_b = filing_indicator(claim.content.coverage, claim.content) == "MB"
    if part_b and claim.status in DECIDED:
        lead = "Medicare Part B takes no corrected claim: a task asks the contractor to reopen its decision."
    else:
        lead = f"A corrected claim (7) goes to {claim.content.payer_name} and replaces the whole claim there."
    if not changes:
        changes = (
            "The visits say what the claim says: change the visit first. Only lines refused as unprocessable can go.",
        )
    gone = len(draft.content.lines) < len(claim.content.lines)
    return {"words": (lead, *changes), "lines_would_go": gone}


def _resubmit(claim: Claim) -> dict[str, object]:
    draft, day = fresh_draft(claim, current_practice())
    findings = judge(draft, day, current_practice())
    lead = f"It is made ready to go to {claim.content.payer_name} again as a new claim (1), checked as of today."
    return {"words": (lead, *_differences(claim.content, draft.content), *_holding(findings))}


def _void(claim: Claim) -> dict[str, object]:
    if not claim.payer_control_number:
        return {
            "refusal": "the payer has not told its control number yet, and a void has to name it",
            "fix": "wait for its 277CA or remittance",
        }
    charge = dollars(journal.balance(claim.claim_id).charge_cents)
    return {
        "words": (
            f"A void (8) goes to {claim.content.payer_name}: it takes back the whole claim {claim.payer_control_number}.",
            f"The charge of ${charge} is taken back when the payer confirms; what it paid, it takes back itself.",
        )
    }


def _secondary(claim: Claim) -> dict[str, object]:
    made, lead = _would_open(claim)
    sending = made.data["sending"]
    named = f"A claim goes to {sending['payer_name']}"
    if sending["frequency"] == "7":
        named = (
            f"A corrected claim (7) goes to {sending['payer_name']} and replaces {sending['original_reference']} there"
        )
    elif made.event == "secondary_corrected":
        named = f"A new claim goes to {sending['payer_name']} in place of the one it has"
    told = [
        f"It tells that {payer['payer_name']} paid ${dollars(payer['paid_cents'])} on {payer['adjudicated_on']}."
        for payer in sending["prior"]
    ]
    until = (f"It has to be there by {made.data['deadline']}.",) if made.data["deadline"] else ()
    words = (*lead, f"{named}, with what was decided before it.", *told, *until, *outdated.news(claim))
    return {"words": words, "may_be_new": made.event == "secondary_corrected"}


def _would_open(claim: Claim) -> tuple[secondary.NextClaim, tuple[str, ...]]:
    """The claim to the next payer as it would go; where one way is shut and a box on the form opens another, that way."""
    try:
        return secondary.would_open(claim), ()
    except Refused as refusal:
        paper, as_new = refusal.code in secondary.PAPER_INSTEAD, refusal.code in secondary.NEW_INSTEAD
        if not (paper or as_new):
            raise
        box = "On paper only" if paper else "As a new claim only"
        return secondary.would_open(claim, paper=paper, as_new=as_new), (f"{box}: {refusal.message}.",)


def _drop(claim: Claim) -> dict[str, object]:
    kind = claim.sending.kind if claim.sending else "correction"
    return {"words": (f"The {kind} claim is not sent; the claim is again what the payer has.",)}


def _hold(_: Claim) -> dict[str, object]:
    return {"words": ("The claim stays out of every file until somebody releases it or its day has come.",)}


def _release(claim: Claim) -> dict[str, object]:
    draft, day = fresh_draft(claim, current_practice())
    findings = judge(draft, day, current_practice())
    holding = tuple(_holding(findings))
    lead = "The hold ends and the claim is checked anew." if claim.hold else "The claim is checked anew."
    end = () if holding else ("Nothing else holds it: it goes with the next batch.",)
    return {
        "words": (lead, *_differences(claim.content, draft.content), *holding, *end),
        "overridable": _overridable(claim),
    }


def _holding(findings: Iterable[object]) -> list[str]:
    errors = [finding for finding in findings if getattr(finding, "severity", "") == "error"]
    return [f"Would still hold it: {getattr(item, 'message', '')} ({getattr(item, 'code', '')})." for item in errors]


def _write_off(claim: Claim) -> dict[str, object]:
    owed = owed_cents(claim.claim_id)
    words = [f"The {party} owes ${dollars(cents)}." for party, cents in owed.items()]
    if not owed:
        return {"refusal": "nobody owes anything on this claim"}
    if claim.status in (Status.HELD, Status.REJECTED):
        words.append("An unsent claim is given up whole, and is closed.")
    return {"words": (*words, "What is given up is booked as a write-off by its reason; it is not taken back later."),
            "owed_cents": owed}  # fmt: skip


def _note(_: Claim) -> dict[str, object]:
    return {"words": ("The note stands on the claim's timeline under your name, and stays.",)}


_PREVIEWS: dict[str, Callable[[Claim], dict[str, object]]] = {
    "correct": _correct,
    "resubmit": _resubmit,
    "secondary": _secondary,
    "void": _void,
    "drop": _drop,
    "hold": _hold,
    "release": _release,
    "writeoff": _write_off,
    "note": _note,
}


def _differences(before: ClaimContent, after: ClaimContent) -> list[str]:
    """What the visits say now that the claim does not, in words; amounts and codes only."""
    found = []
    old, new = _lines(before), _lines(after)
    found += [f"Gone: {words}." for words in old if words not in new]
    found += [f"New: {words}." for words in new if words not in old]
    if before.charge_cents != after.charge_cents:
        found.append(f"Charged ${dollars(after.charge_cents)} instead of ${dollars(before.charge_cents)}.")
    same_lines = {"lines": ()}
    if not found and before.model_copy(update=same_lines) != after.model_copy(update=same_lines):
        found.append("Something beside the lines changed: patient, coverage, diagnoses or dates.")
    return found


def _lines(content: ClaimContent) -> list[str]:
    return [
        f"{line.cpt}{''.join(f' {modifier}' for modifier in line.modifiers)}, {line.units} "
        f"{'unit' if line.units == 1 else 'units'}, ${dollars(line.charge_cents)}"
        for line in content.lines
    ]
