"""The words beside every code a page shows, and whose move it is as the reader would say it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.claims.model import Party, Status


@dataclass(frozen=True, slots=True)
class StatusWords:
    """A status as a word with a shape; `tone` colours it, `meaning` explains it. Shape and word alone suffice."""

    name: str
    shape: str
    tone: str
    meaning: str


STATUSES: dict[Status, StatusWords] = {
    Status.HELD: StatusWords("Held", "■", "near", "Something must be mended before the claim may go out."),
    Status.READY: StatusWords("Ready", "▷", "act", "Clean; it goes out with the next batch."),
    Status.SUBMITTED: StatusWords("Sent", "▶", "calm", "On its way; nobody has answered yet."),
    Status.ACKNOWLEDGED: StatusWords("Received", "◔", "calm", "The clearinghouse could read the file."),
    Status.ACCEPTED: StatusWords("Accepted", "◑", "calm", "The payer took it in and is deciding."),
    Status.REJECTED: StatusWords("Rejected", "▲", "loss", "Turned away at the door; never decided. Mend and resend."),
    Status.PAID: StatusWords("Paid", "●", "gain", "The payer has paid."),
    Status.DENIED: StatusWords("Denied", "◆", "loss", "The payer decided against it."),
    Status.PARTLY_DENIED: StatusWords("Partly denied", "◈", "loss", "Some lines paid, some denied."),
    Status.REVERSED: StatusWords("Reversed", "◁", "near", "The payer took its decision back."),
    Status.SECONDARY_DUE: StatusWords("Secondary due", "◒", "act", "The next payer owes its part."),
    Status.PATIENT_DUE: StatusWords("Patient due", "◕", "act", "What is left is the patient's share."),
    Status.APPEALED: StatusWords("Appealed", "◇", "calm", "The payer was asked to decide again."),
    Status.CLOSED: StatusWords("Closed", "●", "gain", "Nothing is open any more."),
    Status.WITHDRAWN: StatusWords("Withdrawn", "○", "calm", "Its visits belong to another claim now."),
    Status.VOIDED: StatusWords("Voided", "⊘", "calm", "Taken back at the payer; nothing is billed."),
}

CARDS = {
    "red": StatusWords("Stop", "▲", "loss", "As things stand the visit will not be paid."),
    "amber": StatusWords("Look", "◆", "near", "Something is not known, or soon no longer so."),
    "green": StatusWords("Go", "●", "gain", "Asked, good for the day, nothing in the way."),
}


def card(tone: str) -> StatusWords:
    """A coverage card's colour as a word with a shape."""
    return CARDS[tone]


MODIFIERS = {
    "GO": "under an occupational-therapy plan of care",
    "GP": "under a physical-therapy plan of care",
    "GN": "under a speech-language plan of care",
    "CO": "furnished in whole or part by an OT assistant",
    "CQ": "furnished in whole or part by a PT assistant",
    "KX": "over the yearly threshold, medically necessary",
    "59": "distinct from the other service",
    "XE": "separate encounter",
    "XP": "separate practitioner",
    "XS": "separate structure",
    "XU": "unusual, does not overlap",
    "GA": "notice of non-coverage signed",
    "GX": "voluntary notice of non-coverage",
    "GY": "not covered by law",
    "GZ": "expected to be denied, no notice signed",
    "95": "by live video",
    "93": "by live audio only",
    "76": "repeated by the same clinician",
    "77": "repeated by another clinician",
    "96": "habilitative",
    "97": "rehabilitative",
    "CR": "disaster-related",
    "52": "reduced service",
}

SOURCES = {
    "us": "our own work",
    "999": "the clearinghouse's receipt for the file",
    "277CA": "the payer's first answer",
    "277": "the payer's answer to where the claim is",
    "TA1": "the clearinghouse's receipt for the envelope",
    "835": "the payer's remittance",
    "271": "the payer's eligibility answer",
    "person": "a person",
    "practice": "the practice",
}

ADJUSTMENT_GROUPS = {
    "CO": "contract, not the patient's",
    "PR": "the patient's share",
    "OA": "other",
    "PI": "payer's reduction",
    "CR": "correction",
}

CLAIM_PAYMENT_STATUSES = {
    "1": "processed as primary",
    "2": "processed as secondary",
    "3": "processed as tertiary",
    "4": "denied",
    "19": "processed as primary, sent on",
    "20": "processed as secondary, sent on",
    "21": "processed as tertiary, sent on",
    "22": "reversal of an earlier payment",
    "23": "not ours, sent on",
    "25": "predetermination only",
}

PROVIDER_ADJUSTMENTS = {
    "50": "late charge",
    "51": "interest penalty",
    "72": "refund we sent, noted",
    "90": "early payment allowance",
    "AH": "origination fee",
    "AP": "acceleration of benefits",
    "B2": "rebate",
    "B3": "recovery allowance",
    "BD": "bad debt",
    "BN": "bonus",
    "C5": "temporary allowance",
    "CS": "adjustment",
    "CT": "capitation interest",
    "FB": "balance carried forward",
    "FC": "fund allocation",
    "IR": "withheld for taxes",
    "IS": "interim settlement",
    "J1": "not reimbursable",
    "L3": "penalty",
    "L6": "interest owed to us",
    "LE": "levy",
    "LS": "lump sum",
    "OB": "offset for an affiliated provider",
    "PL": "final payment",
    "WO": "overpayment taken back",
    "WU": "unspecified recovery",
}

PAYMENT_METHODS = {
    "ACH": "Transfer",
    "CHK": "Check",
    "FWT": "Wire transfer",
    "NON": "No payment, trace",
    "BOP": "Transfer",
}

REASONS: dict[str, str] = {
    "PAYEE_NOT_TENANT": "The payee is not this practice.",
    "NO_SUCH_CLAIM": "Names a claim we did not send: match it or send it back.",
    "NOTHING_TO_REVERSE": "Takes back a payment we never posted.",
    "REVERSAL_DIFFERS": "Takes back another amount than was posted.",
    "ALREADY_ADJUDICATED": "Pays a claim a second time without taking the first decision back.",
    "UNBALANCED_CLAIM": "Its charge is not its payment plus its adjustments.",
    "UNBALANCED": "The claims do not add up to the check.",
    "CHECK_REUSED": "Another check has this number already.",
    "SUSPENDED": "Some claims wait for a person.",
}


@dataclass(frozen=True, slots=True)
class Move:
    """Whose move it is, in the reader's words; `ours` marks the reader's own."""

    name: str
    ours: bool


def move(owner: str, viewer: str) -> Move:
    """`viewer` is staff or practice: each reads 'You' for itself."""
    party = Party(owner)
    if party is Party.US:
        return Move("Us", True) if viewer == "staff" else Move("Billing team", False)
    if party is Party.PRACTICE:
        return Move("Practice", False) if viewer == "staff" else Move("You", True)
    return Move({Party.PAYER: "Payer", Party.PATIENT: "Patient"}.get(party, "Nobody"), False)


def status(value: str) -> StatusWords:
    return STATUSES[Status(value)]


def modifier(code: str) -> str:
    return MODIFIERS.get(code, "modifier as the practice gave it")


def source(value: str) -> str:
    return SOURCES.get(value, value)


def claim_payment_status(code: str) -> str:
    return CLAIM_PAYMENT_STATUSES.get(code, "status not in our tables")


def provider_adjustment(code: str) -> str:
    return PROVIDER_ADJUSTMENTS.get(code, "adjustment not in our tables")


def payment_method(code: str) -> str:
    return PAYMENT_METHODS.get(code, "Check or transfer")


def reason(code: str) -> str:
    """A reason code of ours in words; one without an entry is read as it is spelled."""
    return REASONS.get(code, code.replace("_", " ").lower().capitalize())
