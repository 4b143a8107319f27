"""/p/{tenant}/attention: what waits, as counts, money and the nearest deadline, each a link to its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalice.app import Blueprint, Response

from chalicelib.clock import today
from chalicelib.portal.render import html
from chalicelib.portal.session import PageCall, page
from chalicelib.reporting.projection import MOST_NOTES
from chalicelib.reporting.summary import Card, attention

routes = Blueprint(__name__)

MEANINGS = {
    "rejected": "Turned away at the payer’s door. Mend and resend before the filing limit.",
    "denied": "The payer decided against it. Correct, appeal or let go.",
    "held": "Our checks stopped it. Each claim says what to mend.",
    "no_response": "Sent, and the payer has been silent for too long.",
    "unmatched": "Money that came in and belongs to no claim we know.",
    "tasks": "Questions and jobs between practice and billing team.",
}


@dataclass(frozen=True, slots=True)
class CardView:
    """A card as the page shows it; `url` is the filtered list behind it."""

    title: str
    meaning: str
    url: str
    count: int
    amount_cents: int
    nearest_deadline: date | None


@page(routes, "/p/{tenant}/attention", "attention.show")
def attention_page(call: PageCall) -> Response:
    cards = [_view(card, call.frame.slug) for card in attention(MOST_NOTES)]
    waiting = sum(card.count for card in cards)
    return html(
        "attention.html",
        frame=call.frame,
        section="attention",
        viewer=call.viewer,
        cards=cards,
        waiting=waiting,
        today=today(call.frame.timezone),
    )


def _view(card: Card, slug: str) -> CardView:
    return CardView(
        title=card.title,
        meaning=MEANINGS.get(card.key, ""),
        url=card_url(card.link_query, slug),
        count=card.count,
        amount_cents=card.amount_cents,
        nearest_deadline=card.nearest_deadline,
    )


def card_url(link_query: str, slug: str) -> str:
    """A card's `link_query` is a claim filter ('status=denied') or names another list ('tasks?kind=unmatched')."""
    plain = link_query.lstrip("?/")
    if "=" in plain.split("?")[0] or not plain:
        return f"/p/{slug}/claims?{plain}" if plain else f"/p/{slug}/claims"
    return f"/p/{slug}/{plain}"
