"""The mark by which a check is known again does not change when later versions read more of an 835."""

from __future__ import annotations

import datetime as dt

from chalicelib.remittance.posting import fingerprint
from chalicelib.x12 import Adjustment, ClaimPayment, Inpatient, Name, Remittance, ServicePayment

# What version 0.1.0 gave before it read MIA, QTY and DRG
MARK = "9f17136d7cc75cc0234d6b626c3f7630caee8e36646d9a13f9a2472b74762ad0"


def check() -> Remittance:
    day = dt.date(2026, 9, 1)
    line = ServicePayment("97530", ("GO",), 10000, 8000, 2, day, "L1", (Adjustment("PR", "2", 2000),))
    claim = ClaimPayment("P1", "1", 10000, 8000, 2000, "MB", "ICN1", Name("Testcase", "Marigold"), lines=(line,))
    return Remittance(8000, trace="T1", date=day, claims=(claim,))


def test_a_check_taken_in_before_has_the_mark_it_had() -> None:
    assert fingerprint(check()) == MARK


def test_what_is_read_now_is_part_of_the_mark() -> None:
    other = check()
    other.claims[0].inpatient = Inpatient(3)
    assert fingerprint(other) != MARK
