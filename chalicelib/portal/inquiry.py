"""GET and POST /inquiry: a practice asks us to bill for it. Public; nothing typed is ever cleared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalice.app import Blueprint, Response

from chalicelib.api import identity, requests
from chalicelib.onboarding.inquiries import InquiryForm, InquiryRefused, read_form, submit_inquiry
from chalicelib.portal.render import html, redirect, sentence
from chalicelib.portal.session import public_page

routes = Blueprint(__name__)
HOUR_S = 3600
MAX_AN_HOUR = 30  # from one address: nobody is signed in here, and each is a record and somebody's work


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `kind` is the input's type or 'area'; `complete` the browser's autocomplete token."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    complete: str = "off"
    mode: str = ""
    optional: bool = False
    short: bool = False


GROUPS = (
    (
        "Your practice",
        (
            Field("practice_name", "Name of the practice", "As it stands on your claims.", complete="organization"),
            Field("state", "State", "Two letters, such as NY.", complete="address-level1", short=True),
            Field(
                "therapists", "How many therapists and assistants?", "OT and OTA together.", mode="numeric", short=True
            ),
            Field("monthly_visits", "Visits in a usual month", "A good guess is enough.", mode="numeric", short=True),
            Field(
                "software",
                "Software you document visits in",
                "So that we know what its export looks like.",
                optional=True,
            ),
            Field("payers", "Payers you bill most", "Such as Medicare, Aetna, a local plan.", optional=True),
        ),
    ),
    (
        "How we reach you",
        (
            Field("contact_name", "Your name", complete="name"),
            Field("email", "Email", "We answer here within one working day.", kind="email", complete="email"),
            Field("phone", "Telephone", "Ten digits with the area code.", kind="tel", complete="tel", mode="tel"),
            Field(
                "message",
                "Anything we should know",
                "Nothing about patients, please: no names, birth dates or member numbers.",
                kind="area",
                optional=True,
            ),
        ),
    ),
)
LABELS = {field.name: field.label for _, fields in GROUPS for field in fields}


@public_page(routes, "/inquiry")
def inquiry_form() -> Response:
    return _page({}, {})


@public_page(routes, "/inquiry", "POST")
def send_inquiry() -> Response:
    """Keep the inquiry, or show the form again with everything typed and a summary of what to mend."""
    sent = {name: text for name, text in requests.form().items() if name in InquiryForm.model_fields}
    try:
        form = read_form(sent)
        identity.count_tries(HOUR_S, {identity.hidden("inquiry", identity.source_address()): MAX_AN_HOUR}, "inquiries")
        submit_inquiry(form)
    except identity.TooManyTries as refused:
        return _page(sent, {"practice_name": f"{refused.message} Wait an hour, then send this again."}, 429)
    except InquiryRefused as refused:
        found = {problem.field: f"{sentence(problem.reason)} {sentence(problem.fix)}" for problem in refused.problems}
        # In the order of the page, so the first link leads to the first field.
        return _page(sent, {name: found[name] for name in LABELS if name in found}, 422)
    return redirect("/inquiry/sent")


@public_page(routes, "/inquiry/sent")
def inquiry_sent() -> Response:
    return html("inquiry_sent.html")


def _page(values: Mapping[str, str], errors: Mapping[str, str], status_code: int = 200) -> Response:
    return html("inquiry.html", status_code=status_code, groups=GROUPS, labels=LABELS, values=values, errors=errors)
