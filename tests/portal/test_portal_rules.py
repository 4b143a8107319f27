"""Small rules of the pages: money on a bar, words for every status, addresses of cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.claims.model import Party, Status
from chalicelib.claims.queries import ClaimRow
from chalicelib.portal import words
from chalicelib.portal.attention import card_url
from chalicelib.portal.claim_csv import safe
from chalicelib.portal.code_words import codes_explained, payer_names
from chalicelib.portal.csrf import check_token, form_token
from chalicelib.portal.filters import ClaimFilter
from chalicelib.portal.money_strip import strip
from chalicelib.portal.render import html, local_time, money
from chalicelib.portal.session import Frame, PracticeLink

CENTS = st.integers(min_value=-10_000_000, max_value=10_000_000)


@dataclass(frozen=True)
class Amounts:
    charge_cents: int
    paid_cents: int
    adjusted_cents: int
    patient_cents: int
    open_cents: int


@given(CENTS, CENTS, CENTS, CENTS)
def test_the_bar_stays_within_its_length_and_the_strip_adds_up(paid, adjusted, patient, left):
    found = strip(Amounts(paid + adjusted + patient + left, paid, adjusted, patient, left))
    assert found.off_by_cents == 0
    edges = [(part.start, part.start + part.width) for part in found.parts]
    assert all(0 <= start <= end <= 1000 for start, end in edges)
    assert all(before[1] == after[0] for before, after in pairwise(edges))


def test_a_strip_that_does_not_add_up_says_by_how_much():
    assert strip(Amounts(100, 50, 20, 20, 9)).off_by_cents == 1


def test_every_status_and_party_has_words_a_shape_and_a_meaning():
    for status in Status:
        found = words.status(status.value)
        assert found.name
        assert found.shape
        assert found.meaning
    assert len({(words.status(each.value).name, words.status(each.value).shape) for each in Status}) == len(Status)
    for party in Party:
        assert words.move(party.value, "staff").name != words.move(party.value, "practice").name or party not in (
            Party.US,
            Party.PRACTICE,
        )


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "$0.00"), (123_456, "$1,234.56"), (-7, "−$0.07"), (-123_456, "−$1,234.56")]
)
def test_money_reads_like_money(amount, text):
    assert money(amount) == text


def test_instants_are_shown_in_the_practices_zone():
    assert local_time("2026-09-30T02:30:00Z", "America/New_York") == "2026-09-29 22:30"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_cell_a_spreadsheet_would_run_is_disarmed(text):
    assert safe(text) == f"'{text}"
    assert safe("Marigold") == "Marigold"


@pytest.mark.parametrize(
    ("query", "url"),
    [("status=held", "/p/x/claims?status=held"), ("?status=held", "/p/x/claims?status=held"), ("", "/p/x/claims"),
     ("tasks", "/p/x/tasks"), ("tasks?kind=unmatched_payment", "/p/x/tasks?kind=unmatched_payment")],
)  # fmt: skip
def test_cards_link_to_their_list(query, url):
    assert card_url(query, "x") == url


def test_a_form_token_is_new_each_time_and_good_for_its_session():
    first, second = form_token("session"), form_token("session")
    assert first != second
    check_token("session", first)
    with pytest.raises(Exception, match="NOT_OUR_FORM"):
        check_token("another", first)


def test_a_full_page_of_long_claims_stays_under_100_kb():
    row = ClaimRow(
        claim_id="clm_" + "0" * 26,
        patient_name="Testcase-Placeholder, Wilhelmina Marigold Bartholomea",
        practice_patient_id="HARBOR-000123456",
        date_of_service=date(2026, 9, 14),
        payer_name="Blue Cross Blue Shield of a Rather Long Fictional Place",
        payer_id="BCBS0",
        charge_cents=1_234_567,
        paid_cents=1_000_000,
        adjusted_cents=0,
        patient_cents=0,
        open_cents=234_567,
        status=Status.PARTLY_DENIED,
        owner=Party.PRACTICE,
        reason="The plan of care ended before this visit; " * 5,
        deadline=date(2026, 10, 5),
        patient_control_number="0" * 14,
        updated_at="2026-09-30T00:00:00Z",
    )
    practices = tuple(PracticeLink(f"Fictional Practice Number {n}", f"practice-{n}", n % 8) for n in range(60))
    frame = Frame("Practice", "practice", 0, "America/New_York", "Person", "staff", "token", practices)
    chosen = ClaimFilter("/p/practice/claims", tuple(status.value for status in Status), "60054")
    page = html(
        "claims.html",
        frame=frame,
        section="claims",
        viewer="staff",
        rows=[row] * 50,
        chosen=chosen,
        all_statuses=[status.value for status in Status],
        payers=payer_names(),
        chips=chosen.chips(payer_names()),
        next_url="/next",
        first_url="",
        today=date(2026, 9, 30),
    )
    assert len(page.body.encode()) < 100_000


def test_codes_inside_sentences_get_their_words_once():
    found = dict(codes_explained("Held: POC_EXPIRED; denied 75.00 (CO-97), denied 5.00 (CO-97), PR-2; NOT_A_CODE"))
    assert set(found) == {"CO-97", "PR-2", "POC_EXPIRED"}
    assert all(len(words) > 8 and "not in our list" not in words for words in found.values())
