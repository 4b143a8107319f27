"""What AAA03 of a 271 means, in our own words, and what to do about it (X12 005010X279A1, loops 2000A to 2110D)."""

from __future__ import annotations

from chalicelib.coverage.model import PayerError

_PATIENT = "compare the patient's name, birth date and sex with the card, mend them in the practice's software"
_MEMBER = "compare the member id with the card, letter by letter, and import the visit again"
_OURS = "compare NPI and taxonomy with the payer's enrolment"
_LATER = "ask again later; if it lasts, phone the payer"
_DATES = "ask for a day within the payer's window"

_REASONS: dict[str, tuple[str, str]] = {
    "04": ("more was asked than the payer answers at once", "ask for fewer service types"),
    "15": ("something the payer needs is missing", "add member id, name and birth date, and ask again"),
    "33": ("the payer found the request badly formed", "send the raw 270 and 271 to support"),
    "35": ("the patient is out of the network", "tell the patient before the visit; ask about out-of-network benefits"),
    "41": ("the practice is not authorized to ask this payer", "finish the eligibility enrolment with this payer"),
    "42": ("the payer cannot answer now", _LATER),
    "43": ("the practice's NPI is missing or wrong for this payer", _OURS),
    "44": ("the practice's name does not fit its NPI", "use the legal name the payer has enrolled"),
    "45": ("the practice's specialty does not fit", _OURS),
    "46": ("the practice's telephone number is wrong", "mend contact_phone in the practice file"),
    "47": ("the practice's state is wrong", "mend the address in the practice file"),
    "48": ("the referring provider's number is missing or wrong", "mend the referrer's NPI"),
    "49": ("the provider is not the patient's primary-care physician", "ask the patient for a referral"),
    "50": ("the practice may not ask this payer", "finish the eligibility enrolment with this payer"),
    "51": ("the payer does not know the practice", "check the enrolment: NPI, tax id and legal name"),
    "52": ("the day lies outside the practice's enrolment with the payer", _DATES),
    "53": ("the payer does not answer this service type for this kind of provider", "ask with service type 30 alone"),
    "54": ("the procedure qualifier is not accepted", "ask by service type instead"),
    "55": ("the procedure is not accepted", "ask by service type instead"),
    "56": ("the date is not accepted", _DATES),
    "57": ("the date of service is missing or wrong", _DATES),
    "58": ("the birth date is missing or wrong", _PATIENT),
    "60": ("the birth date lies after the date of service", _PATIENT),
    "61": ("the payer has a date of death before the date of service", "compare the identity with the card"),
    "62": ("the date of service is too far back or ahead for this payer", _DATES),
    "63": ("the date of service lies in the future", "ask for today"),
    "64": ("the patient's id is missing or wrong", _MEMBER),
    "65": ("the patient's name is missing or wrong", _PATIENT),
    "66": ("the patient's sex is missing or wrong", _PATIENT),
    "67": ("the payer does not find the patient", _PATIENT),
    "68": ("the patient's id stands for more than one person", "add name and birth date, and ask again"),
    "69": ("it does not fit the patient's age", _PATIENT),
    "70": ("it does not fit the patient's sex", _PATIENT),
    "71": ("the birth date is not the one the payer has", _PATIENT),
    "72": ("the member id is missing or wrong", _MEMBER),
    "73": ("the subscriber's name is missing or wrong", "compare the subscriber's name with the card"),
    "74": ("the subscriber's sex is missing or wrong", "compare the subscriber with the card"),
    "75": ("the payer does not find the subscriber", _MEMBER),
    "76": ("the member id stands for more than one person", "add name and birth date, and ask again"),
    "77": (
        "the subscriber is known, the patient is not",
        "check the relationship and the patient's name and birth date",
    ),
    "78": ("the subscriber is not in this group or plan", "check payer, line of business and group number"),
    "79": ("the payer's or sender's id is wrong", "check the payer id in the practice file"),
    "80": ("the payer did not answer in time", _LATER),
    "97": ("the practice's address is missing or wrong", "mend the address in the practice file"),
    "T4": ("the payer's name or id is missing", "check the payer id in the practice file"),
}
_TRY_AGAIN_REASONS = frozenset({"42", "80"})
_TRY_AGAIN_FOLLOW_UPS = frozenset({"P", "R"})  # resubmit the original; resubmission allowed


def payer_error(reason: str, loop: str, follow_up: str) -> PayerError:
    """AAA03, its loop and AAA04 in words. An unknown reason is said to be unknown, with its code."""
    words, fix = _REASONS.get(reason, (f"the payer gives reason {reason or 'none'}, which is not in our list",
                                       "phone the payer and quote the reason code"))  # fmt: skip
    again = reason in _TRY_AGAIN_REASONS or follow_up in _TRY_AGAIN_FOLLOW_UPS
    return PayerError(reason=reason, loop=loop, words=words, fix=fix, try_again=again)
