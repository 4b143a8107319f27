"""What the claim for the next payer says of those before it: every cent of their decisions, balanced, and valid for pyx12."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.claims.claim import AttachedPaper, Claim, SubmissionRef
from chalicelib.claims.decisions import prior_payer, prior_payers
from chalicelib.claims.edi import to_claim837
from chalicelib.claims.following import payment_crossed_over
from chalicelib.claims.model import ClaimContent, ClaimEvent
from chalicelib.claims.prior import PriorPayer
from chalicelib.claims.records import Submission
from chalicelib.claims.sending import content_for
from chalicelib.onboarding.practice_file import load
from chalicelib.platform.errors import Refused
from chalicelib.x12 import Adjustment, Claim837, ClaimPayment, Interchange, ServicePayment, read_837p, write_837p
from tests.practice import REPOSITORY
from tests.x12.x12_values import pyx12_verdict

PRACTICE = load(REPOSITORY / "tenants/harborview-ot.toml")
AETNA = {"payer_id": "60054", "line_of_business": "commercial", "member_id": "W100200301"}
CIGNA = {"payer_id": "62308", "line_of_business": "commercial", "member_id": "U1002003001", "group_number": "G1"}
MEDICARE = {"payer_id": "09102", "line_of_business": "medicare", "member_id": "1EG4TE5MK72"}
GEICO = {"payer_id": "GEICO", "line_of_business": "auto"}
PERSON = {"last_name": "Testcase", "first_name": "Marigold", "date_of_birth": "1950-02-03", "sex": "F"}
ADDRESS = {"line1": "1 Example Way", "city": "Miami", "state": "FL", "zip": "33101"}


def content(*charges: int, **more: Any) -> ClaimContent:
    """A claim of lines with these charges in cents."""
    codes = ("97530", "97110", "97535", "97112")
    lines = [
        {"number": n, "visit_id": "V1", "visit_line": n, "cpt": codes[n - 1], "modifiers": ["GO"], "units": 2,
         "charge_cents": cents, "diagnosis_pointers": [1], "control_number": f"CLMNUMBER00000000{n:02d}"}
        for n, cents in enumerate(charges or (15000,), 1)
    ]  # fmt: skip
    therapist = PRACTICE.therapists[0]
    return ClaimContent.model_validate_json(
        json.dumps(
            {
                "claim_id": "clm_a",
                "visit_ids": ["V1"],
                "patient_key": "pat_a",
                "practice_patient_id": "P1",
                "date_of_service": "2026-09-01",
                "place_of_service": "11",
                "patient": PERSON,
                "patient_address": ADDRESS,
                "billing": {
                    "npi": PRACTICE.npi,
                    "last_name": PRACTICE.legal_name,
                    "is_person": False,
                    "tax_id": PRACTICE.tax_id,
                    "taxonomy": PRACTICE.taxonomy,
                    "address": {"line1": "100 Example Ave", "city": "Miami", "state": "FL", "zip": "331010001"},
                },
                "rendering": {
                    "npi": therapist.npi,
                    "last_name": therapist.last_name,
                    "first_name": therapist.first_name,
                    "taxonomy": therapist.taxonomy,
                },
                "coverage": AETNA,
                "payer_name": "Aetna",
                "secondary": CIGNA,
                "diagnoses": ["M6281"],
                "lines": lines,
                **more,
            }
        )
    )


def decision(
    claim: ClaimContent, lines: tuple[ServicePayment, ...], *, at_claim: tuple[Adjustment, ...] = (), **more: Any
) -> ClaimEvent:
    """The event a posted 835 claim payment leaves."""
    paid = more.pop("paid", sum(line.paid_cents for line in lines) - sum(item.amount_cents for item in at_claim))
    made = ClaimPayment(
        "PCN1", "1", claim.charge_cents, paid, 0, "12", "ICN123", adjustments=at_claim, lines=lines, **more
    )
    plain = json.loads(json.dumps(dataclasses.asdict(made), default=str))
    data = {"patient_control_number": "PCN1", "payment": plain, "paid_on": "2026-09-20"}
    return ClaimEvent(
        sequence=1, type="adjudicated", at="2026-09-25T00:00:00Z", source="835", actor="a", words="w", data=data
    )


def paid_line(claim: ClaimContent, number: int, *adjustments: Adjustment, **more: Any) -> ServicePayment:
    line = claim.lines[number - 1]
    paid = line.charge_cents - sum(item.amount_cents for item in adjustments)
    made = {"line_control_number": line.control_number, "units": 2, **more}
    return ServicePayment(line.cpt, line.modifiers, line.charge_cents, paid, adjustments=adjustments, **made)


def written(claim: ClaimContent, *prior: PriorPayer, sequence: str = "S", **more: Any) -> tuple[Claim837, bytes]:
    """The claim to the payer of that level, written and read back."""
    name = {"S": "Cigna", "P": claim.payer_name}.get(sequence, "Third")
    told = content_for(claim, sequence, name) if sequence != "P" else claim
    item = Submission.model_validate(
        {"submission_id": "sub_a", "claim_id": "clm_a", "n": 2, "patient_control_number": "HARBA0000000X1",
         "batch_id": "bat_a", "sequence": sequence, "content": told, "prior": prior, **more}
    )  # fmt: skip
    envelope = Interchange(
        "OTBILL", "CLEARING", control_number=7, group_control_number=7, created_at=datetime(2026, 9, 30, tzinfo=UTC),
        usage="T", receiver_name="CLEARING",
    )  # fmt: skip
    envelope.submitter.last_name, envelope.submitter.is_person = "OTBILL", False
    envelope.submitter.contact_name, envelope.submitter.phone = "DESK", "3055550100"
    meant = to_claim837(item, PRACTICE)
    data = write_837p(envelope, [meant])
    (read,) = read_837p(data).claims
    return read, data


def complaints(data: bytes) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        ok, found = pyx12_verdict(data, Path(folder))
    return found or ([] if ok else [{"at": "file"}])


def balances(claim: Claim837) -> None:
    """RFI 1115, worked out here and not there: CLM02 = AMT*D + all CAS of that payer; SV102 = SVD02 + its CAS."""
    for other in claim.other_payers:
        if other.paid_cents is None:
            continue
        told = other.paid_cents + sum(item.amount_cents for item in other.adjustments)
        for line in claim.lines:
            mine = [one for one in line.adjudications if one.payer_id == other.payer_id]
            told += sum(item.amount_cents for one in mine for item in one.adjustments)
            if mine:
                of_line = sum(one.paid_cents + sum(i.amount_cents for i in one.adjustments) for one in mine)
                assert of_line == line.charge_cents
        assert told == claim.charge_cents


CO45, PR2 = Adjustment("CO", "45", 5000), Adjustment("PR", "2", 2000)


def test_the_next_payer_reads_what_the_first_paid_cut_and_left_to_the_patient() -> None:
    claim = content(15000, 8000)
    event = decision(claim, (paid_line(claim, 1, CO45, PR2), paid_line(claim, 2, Adjustment("CO", "45", 3000))))
    read, data = written(claim, prior_payer(claim, event, "P", "Aetna"))
    balances(read)
    (other,) = read.other_payers
    assert (other.sequence, other.payer_id, other.paid_cents, other.claim_filing) == ("P", "60054", 13000, "CI")
    assert (other.patient_liability_cents, other.adjudicated_on) == (None, None), "said once, on the lines"
    first, second = (line.adjudications[0] for line in read.lines)
    assert first.adjustments == (CO45, PR2)
    assert (first.paid_cents, first.patient_liability_cents, first.adjudicated_on) == (8000, 2000, date(2026, 9, 20))
    assert (second.paid_cents, second.patient_liability_cents) == (5000, 0), "AMT*EAF also when nothing is left"
    assert (read.payer_sequence, read.payer_id, read.member_id) == ("S", "62308", "U1002003001")
    assert other.payer_control_number == "ICN123"
    assert complaints(data) == []


def test_a_decision_without_lines_is_told_for_the_claim_as_a_whole() -> None:
    claim = content(15000)
    event = decision(claim, (), at_claim=(CO45, PR2), paid=8000)
    read, data = written(claim, prior_payer(claim, event, "P", "Aetna"))
    balances(read)
    (other,) = read.other_payers
    assert other.adjustments == (CO45, PR2)
    assert (other.patient_liability_cents, other.adjudicated_on) == (2000, date(2026, 9, 20))
    assert not read.lines[0].adjudications
    assert complaints(data) == []


def test_lines_the_payer_renamed_split_or_stripped_are_found_and_bundled_ones_go_to_the_claim() -> None:
    claim = content(15000, 8000)
    dropped = ServicePayment("97530", (), 15000, 8000, 2, adjustments=(CO45, PR2))  # no control number, no modifier
    halves = (
        ServicePayment("97110", ("GO",), 5000, 5000, 1),
        ServicePayment("97110", ("GO",), 3000, 1000, 1, adjustments=(Adjustment("CO", "45", 2000),)),
    )
    read, _ = written(claim, prior_payer(claim, decision(claim, (dropped, *halves)), "P", "Aetna"))
    balances(read)
    assert [len(line.adjudications) for line in read.lines] == [1, 2]
    bundled = ServicePayment("97530", ("GO",), 23000, 10000, 2, adjustments=(Adjustment("CO", "97", 13000),))
    read, _ = written(claim, prior_payer(claim, decision(claim, (bundled,)), "P", "Aetna"))
    balances(read)
    assert read.other_payers[0].adjustments == (Adjustment("CO", "97", 13000),)
    assert not any(line.adjudications for line in read.lines)


def test_a_decision_that_does_not_add_up_is_refused_with_the_difference() -> None:
    claim = content(15000)
    with pytest.raises(Refused) as caught:
        prior_payer(claim, decision(claim, (), at_claim=(PR2,), paid=8000), "P", "Aetna")
    assert caught.value.code == "DECISION_UNBALANCED"
    assert "+50.00" in caught.value.message


cents = st.integers(0, 30000)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 90000), cents, cents, cents), min_size=1, max_size=4),
    st.integers(0, 2000),
)
def test_whatever_was_decided_the_compiled_claim_balances(rows: list[tuple[int, int, int, int]], at_claim: int) -> None:
    claim = content(*(charge for charge, *_ in rows))
    lines = tuple(
        paid_line(claim, n, *(Adjustment(group, reason, amount) for group, reason, amount in
                              (("CO", "45", a), ("PR", "1", b), ("PR", "2", c)) if amount))
        for n, (_, a, b, c) in enumerate(rows, 1)
    )  # fmt: skip
    whole = (Adjustment("PR", "3", at_claim),) if at_claim else ()
    made = prior_payer(claim, decision(claim, lines, at_claim=whole), "P", "Aetna")
    item = Submission.model_validate(
        {"submission_id": "s", "claim_id": "c", "n": 2, "patient_control_number": "P", "batch_id": "b", "sequence": "S",
         "content": content_for(claim, "S", "Cigna"), "prior": (made,)}
    )  # fmt: skip
    out = to_claim837(item, PRACTICE)
    balances(out)
    shares = sum(one.patient_liability_cents or 0 for line in out.lines for one in line.adjudications)
    assert shares == at_claim + sum(b + c for _, _, b, c in rows), "AMT*EAF: all that was left to the patient, once"


def test_medicare_after_an_employer_plan_says_why_and_no_other_payer_does() -> None:
    claim = content(15000, secondary=MEDICARE, msp_type="12")
    prior = prior_payer(claim, decision(claim, (paid_line(claim, 1, CO45, PR2),)), "P", "Aetna")
    read, data = written(claim, prior)
    assert (read.payer_sequence, read.insurance_type, read.claim_filing) == ("S", "12", "MB")
    assert read.other_payers[0].insurance_type == ""
    assert complaints(data) == []
    first, data = written(claim, sequence="P")
    assert (first.insurance_type, first.other_payers[0].insurance_type) == ("", "12"), "announced with its reason"
    assert first.other_payers[0].paid_cents is None
    assert complaints(data) == []
    commercial, _ = written(content(15000, msp_type="12"), prior)
    assert commercial.insurance_type == ""


def test_a_third_payer_reads_both_decisions_and_each_balances() -> None:
    claim = content(15000, tertiary={**AETNA, "payer_id": "61101", "member_id": "H1"})
    first = decision(claim, (paid_line(claim, 1, CO45, PR2),))
    second = decision(claim, (paid_line(claim, 1, Adjustment("OA", "23", 13000), Adjustment("PR", "3", 1500)),))
    sent = [SubmissionRef(n=n, submission_id=f"s{n}", patient_control_number=f"PCN{n}", file="f", sequence=level)
            for n, level in ((1, "P"), (2, "S"))]  # fmt: skip
    folded = Claim(claim_id="clm_a", content=claim, submissions=tuple(sent))
    later = second.model_copy(update={"data": {**second.data, "patient_control_number": "PCN2"}})
    prior = prior_payers(folded, [first, later], "T", {"P": "Aetna", "S": "Cigna"})
    read, data = written(claim, *prior, sequence="T")
    balances(read)
    assert [other.sequence for other in read.other_payers] == ["P", "S"]
    assert [one.payer_id for one in read.lines[0].adjudications] == ["60054", "62308"]
    assert complaints(data) == []
    taken_back = later.model_copy(update={"type": "reversed"})
    with pytest.raises(Refused) as caught:
        prior_payers(folded, [first, later, taken_back], "T", {})
    assert caught.value.code == "NOT_DECIDED"


@pytest.mark.parametrize(
    ("payment", "crossed"),
    [
        ({"status_code": "1"}, False),
        ({"status_code": "19"}, True),
        ({"status_code": "1", "crossover_carrier": "SUPPLEMENT CO"}, True),
        ({"status_code": "1", "remark_codes": ["MA18"]}, True),
        ({"status_code": "1", "remark_codes": ["MA19"]}, False),
        ({"status_code": "1", "lines": [{"remark_codes": ["MA18"]}]}, True),
        ({"status_code": "2", "remark_codes": ["MA01", "MA07"]}, True),
    ],
)
def test_how_a_payer_says_that_it_passed_the_claim_on(payment: dict[str, Any], crossed: bool) -> None:
    assert payment_crossed_over(payment) is crossed


def test_original_corrected_void_and_auto_files_are_valid_and_read_back_as_meant() -> None:
    paper = AttachedPaper(report_type="OZ", transmission="FX", control_number="ATT1", title="notes")
    accident = {
        "type": "AA",
        "date": "2026-08-20",
        "state": "FL",
        "claim_number": "0512345678",
        "first_care_on": "2026-08-25",
    }
    auto = content(15000, coverage=GEICO, payer_name="GEICO", secondary=AETNA, accident=accident)
    for claim, more in (
        (content(15000), {}),
        (content(15000), {"frequency": "7", "original_reference": "ICN123"}),
        (content(15000), {"frequency": "8", "original_reference": "ICN123"}),
        (auto, {"papers": (paper,)}),
    ):
        read, data = written(claim, sequence="P", **more)
        assert complaints(data) == []
        assert read.frequency_code == more.get("frequency", "1")
        assert read.original_reference == more.get("original_reference", "")
        assert [line.charge_cents for line in read.lines] == [15000]
    assert read.accident is not None
    assert (read.claim_filing, read.accident.claim_number, read.accident.state) == ("AM", "0512345678", "FL")
    assert read.accident.date == date(2026, 8, 20)
    assert [(one.report_type, one.transmission, one.control_number) for one in read.attachments] == [
        ("OZ", "FX", "ATT1")
    ]
    exhausted = (paid_line(auto, 1, Adjustment("PR", "119", 15000)),)
    after, data = written(auto, prior_payer(auto, decision(auto, exhausted), "P", "GEICO"))
    balances(after)
    assert (after.other_payers[0].claim_filing, after.other_payers[0].paid_cents) == ("AM", 0)
    assert complaints(data) == []
