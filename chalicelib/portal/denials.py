"""/p/{tenant}/denials: the work list of this practice or of all, the same act on many with a preview, one denial, its appeals."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from chalice.app import Blueprint, Response

from chalicelib import documents
from chalicelib.api.denial_list import listed
from chalicelib.clock import today
from chalicelib.denials import acts, appeals, measures, patterns, queue, records, view
from chalicelib.denials.appeal import get_appeal
from chalicelib.denials.categories import CATEGORIES
from chalicelib.denials.overturns import overturns
from chalicelib.platform.errors import Misuse, NotFound
from chalicelib.portal.code_words import payer_names
from chalicelib.portal.denial_forms import appeal_step, denial_act
from chalicelib.portal.render import html, redirect
from chalicelib.portal.session import PageCall, page, posted
from chalicelib.store import identity
from chalicelib.tenancy import current, may

routes = Blueprint(__name__)
PAGE_SIZE = 50
PICK = "pick:"
_SHOWN = {"work": "To be worked", "snoozed": "Put away", "waiting": "Waiting", "resolved": "Settled", "all": "All"}


def _wanted(call: PageCall) -> queue.Wanted:
    """The filters of the URL. Misuse for a word that is none; the word is not repeated."""
    show = call.one("show") or "work"
    kinds = tuple(dict.fromkeys(text for text in call.query.get("category", []) if text))
    if show not in queue.SHOWS or set(kinds) - CATEGORIES.keys():
        raise Misuse("UNKNOWN_FILTER", "One of the filters does not exist.", fix="Choose from the list.")
    payers = tuple(dict.fromkeys(text for text in call.query.get("payer", []) if text))
    return queue.Wanted.model_validate(
        {"show": show, "categories": kinds, "payers": payers, "assigned": call.one("assigned")}
    )


def _query(wanted: queue.Wanted, scope: str, **more: object) -> str:
    pairs: list[tuple[str, object]] = [("show", wanted.show)] if wanted.show != "work" else []
    pairs += [("category", kind) for kind in wanted.categories]
    pairs += [("payer", payer) for payer in wanted.payers]
    pairs += [(name, value) for name, value in (("assigned", wanted.assigned), ("scope", scope)) if value]
    pairs += list(more.items())
    return f"?{urlencode(pairs)}" if pairs else ""


@page(routes, "/p/{tenant}/denials", "denials.list")
def denials_page(call: PageCall) -> Response:
    wanted, context = _wanted(call), current()
    scope = "all" if call.one("scope") == "all" else ""
    start = int(call.one("start")) if call.one("start").isdecimal() else 0
    tenant = "" if scope else context.tenant.tenant_id
    total, rows = listed(context.principal, wanted, tenant, start, PAGE_SIZE)
    path = f"/p/{call.frame.slug}/denials"
    names = payer_names()
    return html(
        "denials.html",
        frame=call.frame,
        section="denials",
        viewer=call.viewer,
        rows=rows,
        total=total,
        first=start + 1,
        wanted=wanted,
        scope=scope,
        shown=_SHOWN,
        kinds=CATEGORIES,
        payers=names,
        chips=_chips(wanted, scope, path, names),
        next_url=path + _query(wanted, scope, start=start + PAGE_SIZE) if start + PAGE_SIZE < total else "",
        first_url=path + _query(wanted, scope) if start else "",
        here=path + _query(wanted, scope),
        people=_people() if may(context.principal, "denials.act") else [],
        may_act=may(context.principal, "denials.act"),
        pace=measures.measure(records.every(), today(call.frame.timezone)),
        within=measures.WITHIN_BUSINESS_DAYS,
        done=call.one("done"),
        today=today(call.frame.timezone),
    )


def _chips(wanted: queue.Wanted, scope: str, path: str, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """(name, value, the list without it) of each filter in force."""
    found = []
    if wanted.show != "work":
        found.append(("Show:", _SHOWN[wanted.show], path + _query(wanted.model_copy(update={"show": "work"}), scope)))
    for kind in wanted.categories:
        left = tuple(each for each in wanted.categories if each != kind)
        without = wanted.model_copy(update={"categories": left})
        found.append(("Kind:", CATEGORIES[kind].name, path + _query(without, scope)))
    for payer in wanted.payers:
        left = tuple(each for each in wanted.payers if each != payer)
        found.append(
            ("Payer:", names.get(payer, payer), path + _query(wanted.model_copy(update={"payers": left}), scope))
        )
    if wanted.assigned:
        name = "nobody" if wanted.assigned == "nobody" else queue.owner_name(wanted.assigned)
        found.append(("Assigned:", name, path + _query(wanted.model_copy(update={"assigned": ""}), scope)))
    if scope:
        found.append(("Practices:", "all of yours", path + _query(wanted, "")))
    return found


def _people() -> list[tuple[str, str]]:
    """(user id, name) of those who may work denials of this practice."""
    tenant = current().tenant.tenant_id
    found = [each for each in identity.list_users() if each.is_assigned(tenant) and may(each, "denials.act")]
    return sorted(((each.user_id, each.name) for each in found), key=lambda item: item[1].casefold())


@posted(routes, "/p/{tenant}/denials/bulk", "denials.act")
def denials_bulk(call: PageCall) -> Response:
    """First what would happen to each chosen denial, and why not where it cannot; then the same with the button pressed."""
    form = call.form
    chosen = [_pair(name) for name in form if name.startswith(PICK)]
    path = f"/p/{call.frame.slug}/denials"
    scope = "all" if form.get("scope") == "all" else ""
    if not chosen:
        raise Misuse("NOTHING_CHOSEN", "No denial was chosen.", fix="Tick the rows on the list first.")
    act, sure = form.get("act", ""), form.get("sure") == "yes"
    results = acts.bulk(
        current().principal,
        chosen,
        act,
        user_id=form.get("user_id", ""),
        until=_day(form.get("until", "")),
        words=form.get("words", ""),
        commit=sure,
    )
    good = [item for item in results if item.possible]
    if sure:
        return redirect(path + _query(queue.Wanted(), scope, done=f"{len(good)} of {len(results)}"))
    return html(
        "denials_bulk.html",
        frame=call.frame,
        section="denials",
        act=act,
        form=form,
        good=good,
        bad=[item for item in results if not item.possible],
        scope=scope,
        owner=queue.owner_name(form["user_id"]) if form.get("user_id") else "nobody",
        pick=PICK,
    )


def _pair(name: str) -> tuple[str, str]:
    tenant, _, denial_id = name.removeprefix(PICK).partition(":")
    return tenant, denial_id


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Misuse("NOT_A_DATE", "A day is written 2026-09-30.", fix="Choose a day.") from None


@page(routes, "/p/{tenant}/denials/patterns", "denials.patterns")
def denial_patterns(call: PageCall) -> Response:
    return html(
        "denial_patterns.html", frame=call.frame, section="denials", rows=patterns.patterns(), rates=overturns()
    )


@page(routes, "/p/{tenant}/denials/{denial_id}", "denials.show")
def denial_page(call: PageCall) -> Response:
    return _denial(call, call.path["denial_id"])


def _denial(call: PageCall, denial_id: str, error: str = "", fix: str = "") -> Response:
    found = view.denial_view(denial_id)
    live = next((item for item in found.appeals if item.appeal_id == found.denial.appeal_id), None)
    return html(
        "denial.html",
        status_code=422 if error else 200,
        frame=call.frame,
        section="denials",
        viewer=call.viewer,
        view=found,
        denial=found.denial,
        kind=CATEGORIES[found.denial.category],
        live=live,
        may_act=may(current().principal, "denials.act"),
        people=_people() if may(current().principal, "denials.act") else [],
        error=error,
        fix=fix,
        today=today(call.frame.timezone),
    )


@posted(routes, "/p/{tenant}/denials/{denial_id}", "denials.act")
def denial_acted(call: PageCall) -> Response:
    """One act on one denial; what is refused is told on its page, with nothing lost."""
    denial_id = call.path["denial_id"]
    refused = denial_act(denial_id, call.form)
    if refused is not None:
        return _denial(call, denial_id, refused.message, refused.fix)
    return redirect(f"/p/{call.frame.slug}/denials/{denial_id}")


@posted(routes, "/p/{tenant}/appeals/{appeal_id}", "appeals.draft")
def appeal_stepped(call: PageCall) -> Response:
    """Packet, send or outcome of an appeal, from its denial's page."""
    appeal = get_appeal(call.path["appeal_id"])
    refused = appeal_step(appeal.appeal_id, call.form)
    if refused is not None:
        return _denial(call, appeal.denial_ids[0], refused.message, refused.fix)
    return redirect(f"/p/{call.frame.slug}/denials/{appeal.denial_ids[0]}")


@page(routes, "/p/{tenant}/appeals/{appeal_id}/packet", "appeals.show")
def appeal_packet(call: PageCall) -> Response:
    """To the packet itself, by a link that ends in a minute."""
    appeal = appeals.shown(call.path["appeal_id"])
    if not appeal.packet:
        raise NotFound("NO_PACKET", "The packet was not made yet.", fix="Make it on the denial's page.")
    return redirect(documents.link(appeal.packet, f"appeal-{appeal.appeal_id}.pdf"))
