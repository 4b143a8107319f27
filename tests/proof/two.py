"""Two practices that took in the very same visit file: equal patient names, equal visit and patient numbers of their own.

What differs is ours: ids, control numbers, check amounts. Those are the marks a leak would show.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from chalicelib.claims import records
from chalicelib.claims.submission import submit_claims
from chalicelib.coverage.service import check_patient
from chalicelib.denials import appeals, papers
from chalicelib.denials.records import open_denials
from chalicelib.denials.refresh import refresh
from chalicelib.documentation import attachments
from chalicelib.intake.records import every_visit, patient_key
from chalicelib.local.clearinghouse import realtime_doors
from chalicelib.onboarding.model import Practice
from chalicelib.remittance.banking import open_deposits
from chalicelib.remittance.matching import unmatched
from chalicelib.remittance.offsets import open_offsets
from chalicelib.remittance.queries import list_remittances
from chalicelib.remittance.reconcile import reconcile
from chalicelib.remittance.refunds import refund_payment
from chalicelib.remittance.service import post_file
from chalicelib.store import directory, identity
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal, enter
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    Interchange,
    Name,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    ServicePayment,
    write_835,
)
from tests.practice import build, line, live_practice
from tests.proof.world import OPERATOR

STAFF_ROLES = ("administrator", "biller", "coder", "denials_specialist", "payment_poster", "auditor")
PRACTICE_ROLES = ("owner", "office_manager", "therapist", "front_desk")
PASSWORD = "fictional-proof-only"


@dataclass(frozen=True)
class House:
    """One practice: `ids` fill route and command parameters, `marks` are texts nobody else may see."""

    practice: Practice
    tenant_id: str
    ids: dict[str, str]
    marks: frozenset[str]
    check: bytes
    visits: Path


def two_houses(home: Path) -> tuple[House, House]:
    return _house(home, "a"), _house(home, "b")


def _house(home: Path, letter: str) -> House:
    practice = live_practice(OPERATOR)
    folder = home / letter
    folder.mkdir()
    with enter(OPERATOR, practice.slug, "proof", directory.directory()) as context:
        rows = [line("V1"), line("V2", patient_id="P2"), line("V3", patient_id="P3", diagnosis_1="Z99999")]
        outcomes = build(folder, *rows)
        submit_claims()
        stored = list(records.find_claims(item.claim_id for item in outcomes if item.claim_id).values())
        sent = [item.claim for item in stored if item.claim.latest]
        numbers = [claim.latest.patient_control_number for claim in sent if claim.latest]
    check = _check(practice, numbers[0], f"TRACE{letter.upper()}")
    post_file(check, OPERATOR)
    post_file(_check(practice, numbers[1], f"DENIAL{letter.upper()}", (Adjustment("CO", "50", 15000),)), OPERATOR)
    with enter(OPERATOR, practice.slug, "proof", directory.directory()):
        refresh()
        (denial,) = open_denials()
        appeal = appeals.packet(appeals.draft(denial.denial_id).appeal_id)
        remittance_id = list_remittances().rows[0].remittance_id
        wait = next(item for item in unmatched() if item.sequence == 3 and item.paid_cents)
        refund = refund_payment(wait.remittance_id, wait.sequence)
        (offset,) = open_offsets()
        visits = [item.key for item in every_visit()]
        tasks = [task.task_id for task in open_tasks()]
        patient = patient_key("P1")
        door = realtime_doors(home / "payers")(practice.billing.trading_partner)
        check_id = check_patient("P1", door)[0].check_id
        paper = attachments.add("prescription", b"%PDF-1.4 fictional " + letter_of(practice), patient=patient).paper_id
        reconcile(f"date,amount,trace\n2026-09-30,1.00,NOBODY{letter.upper()}1\n".encode())
        (deposit,) = open_deposits()
        submissions = [submission.submission_id for claim in sent for submission in claim.submissions]
        upload_id, _ = papers.ask_upload(denial.denial_id)
    claims = [item.claim.claim_id for item in stored]
    tenant_id = context.tenant.tenant_id
    ids = {
        "tenant": practice.slug,
        "claim_id": sent[0].claim_id,
        "claim": sent[0].claim_id,
        "remittance_id": remittance_id,
        "remittance": remittance_id,
        "visit_id": visits[0],
        "task_id": tasks[0],
        "patient_id": patient,
        "patient": patient,
        "paper": paper,
        "paper_id": paper,
        "upload_id": upload_id,
        "submission_id": submissions[0],
        "number": numbers[0],
        "denial_id": denial.denial_id,
        "denial": denial.denial_id,
        "appeal_id": appeal.appeal_id,
        "appeal": appeal.appeal_id,
        "check_id": check_id,
        "refund_id": refund.refund_id,
        "refund": refund.refund_id,
        "offset_id": offset.offset_id,
        "offset": offset.offset_id,
        "deposit_id": deposit.deposit_id,
        "deposit": deposit.deposit_id,
        "check": remittance_id,
    }
    marks = {*claims, *numbers, *visits, *tasks, *submissions, patient, remittance_id, tenant_id, practice.npi}
    marks |= {denial.denial_id, appeal.appeal_id, check_id, paper, refund.refund_id, offset.offset_id}
    marks |= {deposit.deposit_id}
    (path,) = folder.glob("visits-*.csv")
    return House(practice, tenant_id, ids, frozenset(marks), check, path)


def letter_of(practice: Practice) -> bytes:
    """So that the two practices' papers differ."""
    return practice.slug.encode()


_PAID = (Adjustment("CO", "45", 2500), Adjustment("PR", "2", 1000))


def _check(
    practice: Practice,
    number: str,
    trace: str,
    cas: tuple[Adjustment, ...] = _PAID,
) -> bytes:
    paid = 15000 - sum(item.amount_cents for item in cas)
    service = ServicePayment("97530", (), 15000, paid, 2, date(2026, 9, 1), "", cas)
    name = Name("Testcase", "Marigold", member_id="W100200301")
    share = sum(item.amount_cents for item in cas if item.group == "PR")
    payment = ClaimPayment(number, "1", 15000, paid, share, "12", "PAYER1", name, lines=(service,))
    unknown = ClaimPayment("ELSEWHERE1", "1", 15000, paid, share, "12", "PAYER2", name, lines=(service,))
    owed = dataclasses.replace(unknown, patient_control_number="ELSEWHERE2", payer_control_number="PAYER3")
    taken = ProviderAdjustment("WO", f"LETTER {trace}", 100 if paid else 0)
    remittance = Remittance(
        amount_cents=3 * paid - taken.amount_cents, method="ACH" if paid else "NON", date=date(2026, 9, 30), trace=trace,
        originating_company_id="1999999999",
        payer=Payer("AETNA", "60054", phone="8005550100", contact_name="DESK"),
        payee=Payee(practice.legal_name, practice.npi, practice.tax_id),
        production_date=date(2026, 9, 30), claims=(payment, unknown, owed),
        provider_adjustments=(taken,) if paid else (),
    )  # fmt: skip
    envelope = Interchange("PAYER", "OTBILL", control_number=1, created_at=datetime(2026, 9, 30, tzinfo=UTC))
    return write_835(envelope, [remittance])


def people(house: House) -> dict[str, Principal]:
    """One person for each role, all of this practice only; keyed by role."""
    made = {}
    for kind, roles in (("staff", STAFF_ROLES), ("practice", PRACTICE_ROLES)):
        for role in roles:
            login = f"{role}@{house.practice.slug}.invalid"
            made[role] = identity.ensure_user(login, "Fictional Person", PASSWORD, kind, (role,), (house.tenant_id,))
    return made
