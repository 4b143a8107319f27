"""Templates to pages. Autoescape is always on, an unknown name in a template is an error, and nothing is inline."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from chalice.app import Response

from chalicelib.api import middleware
from chalicelib.api.requests import request_id
from chalicelib.codes import carc
from chalicelib.money import dollars
from chalicelib.platform.errors import OtbillError
from chalicelib.portal import code_words, words
from chalicelib.portal.assets import static_url

if TYPE_CHECKING:
    from jinja2 import Environment

HTML = "text/html; charset=utf-8"
SECTIONS = (
    ("attention", "Attention"),
    ("claims", "Claims"),
    ("remittances", "Remittances"),
    ("denials", "Denials"),
    ("coverage", "Coverage"),
    ("tasks", "Tasks"),
    ("summary", "Summary"),
)


def money(amount_cents: int) -> str:
    """'$1,234.50'; a negative amount has a real minus before the dollar sign."""
    text = dollars(abs(amount_cents))
    return f"−${text}" if amount_cents < 0 else f"${text}"


def prose_date(day: date) -> str:
    """'30 Sep' as sentences say it."""
    return f"{day.day} {day:%b}"


def local_time(instant: str, zone: str) -> str:
    """'2026-09-30 10:05' in the practice's zone, from an instant as stored."""
    if not instant:
        return ""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def number_words(name: str, number: int | str) -> str:
    """A finding's number beside its name: 'used $2,310.00', 'plan end 2026-08-31'."""
    if name.endswith("_cents") and isinstance(number, int):
        return f"{name.removesuffix('_cents').replace('_', ' ')} {money(number)}"
    return f"{name.replace('_', ' ')} {number}"


@cache
def environment() -> Environment:
    # Imported here: jinja2 costs more than the whole JSON API's start.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from chalicelib.coverage import words as coverage_words
    from chalicelib.coverage.cards import limit_words

    made = Environment(
        loader=PackageLoader("chalicelib.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"static": static_url, "sections": SECTIONS}
    made.filters |= {
        "money": money,
        "prose_date": prose_date,
        "local_time": local_time,
        "status_words": words.status,
        "owner_words": words.move,
        "source_words": words.source,
        "modifier_words": words.modifier,
        "adjustment_words": code_words.adjustment,
        "procedure_words": code_words.procedure,
        "place_words": code_words.place_of_service,
        "remark_words": code_words.remark,
        "carc_words": carc.describe,
        "payment_status_words": words.claim_payment_status,
        "provider_adjustment_words": words.provider_adjustment,
        "codes_explained": code_words.codes_explained,
        "finding_words": code_words.finding,
        "number_words": number_words,
        "reason_words": words.reason,
        "method_words": words.payment_method,
        "tone_words": words.card,
        "limit_words": limit_words,
        "stay_words": coverage_words.stay_words,
        "payer_words": coverage_words.payer_words,
    }
    return made


def html(template: str, *, status_code: int = 200, **context: Any) -> Response:
    """A whole page. `frame` (who, which practice) is None on public pages."""
    body = environment().get_template(template).render({"frame": None, "section": "", **context})
    return Response(body=body, status_code=status_code, headers={"Content-Type": HTML})


def may_post_to(response: Response, url: str) -> Response:
    """The same page, whose forms may also post to the document store that `url` is at: nothing else of its policy is loosened."""
    store = urlsplit(url)
    policy = middleware.CONTENT_POLICY.replace(
        "form-action 'self'", f"form-action 'self' {store.scheme}://{store.netloc}"
    )
    response.headers["Content-Security-Policy"] = policy
    return response


def redirect(location: str, *cookies: str) -> Response:
    """303: the browser fetches `location` with GET, so reloading never posts twice."""
    headers: dict[str, str | list[str]] = {"Location": location, "Content-Type": HTML}
    if cookies:
        headers["Set-Cookie"] = cookies[0] if len(cookies) == 1 else list(cookies)
    return Response(body="", status_code=303, headers=headers)


_TITLES = {
    400: "That request was not right",
    403: "That is not yours to do",
    404: "There is no such page here",
    409: "Somebody else changed it first",
    413: "That is too much at once",
    422: "That could not be done",
    429: "Too many tries",
}


def refusal(error: OtbillError) -> Response:
    """The page for a refusal or fault; of another practice's record it says no more than 'no such page'."""
    status = error.http_status
    return html(
        "refused.html",
        status_code=status,
        title=_TITLES.get(status, "Something went wrong on our side"),
        message=sentence(error.message),
        fix=sentence(error.fix),
        request_id=request_id(),
    )


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if not text or text.endswith((".", "?")) else ".")
