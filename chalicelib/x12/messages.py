"""Every code a diagnostic can carry: how grave it is, what it means in plain words, what to do, and its 999 error code.

`ack` is (IK304 for a segment, IK403 for an element, IK502 for a transaction set): the first that applies. An entry
without one is a finding about the business content, which a 999 does not report (a 277CA would).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table."""

    severity: str
    message: str
    fix: str
    segment_code: str = ""
    element_code: str = ""
    transaction_code: str = ""

    @property
    def is_syntax(self) -> bool:
        """A fault of form or implementation guide, which a 999 reports."""
        return bool(self.segment_code or self.element_code or self.transaction_code)


_ERROR, _WARNING, _NOTE = "error", "warning", "note"

MESSAGES: dict[str, Entry] = {
    # The file
    "NOT_X12": Entry(
        _ERROR, "no ISA segment was found: this is not an X12 file", "Send the file as it came, unconverted."
    ),
    "NOTHING_READ": Entry(
        _ERROR, "there is no transaction set in the file", "Ask the sender for the file again if one was meant to be."
    ),
    "EMPTY_FILE": Entry(_ERROR, "the file is empty", "Ask the sender for the file again."),
    "TEXT_BEFORE_ISA": Entry(
        _WARNING, "there is text before the ISA segment", "Remove what stands before ISA; it was skipped."
    ),
    "BAD_ISA": Entry(
        _ERROR,
        "the ISA segment is damaged; without separators nothing is read up to the next ISA",
        "Ask the sender for the file again.",
        "8",
    ),
    "FILE_TOO_BIG": Entry(
        _ERROR, "the file is larger than the limit; the rest was not read", "Split the file or raise the limit."
    ),
    "SEGMENT_TOO_LONG": Entry(
        _ERROR, "a segment is longer than the limit; it was skipped", "Look for a lost segment terminator.", "8"
    ),
    "TOO_MANY_ELEMENTS": Entry(
        _ERROR, "a segment has more elements than the limit; it was skipped", "Look for a lost terminator.", "8"
    ),
    "NOT_TERMINATED": Entry(
        _ERROR, "the last segment has no terminator: the file may be cut off", "Ask the sender for the whole file."
    ),
    "NOT_ASCII": Entry(_NOTE, "the text holds characters outside ASCII", "Nothing to do unless a payer refuses them."),
    "NOT_UTF8": Entry(
        _WARNING, "the text is neither ASCII nor UTF-8; it was read as Latin-1", "Check names with accents."
    ),
    "TOO_MANY_HELD": Entry(
        _ERROR,
        "there are more of these in one object than the limit; the rest counts in the sums and is not kept",
        "Look for a lost claim or line before it, or raise the limit.",
    ),
    "EMPTY_SEGMENT": Entry(_WARNING, "two segment terminators follow each other", "Nothing to do; it was skipped."),
    # The envelope
    "NO_GS": Entry(_ERROR, "a transaction set stands outside a functional group (no GS)", "Add the GS segment."),
    "NO_ST": Entry(_ERROR, "a segment stands outside any transaction set", "Look for a lost ST segment before it."),
    "NO_SE": Entry(_ERROR, "the transaction set has no SE segment", "The file may be cut off.", "", "", "2"),
    "NO_GE": Entry(_ERROR, "the functional group has no GE segment", "The file may be cut off."),
    "NO_IEA": Entry(_ERROR, "the interchange has no IEA segment", "The file may be cut off: ask for it again."),
    "SE_COUNT": Entry(
        _ERROR, "SE01 does not equal the number of segments", "Segments were lost or added.", "", "", "4"
    ),
    "SE_CONTROL": Entry(_ERROR, "SE02 does not equal ST02", "The file was put together wrongly.", "", "", "3"),
    "GE_COUNT": Entry(_ERROR, "GE01 does not equal the number of transaction sets", "A set was lost or added."),
    "GE_CONTROL": Entry(_ERROR, "GE02 does not equal GS06", "The file was put together wrongly."),
    "IEA_COUNT": Entry(_ERROR, "IEA01 does not equal the number of functional groups", "A group was lost or added."),
    "IEA_CONTROL": Entry(_ERROR, "IEA02 does not equal ISA13", "The file was put together wrongly."),
    "STRAY_TRAILER": Entry(_ERROR, "a trailer closes nothing that is open", "Look for the lost header before it."),
    "DUPLICATE_ST": Entry(
        _ERROR, "two transaction sets of a group have the same control number", "Number them.", "", "", "23"
    ),
    "VERSION_4010": Entry(
        _ERROR, "version 4010 was retired in 2012 and is not read", "Ask for version 005010.", "", "", "1"
    ),
    "VERSION_UNKNOWN": Entry(
        _ERROR, "this version of the transaction set is not read", "Ask for version 005010.", "", "", "1"
    ),
    "SET_NOT_READ": Entry(
        _ERROR, "this kind of transaction set is not read here", "Route it to a system that does.", "", "", "1"
    ),
    # Segments and elements
    "SEGMENT_UNKNOWN": Entry(
        _ERROR, "this segment has no place in this transaction set; it was kept as text", "Tell the sender.", "2"
    ),
    "SEGMENT_NAME": Entry(
        _WARNING,
        "a segment's name is not in capital letters, or has blanks about it; it was read all the same; said once a file",
        "Tell the sender.",
    ),
    "SEGMENT_MISPLACED": Entry(
        _ERROR, "this segment stands where it has no meaning; it was kept as text", "Check what precedes it.", "7"
    ),
    "SEGMENT_ORDER": Entry(
        _ERROR, "this segment stands after one it must precede; it was read all the same", "Put it in order.", "7"
    ),
    "SEGMENT_REPEATED": Entry(
        _ERROR, "this segment stands more often than allowed; it was kept as text", "Remove the extra one.", "5"
    ),
    "SEGMENT_MISSING": Entry(_ERROR, "a required segment is missing", "Add it.", "3"),
    "SEGMENT_NOT_USED": Entry(
        _NOTE, "this segment is allowed but not used here; it was kept as text", "Nothing to do."
    ),
    "ELEMENT_MISSING": Entry(_ERROR, "a required element is empty", "Fill it.", "8", "1"),
    "ELEMENT_EXTRA": Entry(
        _ERROR, "the segment has more elements than it may have", "Look for a lost terminator.", "8", "3"
    ),
    "ELEMENT_TOO_LONG": Entry(_ERROR, "the value is longer than allowed", "Shorten it.", "8", "5"),
    "BAD_AMOUNT": Entry(_ERROR, "this is no amount in dollars and cents; it counts as 0", "Write 12.34.", "8", "6"),
    "BAD_QUANTITY": Entry(_ERROR, "this is no number", "Write a number.", "8", "6"),
    "BAD_DATE": Entry(_ERROR, "there is no such day", "Write CCYYMMDD.", "8", "8"),
    "BAD_CODE": Entry(_ERROR, "the code is not one of those allowed here", "Use a code of the guide.", "8", "7"),
    "TOO_MANY": Entry(_ERROR, "there are more repetitions than allowed", "Split the claim.", "8", "3"),
    "HL_SEQUENCE": Entry(_ERROR, "HL01 does not count up by one", "Number the HL segments 1, 2, 3.", "8", "7"),
    "HL_PARENT": Entry(_ERROR, "HL02 names no open parent of the right level", "Point to the parent.", "8", "7"),
    "HL_CHILD": Entry(
        _WARNING, "HL04 contradicts what follows (children or none)", "Set HL04 to 1 when children follow."
    ),
    # Money
    "CLAIM_SUM": Entry(
        _ERROR, "the claim's charge (CLM02) is not the sum of its lines (SV102)", "Add the lines up again."
    ),
    "NEGATIVE_AMOUNT": Entry(
        _ERROR, "a charge or unit count is negative", "Correct a paid claim by void or replacement instead."
    ),
    "SERVICE_BALANCE": Entry(
        _ERROR, "line charge minus adjustments is not the line payment", "Ask the payer; nothing was forced."
    ),
    "CLAIM_BALANCE": Entry(
        _ERROR, "claim charge minus adjustments is not the claim payment", "Ask the payer; nothing was forced."
    ),
    "TRANSACTION_BALANCE": Entry(
        _ERROR,
        "the payment (BPR02) is not the claim payments less provider adjustments",
        "Ask the payer; nothing was forced.",
    ),
    "COB_BALANCE": Entry(
        _ERROR, "the other payer's payment and adjustments do not add up to the charge", "Copy its remittance."
    ),
    # Meaning
    "NPI_CHECK_DIGIT": Entry(_ERROR, "the NPI's check digit is wrong", "Look the NPI up and correct it."),
    "TAX_ID_FORM": Entry(_ERROR, "a tax number has nine digits", "Correct it."),
    "TAXONOMY_FORM": Entry(_ERROR, "this is no taxonomy code", "Use the ten characters of the NUCC list."),
    "STATE_UNKNOWN": Entry(_ERROR, "there is no such state", "Use the two letters of the postal service."),
    "ZIP_FORM": Entry(_ERROR, "a ZIP code has five or nine digits", "Correct it."),
    "PO_BOX": Entry(
        _ERROR, "the billing provider's address is a post office box", "Give the street; the box goes to pay-to."
    ),
    "ZIP_NINE": Entry(_WARNING, "the billing provider's ZIP should have nine digits", "Add the last four."),
    "DIAGNOSIS_FORM": Entry(_ERROR, "this is not the form of an ICD-10-CM code", "Look the code up."),
    "DIAGNOSIS_UNKNOWN": Entry(_ERROR, "this ICD-10-CM code is not valid on that day", "Look the code up."),
    "POINTER_DANGLING": Entry(
        _ERROR, "a diagnosis pointer names no diagnosis of the claim", "Point to one of its diagnoses."
    ),
    "CLAIM_DUPLICATE": Entry(
        _ERROR, "this patient control number (CLM01) was used before in the file", "Give every claim its own."
    ),
    "FREQUENCY_CODE": Entry(
        _ERROR, "this claim frequency code is not allowed on a professional claim", "Use 1, 7 or 8."
    ),
    "ORIGINAL_MISSING": Entry(
        _ERROR, "a replacement or void does not name the claim it replaces (REF*F8)", "Add the payer's number."
    ),
    "PLACE_OF_SERVICE": Entry(_ERROR, "this is no place of service code", "Use two digits of the CMS list."),
    "CARC_UNKNOWN": Entry(
        _WARNING, "this adjustment reason is not on the CARC list", "Post it; ask the payer what it means."
    ),
    "RARC_UNKNOWN": Entry(
        _WARNING, "this remark code is not on the RARC list", "Post it; ask the payer what it means."
    ),
    "CLAIM_STATUS_UNKNOWN": Entry(
        _WARNING, "this claim status code is not on the list", "Ask the payer what it means."
    ),
    "CARC_UNLISTED": Entry(
        _NOTE, "this adjustment reason is not in our list; said once a file", "Post it; look the reason up."
    ),
    "RARC_UNLISTED": Entry(_NOTE, "this remark code is not in our list; said once a file", "Post it; look it up."),
    "CLAIM_STATUS_UNLISTED": Entry(
        _NOTE, "this claim status code is not in our list; said once a file", "Look the code up."
    ),
    "PAYER_SEQUENCE": Entry(_ERROR, "two payers of the claim have the same rank (SBR01)", "Rank them P, S, T."),
    "REFERRING_NPI": Entry(_ERROR, "the referring provider has no NPI", "Add it; Medicare therapy claims need it."),
    "DATE_ORDER": Entry(_WARNING, "a period ends before it begins", "Swap the days."),
    "ACCIDENT_STATE": Entry(_ERROR, "an auto accident needs the state it happened in", "Add CLM11-4."),
    "ACCIDENT_DATE": Entry(_ERROR, "an accident needs its date (DTP*439)", "Add it."),
}
