"""A practice as its file `tenants/<slug>.toml` declares it: who bills, who treats, whom. No PHI, no secrets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from chalicelib.codes import payers as directory
from chalicelib.money import parse_dollars
from chalicelib.onboarding import rules
from chalicelib.onboarding.fields import (
    Cpt,
    Dollars,
    Ends,
    EnrolmentState,
    LineOfBusiness,
    Npi,
    OptionalNpi,
    PayerId,
    Phone,
    State,
    Table,
    Text,
    Transaction,
    X12Id,
    Zip9,
    by,
    percent_text,
    refuse,
    zone_name,
)
from chalicelib.therapy.contracts import Basis, Contract


class Address(Table):
    line1: Annotated[str, Field(min_length=1, max_length=55)]
    line2: Annotated[str, Field(max_length=55)] = ""
    city: Annotated[str, Field(min_length=2, max_length=30)]
    state: State
    zip: Zip9


class BillingAddress(Address):
    """Where the practice is; 005010X222A1 2010AA wants a street, the mail address goes into [pay_to]."""

    @model_validator(mode="after")
    def _a_street(self) -> BillingAddress:
        if rules.is_po_box(self.line1) or rules.is_po_box(self.line2):
            raise refuse(
                "PO_BOX",
                "the billing address must be a street, not a post-office box",
                "put the street here and the box into [pay_to]",
            )
        return self


class Credentialing(Table):
    """A payer lets this therapist treat its members from `starts` to `ends`, both included; no `ends` = open."""

    payer_id: PayerId
    line_of_business: Literal[LineOfBusiness, ""] = ""  # empty = every line of business of the payer
    starts: date = Field(alias="from")
    ends: Ends = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Credentialing:
        if self.ends is not None and self.ends < self.starts:
            raise refuse("DATES_ORDER", "it ends before it begins", "mend from or to")
        return self

    def covers(self, payer_id: str, line_of_business: str, on: date) -> bool:
        return (
            self.payer_id == payer_id
            and self.line_of_business in ("", line_of_business)
            and self.starts <= on
            and (self.ends is None or on <= self.ends)
        )


class Clinician(Table):
    """A therapist (OT) renders and has an NPI; an assistant (OTA) never renders and has none here."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,29}$")]
    npi: OptionalNpi = ""
    last_name: Text
    first_name: Text
    kind: Literal["OT", "OTA"]
    taxonomy: Annotated[str, by(rules.taxonomy_fault)]
    credentialing: tuple[Credentialing, ...] = ()

    @model_validator(mode="after")
    def _kind_fits(self) -> Clinician:
        if self.kind == "OT" and not self.npi:
            raise refuse("NPI_MISSING", "a therapist needs an NPI to render", "add npi")
        if self.kind == "OTA" and self.npi:
            raise refuse("ASSISTANT_WITH_NPI", "an assistant is never the rendering provider", "leave npi out")
        if not self.taxonomy.startswith("225X" if self.kind == "OT" else "224Z"):
            raise refuse(
                "TAXONOMY_KIND",
                "the taxonomy belongs to another kind of clinician",
                "225X… for an OT, 224Z… for an OTA",
            )
        return self


class Enrolment(Table):
    """The payer takes this transaction from the practice in this state, from this day on."""

    starts: date = Field(alias="from")
    state: EnrolmentState


Days = Annotated[int, Field(ge=1, le=3650)]


class Agreed(Table):
    """What a document says of a payer's plan, by date of service, both ends included. `source` names the document."""

    line_of_business: Literal[LineOfBusiness, ""] = ""  # empty = every line of business of the payer
    starts: date = Field(alias="from")
    ends: Ends = Field(default=None, alias="to")
    source: Annotated[str, Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.ends is not None and self.ends < self.starts:
            raise refuse("DATES_ORDER", "it ends before it begins", "mend from or to")
        return self

    def covers(self, line_of_business: str, on: date) -> bool:
        same = self.line_of_business in ("", line_of_business)
        return same and self.starts <= on and (self.ends is None or on <= self.ends)


class PlanSettings(Agreed):
    """What a contract or policy says of a payer's plan where the payer directory only supposes. What Original Medicare's manuals
    fix cannot be set."""

    unit_rule: Literal["cms", "midpoint"] | None = None
    go_required: bool | None = None
    co_required: bool | None = None
    kx_used: bool | None = None
    abn_used: bool | None = None
    timely_filing_days: Days | None = None
    filing_near_days: Days | None = None
    appeal_days: Days | None = None
    authorization: Literal["required", "none", "unknown"] | None = None
    certification: Literal["hold", "warn", "none"] | None = None
    referrer_required: bool | None = None
    accident_required: bool | None = None
    accepts_270: bool | None = None
    electronic_837: bool | None = None
    ncci: Literal["medicare", "medicaid", "none"] | None = None
    telehealth_modifier: Literal["", "95", "93", "GT"] | None = None
    underpaid_cents: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    underpaid_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    kx_near_percent: Annotated[int, Field(ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _something(self) -> PlanSettings:
        if not self.settings:
            raise refuse("NOTHING_SET", "no setting is given", "set one, such as unit_rule, or take the table out")
        return self

    @property
    def settings(self) -> dict[str, object]:
        """What is set, by the payer directory's names."""
        about = {"line_of_business", "starts", "ends", "source"}
        named = {name: getattr(self, name) for name in type(self).model_fields if name not in about}
        return {name: value for name, value in named.items() if value is not None}


class ContractSchedule(Agreed):
    """What a contract says the payer allows.

    `rates` are dollars a unit by code (per_code), `amount` a day's or a case's price (per_diem, case_rate), `percent` of
    Medicare's fee schedule (percent_of_medicare), with `reduction` where the payer takes the multiple-procedure reduction too.
    """

    basis: Basis
    percent: Annotated[int, Field(ge=1, le=1000)] | None = None
    rates: dict[Cpt, Dollars] = {}
    amount: Dollars | None = None
    reduction: bool = False

    @model_validator(mode="after")
    def _whole(self) -> ContractSchedule:
        told = {"percent": self.percent is not None, "rates": bool(self.rates), "amount": self.amount is not None}
        wanted = {Basis.PERCENT: "percent", Basis.PER_CODE: "rates"}.get(self.basis, "amount")
        if [name for name, there in told.items() if there] != [wanted]:
            raise refuse("CONTRACT_BASIS", f"this basis has {wanted} and nothing else", f"give {wanted} alone")
        return self

    def terms(self) -> Contract:
        return Contract(
            basis=self.basis,
            percent=self.percent or 100,
            rates={code: parse_dollars(text) for code, text in self.rates.items()},
            amount_cents=parse_dollars(self.amount or "0.00"),
            reduction=self.reduction,
            effective_from=self.starts,
            effective_to=self.ends,
            source=self.source,
        )


class EligibilitySettings(Table):
    """How a payer is asked (270): EQ01 service types, and for how many days an answer is good."""

    service_types: Annotated[tuple[Literal["AD", "30", "98", "AE", "PT"], ...], Field(min_length=1)] = ("AD", "30")
    stale_after_days: Annotated[int, Field(ge=1, le=366)] = 30


class Payer(Table):
    """A payer the practice bills, what it is enrolled for, and what is known of its plans beyond the directory."""

    payer_id: PayerId
    name: Text
    lines_of_business: Annotated[tuple[LineOfBusiness, ...], Field(min_length=1)]
    enrolment: dict[Transaction, Enrolment] = {}
    eligibility: EligibilitySettings = EligibilitySettings()
    plan: tuple[PlanSettings, ...] = ()
    contract: tuple[ContractSchedule, ...] = ()
    mail_address: Address | None = None  # where paper claims go

    @model_validator(mode="after")
    def _manuals_stand(self) -> Payer:
        for each in self.plan:
            medicare = each.line_of_business == "medicare" or (
                each.line_of_business == "" and "medicare" in self.lines_of_business
            )
            if medicare and directory.LAW & each.settings.keys():
                raise refuse(
                    "FIXED_BY_LAW",
                    "Original Medicare's manuals fix this setting",
                    "name another line of business or take it out",
                )
        return self


class FeeAgreement(Table):
    """What the billing company earns: a percentage of what it collects, at least so many dollars a month."""

    percent_of_collections: Annotated[str, AfterValidator(percent_text)]
    minimum_month: Dollars = "0.00"


class Billing(Table):
    """The trading partner files go to, and the names in their envelopes (ISA06, ISA08)."""

    trading_partner: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,29}$")]
    receiver_id: X12Id
    submitter_id: X12Id


Millimetres = Annotated[float, Field(ge=-25, le=25)]


class Paper(Table):
    """How far a printed claim form has to move on this practice's printer; negative is left and up."""

    right_mm: Millimetres = 0.0
    down_mm: Millimetres = 0.0


class Practice(Table):
    """A whole practice file. Amounts stay the text the file has; `charge_cents` reads them exactly."""

    schema_: Literal[1] = Field(alias="schema")
    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$")]
    legal_name: Text
    first_name: Annotated[str, Field(max_length=35)] = ""  # a person bills: legal_name is then the last name
    npi: Npi
    tax_id: Annotated[str, Field(json_schema_extra={"pattern": "^[0-9]{9}$"}), by(rules.tax_id_fault)]
    tax_id_kind: Literal["EI", "SY"] = "EI"
    taxonomy: Annotated[str, by(rules.taxonomy_fault)]
    is_person: bool = False
    time_zone: Annotated[str, AfterValidator(zone_name)]
    contact_name: Text
    contact_phone: Phone
    address: BillingAddress
    pay_to: Address | None = None
    therapists: Annotated[tuple[Clinician, ...], Field(min_length=1)]
    payers: Annotated[tuple[Payer, ...], Field(min_length=1)]
    fee_schedule: dict[Cpt, Dollars]
    fee_agreement: FeeAgreement
    billing: Billing
    paper: Paper = Paper()

    def therapist(self, npi: str) -> Clinician | None:
        """The occupational therapist with this NPI; an assistant never renders, so is never found here."""
        return next((who for who in self.therapists if who.kind == "OT" and who.npi == npi), None)

    def assistant(self, clinician_id: str) -> Clinician | None:
        """The listed assistant with the practice's own id."""
        return next((who for who in self.therapists if who.kind == "OTA" and who.id == clinician_id), None)

    def payer(self, payer_id: str) -> Payer | None:
        return next((payer for payer in self.payers if payer.payer_id == payer_id), None)

    def eligibility(self, payer_id: str) -> EligibilitySettings:
        """How this payer is asked about coverage; a payer that is not listed, as usual."""
        payer = self.payer(payer_id)
        return payer.eligibility if payer else EligibilitySettings()

    def plan(self, payer_id: str, line_of_business: str, on: date) -> directory.PayerPlan | None:
        """The payer directory's row for a date of service, with this file's settings over it; None when it has none."""
        found = directory.plan(payer_id, line_of_business, on)
        payer = self.payer(payer_id)
        if found is None or payer is None:
            return found
        for each in payer.plan:
            if each.covers(line_of_business, on):
                found = directory.adjusted(found, each.settings, f"practice file: {each.source}")
        return found

    def contract(self, payer_id: str, line_of_business: str, on: date) -> Contract | None:
        """The contract that prices this date of service, the line of business's own before one for all; None without any."""
        payer = self.payer(payer_id)
        found = [each for each in (payer.contract if payer else ()) if each.covers(line_of_business, on)]
        return max(found, key=lambda each: bool(each.line_of_business)).terms() if found else None

    def enrolled(self, payer_id: str, transaction: str, on: date) -> Literal["live", "test", "pending", "none"]:
        """How the payer takes a transaction (837, 835, EFT, 270, 276, 278) that day; pending before its first day."""
        payer = self.payer(payer_id)
        found: Any = payer.enrolment.get(transaction) if payer else None  # type: ignore[call-overload]
        if not isinstance(found, Enrolment):
            return "none"
        return found.state if found.starts <= on else "pending"

    def credentialed(self, npi: str, payer_id: str, line_of_business: str, on: date) -> bool:
        """Whether the payer lets this therapist treat members of that line of business that day."""
        who = self.therapist(npi)
        return who is not None and any(one.covers(payer_id, line_of_business, on) for one in who.credentialing)

    def charge_cents(self, cpt: str) -> int | None:
        """The fee schedule's charge per unit in cents; None when the procedure is not in it."""
        text = self.fee_schedule.get(cpt)
        return None if text is None else parse_dollars(text)
