"""A practice asks to be billed for: the public form's answers become a lead, a lead becomes a practice in onboarding.

Inquiries live in the control table (INQ#<id> / INQUIRY, listed by gsi1 INQUIRIES): how to reach a business, no PHI.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from chalicelib import clock, ids
from chalicelib.onboarding import draft, rules
from chalicelib.onboarding.fields import refuse
from chalicelib.platform.errors import Conflict, Forbidden, NotFound, Refused
from chalicelib.platform.model import Model
from chalicelib.store import control, directory, provision
from chalicelib.store.record import Record
from chalicelib.tenancy import Principal, Tenant, TenantState, require

_LISTING = "INQUIRIES"
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_NUMBERED_PERSON = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")


def _line(value: object) -> object:
    """One line of plain text: runs of white space become one space."""
    return " ".join(value.split()) if isinstance(value, str) else value


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise refuse("EMAIL_FORMAT", "this is not an e-mail address", "write it like name@example.com")
    return text


def _phone(value: object) -> object:
    digits = re.sub(r"\D", "", value) if isinstance(value, str) else ""
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if not re.fullmatch(r"[2-9]\d{9}", digits):
        raise refuse("PHONE_FORMAT", "this is not a US telephone number", "write ten digits with the area code")
    return digits


def _state(text: str) -> str:
    fault = rules.state_fault(text.upper())
    if fault is not None:
        raise refuse(fault.code, fault.reason, fault.fix)
    return text.upper()


def _message(text: str) -> str:
    text = text.replace("\r\n", "\n")
    if _CONTROL.search(text):
        raise refuse("CONTROL_CHARACTERS", "the message holds characters that are no text", "write plain text")
    if _NUMBERED_PERSON.search(text):
        raise refuse("PATIENT_DATA", "the message seems to hold a social security number",
                     "take out everything about patients")  # fmt: skip
    return text


def _count(value: object) -> object:
    return value.strip().replace(",", "") if isinstance(value, str) else value


class InquiryForm(Model):
    """The public form. `website` is a trap for programs: people do not see it and leave it empty."""

    practice_name: Annotated[str, BeforeValidator(_line), Field(min_length=2, max_length=60)]
    contact_name: Annotated[str, BeforeValidator(_line), Field(min_length=2, max_length=60)]
    email: Annotated[str, Field(max_length=120), AfterValidator(_email)]
    phone: Annotated[str, BeforeValidator(_phone)]
    state: Annotated[str, AfterValidator(_state)]
    software: Annotated[str, BeforeValidator(_line), Field(max_length=60)] = ""
    therapists: Annotated[int, BeforeValidator(_count), Field(ge=1, le=1000)]
    payers: Annotated[str, BeforeValidator(_line), Field(max_length=300)] = ""
    monthly_visits: Annotated[int, BeforeValidator(_count), Field(ge=0, le=1_000_000)]
    message: Annotated[str, Field(max_length=2000), AfterValidator(_message)] = ""
    website: Annotated[str, Field(max_length=200)] = ""


class Inquiry(Model):
    """A lead. `slug` is set when it is accepted."""

    inquiry_id: str
    received_at: str
    state: Literal["new", "accepted"] = "new"
    slug: str = ""
    form: InquiryForm


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that needs another answer, in words for the person who filled it in."""

    field: str
    code: str
    reason: str
    fix: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class InquiryRefused(Refused):
    """The form cannot be sent yet; `problems` has one entry a field."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("INQUIRY_FORM", "some answers need another look", fix="mend the fields named and send again")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Accepted:
    """The practice an inquiry became, and the draft file with what is still missing."""

    inquiry_id: str
    tenant_id: str
    slug: str
    state: str
    file: Path
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "file": str(self.file), "missing": list(self.missing)}


_REASONS = {
    "missing": ("this answer is missing", "fill it in"),
    "string_too_short": ("this answer is missing or too short", "fill it in"),
    "string_too_long": ("this answer is too long", "shorten it"),
    "too_short": ("this answer is missing or too short", "fill it in"),
    "too_long": ("this answer is too long", "shorten it"),
    "int_parsing": ("this is not a whole number", "write digits only"),
    "int_type": ("this is not a whole number", "write digits only"),
    "greater_than_equal": ("this number is too small", "write the real number"),
    "less_than_equal": ("this number is too large", "write the real number"),
    "extra_forbidden": ("the form has no such field", "leave it out"),
}


def read_form(answers: Mapping[str, str]) -> InquiryForm:
    """The form of what was sent, by the names of InquiryForm; empty is absent. InquiryRefused names every field."""
    try:
        return InquiryForm.model_validate({name: text for name, text in answers.items() if str(text).strip()})
    except ValidationError as error:
        raise InquiryRefused(tuple(_problem(one) for one in error.errors(include_input=False))) from None


def submit_inquiry(form: InquiryForm) -> str:
    """Keep the inquiry; its id. The same form on the same day is the same inquiry; a filled trap is dropped."""
    content = json.dumps(form.model_dump(mode="json"), sort_keys=True)
    inquiry_id = ids.make_id(control.platform_key(), "inq", clock.today().isoformat(), content)
    if form.website:
        return inquiry_id  # the program on the other side shall learn nothing
    received_at = clock.instant_text(clock.now())
    inquiry = Inquiry(inquiry_id=inquiry_id, received_at=received_at, form=form)
    with suppress(Conflict):  # the same content came today already
        control.put_new(_record(inquiry, 0))
    return inquiry_id


def list_inquiries(principal: Principal) -> list[Inquiry]:
    """Every inquiry, newest first. Forbidden STAFF_ONLY for a practice's people, who have no business with other practices."""
    _staff_only("inquiry.list", principal)
    return [Inquiry.model_validate(record.data) for record in control.iter_index("gsi1", _LISTING, newest_first=True)]


def _staff_only(action: str, principal: Principal) -> None:
    if principal.kind == "practice":
        raise Forbidden("STAFF_ONLY", "inquiries are for the billing company's staff")
    require(action, principal)


def accept(inquiry_id: str, tenants: Path, principal: Principal) -> Accepted:
    """Create the practice in state `onboarding` and write its draft file into `tenants`. Again gives the same answer.

    An existing file is never overwritten. NotFound for an unknown inquiry.
    """
    _staff_only("inquiry.accept", principal)
    record = control.get(f"INQ#{inquiry_id}", "INQUIRY")
    if record is None:
        raise NotFound("INQUIRY_NOT_FOUND", "no such inquiry", fix="otbill inquiry list")
    inquiry = Inquiry.model_validate(record.data)
    if inquiry.state == "new":
        # The slug is kept first: after a crash, accepting again goes on with the same practice.
        inquiry = inquiry.model_copy(update={"state": "accepted", "slug": _free_slug(inquiry)})
        control.replace(_record(inquiry, record.version, record.created_at))
    tenant = _ensure(inquiry)
    file = tenants / f"{inquiry.slug}.toml"
    if not file.exists():
        tenants.mkdir(parents=True, exist_ok=True)
        file.write_text(draft.draft(inquiry.slug, inquiry.form.model_dump(), inquiry_id), "utf-8")
    return Accepted(inquiry_id, tenant.tenant_id, tenant.slug, str(tenant.state), file, draft.missing(file))


def _ensure(inquiry: Inquiry) -> Tenant:
    """The practice of an accepted inquiry; one that has gone further than `onboarding` is left as it is."""
    try:
        known = directory.find_tenant(inquiry.slug)
    except NotFound:
        known = None
    if known is not None and known.state is not TenantState.ONBOARDING:
        return known
    zone = draft.time_zone(inquiry.form.state)
    return provision.ensure_tenant(inquiry.slug, inquiry.form.practice_name, zone, TenantState.ONBOARDING)[0]


def _free_slug(inquiry: Inquiry) -> str:
    """The practice's name as a slug nobody has; a number follows when it is taken."""
    base = re.sub(r"[^a-z0-9]+", "-", inquiry.form.practice_name.lower()).strip("-")[:34].strip("-")
    base = base if re.match(r"[a-z][a-z0-9-]*[a-z0-9]$", base) and len(base) > 2 else f"practice-{base}".strip("-")
    for number in range(1, 1000):
        slug = base if number == 1 else f"{base}-{number}"
        if control.get(f"SLUG#{slug}", "ROUTE") is None:
            return slug
    raise Refused("SLUG_TAKEN", "too many practices have this name", fix="make the practice by hand")


def _record(inquiry: Inquiry, version: int, created_at: str = "") -> Record:
    return Record(
        f"INQ#{inquiry.inquiry_id}",
        "INQUIRY",
        "inquiry",
        inquiry.model_dump(mode="json"),
        version=version,
        created_at=created_at,
        gsi1=(_LISTING, f"{inquiry.received_at}#{inquiry.inquiry_id}"),
    )


def _problem(error: Mapping[str, Any]) -> FieldProblem:
    code, context = str(error["type"]), error.get("ctx") or {}
    reason, fix = _REASONS.get(code, (str(error["msg"]), str(context.get("fix", "answer again"))))
    return FieldProblem(str(error["loc"][0]) if error["loc"] else "", code.upper(), reason, fix)
