"""The CMS-1500 (02/12) as a grid: where each item's data is printed, and our own frame and words for a review copy.

Lines and columns are those of a 10-pitch, 6-lines-an-inch printer, as the form is laid out for. Words are ours.
"""

from __future__ import annotations

from chalicelib.documents.print_grid import Box, Option

SERVICE_LINES = (44, 46, 48, 50, 52, 54)  # item 24, the unshaded half of each of the six lines
KINDS = {"medicare": 1, "medicaid": 8, "tricare": 15, "champva": 24, "group": 31, "feca": 39, "other": 45}
RELATIONSHIPS = {"self": 33, "spouse": 38, "child": 42, "other": 47}
YES_10, NO_10 = 35, 41
_RIGHT, _LEFT_END, _MIDDLE_END, _END = 50, 29, 49, 79


def _row(bottom: int, left: str, middle: str, right: str) -> tuple[Box, ...]:
    top = bottom - 1
    return (
        Box(left, top, 1, bottom, _LEFT_END),
        Box(middle, top, _LEFT_END + 1, bottom, _MIDDLE_END),
        Box(right, top, _RIGHT, bottom, _END),
    )


BOXES: tuple[Box, ...] = (
    Box("Payer and where the form is mailed", 1, 41, 5, _END),
    Box("1  Kind of coverage", 7, 1, 8, _MIDDLE_END),
    Box("1a  Member id", 7, _RIGHT, 8, _END),
    *_row(10, "2  Patient: last, first, middle", "3  Born, sex", "4  Subscriber: last, first, middle"),
    *_row(12, "5  Patient's street", "6  Patient is the subscriber's", "7  Subscriber's street"),
    Box("5  City", 13, 1, 14, 24),
    Box("State", 13, 25, 14, _LEFT_END),
    Box("8  (not used)", 13, _LEFT_END + 1, 16, _MIDDLE_END),
    Box("7  City", 13, _RIGHT, 14, 72),
    Box("State", 13, 73, 14, _END),
    Box("5  ZIP", 15, 1, 16, 13),
    Box("Telephone", 15, 14, 16, _LEFT_END),
    Box("7  ZIP", 15, _RIGHT, 16, 63),
    Box("Telephone", 15, 64, 16, _END),
    *_row(18, "9  Other subscriber", "10  Caused by", "11  Group number, or NONE"),
    *_row(20, "9a  Other policy", "10a  Work", "11a  Subscriber born, sex"),
    *_row(22, "9b  (not used)", "10b  Auto accident, state", "11b  Other claim id (Y4 = accident claim)"),
    *_row(24, "9c  (not used)", "10c  Other accident", "11c  Plan"),
    *_row(26, "9d  Other plan", "10d  Claim codes", "11d  Another health plan?"),
    Box("12  Patient's signature: records may be released", 27, 1, 29, 48),
    Box("13  Subscriber's signature: pay the provider", 27, 49, 29, _END),
    Box("14  Illness or injury began", 31, 1, 32, _LEFT_END),
    Box("15  Another date (454 first treatment, 439 accident)", 31, _LEFT_END + 1, 32, _MIDDLE_END),
    Box("16  Unable to work", 31, _RIGHT, 32, _END),
    Box("17  Referred by (DN), last, first", 33, 1, 34, _LEFT_END),
    Box("17b  NPI", 33, _LEFT_END + 1, 34, _MIDDLE_END),
    Box("18  In hospital", 33, _RIGHT, 34, _END),
    Box("19  More about the claim", 35, 1, 36, _MIDDLE_END),
    Box("20  Outside laboratory", 35, _RIGHT, 36, _END),
    Box("21  Diagnoses A to L; 0 = ICD-10-CM", 37, 1, 40, _MIDDLE_END),
    Box("22  Replaces or voids (7, 8), payer's number", 37, _RIGHT, 38, _END),
    Box("23  Authorization", 39, _RIGHT, 40, _END),
    *(
        Box(words, 41, left, 54, right)
        for words, left, right in (
            ("24A  From, to", 1, 18),
            ("B Place", 19, 21),
            ("C", 22, 24),
            ("D  Procedure and modifiers", 25, 44),
            ("E  Diagnoses", 45, 49),
            ("F  Charge", 50, 58),
            ("G  Units", 59, 62),
            ("H", 63, 64),
            ("I", 65, 67),
            ("J  Rendering NPI", 68, _END),
        )
    ),
    Box("25  Tax id", 55, 1, 56, 21),
    Box("26  Our claim number", 55, 22, 56, 36),
    Box("27  Assignment taken", 55, 37, 56, _MIDDLE_END),
    Box("28  Total charge", 55, _RIGHT, 56, 60),
    Box("29  Paid before", 55, 61, 56, 70),
    Box("30  (not used)", 55, 71, 56, _END),
    Box("31  Signed by, on", 57, 1, 61, 21),
    Box("32  Where it was furnished; 32a NPI", 57, 22, 61, _MIDDLE_END),
    Box("33  Who bills, telephone; 33a NPI, 33b other id", 57, _RIGHT, 61, _END),
)

OPTIONS: tuple[Option, ...] = (
    *(
        Option(8, column, words)
        for column, words in (
            (1, "Medicare"),
            (8, "Medicaid"),
            (15, "Tricare"),
            (24, "ChampVA"),
            (31, "group"),
            (39, "FECA"),
            (45, "other"),
        )
    ),
    *(Option(12, column, words) for words, column in RELATIONSHIPS.items()),
    *(Option(line, column, words) for line in (20, 22, 24) for column, words in ((YES_10, "yes"), (NO_10, "no"))),
    Option(10, 42, "male"),
    Option(10, 47, "fem."),
    Option(20, 68, "male"),
    Option(20, 75, "fem."),
    Option(26, 52, "yes"),
    Option(26, 57, "no"),
    Option(36, 52, "yes"),
    Option(36, 57, "no"),
    Option(56, 17, "SSN"),
    Option(56, 19, "EIN"),
    Option(56, 38, "yes"),
    Option(56, 43, "no"),
)
