"""The demo's users: one for every way of using the portal. Their passwords are printed, fixed and worth nothing elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.local import login_codes
from chalicelib.platform.errors import NotFound
from chalicelib.store import directory, identity
from chalicelib.tenancy import Principal, needs_second_factor

PASSWORD = "fictional-demo-only"  # noqa: S105 - the embedded AWS of one machine, fictional data


@dataclass(frozen=True, slots=True)
class DemoUser:
    """`practice` is a slug, or empty for staff of the billing company, who work across practices."""

    login: str
    name: str
    practice: str
    roles: tuple[str, ...]

    @property
    def needs_code(self) -> bool:
        kind = "practice" if self.practice else "staff"
        return needs_second_factor(Principal(user_id="", name=self.name, kind=kind, roles=frozenset(self.roles)))


DEMO_USERS = (
    DemoUser("biller@otbill.invalid", "Billie Testcase", "", ("biller",)),
    DemoUser("owner@harborview.invalid", "Olive Placeholder", "harborview-ot", ("owner",)),
    DemoUser("desk@palmetto.invalid", "Dez Placeholder", "palmetto-hand-therapy", ("front_desk",)),
)


def ensure_people() -> tuple[DemoUser, ...]:
    """Make the demo users that have a practice to enter; again writes nothing."""
    made = []
    for user in DEMO_USERS:
        try:
            tenants = (directory.tenant_id_of(user.practice),) if user.practice else ("*",)
        except NotFound:
            continue
        kind = "practice" if user.practice else "staff"
        identity.ensure_user(user.login, user.name, PASSWORD, kind, user.roles, tenants)
        login_codes.enrol(user.login, PASSWORD)
        made.append(user)
    return tuple(made)
