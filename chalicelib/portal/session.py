"""Signed-in people: an opaque cookie, the session itself on the server, and the one decorator of every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote

from chalice.app import Blueprint, Response

from chalicelib.api import identity, limits, requests
from chalicelib.api.http import check_ids, guarded, subject
from chalicelib.compliance.access_log import log_read
from chalicelib.platform import config
from chalicelib.platform.errors import Misuse
from chalicelib.portal import csrf
from chalicelib.portal.render import SECTIONS, redirect, refusal
from chalicelib.store.identity import Session
from chalicelib.tenancy import Principal, Tenant, TenantContext, enter, may, require
from chalicelib.tenancy.permissions import PERMISSIONS, UNDER_GLASS

SIGN_IN = "/sign-in"
FORM = "application/x-www-form-urlencoded"
STRIPES = 8
ROLES = {"staff": "billing staff", "practice": "practice", "operator": "operator", "system": "system"}


@dataclass(frozen=True, slots=True)
class PracticeLink:
    """A practice in the switcher. Its colour follows from its id, so it never changes."""

    name: str
    slug: str
    stripe: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every signed-in page."""

    practice: str
    slug: str
    stripe: int
    timezone: str
    person: str
    role: str
    form_token: str
    practices: tuple[PracticeLink, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    by_glass: bool = False


@dataclass(frozen=True, slots=True)
class PageCall:
    """What a page's view gets. `viewer` is staff or practice."""

    frame: Frame
    viewer: str
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    form: Mapping[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)  # ids of records on the page, for the access log

    def one(self, name: str) -> str:
        values = self.query.get(name)
        return values[-1].strip() if values else ""


PageView = Callable[[PageCall], Response]


def page(routes: Blueprint, path: str, action: str) -> Callable[[PageView], PageView]:
    """Register a page inside a practice, `/p/{tenant}/…`: for the signed-in whose role allows the action."""
    if action not in PERMISSIONS:
        raise Misuse("NO_ACTION", "a page of a practice names an action of the permission table", where=path)

    def decorate(view: PageView) -> PageView:
        def answer(**captured: str) -> Response:
            return guarded(lambda: _show(view, captured, action), refusal)

        answer.__name__ = view.__name__
        routes.route(path, methods=["GET"], name=view.__name__)(answer)
        return view

    return decorate


def posted(routes: Blueprint, path: str, action: str) -> Callable[[PageView], PageView]:
    """Register the post of a form inside a practice: from our own page, with the token of the person's session."""
    if action not in PERMISSIONS:
        raise Misuse("NO_ACTION", "a form of a practice names an action of the permission table", where=path)

    def decorate(view: PageView) -> PageView:
        def answer(**captured: str) -> Response:
            return guarded(lambda: _show(view, captured, action, sent=True), refusal)

        answer.__name__ = view.__name__
        routes.route(path, methods=["POST"], content_types=[FORM], name=view.__name__)(answer)
        return view

    return decorate


def public_page(routes: Blueprint, path: str, method: str = "GET") -> Callable[[Callable[[], Response]], object]:
    """Register a page for anybody; a post is taken from our own pages only."""

    def decorate(view: Callable[[], Response]) -> object:
        def answer() -> Response:
            if method == "POST":
                return guarded(lambda: _checked_post(view), refusal)
            return guarded(view, refusal)

        answer.__name__ = view.__name__
        content_types = [FORM] if method == "POST" else ["application/json"]
        routes.route(path, methods=[method], content_types=content_types, name=view.__name__)(answer)
        return view

    return decorate


def _checked_post(view: Callable[[], Response]) -> Response:
    csrf.check_origin()
    return view()


def _show(view: PageView, captured: Mapping[str, str], action: str, *, sent: bool = False) -> Response:
    session = current_session()
    if session is None:
        return to_sign_in()
    form = _own_form(session) if sent else {}
    limits.of_principal(session.principal)
    check_ids(captured)
    with enter(session.principal, captured["tenant"], f"portal {action}", identity.directory()) as context:
        limits.of_practice()
        require(action)
        _settle_in(session, context)
        call = PageCall(_frame(context, session.csrf), _viewer(session.principal), captured, requests.query(), form)
        answer = view(call)
        log_read(action, subject(captured, action), call.seen)
        return answer


def _own_form(session: Session) -> dict[str, str]:
    """The posted fields, once it is certain that the person sent them from our page."""
    csrf.check_origin()
    form = requests.form()
    csrf.check_token(session.csrf, form.pop(csrf.FIELD, ""))
    return form


def _settle_in(session: Session, context: TenantContext) -> None:
    """A session works in one practice at a time; going over to another is on record there."""
    if session.practice != context.tenant.tenant_id:
        identity.switch_practice(session_cookie(), context)


def current_session() -> Session | None:
    """The live session of the request's cookie."""
    opaque = session_cookie()
    return identity.session(opaque) if opaque else None


def to_sign_in() -> Response:
    """To the sign-in page, and back to this page afterwards; htmx is told by header, since it follows redirects itself."""
    request = requests.current()
    here = str(request.context.get("path") or "/")
    address = f"{SIGN_IN}?next={quote(here, safe='/')}"
    if requests.header("hx-request"):
        return Response(body="", status_code=200, headers={"HX-Redirect": address, "Content-Type": "text/html"})
    return redirect(address)


def stripe(tenant: Tenant) -> int:
    return sha256(tenant.tenant_id.encode()).digest()[0] % STRIPES


def _frame(context: TenantContext, csrf_key: str) -> Frame:
    principal, tenant = context.principal, context.tenant
    return Frame(
        practice=tenant.name,
        slug=tenant.slug,
        stripe=stripe(tenant),
        timezone=tenant.timezone,
        person=principal.name,
        role=ROLES[principal.kind],
        form_token=csrf.form_token(csrf_key),
        sections=tuple(section for section in SECTIONS if _opens(context, section[0])),
        by_glass=context.by_glass,
        practices=tuple(PracticeLink(each.name, each.slug, stripe(each)) for each in identity.tenants_of(principal)),
    )


_SECTION_ACTIONS = {
    "attention": "attention.show",
    "claims": "claims.list",
    "remittances": "remits.list",
    "coverage": "coverage.list",
    "denials": "denials.list",
    "tasks": "tasks.list",
    "summary": "report.summary",
}


def _opens(context: TenantContext, section: str) -> bool:
    """Whether the section's page would open: what is not one's own is not in the menu."""
    action = _SECTION_ACTIONS.get(section, "")
    return action in UNDER_GLASS if context.by_glass else may(context.principal, action)


def _viewer(principal: Principal) -> str:
    return "practice" if principal.kind == "practice" else "staff"


def cookie_name(plain: str) -> str:
    # `__Host-` needs https; the embedded server speaks http on the loopback only.
    return plain if config.from_environment().is_local else f"__Host-{plain}"


def session_cookie() -> str:
    return requests.cookie(cookie_name("sid"))


def set_cookie(session_id: str) -> str:
    """The Set-Cookie value; '' for `session_id` removes the cookie."""
    return cookie(cookie_name("sid"), session_id)


def cookie(name: str, value: str, *, same_site: str = "Lax") -> str:
    """A Set-Cookie value of ours: no script reads it, no other host gets it. '' for `value` removes the cookie."""
    secure = "; Secure" if name.startswith("__Host-") else ""
    ended = "" if value else "; Max-Age=0"
    return f"{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{ended}"
