"""What became of denials before: this practice's own record, and other practices' as bare counts (payer, CARC, numbers; no PHI).

The counts of each practice lie in the control table, written anew from its denials at every refresh: writing them twice changes
nothing, and losing a write is mended by the next refresh.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chalicelib import store
from chalicelib.denials import records
from chalicelib.denials.model import Denial
from chalicelib.platform.errors import Conflict
from chalicelib.platform.model import Model
from chalicelib.store import control
from chalicelib.tenancy import current

_WON = frozenset(("paid", "paid_in_part"))
_LOST = frozenset(("denied_again", "upheld"))


class Likelihood(Model):
    """`won` of `decided`: how many like it the payer paid after all, of those it decided again. `like` says like in what."""

    won: int = 0
    decided: int = 0
    like: str = ""

    @property
    def words(self) -> str:
        if not self.decided:
            return "no history"
        return f"{self.won} of {self.decided} {self.like} paid after all"


def likelihood(denial: Denial, history: Iterable[Denial]) -> Likelihood:
    """From this practice's resolved denials: same payer and reason, else same payer and kind. A write-off decides nothing."""
    decided = [item for item in history if item.resolution in _WON | _LOST and item.payer_id == denial.payer_id]
    for like, same in (
        (f"of this payer with {denial.group}-{denial.carc}", [item for item in decided if item.carc == denial.carc]),
        ("of this payer and kind", [item for item in decided if item.category == denial.category]),
    ):
        if same:
            return Likelihood(won=sum(item.resolution in _WON for item in same), decided=len(same), like=like)
    return Likelihood()


def project() -> int:
    """Put the current practice's counts by payer and CARC where other practices' staff may add them up; returns writes."""
    denied: Counter[tuple[str, str]] = Counter()
    won: Counter[tuple[str, str]] = Counter()
    decided: Counter[tuple[str, str]] = Counter()
    for item in records.every():
        key = (item.payer_id, item.carc)
        denied[key] += 1
        won[key] += item.resolution in _WON
        decided[key] += item.resolution in _WON | _LOST
    tenant = current().tenant.tenant_id
    known = control.get_many([(_pk(*key), tenant) for key in denied])
    written = 0
    for key, number in denied.items():
        data = {"denied": number, "decided": decided[key], "won": won[key]}
        before = known.get((_pk(*key), tenant))
        if before is None or before.data != data:
            written += _put(_pk(*key), tenant, data, before.version if before else 0)
    return written


def _put(pk: str, tenant: str, data: dict[str, int], version: int) -> int:
    try:
        with control.transaction() as work:
            work.replace(store.Record(pk, tenant, "denial_counts", data, version=version))
            work.commit()
    except Conflict:
        return 0  # another refresh of this practice wrote them just now
    return 1


def elsewhere(payer_id: str, reason: str) -> Likelihood:
    """Other practices together, for billing staff: numbers only."""
    own = current().tenant.tenant_id
    found = [record.data for record in control.iter_query(_pk(payer_id, reason)) if record.sk != own]
    return Likelihood(
        won=sum(int(item["won"]) for item in found),
        decided=sum(int(item["decided"]) for item in found),
        like=f"in {len(found)} other {'practice' if len(found) == 1 else 'practices'}",
    )


def _pk(payer_id: str, reason: str) -> str:
    return f"DENIALS#{payer_id}#{reason}"
