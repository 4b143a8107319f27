"""A practice asks; its inquiry is kept once, and accepting it makes a practice and a draft file that says what is missing."""

from __future__ import annotations

import itertools
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.onboarding import draft
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.inquiries import (
    InquiryForm,
    InquiryRefused,
    accept,
    list_inquiries,
    read_form,
    submit_inquiry,
)
from chalicelib.onboarding.practice_file import PracticeFileRefused, load, parse
from chalicelib.platform.errors import NotFound
from chalicelib.store import directory, provision
from chalicelib.tenancy import TenantState
from tests.proof.world import OPERATOR

_numbers = itertools.count(1)
ANSWERS = {
    "practice_name": "Egret & Heron  Testcase Therapy",
    "contact_name": "Erin Testcase",
    "email": "erin@example.com",
    "phone": "+1 (305) 555-0101",
    "state": "fl",
    "software": "WebPT",
    "therapists": "3",
    "payers": "Medicare, Aetna",
    "monthly_visits": "1,200",
    "message": "We begin\r\nin January.",
    "website": "",
}


def answers(**other: str) -> dict[str, str]:
    return {**ANSWERS, "practice_name": f"Egret Testcase {next(_numbers)}", **other}


def test_answers_are_read_as_people_write_them():
    form = read_form(ANSWERS)
    assert (form.phone, form.state, form.monthly_visits) == ("3055550101", "FL", 1200)
    assert form.practice_name == "Egret & Heron Testcase Therapy"
    assert form.message == "We begin\nin January."


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("practice_name", "", "MISSING"),
        ("practice_name", "x" * 61, "TOO_LONG"),
        ("email", "erin@example", "EMAIL_FORMAT"),
        ("email", "erin@example.com\nBcc: x@example.com", "EMAIL_FORMAT"),
        ("phone", "555-0101", "PHONE_FORMAT"),
        ("state", "Florida", "STATE_UNKNOWN"),
        ("therapists", "three", "INT_PARSING"),
        ("therapists", "0", "GREATER_THAN_EQUAL"),
        ("monthly_visits", "-5", "GREATER_THAN_EQUAL"),
        ("message", "x" * 2001, "STRING_TOO_LONG"),
        ("message", "our patient 123-45-6789", "PATIENT_DATA"),
        ("shoe_size", "44", "EXTRA_FORBIDDEN"),
    ],
)
def test_an_answer_that_will_not_do_is_named_with_a_fix(field, text, code):
    with pytest.raises(InquiryRefused) as refusal:
        read_form({**ANSWERS, field: text})
    assert [(p.field, p.code) for p in refusal.value.problems] == [(field, code)]
    assert all(p.reason and p.fix for p in refusal.value.problems)


def test_all_wrong_answers_are_named_at_once():
    with pytest.raises(InquiryRefused) as refusal:
        read_form({})
    named = {p.field for p in refusal.value.problems}
    assert named == {"practice_name", "contact_name", "email", "phone", "state", "therapists", "monthly_visits"}


@pytest.mark.aws
def test_the_same_form_on_one_day_is_one_inquiry(aws, monkeypatch):
    provision.ensure_platform()
    form = read_form(answers())
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    first = submit_inquiry(form)
    assert submit_inquiry(form) == first
    assert [one.inquiry_id for one in list_inquiries(OPERATOR)].count(first) == 1
    monkeypatch.setenv("OTBILL_NOW", "2026-10-01")
    assert submit_inquiry(form) != first


@pytest.mark.aws
def test_a_program_that_fills_the_trap_leaves_nothing_and_learns_nothing(aws):
    provision.ensure_platform()
    inquiry_id = submit_inquiry(read_form(answers(website="https://spam.example")))
    assert inquiry_id.startswith("inq_")
    assert inquiry_id not in {one.inquiry_id for one in list_inquiries(OPERATOR)}


@pytest.mark.aws
def test_accepting_makes_a_practice_and_a_draft_that_lists_what_is_missing(aws, tmp_path):
    provision.ensure_platform()
    accepted = accept(submit_inquiry(read_form(answers())), tmp_path, OPERATOR)
    tenant = directory.find_tenant(accepted.slug)
    assert (tenant.state, tenant.timezone) == (TenantState.ONBOARDING, "America/New_York")
    assert accepted.file == tmp_path / f"{accepted.slug}.toml"
    missing = " ".join(accepted.missing)
    for what in (
        "npi",
        "tax_id",
        "taxonomy",
        "line1",
        "city",
        "zip",
        "last_name",
        "payer_id",
        "percent_of_collections",
    ):
        assert f"{what}:" in missing
    assert tomllib.loads(accepted.file.read_text())["contact_phone"] == "3055550101"


@pytest.mark.aws
def test_accepting_again_changes_nothing_and_keeps_what_was_filled_in(aws, tmp_path):
    provision.ensure_platform()
    inquiry_id = submit_inquiry(read_form(answers()))
    first = accept(inquiry_id, tmp_path, OPERATOR)
    first.file.write_text(first.file.read_text() + "# filled in by hand\n")
    again = accept(inquiry_id, tmp_path, OPERATOR)
    assert (again.slug, again.tenant_id) == (first.slug, first.tenant_id)
    assert again.file.read_text().endswith("# filled in by hand\n")


@pytest.mark.aws
def test_two_practices_of_one_name_get_two_slugs(aws, tmp_path):
    provision.ensure_platform()
    name = f"Twin Testcase {next(_numbers)}"
    one, two = (accept(submit_inquiry(read_form({**ANSWERS, "practice_name": name, "phone": phone})), tmp_path, OPERATOR)
                for phone in ("3055550111", "3055550112"))  # fmt: skip
    assert two.slug == f"{one.slug}-2"
    assert one.tenant_id != two.tenant_id


@pytest.mark.aws
def test_filled_in_the_draft_goes_live(aws, tmp_path, operator):
    provision.ensure_platform()
    accepted = accept(submit_inquiry(read_form(answers())), tmp_path, OPERATOR)
    text = accepted.file.read_text()
    for old, new in (
        ('npi = ""  # missing: the', 'npi = "1999999984" # the'), ('tax_id = ""', 'tax_id = "651111111"'),
        ('taxonomy = ""', 'taxonomy = "261QR0400X"'), ('line1 = ""', 'line1 = "1 Heron Way"'),
        ('city = ""', 'city = "Miami"'), ('zip = ""', 'zip = "331011234"'), ('id = ""  # missing: the p', 'id = "ot-1" # p'),
        ('npi = ""  # missing\n', 'npi = "1245319599"\n'), ('last_name = ""', 'last_name = "Testcase"'),
        ('first_name = ""', 'first_name = "Erin"'), ('payer_id = ""', 'payer_id = "09102"'), ('from = ""', 'from = "2026-01-01"'),
        ('payer_id = ""', 'payer_id = "09102"'), ('name = ""  # missing\nlines', 'name = "Medicare Part B Florida"\nlines'),
        ("lines_of_business = []", 'lines_of_business = ["medicare"]'), ('collections = ""', 'collections = "6.5"'),
    ):  # fmt: skip
        assert old in text, old
        text = text.replace(old, new, 1)
    accepted.file.write_text(text)
    assert apply(load(accepted.file), operator).tenant.tenant_id == accepted.tenant_id
    assert directory.find_tenant(accepted.slug).state is TenantState.LIVE


@pytest.mark.aws
def test_an_unknown_inquiry_is_not_found(aws, tmp_path):
    provision.ensure_platform()
    with pytest.raises(NotFound):
        accept("inq_" + "0" * 26, tmp_path, OPERATOR)


@given(st.text(min_size=2, max_size=60), st.text(max_size=300), st.text(max_size=60))
def test_no_answer_breaks_out_of_the_draft(name, payers, software):
    """Whatever passes the form, the draft is TOML with exactly the keys it should have."""
    try:
        form = read_form({**ANSWERS, "practice_name": name, "payers": payers, "software": software})
    except InquiryRefused:
        return
    told = tomllib.loads(draft.draft("egret", form.model_dump(), "inq_1"))
    assert told["legal_name"] == form.practice_name
    assert set(told) == set(tomllib.loads(draft.draft("egret", read_form(ANSWERS).model_dump(), "inq_1")))


def test_a_draft_is_refused_until_filled_in():
    with pytest.raises(PracticeFileRefused):
        parse(
            draft.draft("egret", InquiryForm.model_validate(read_form(ANSWERS).model_dump()).model_dump(), "x").encode()
        )
