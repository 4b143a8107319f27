"""What users of other systems complain of about the claim to the next payer; each answered here, by number.

The numbers are those of the list of complaints (OE = openemr/openemr, OT = masslight/ottehr); 1 to 18 of ERA posting are in
tests/remittance/test_complaints.py.
"""

from __future__ import annotations

import pytest

from chalicelib.x12 import Adjustment
from tests.claims.test_secondary_compiled import (
    CO45,
    MEDICARE,
    PR2,
    balances,
    complaints,
    content,
    decision,
    paid_line,
    prior_payer,
    written,
)
from tests.claims.test_secondary_compiled import (
    test_a_third_payer_reads_both_decisions_and_each_balances as three_payers,
)

SEVERAL = (CO45, Adjustment("CO", "253", 160), Adjustment("CO", "59", 700), PR2)


def test_14_several_reasons_of_one_group_are_all_in_the_next_payers_cas() -> None:
    """OE #6268."""
    claim = content(15000)
    read, _ = written(claim, prior_payer(claim, decision(claim, (paid_line(claim, 1, *SEVERAL),)), "P", "Aetna"))
    assert sorted(map(str, read.lines[0].adjudications[0].adjustments)) == sorted(map(str, SEVERAL))
    balances(read)


@pytest.mark.parametrize("reason", ["12", "13", "14", "43", "47"])
def test_15_medicare_as_second_payer_is_called_mb_with_its_reason(reason: str) -> None:
    """OE #11869: SBR09 was missing and SBR05 blank; in the segments themselves, not only in what we read back."""
    claim = content(15000, secondary=MEDICARE, msp_type=reason)
    _, data = written(claim, prior_payer(claim, decision(claim, (paid_line(claim, 1, CO45, PR2),)), "P", "Aetna"))
    sbr = [part.split("*") for part in data.decode().replace("\n", "").split("~") if part.startswith("SBR*S")]
    assert [(one[5], one[9]) for one in sbr] == [(reason, "MB")]


def test_16_the_next_payer_is_told_the_first_ones_control_number() -> None:
    """OE #11099."""
    claim = content(15000)
    read, data = written(claim, prior_payer(claim, decision(claim, (paid_line(claim, 1, CO45, PR2),)), "P", "Aetna"))
    assert read.other_payers[0].payer_control_number == "ICN123"
    assert b"REF*F8*ICN123" in data


@pytest.mark.parametrize("cas", [(), (CO45,), (PR2,), SEVERAL], ids=["paid whole", "cut", "share", "several"])
def test_17_nothing_in_a_secondary_claim_has_to_be_repaired_by_a_clearinghouse(cas: tuple[Adjustment, ...]) -> None:
    """OE PR #1959: an independent checker (pyx12) finds nothing wrong with the file as we send it."""
    claim = content(15000, 8000)
    lines = (paid_line(claim, 1, *cas), paid_line(claim, 2))
    read, data = written(claim, prior_payer(claim, decision(claim, lines), "P", "Aetna"))
    assert complaints(data) == []
    balances(read)


def test_19_a_claim_holds_as_many_insurances_as_the_patient_has() -> None:
    """OT #9184: three payers, each reading what the ones before it decided."""
    three_payers()
