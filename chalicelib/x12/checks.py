"""What a value must look like to mean anything: check digits, forms, closed lists. Standard library only.

Sources: NPI check digit, 45 CFR 162.406 and the Luhn formula over 80840 + NPI; claim filing codes and payer
responsibility, X222A1 SBR; place of service, CMS list; states, postal service.
"""

from __future__ import annotations

import re
from array import array
from functools import lru_cache

STATES = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "DC",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "AS",
        "GU",
        "MP",
        "PR",
        "VI",
        "FM",
        "MH",
        "PW",
        "AA",
        "AE",
        "AP",
    ]
)
FILING_CODES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "AM",
        "BL",
        "CH",
        "CI",
        "DS",
        "FI",
        "HM",
        "LM",
        "MA",
        "MB",
        "MC",
        "OF",
        "TV",
        "VA",
        "WC",
        "ZZ",
    ]
)
INSURANCE_TYPES = frozenset(["12", "13", "14", "15", "16", "41", "42", "43", "47"])
SEQUENCES = frozenset(["P", "S", "T", "A", "B", "C", "D", "E", "F", "G", "H", "U"])
PLACES = frozenset(
    [
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "18",
        "19",
        "20",
        "21",
        "22",
        "23",
        "24",
        "25",
        "26",
        "27",
        "31",
        "32",
        "33",
        "34",
        "41",
        "42",
        "49",
        "50",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "60",
        "61",
        "62",
        "65",
        "66",
        "71",
        "72",
        "81",
        "99",
    ]
)
FREQUENCIES = frozenset(("1", "7", "8"))
_NPI = re.compile(r"[12][0-9]{9}", re.ASCII)
_TAXONOMY = re.compile(r"[0-9]{3}[0-9A-Z]{6}X", re.ASCII)
_ZIP = re.compile(r"[0-9]{5}(?:[0-9]{4})?", re.ASCII)
_DIAGNOSIS = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.ASCII)
_PO_BOX = re.compile(r"\b(?:P\.?\s*O\.?\s*BOX|POST\s+OFFICE\s+BOX|LOCK\s*BOX)\b", re.IGNORECASE)
# The lists grow three times a year: what lies within their published ranges (2026) is taken for known.
_CARC = re.compile(r"[1-9]|[1-9][0-9]|[12][0-9]{2}|30[0-9]|31[0-9]|A[0-8]|B[0-9]|B1[0-9]|B2[0-3]|D[1-9]|D1[0-9]|D2[0-3]|"
                   r"P[1-9]|P[12][0-9]|P3[0-5]|W[1-9]|W1[01]|Y[1-3]", re.ASCII)  # fmt: skip
_RARC = re.compile(r"(M|MA|N)([0-9]{1,3})", re.ASCII)
_RARC_LAST = {"M": 144, "MA": 134, "N": 950}
_STATUS_CATEGORY = re.compile(r"A[0-8]|D0|DR0[1-8]|E[0-4]|F[0-4]|F3[FN]|P[0-5]|R[0-9]|R1[0-7]|RQ", re.ASCII)
_LAST_CLAIM_STATUS = 820
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


@lru_cache(maxsize=8192)
def is_npi(text: str) -> bool:
    """Ten digits with the right check digit (Luhn over 80840 and the NPI; the prefix adds 24)."""
    if not _NPI.fullmatch(text):
        return False
    digits = [int(c) for c in text]
    return (24 + sum(digits[1::2]) + sum(_DOUBLED[d] for d in digits[0::2])) % 10 == 0


def is_taxonomy(text: str) -> bool:
    """Ten characters as the NUCC list has them."""
    return _TAXONOMY.fullmatch(text) is not None


def is_zip(text: str) -> bool:
    """Five or nine digits."""
    return _ZIP.fullmatch(text) is not None


def is_diagnosis_form(text: str) -> bool:
    """The form of an ICD-10-CM code, with or without the dot; not whether it exists."""
    return _DIAGNOSIS.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def is_carc(text: str) -> bool:
    """A claim adjustment reason code."""
    return _CARC.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def is_rarc(text: str) -> bool:
    """A remittance advice remark code: M1, MA01, N1 and on."""
    match = _RARC.fullmatch(text)
    return match is not None and 0 < int(match[2]) <= _RARC_LAST[match[1]]


@lru_cache(maxsize=4096)
def code_finding(kind: str, code: str) -> str:
    """What there is to say of a code of a published list, by `kind`: CARC, RARC or CLAIM_STATUS (category:status). "" when the
    list in `codes/` holds it; `..._UNKNOWN` when no such code was published; `..._UNLISTED` when it lies within what was
    published but that list, which holds what therapy meets, does not hold it."""
    from chalicelib.codes import lists  # read when the first code is judged

    if kind == "CARC":
        known, listed = is_carc(code), code in lists.carcs()
    elif kind == "RARC":
        known, listed = is_rarc(code), code in lists.rarcs()
    else:
        category, _, status = code.partition(":")
        held = lists.claim_statuses()
        known = is_claim_status(category, status)
        listed = ("category", category) in held and (not status or ("status", status) in held)
    return "" if listed and known else f"{kind}_UNLISTED" if known else f"{kind}_UNKNOWN"


def is_claim_status(category: str, status: str) -> bool:
    """A claim status category and code; an empty code is a matter of form, not of the list."""
    known = not status or (status.isdecimal() and len(status) < 4 and int(status) <= _LAST_CLAIM_STATUS)
    return known and _STATUS_CATEGORY.fullmatch(category) is not None


def is_po_box(text: str) -> bool:
    """A post office box, however spelled."""
    return _PO_BOX.search(text) is not None


class SeenBefore:
    """Has this text been seen? 8 bytes a text in a hash table that doubles up to 16 MB, then stops learning.

    A false yes needs two texts with the same 64-bit hash.
    """

    MAX_SLOTS = 1 << 21

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 << 12))
        self._count = 0

    def add(self, text: str) -> bool:
        """True when it was there already."""
        slots = self._slots
        size = len(slots)
        if self._count * 3 > size * 2:
            if size >= self.MAX_SLOTS:
                return False
            self._grow()
            slots, size = self._slots, len(self._slots)
        mark = hash(text) & 0xFFFFFFFFFFFFFFFF or 1
        at = mark & (size - 1)
        while (found := slots[at]) != mark:
            if not found:
                slots[at] = mark
                self._count += 1
                return False
            at = (at + 1) & (size - 1)
        return True

    def _grow(self) -> None:
        old = self._slots
        slots = self._slots = array("Q", bytes(16 * len(old)))
        for mark in old:
            if mark:
                at = mark & (len(slots) - 1)
                while slots[at]:
                    at = (at + 1) & (len(slots) - 1)
                slots[at] = mark
