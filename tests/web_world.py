"""Two fictional practices with claims in every kind of place, and people to look at them: for the tests of the faces.

Built through the same services the product uses: events, charges, submissions, and an 835 that is really posted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from chalicelib import store
from chalicelib.claims import records
from chalicelib.claims.charges import post_charge
from chalicelib.claims.model import ClaimContent, ClaimLine, Provider
from chalicelib.ids import patient_control_number
from chalicelib.intake.model import Address, Coverage, LineOfBusiness, Person
from chalicelib.local import login_codes
from chalicelib.remittance.service import post_file
from chalicelib.store import control, directory, identity, provision
from chalicelib.tenancy import Principal, Tenant, TenantState, current, enter
from chalicelib.therapy.model import Finding, Severity
from chalicelib.x12 import (
    Adjustment,
    ClaimPayment,
    Interchange,
    Payee,
    Payer,
    ProviderAdjustment,
    Remittance,
    ServicePayment,
    write_835,
)

PASSWORD = "fictional-password"
STAFF, OWNER_A, OWNER_B = "staff@web.invalid", "owner-a@web.invalid", "owner-b@web.invalid"
OPERATOR = Principal(user_id="usr_web_world", name="World", kind="operator", tenants=frozenset({"*"}))
NASTY = "<b>Escape</b>"
FORMULA = "=1+1"
NPI = {"A": "1999999984", "B": "1999999992"}
TAX = {"A": "990000001", "B": "990000002"}
KINDS = ("held", "ready", "submitted", "accepted", "rejected", "paid", "denied")
DAY = date(2026, 9, 14)


@dataclass(frozen=True)
class Practice:
    """A practice of the world: its claims by kind, and the numbers they were sent under."""

    tenant: Tenant
    claims: dict[str, str]
    numbers: dict[str, str]
    remittance_id: str
    denial_id: str


@dataclass(frozen=True)
class World:
    a: Practice
    b: Practice


_built: dict[str, World] = {}


def world(endpoint: str) -> World:
    """Both practices, made once for each embedded AWS."""
    if endpoint not in _built:
        made = World(_practice("A", "Anchor Testcase Therapy"), _practice("B", "Beacon Testcase Therapy"))
        _people(made)
        for record in control.iter_index("gsi1", "USER"):
            if record.data["login"].endswith("@web.invalid"):  # who needs an authenticator gets one
                login_codes.enrol(record.data["login"], PASSWORD)
        _built[endpoint] = made
    return _built[endpoint]


def _people(made: World) -> None:
    identity.ensure_user(STAFF, "Billie Testcase", PASSWORD, "staff", ("biller",), ("*",))
    identity.ensure_user(OWNER_A, "Olive Placeholder", PASSWORD, "practice", ("owner",), (made.a.tenant.tenant_id,))
    identity.ensure_user(OWNER_B, "Otis Placeholder", PASSWORD, "practice", ("owner",), (made.b.tenant.tenant_id,))


def _practice(letter: str, name: str) -> Practice:
    slug = f"web-{letter.lower()}-testcase"
    tenant, _ = provision.ensure_tenant(slug, name, "America/New_York", TenantState.LIVE)
    directory.route_payee(tenant.tenant_id, NPI[letter], TAX[letter])
    with enter(OPERATOR, tenant.tenant_id, "test", directory.directory()):
        claims, numbers = {}, {}
        for number, kind in enumerate(KINDS):
            claims[kind], numbers[kind] = _claim(letter, number, kind)
    content = write_835(_interchange(letter), [_check(letter, numbers)])
    posted = post_file(content, OPERATOR)
    assert posted[0].posted == 2, posted
    assert posted[0].suspended == 1, posted
    with enter(OPERATOR, tenant.tenant_id, "test", directory.directory()):
        from chalicelib.denials.records import open_denials
        from chalicelib.denials.refresh import refresh
        from chalicelib.remittance.queries import list_remittances

        refresh()
        (denial,) = open_denials()
        remittance_id = list_remittances().rows[0].remittance_id
    return Practice(tenant, claims, numbers, remittance_id, denial.denial_id)


def content(letter: str, number: int, kind: str) -> ClaimContent:
    provider = Provider(npi=NPI[letter], last_name="Solstice", first_name="Theodora")
    return ClaimContent(
        claim_id=current().make_id("clm", kind),
        visit_ids=(f"V-{kind}",),
        patient_key=current().make_id("pat", kind),
        practice_patient_id=FORMULA if kind == "held" else f"{letter}-{number:04d}",
        date_of_service=DAY,
        place_of_service="11",
        billing=provider,
        rendering=provider,
        patient=Person(
            last_name=NASTY if kind == "held" else f"Testcase{letter}",
            first_name=kind.title(),
            date_of_birth=date(1951, 4, 2),
        ),
        patient_address=Address(),
        coverage=Coverage(payer_id="60054", line_of_business=LineOfBusiness.COMMERCIAL, member_id="W999900001"),
        payer_name="Aetna",
        diagnoses=("M6281", "R278"),
        lines=(
            ClaimLine(number=1, visit_id="v", visit_line=1, cpt="97530", modifiers=("GO", "KX"), units=2, minutes=30,
                      charge_cents=12_000),
            ClaimLine(number=2, visit_id="v", visit_line=2, cpt="97110", modifiers=("CO", "GO"), units=1, minutes=15,
                      assistant_minutes=15, charge_cents=6_000, diagnosis_pointers=(1, 2)),
        ),
        explanation=("45 timed minutes in all make 3 units.", "97530 has 30 minutes: 2 units.", "97110 has 15: 1 unit."),
    )  # fmt: skip


HOLD = Finding(
    code="POC_EXPIRED",
    severity=Severity.ERROR,
    message="the plan of care ended before this visit",
    fix="send the recertified plan of care",
    citation="42 CFR 424.24(c)",
    numbers={"plan_end": "2026-08-31", "charge_cents": 18_000},
)


def _claim(letter: str, number: int, kind: str) -> tuple[str, str]:
    said = content(letter, number, kind)
    findings = (HOLD,) if kind == "held" else ()
    owner = "practice" if kind == "held" else "us"
    with store.unit_of_work() as uow:
        events = [
            ("drafted", "us", "Built from 1 visit, 2 lines", {"content": said.model_dump(mode="json")}),
            (
                "scrubbed",
                "us",
                "Held" if findings else "Ready",
                {
                    "findings": [finding.model_dump(mode="json") for finding in findings],
                    "owner": owner,
                    "deadline": "2026-12-31",
                },
            ),
        ]
        claim = records.write_events(uow, None, events)
        post_charge(uow, said.claim_id, 0, said.charge_cents, claim.sequence)
        uow.commit()
    if kind in ("held", "ready"):
        return said.claim_id, ""
    return said.claim_id, _send(said, kind)


def _send(said: ClaimContent, kind: str) -> str:
    context = current()
    number = patient_control_number(context.placement.id_key, context.tenant.code, said.claim_id, "1")
    item = records.Submission(
        submission_id=context.make_id("sub", said.claim_id, "1"),
        claim_id=said.claim_id,
        n=1,
        patient_control_number=number,
        batch_id="bat_test",
        content=said,
    )
    reference = {"n": 1, "submission_id": item.submission_id, "patient_control_number": number, "file": "T1.837"}
    sent = {"submission": reference, "deadline": "2026-10-14"}
    events = [("submitted", "us", "Sent to Aetna in T1.837", sent)]
    if kind in ("accepted", "paid", "denied"):
        events.append(("accepted", "277CA", "A2 accepted by the payer", {"patient_control_number": number}))
    if kind == "rejected":
        events.append(("rejected", "277CA", "A7: the member id is unknown", {"patient_control_number": number}))
    with store.unit_of_work() as uow:
        records.write_events(uow, records.get_claim(said.claim_id), events)
        uow.create(records.submission_record(item))
        uow.create(records.route_record(item))
        uow.commit()
    return number


def _interchange(letter: str) -> Interchange:
    return Interchange(
        sender_id="PAYER", receiver_id=f"OTB{letter}", control_number=1, created_at=datetime(2026, 9, 25, tzinfo=UTC)
    )


def _check(letter: str, numbers: dict[str, str]) -> Remittance:
    paid = ClaimPayment(
        patient_control_number=numbers["paid"],
        charge_cents=18_000,
        paid_cents=11_000,
        patient_responsibility_cents=2_000,
        payer_control_number="PAY1",
        lines=(
            ServicePayment("97530", ("GO", "KX"), 12_000, 8_000, 2, DAY, allowed_cents=9_000,
                           adjustments=(Adjustment("CO", "45", 3_000), Adjustment("PR", "2", 1_000))),
            ServicePayment("97110", ("CO", "GO"), 6_000, 3_000, 1, DAY,
                           adjustments=(Adjustment("CO", "45", 2_000), Adjustment("PR", "2", 1_000))),
        ),
    )  # fmt: skip
    denied = ClaimPayment(
        patient_control_number=numbers["denied"],
        status_code="4",
        charge_cents=18_000,
        lines=(
            ServicePayment("97530", ("GO", "KX"), 12_000, 0, 2, DAY, adjustments=(Adjustment("CO", "197", 12_000),)),
            ServicePayment("97110", ("CO", "GO"), 6_000, 0, 1, DAY, adjustments=(Adjustment("CO", "197", 6_000),)),
        ),
    )
    stranger = ClaimPayment(
        patient_control_number="NOTOURS1",
        charge_cents=5_000,
        paid_cents=4_000,
        lines=(ServicePayment("97110", (), 5_000, 4_000, 1, DAY, adjustments=(Adjustment("CO", "45", 1_000),)),),
    )
    return Remittance(
        amount_cents=14_500,
        credit_debit="C",
        method="ACH",
        date=date(2026, 9, 25),
        trace=f"EFT{letter}0001",
        originating_company_id="1999999999",
        payer=Payer(name="Aetna", id_code="60054"),
        payee=Payee(name=f"Practice {letter}", npi=NPI[letter], tax_id=TAX[letter]),
        production_date=date(2026, 9, 25),
        claims=(paid, denied, stranger),
        provider_adjustments=(ProviderAdjustment("WO", "OLD1", 500),),
    )


def known_patient(practice: Practice) -> None:
    """Make the denied claim's patient one of the practice: the world's claims come without an import, a paper needs a patient."""
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        key = current().make_id("pat", "denied")
        if store.get(f"PAT#{key}", "PROFILE") is None:
            with store.unit_of_work() as uow:
                uow.create(store.Record(pk=f"PAT#{key}", sk="PROFILE", kind="patient", data={}))
                uow.commit()
