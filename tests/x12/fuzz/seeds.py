"""One file of every kind this product writes: where fuzzing begins."""

from __future__ import annotations

from typing import Any

from chalicelib import x12
from tests.x12 import x12_values as v


def every_set() -> list[bytes]:
    """835, 837P, 999, TA1, 277CA, 276, 277, 270, 271 and both 278s."""
    sent, claim = v.interchange(), v.claim()
    asked: Any = ("P", "1", v.THERAPIST, v.MARIGOLD, "M")
    return [
        x12.write_835(sent, [v.remittance(), v.remittance(trace="SIM2")]),
        x12.write_835(sent, [_inpatient()]),
        x12.write_837p(sent, [_line_of_everything()]),
        x12.write_837p(sent, [claim, v.claim(patient_control_number="PCN2", patient=v.MARIGOLD)]),
        x12.write_999(sent, x12.acknowledge(x12.write_837p(sent, [claim]))),
        x12.write_ta1(sent, 7, sent.created_at),
        x12.write_277ca(sent, [x12.StatusBatch("P", "1", "U", "O1", claims=(x12.ClaimStatus("PCN", "A2", "20"),))]),
        x12.write_276(sent, [x12.StatusRequest("P", "1", "R", "2", v.THERAPIST, v.MARIGOLD, "M", trace="T", charge_cents=1)]),
        x12.write_277(sent, [x12.StatusBatch("P", "1", "U", "O1", claims=(x12.ClaimStatus("PCN", "F1", "65", kind="277"),))]),
        x12.write_270(sent, [x12.EligibilityRequest(*asked, date=v.DAY)]),
        x12.write_271(sent, [x12.BenefitResponse(*asked, benefits=(x12.Benefit("1"),))]),
        x12.write_278(sent, [x12.ReviewRequest(*asked, trace="T"), x12.ReviewResponse(*asked, trace="T", quantity=1)]),
    ]  # fmt: skip


def _inpatient() -> x12.Remittance:
    """TS3, TS2, MIA, MOA, QTY, AMT and REF."""
    told = v.remittance(
        provider_summaries=(
            x12.ProviderSummary(
                v.NPIS[0], "11", v.DAY, 1, 22050, pip_adjustment_cents=-5, inpatient=x12.InpatientSummary(7)
            ),
        )
    )
    claim = told.claims[0]
    claim.inpatient, claim.outpatient = x12.Inpatient(3, 12345, capital_exception_cents=1), x12.Outpatient(1, 2, 3, 4)
    claim.remark_codes, claim.drg_code, claim.drg_weight = ("MA01", "N522"), "470", 2
    for one in (claim, claim.lines[0]):
        one.quantities, one.amounts = (x12.Quantity("ZK", 3),), (x12.Amount("ZK", 100),)
        one.references = (x12.Reference("CE", "PLAN"),)
    return told


def _line_of_everything() -> x12.Claim837:
    """Loops 2410, 2420A to 2420F and 2430; a payer before with MOA."""
    who = x12.Party("Provider", "Ann", npi=v.NPIS[1], references=(x12.Reference("0B", "L1"),))
    said = x12.LineAdjudication("9", 100, "97530", adjudicated_on=v.DAY, adjustments=(x12.Adjustment("PR", "1", 5),))
    line = v.line(
        drug=x12.Drug("00781183520", 2, "ML", prescription_number="RX1"), purchased=who, facility=who, supervising=who,
        ordering=who, referring=who, primary_care=who, rendering=who, adjudications=(said,),
    )  # fmt: skip
    other = x12.OtherPayer(
        "S", "CI", "Other", "9", 100, remark_codes=("MA18",), outpatient=x12.Outpatient(1), subscriber=v.MARIGOLD
    )
    return v.claim(lines=(line,), other_payers=(other,))
