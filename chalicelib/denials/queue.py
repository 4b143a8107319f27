"""The work list: every practice one may enter, in order of dollars for each day that is left. Rights are asked for every row.

A denial whose deadline has passed stands last, whatever it is worth. Among equals the nearer deadline goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal

from chalicelib import clock
from chalicelib.claims.records import find_claims
from chalicelib.denials import categories, counts, records
from chalicelib.denials.counts import Likelihood
from chalicelib.denials.measures import Measures, measure
from chalicelib.denials.model import Denial
from chalicelib.platform.model import Model
from chalicelib.store import identity
from chalicelib.store.directory import directory, list_tenants
from chalicelib.tenancy import Principal, TenantState, current, enter, may, require

Show = Literal["work", "snoozed", "waiting", "resolved", "all"]
SHOWS: tuple[Show, ...] = ("work", "snoozed", "waiting", "resolved", "all")
SCALE = 1000


class Wanted(Model):
    """The filters; all together must hold, values of one are alternatives. `assigned`: '', 'nobody', or a user id."""

    show: Show = "work"
    categories: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    assigned: str = ""


class Entry(Model):
    """One denial of one practice, ranked; no name in it."""

    tenant_id: str
    slug: str
    practice: str
    denial: Denial
    today: date
    likelihood: Likelihood = Likelihood()

    @property
    def days_left(self) -> int:
        return (self.denial.deadline - self.today).days

    @property
    def age_days(self) -> int:
        return (self.today - self.denial.decided_on).days

    @property
    def daily_cents(self) -> int:
        """Expected cents for each day that is left; 0 once none is."""
        return self.denial.expected_cents // max(self.days_left, 1) if self.days_left >= 0 else 0

    @property
    def snoozed(self) -> bool:
        return self.denial.snoozed_until is not None and self.denial.snoozed_until > self.today

    @property
    def rank(self) -> tuple[bool, int, date, str]:
        worth = -(self.denial.expected_cents * SCALE // max(self.days_left, 1))
        return (self.days_left < 0, worth, self.denial.deadline, self.denial.denial_id)

    @property
    def category(self) -> categories.Category:
        return categories.CATEGORIES[self.denial.category]


class Row(Model):
    """An entry with whom it is about, for showing; reading it is reading a patient's record."""

    entry: Entry
    patient_name: str
    practice_patient_id: str
    patient_control_number: str
    owner: str = ""  # the name of whom it is assigned to


def ranked(principal: Principal, wanted: Wanted, tenant_refs: Sequence[str] | None = None) -> list[Entry]:
    """What is to be worked in these practices, or in every one that is the principal's, most urgent money first."""
    if tenant_refs is None:
        refs = _own(principal)
    else:
        refs = list(tenant_refs)
    found: list[Entry] = []
    for ref in refs:
        with enter(principal, ref, "denials.list", directory()):
            if tenant_refs is None and not may(principal, "denials.list"):
                continue
            found += here(wanted)
    return sorted(found, key=lambda entry: entry.rank)


def _own(principal: Principal) -> list[str]:
    """The practices that are the principal's own; one entered by broken glass is not."""
    return [
        each.tenant_id
        for each in list_tenants()
        if principal.is_assigned(each.tenant_id) and each.state is TenantState.LIVE
    ]


def pace() -> Measures:
    """How fast the current practice's denials are worked, as of its today."""
    require("denials.list")
    return measure(records.every(), clock.today(current().tenant.timezone))


def here(wanted: Wanted) -> list[Entry]:
    """The current practice's part of the list, unranked."""
    require("denials.list")
    context = current()
    today = clock.today(context.tenant.timezone)
    past = records.resolved()
    listed = past if wanted.show == "resolved" else records.open_denials()
    if wanted.show == "all":
        listed = [*listed, *past]
    made = (
        Entry(
            tenant_id=context.tenant.tenant_id,
            slug=context.tenant.slug,
            practice=context.tenant.name,
            denial=denial,
            today=today,
            likelihood=counts.likelihood(denial, past),
        )
        for denial in listed
        if _matches(denial, wanted)
    )
    return [entry for entry in made if _shown(entry, wanted.show)]


def _matches(denial: Denial, wanted: Wanted) -> bool:
    owner = denial.assigned_to or "nobody"
    return (
        (not wanted.categories or denial.category in wanted.categories)
        and (not wanted.payers or denial.payer_id in wanted.payers)
        and (not wanted.reasons or denial.carc in wanted.reasons)
        and wanted.assigned in ("", owner)
    )


def _shown(entry: Entry, show: Show) -> bool:
    """To be worked: open, or asked of the practice and overdue; snoozed ones come back on their day."""
    denial = entry.denial
    if show in ("all", "resolved"):
        return True
    overdue = denial.follow_up_on is not None and denial.follow_up_on <= entry.today
    waits = denial.state in ("waiting", "asked") and not overdue
    if show == "waiting":
        return waits
    return not waits and entry.snoozed is (show == "snoozed")


def rows(principal: Principal, entries: Iterable[Entry]) -> list[Row]:
    """Entries with whom they are about; each practice is entered again and its right asked again. Order is kept."""
    listed = list(entries)
    names: dict[tuple[str, str], tuple[str, str, str]] = {}
    for tenant_id in dict.fromkeys(entry.tenant_id for entry in listed):
        with enter(principal, tenant_id, "denials.list", directory()):
            require("denials.list")
            wanted = {entry.denial.claim_id for entry in listed if entry.tenant_id == tenant_id}
            for claim_id, stored in find_claims(wanted).items():
                content, latest = stored.claim.content, stored.claim.latest
                patient = f"{content.patient.last_name}, {content.patient.first_name}"
                number = latest.patient_control_number if latest else ""
                names[tenant_id, claim_id] = (patient, content.practice_patient_id, number)
    owners = {user: owner_name(user) for user in {entry.denial.assigned_to for entry in listed} if user}
    return [
        Row(
            entry=entry,
            patient_name=who[0],
            practice_patient_id=who[1],
            patient_control_number=who[2],
            owner=owners.get(entry.denial.assigned_to, ""),
        )
        for entry in listed
        if (who := names.get((entry.tenant_id, entry.denial.claim_id)))
    ]


def owner_name(user_id: str) -> str:
    found = identity.find_user(user_id)
    return found.name if found else user_id


def plain_row(row: Row) -> dict[str, Any]:
    """A row for programs."""
    entry = row.entry
    return {
        "practice": entry.slug,
        **entry.denial.model_dump(mode="json", exclude={"version", "seen", "acts"}),
        "kind": entry.category.name,
        "next_action": entry.category.next_action,
        "days_left": entry.days_left,
        "age_days": entry.age_days,
        "cents_a_day": entry.daily_cents,
        "likelihood": {**entry.likelihood.model_dump(), "words": entry.likelihood.words},
        "patient_name": row.patient_name,
        "patient_control_number": row.patient_control_number,
        "owner": row.owner,
    }
