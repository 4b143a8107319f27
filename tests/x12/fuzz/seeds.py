"""One file of every kind this product writes: where fuzzing begins."""

from __future__ import annotations

from chalicelib import x12
from tests.x12 import x12_values as v


def every_set() -> list[bytes]:
    """835, 837P, 999, TA1, 277CA, 276, 277, 270, 271 and both 278s."""
    sent, claim = v.interchange(), v.claim()
    asked = ("P", "1", v.THERAPIST, v.MARIGOLD, "M")
    return [
        x12.write_835(sent, [v.remittance(), v.remittance(trace="SIM2")]),
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
