"""Values for the X12 tests: plainly fictional claims and remittances, generators of more, and the public oracle."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from public_samples import X12

from chalicelib.x12 import (
    Accident,
    Address,
    Adjustment,
    Attachment,
    Benefit,
    BenefitDate,
    BenefitResponse,
    Claim837,
    ClaimPayment,
    ClaimStatus,
    Decision,
    EligibilityRequest,
    Interchange,
    LineAdjudication,
    LineStatus,
    Name,
    OtherPayer,
    Party,
    Payee,
    Payer,
    Person,
    ProviderAdjustment,
    Remittance,
    RequestError,
    ReviewRequest,
    ReviewResponse,
    ReviewService,
    ServiceLine,
    ServicePayment,
    StatusBatch,
    StatusCode,
    StatusRequest,
)

CORPUS = X12
NPIS = ("1234567893", "1245319599", "1003000126", "1679576722")
DAY = dt.date(2026, 9, 1)
MIAMI = Address("1 Example St", "", "Miami", "FL", "331014321")
BILLING = Party("Harborview OT", is_person=False, npi=NPIS[0], tax_id="123456789", taxonomy="225X00000X", address=MIAMI)
THERAPIST = Party("Therapist", "Olive", npi=NPIS[1], taxonomy="225X00000X")
MARIGOLD = Person("Testcase", "Marigold", "Q", "", dt.date(1950, 1, 2), "F", MIAMI)


def interchange(**changes: Any) -> Interchange:
    values: dict[str, Any] = {
        "sender_id": "OTBILL", "receiver_id": "CLRHSE", "control_number": 7, "group_control_number": 8,
        "created_at": dt.datetime(2026, 9, 30, 12, 30, tzinfo=dt.UTC), "receiver_name": "Clearing House",
        "submitter": Party("Otbill Inc", is_person=False, contact_name="Desk", phone="3055550100", id_code="OTB1"),
    }  # fmt: skip
    return Interchange(**{**values, **changes})


def line(number: int = 1, **changes: Any) -> ServiceLine:
    values: dict[str, Any] = {
        "procedure": "97530", "modifiers": ("GO",), "charge_cents": 12050, "units": 2, "diagnosis_pointers": (1,),
        "date": DAY, "line_control_number": f"L{number}",
    }  # fmt: skip
    return ServiceLine(**{**values, **changes})


def claim(**changes: Any) -> Claim837:
    values: dict[str, Any] = {
        "patient_control_number": "PCN1", "subscriber": MARIGOLD, "member_id": "1EG4TE5MK73", "claim_filing": "MB",
        "payer_name": "Medicare Part B", "payer_id": "09102", "diagnoses": ("M25511", "R278"), "lines": (line(1), line(2)),
        "billing": BILLING, "rendering": THERAPIST,
    }  # fmt: skip
    values |= changes
    values.setdefault("charge_cents", sum(one.charge_cents for one in values["lines"]))
    return Claim837(**values)


def remittance(**changes: Any) -> Remittance:
    """One claim of two lines, a takeback and interest; it balances."""
    lines = (
        ServicePayment("97530", ("GO",), 12050, 8000, 2, DAY, "L1", (Adjustment("CO", "45", 2050),
        Adjustment("PR", "2", 2000)), ("N851",), 10000), ServicePayment("97535", ("GO",), 10000, 0, 1, DAY,
        "L2", (Adjustment("CO", "97", 10000),)),
    )  # fmt: skip
    paid = ClaimPayment(
        "PCN1", "1", 22050, 8000, 2000, "MB", "ICN1", Name("Testcase", "Marigold", member_id="1EG4"), lines=lines
    )
    values: dict[str, Any] = {
        "amount_cents": 6100, "method": "ACH", "date": dt.date(2026, 10, 1), "trace": "SIM1",
        "originating_company_id": "1512345678", "payer": Payer("Medicare Part B", "09102", MIAMI, "Desk", "8005550100"),
        "payee": Payee("Harborview OT", NPIS[0], "123456789", "", MIAMI), "production_date": dt.date(2026, 10, 1),
        "claims": (paid,),
        "provider_adjustments": (
            ProviderAdjustment("WO", "OVP1", 2500, NPIS[0], dt.date(2026, 12, 31)),
            ProviderAdjustment("L6", "INT", -600, NPIS[0], dt.date(2026, 12, 31)),
        ),
    }  # fmt: skip
    return Remittance(**{**values, **changes})


def pyx12_verdict(data: bytes, folder: Path) -> tuple[bool, list[dict[str, Any]]]:
    """What pyx12 says of a file: valid, and every error it lists."""
    import pyx12.params
    import pyx12.x12n_document

    path = folder / "file.edi"
    path.write_bytes(data)
    out = io.StringIO()
    ok = pyx12.x12n_document.x12n_document(
        param=pyx12.params.params(), src_file=str(path), fd_997=None, fd_html=None, fd_json=out
    )
    found: list[dict[str, Any]] = []

    def collect(node: Any, where: str = "") -> None:
        if isinstance(node, dict):
            where = node.get("seg_id", where)
            found.extend({"at": where, **e} for e in node.get("errors", []))
            for child in node.values():
                collect(child, where)
        elif isinstance(node, list):
            for child in node:
                collect(child, where)

    collect(json.loads(out.getvalue() or "{}"))
    return bool(ok) and not found, found


# Generators. Text is what a form field may hold: no separators, nothing that folding would change.

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
words = st.text(_LETTERS + "-' ", min_size=1, max_size=20).map(lambda s: " ".join(s.split()) or "X")
codes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=2, max_size=12)
days = st.dates(dt.date(2000, 1, 1), dt.date(2030, 12, 31))
money = st.integers(0, 2_000_000)
npis = st.sampled_from(NPIS)
maybe = st.booleans()
cities = words.filter(lambda city: len(city) > 1)
zips = st.sampled_from(["33101", "331014321"])
addresses = st.builds(Address, words, st.just("") | words, cities, st.sampled_from(["FL", "NY", "CA"]), zips)
people = st.builds(
    Person, words, words, st.just("") | words, st.sampled_from(["", "JR"]), days, st.sampled_from("MFU"), addresses
)
therapists = st.builds(
    Party, words, words, npi=st.sampled_from(NPIS[1:]), taxonomy=st.sampled_from(["", "225X00000X", "225XH1200X"])
)
plain_people = st.builds(Party, words, words, npi=npis)
billers = st.builds(
    Party, words, is_person=st.just(False), npi=st.just(NPIS[0]), tax_id=st.just("123456789"),
    tax_id_kind=st.sampled_from(["EI", "SY"]), taxonomy=st.sampled_from(["", "225X00000X"]), address=addresses,
)  # fmt: skip
clinics = st.builds(Party, words, is_person=st.just(False), npi=npis, address=addresses)
pay_tos = st.builds(Party, is_person=st.just(False), address=addresses)
modifiers = st.lists(st.sampled_from(["GO", "CO", "KX", "59", "X1"]), unique=True, max_size=4).map(tuple)
reasons = st.sampled_from(["45", "1", "2", "3", "97", "253", "16"])
adjustments = st.lists(
    st.builds(Adjustment, st.sampled_from(["CO", "PR", "OA"]), reasons, st.integers(-500000, 500000),
    st.none() | st.integers(1, 9)), max_size=8,
).map(lambda found: tuple(sorted(found, key=lambda a: a.group)))  # fmt: skip


@st.composite
def lines_837(draw: st.DrawFn, diagnoses: int, payers: tuple[str, ...]) -> ServiceLine:
    day = draw(days)
    said = tuple(
        LineAdjudication(
            payer, draw(money), "97530", draw(modifiers), draw(st.integers(1, 9)), draw(adjustments), draw(days),
            draw(st.none() | money),
        )
        for payer in payers
    )  # fmt: skip
    return ServiceLine(
        draw(st.sampled_from(["97530", "97110", "97165", "G0283"])), draw(modifiers), draw(money),
        draw(st.integers(1, 20) | st.decimals("0.5", "9.5", places=1).filter(lambda d: d != int(d))), "UN",
        tuple(draw(st.lists(st.integers(1, diagnoses), min_size=1, max_size=4, unique=True))), day,
        draw(st.none() | st.just(day + dt.timedelta(days=1))), draw(st.sampled_from(["", "12"])), draw(st.just("") | codes),
        draw(st.none() | days), draw(st.just("") | words), said, draw(st.just("") | words),
        rendering=draw(st.none() | therapists), ordering=draw(st.none() | plain_people),
        authorization_number=draw(st.just("") | codes),
    )  # fmt: skip


@st.composite
def claims_837(draw: st.DrawFn, number: int = 0) -> Claim837:
    diagnoses = tuple(
        draw(st.lists(st.sampled_from(["M25511", "R278", "G8191", "S62001A", "F840"]), min_size=1, unique=True))
    )
    others = []
    for rank in draw(st.sampled_from(["", "S", "ST"])):
        who = draw(people)
        who.date_of_birth, who.sex = None, ""  # 2330A has no DMG
        others.append(OtherPayer(
            rank, draw(st.sampled_from(["MB", "CI", "BL"])), draw(words), draw(codes), draw(st.none() | money), draw(adjustments),
            draw(st.none() | money), draw(st.none() | days), who, draw(codes), draw(st.just("") | codes), "",
            draw(st.sampled_from(["18", "01"])), draw(st.sampled_from(["", "12"])), "Y", "Y", draw(st.just("") | codes),
        ))  # fmt: skip
    ids = tuple(o.payer_id for o in others[:1])
    lines = tuple(draw(st.lists(lines_837(len(diagnoses), ids), min_size=1, max_size=3)))
    dependent = draw(maybe)
    auto = draw(maybe)
    accident = Accident(("AA",), "FL", draw(days), draw(st.just("") | codes)) if auto else None
    frequency = draw(st.sampled_from("178"))
    return Claim837(
        f"P{number}{draw(codes)}", sum(one.charge_cents for one in lines), draw(st.sampled_from(["11", "12", "49"])), frequency,
        draw(codes) if frequency != "1" else "", draw(people), draw(codes), draw(st.just("") | codes),
        draw(st.sampled_from(["MB", "CI", "AM", "16"])), "P", draw(st.sampled_from(["", "12", "47"])), draw(words), draw(codes),
        draw(people) if dependent else None, draw(st.sampled_from(["01", "19", "G8"])) if dependent else "18", diagnoses, lines,
        draw(billers), draw(st.none() | pay_tos), draw(st.none() | therapists), draw(st.none() | plain_people),
        draw(st.none() | plain_people), draw(st.none() | clinics), draw(st.sampled_from("AC")), draw(st.sampled_from("YN")), "Y",
        "Y", draw(money), accident, draw(st.just("") | codes), draw(st.just("") | codes), tuple(others), draw(st.none() | days),
        tuple(draw(st.lists(st.tuples(st.just("ADD"), words), max_size=1))),
        tuple(draw(st.lists(st.builds(Attachment, st.just("OZ"), st.just("EL"), codes), max_size=2))),
        payer_address=draw(st.none() | addresses), onset_date=draw(st.none() | days),
    )  # fmt: skip


claim_files = st.integers(1, 4).flatmap(lambda n: st.tuples(*(claims_837(number) for number in range(n))))


@st.composite
def payments(draw: st.DrawFn) -> ClaimPayment:
    lines = []
    for _ in range(draw(st.integers(0, 3))):
        cas = draw(adjustments)
        paid = draw(money)
        day = draw(st.none() | days)
        lines.append(ServicePayment(
            "97530", draw(modifiers), paid + sum(a.amount_cents for a in cas), paid, draw(st.integers(0, 9)), day,
            draw(st.just("") | codes), cas, tuple(draw(st.lists(st.just("N851"), max_size=2))), draw(st.none() | money),
            draw(st.sampled_from(["", "97535"])), original_units=draw(st.none() | st.integers(1, 9)),
            date_to=day + dt.timedelta(days=2) if day and draw(maybe) else None,
        ))  # fmt: skip
    cas = draw(adjustments)
    total = sum(one.paid_cents for one in lines)
    charge = total + sum(a.amount_cents for one in lines for a in one.adjustments) + sum(a.amount_cents for a in cas)
    return ClaimPayment(
        draw(codes), draw(st.sampled_from(["1", "2", "3", "19", "22"])), charge, total, draw(money), "MB", draw(codes),
        Name(draw(words), draw(words), "", "", draw(st.just("") | codes)),
        draw(st.none() | st.builds(Name, words, words, member_id=codes)), None, draw(st.just("") | npis),
        draw(st.just("") | words), draw(st.none() | days), draw(st.none() | days), draw(st.none() | days), cas, tuple(lines),
        tuple(draw(st.lists(st.sampled_from(["MA18", "N522"]), max_size=2))), facility_code="11", frequency_code="1",
    )  # fmt: skip


@st.composite
def remittances(draw: st.DrawFn) -> Remittance:
    """Balanced by construction."""
    claims = tuple(draw(st.lists(payments(), max_size=3)))
    period = dt.date(2026, 12, 31)
    provider = tuple(
        ProviderAdjustment(draw(st.sampled_from(["WO", "L6", "FB", "72"])), draw(codes),
        draw(st.integers(-9999, 9999)), NPIS[0], period) for _ in range(draw(st.integers(0, 8)))
    )  # fmt: skip
    total = sum(c.paid_cents for c in claims) - sum(a.amount_cents for a in provider)
    return remittance(
        amount_cents=total, claims=claims, provider_adjustments=provider, trace=draw(codes), date=draw(days),
        production_date=draw(days), payer=Payer(draw(words), draw(st.just("") | codes), draw(addresses),
        draw(words), "8005550100"), payee=Payee(draw(words), NPIS[0], draw(st.sampled_from(["",
        "123456789"])), "", draw(st.none() | addresses)),
    )  # fmt: skip


statuses = st.builds(
    StatusCode, st.sampled_from(["A2", "A3", "A7"]), st.sampled_from(["20", "21", "562"]), st.sampled_from(["", "85"])
)


@st.composite
def claim_statuses(draw: st.DrawFn) -> ClaimStatus:
    first, day = draw(statuses), draw(days)
    begin = draw(days)
    day_lines = tuple(
        LineStatus(
            "97530", draw(modifiers), draw(money), draw(st.just("") | codes), (draw(statuses),), draw(st.none() | days)
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    return ClaimStatus(
        draw(codes), first.category, first.status, first.entity, draw(st.just("") | codes), draw(money), day,
        draw(st.just("") | words), draw(st.sampled_from(["WQ", "U"])), tuple(draw(st.lists(statuses, max_size=2))),
        Name(draw(words), draw(words), member_id=draw(codes)), begin, draw(st.sampled_from([begin, begin +
        dt.timedelta(days=3)])), day_lines,
    )  # fmt: skip


@st.composite
def status_batches(draw: st.DrawFn) -> StatusBatch:
    claims = tuple(draw(st.lists(claim_statuses(), min_size=1, max_size=3)))
    refused = [c for c in claims if c.action == "U"]
    money_in = sum(c.charge_cents for c in claims if c.action != "U")
    return StatusBatch(
        draw(words), draw(codes), draw(words), draw(codes), draw(words), NPIS[0], draw(st.sampled_from(["", "123456789"])),
        draw(codes), draw(days), draw(days), StatusCode("A1", "19", "PR"), StatusCode("A1", "19", "PR"), claims,
        len(claims) - len(refused), len(refused), money_in, sum(c.charge_cents for c in refused),
    )  # fmt: skip


requests_270 = st.builds(
    EligibilityRequest, words, codes, therapists, people, codes, st.none() | people, st.just(""),
    st.lists(st.sampled_from(["30", "AD", "98"]), min_size=1, unique=True).map(tuple), days, st.none(),
    codes, st.just("9OTBILL001"), st.just("") | codes,
).map(lambda r: _with_relationship(r))  # fmt: skip

benefits = st.builds(
    Benefit, st.sampled_from("16ABCFGI"), st.sampled_from(["", "IND"]),
    st.lists(st.sampled_from(["30", "AD", "98"]), unique=True).map(tuple), st.just(""), st.just("") | words,
    st.sampled_from(["", "23", "29"]), st.none() | money, st.none() | st.decimals("0.05", "1", places=2), st.just("VS"),
    st.integers(0, 60), st.sampled_from(["", "Y", "N"]), st.sampled_from(["", "W"]), st.sampled_from(["", "97530"]),
    st.lists(words, max_size=2).map(tuple), st.lists(st.builds(BenefitDate, st.just("291"), days), max_size=1).map(tuple),
)  # fmt: skip
responses_271 = st.builds(
    BenefitResponse, words, codes, therapists, people, codes, st.none() | people, st.just(""), st.just("") | codes, codes,
    st.just("9OTBILL001"), st.lists(benefits, max_size=3).map(tuple),
    st.lists(st.builds(RequestError, st.sampled_from(["2100A", "2100B"]), st.just("N"), st.just("42"),
    st.just("R")), max_size=1).map(tuple), st.lists(st.builds(BenefitDate, st.just("346"), days), max_size=1).map(tuple),
).map(lambda r: _with_relationship(r))  # fmt: skip


def _with_relationship(value: Any) -> Any:
    value.relationship = "19" if value.dependent else ""
    return value


@st.composite
def status_requests(draw: st.DrawFn) -> StatusRequest:
    begin = draw(days)
    who, kid = draw(people), draw(st.none() | people)
    who.address = None
    if kid is not None:
        kid.address = None
        who.date_of_birth, who.sex = None, ""  # asked about the dependent
    end = draw(st.sampled_from([begin, begin + dt.timedelta(days=3)]))
    return StatusRequest(
        draw(words), draw(codes), draw(words), draw(codes), draw(plain_people), who, draw(codes), kid, draw(codes),
        draw(st.just("") | codes), draw(st.just("") | codes), draw(st.none() | money), begin, end,
    )  # fmt: skip


@st.composite
def status_answers(draw: st.DrawFn) -> StatusBatch:
    claims = []
    for _ in range(draw(st.integers(1, 2))):
        first, begin = draw(statuses), draw(days)
        claims.append(ClaimStatus(
            draw(codes), "F1", first.status, "", draw(st.just("") | codes), draw(st.integers(1, 99999)), draw(days), "", "",
            tuple(draw(st.lists(statuses, max_size=2))), Name(draw(words), draw(words), member_id=draw(codes)), begin,
            draw(st.sampled_from([begin, begin + dt.timedelta(days=3)])), paid_cents=draw(st.integers(0, 99999)),
            request_trace=draw(codes), kind="277",
        ))  # fmt: skip
    return StatusBatch(draw(words), draw(codes), draw(words), draw(codes), draw(words), NPIS[0], claims=tuple(claims))


decisions = st.builds(
    Decision, st.sampled_from(["A1", "A3", "A4", "CT"]), st.just("") | codes, st.sampled_from(["", "0U"])
)
quantities = st.integers(1, 40)


@st.composite
def reviews(draw: st.DrawFn, answer: bool) -> ReviewRequest | ReviewResponse:
    begin = draw(days)
    services = tuple(
        ReviewService(
            "97530", draw(modifiers), draw(st.none() | money), draw(st.none() | quantities), begin, None, "VS",
            draw(quantities), draw(st.just("") | codes), draw(st.none() | decisions) if answer else None,
        )
        for _ in range(draw(st.integers(0, 2)))
    )  # fmt: skip
    kid = draw(st.none() | people)
    common = (
        draw(words), draw(codes), draw(therapists), draw(people), draw(codes), kid, "19" if kid else "", draw(codes),
        "9OTBILL001", "HS", draw(st.sampled_from("IRS")), "AD", draw(st.sampled_from(["", "11"])),
        tuple(draw(st.lists(st.sampled_from(["M25511", "R278"]), unique=True))), begin, begin + dt.timedelta(days=90), "VS",
        draw(quantities), draw(st.just("") | words),
    )  # fmt: skip
    values = dict(zip(ReviewRequest.__match_args__, common[:18], strict=False))
    values |= {"services": services, "message": common[18]}
    if not answer:
        return ReviewRequest(**values, authorization_number=draw(st.just("") | codes))
    errors = tuple(draw(st.lists(st.just(RequestError("2010C", "N", "75", "C")), max_size=1)))
    return ReviewResponse(**values, decision=draw(st.none() | decisions), errors=errors, effective_from=begin)
