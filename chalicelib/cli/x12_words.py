"""What codes in X12 files mean, in our own words, for a person who looks at a file.

Reason, remark, status and place codes come from the lists in `codes/`; the short closed lists of the envelope, the 835 and the
999 (X221A1 CLP02, BPR04, CAS01; X231A1 IK304, IK403, IK502, AK901; TA104) stand here.
"""

from __future__ import annotations

METHODS = {
    "CHK": "check",
    "ACH": "bank transfer (ACH)",
    "FWT": "wire transfer",
    "BOP": "the payer's choice",
    "NON": "no payment",
}
CLAIM_RESULTS = {
    "1": "processed as primary", "2": "processed as secondary", "3": "processed as tertiary", "4": "denied",
    "19": "primary, forwarded to other payers", "20": "secondary, forwarded to other payers",
    "21": "tertiary, forwarded to other payers", "22": "reversal of an earlier payment",
    "23": "not this payer's claim, forwarded",    "25": "predetermination, no payment",
}  # fmt: skip
GROUPS = {
    "CO": "contractual obligation, not the patient's", "PR": "patient's responsibility", "OA": "other adjustment",
    "PI": "payer's own reduction", "CR": "correction or reversal",
}  # fmt: skip
ANSWERS = {
    "A": "accepted", "E": "accepted, with errors", "P": "accepted in part", "R": "rejected",
    "M": "rejected, authentication failed",    "W": "rejected, assurance failed", "X": "rejected, could not be decrypted",
}  # fmt: skip
SET_ERRORS = {
    "1": "this kind of set is not supported", "2": "its trailer (SE) is missing", "3": "control numbers of ST and SE differ",
    "4": "the segment count is wrong", "5": "segments are in error", "6": "set identifier missing or wrong",
    "7": "control number missing or wrong", "I5": "segments break the guide's rules", "I6": "this guide is not supported",
}  # fmt: skip
SEGMENT_ERRORS = {
    "1": "unknown segment", "2": "unexpected segment", "3": "required segment missing", "4": "loop repeated too often",
    "5": "segment repeated too often", "6": "segment does not belong to this set", "7": "segment out of order",
    "8": "an element is in error", "I4": "segment the guide does not use", "I6": "segment missing that others require",
    "I7": "loop repeated too seldom", "I8": "segment repeated too seldom", "I9": "segment others forbid",
}  # fmt: skip
ELEMENT_ERRORS = {
    "1": "required element missing", "2": "element missing that others require", "3": "too many elements", "4": "too short",
    "5": "too long", "6": "character not allowed", "7": "code not allowed", "8": "no such date", "9": "no such time",
    "10": "element others forbid", "12": "too many repetitions", "13": "too many components", "I6": "code the guide does not use",
    "I9": "element missing that others require", "I10": "element the guide does not use", "I11": "too few repetitions",
    "I12": "value has the wrong form", "I13": "element others forbid",
}  # fmt: skip
FUNCTIONS = {
    "HC": "claims", "HP": "remittances", "HN": "claim status", "HB": "eligibility answers", "HS": "eligibility requests",
    "HI": "authorizations", "HR": "status requests", "FA": "acknowledgements",
}  # fmt: skip
SETS = {
    "835": "remittance", "837": "claims", "999": "acknowledgement", "277": "claim status", "276": "claim status request",
    "270": "eligibility request", "271": "eligibility answer", "278": "authorization",
}  # fmt: skip
OBJECTS = {
    "Remittance": "remittance", "ClaimPayment": "claim payment", "Claim837": "claim", "Acknowledgement": "acknowledgement",
    "ClaimStatus": "claim status", "StatusBatch": "status batch", "StatusRequest": "status request",
    "BenefitResponse": "eligibility answer", "EligibilityRequest": "eligibility request",
    "ReviewRequest": "authorization request", "ReviewResponse": "authorization answer",
}  # fmt: skip
_PLURALS = {"claim status": "claim statuses", "status batch": "status batches"}


def gloss(words: dict[str, str], code: str) -> str:
    """The meaning with its code; the code alone when it has none here."""
    return f"{words[code]} ({code})" if code in words else f"code {code}"


def counted(count: int, name: str) -> str:
    """2 claims, 1 remittance."""
    return f"{count} {name if count == 1 else _PLURALS.get(name, f'{name}s')}"


def reason(code: str) -> str:
    """A claim adjustment reason code (CARC)."""
    from chalicelib.codes import lists

    found = lists.carcs().get(code)
    return found.meaning if found else "not in our list"


def remark(code: str) -> str:
    """A remittance advice remark code (RARC)."""
    from chalicelib.codes import lists

    found = lists.rarcs().get(code)
    return found.meaning if found else "not in our list"


def status(kind: str, code: str) -> str:
    """A claim status code; `kind` is category or status."""
    from chalicelib.codes import lists

    found = lists.claim_statuses().get((kind, code))
    return f"{found.meaning} ({code})" if found else f"code {code}"


def place(code: str) -> str:
    """A place of service."""
    from chalicelib.codes import lists

    found = lists.places().get(code)
    return f"{found.meaning} (place {code})" if found else f"place {code}"
