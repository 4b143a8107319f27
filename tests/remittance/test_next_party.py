"""Whom a share is asked from: never a patient who may not be asked, and nobody before the payers are done."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from chalicelib.claims.model import ClaimContent
from chalicelib.intake.model import Accident, LineOfBusiness
from chalicelib.remittance import next_party
from chalicelib.remittance.lines import LineMatch
from chalicelib.remittance.split import Terms, shares_of
from chalicelib.remittance.underpaid import compare, is_underpaid
from chalicelib.x12 import Adjustment, ClaimPayment, ServicePayment
from tests.bench import remit_figures
from tests.bench.remit_figures import corpus

PR = (("CO", "45", 4000), ("PR", "1", 1000), ("PR", "2", 1200))


def said(lob: str, **more: object) -> ClaimContent:
    item = corpus.make(1).claims[0]
    content = remit_figures.content(item, "clm_x")
    coverage = content.coverage.model_copy(update={"line_of_business": LineOfBusiness(lob)})
    return content.model_copy(update={"coverage": coverage, **more})


@pytest.mark.parametrize(
    ("lob", "reason"),
    [
        ("medicaid", "MEDICAID_COVERED"),
        ("workers_compensation", "WORKERS_COMPENSATION"),
        ("medicare", ""),
        ("commercial", ""),
    ],
)
def test_medicaid_and_workers_compensation_never_leave_a_share_to_the_patient(lob: str, reason: str) -> None:
    assert next_party.protected(said(lob)) == reason


def test_a_patient_with_medicaid_second_is_asked_for_nothing() -> None:
    content = said("medicare")
    medicaid = content.coverage.model_copy(update={"line_of_business": LineOfBusiness.MEDICAID})
    assert next_party.protected(content.model_copy(update={"secondary": medicaid})) == "MEDICAID_COVERED"


def test_a_share_nobody_may_be_asked_for_stays_open_as_a_denial() -> None:
    shares = shares_of(8800, PR, Terms(15000, patient=False))
    assert (shares.share_cents, shares.denied_cents) == (0, 2200)
    assert shares.denials == (("PR", "2", 1200), ("PR", "1", 1000))
    assert shares_of(8800, PR, Terms(15000)).share_cents == 2200


def test_only_pr_1_2_and_3_ever_reach_the_patient() -> None:
    shares = shares_of(0, (("PR", "204", 9000), ("PR", "3", 1000), ("PR", "96", 5000)), Terms(15000))
    assert (shares.share_cents, shares.denied_cents) == (1000, 14000)


@pytest.mark.parametrize("code", ["N781", "N782", "N783"])
def test_a_remittance_that_names_a_qmb_protects_the_patient(code: str) -> None:
    line = ServicePayment("97530", remark_codes=(code,))
    assert next_party.protects_patient(ClaimPayment("N", lines=(line,)))
    assert not next_party.protects_patient(ClaimPayment("N"))


def test_florida_pip_bounds_what_the_patient_owes() -> None:
    content = said("auto", accident=Accident(type="AA", state="FL"), date_of_service=date(2026, 9, 1))
    bound = next_party.schedule_bound(content)
    assert bound is not None
    assert 0 < bound < content.charge_cents
    shares = shares_of(0, (("PR", "2", bound + 500),), Terms(bound + 500, patient_most_cents=bound))
    assert (shares.share_cents, shares.denied_cents) == (bound, 500)
    assert next_party.schedule_bound(said("auto", accident=Accident(type="AA", state="GA"))) is None


def test_crossover_is_read_from_status_remarks_and_carrier_and_ma19_says_no() -> None:
    assert next_party.crossed_over(ClaimPayment("N", "19"))
    assert next_party.crossed_over(ClaimPayment("N", "1", remark_codes=("MA18",)))
    assert next_party.crossed_over(ClaimPayment("N", "1", crossover_carrier="MEDIGAP"))
    assert not next_party.crossed_over(ClaimPayment("N", "1"))
    assert not next_party.crossed_over(ClaimPayment("N", "19", remark_codes=("MA19",)))


def test_expected_is_compared_with_allowed_where_the_payer_decided() -> None:
    content = said("medicare", date_of_service=date(2026, 9, 1))
    content = content.model_copy(update={"lines": content.lines[:1]})
    billed = content.lines[0]
    cut = Adjustment("CO", "45", billed.charge_cents - 1000)
    service = ServicePayment(
        billed.cpt,
        billed.modifiers,
        billed.charge_cents,
        800,
        billed.units,
        adjustments=(cut, Adjustment("PR", "2", 200)),
    )
    payment = ClaimPayment("N", charge_cents=billed.charge_cents, paid_cents=800, lines=(service,))
    zip_code = content.billing.address.model_copy(update={"zip": "33101"})
    content = content.model_copy(update={"billing": content.billing.model_copy(update={"address": zip_code})})
    found = compare(payment, content, (LineMatch(service=1, numbers=(billed.number,), how="x"),))
    assert found is not None
    assert (found[1], found[0] > 1000) == (1000, True)
    assert is_underpaid(*found, threshold_cents=100, threshold_percent=2)
    assert not is_underpaid(3000, 2950, threshold_cents=100, threshold_percent=2)
    denied = dataclasses.replace(service, adjustments=(Adjustment("CO", "50", billed.charge_cents),), paid_cents=0)
    told = dataclasses.replace(payment, lines=(denied,))
    assert compare(told, content, (LineMatch(service=1, numbers=(billed.number,)),)) is None
