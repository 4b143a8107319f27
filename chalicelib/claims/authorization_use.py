"""A claim's use of an authorization, committed with the claim's own events.

It is in the same transaction as the event that makes, changes or ends the claim, on condition that the meter is still as read:
of two claims for the last units one commits, the other is judged again and held. A claim the scrub holds for its authorization
uses nothing; one sent in spite of that stands beside the counters.
"""

from __future__ import annotations

from collections import Counter

from chalicelib import store
from chalicelib.claims.claim import GONE, WAITING, Claim
from chalicelib.claims.model import ClaimContent
from chalicelib.coverage import authorization_records as records
from chalicelib.coverage.authorization import Authorization, Meter, Use, choose, commit, fits, release
from chalicelib.platform.errors import Conflict
from chalicelib.therapy.model import Severity

EXCEEDED = "AUTH_EXCEEDED"
CHANGED = "AUTHORIZATION_CHANGED"


def find(content: ClaimContent) -> Authorization | None:
    """The authorization the claim names, if it is kept here."""
    if not content.authorization_number:
        return None
    coverage = content.coverage
    found = records.of_patient(content.patient_key)
    return choose(found, content.authorization_number, coverage.payer_id, coverage.line_of_business.value)


def settle(uow: store.UnitOfWork, before: Claim | None, after: Claim) -> None:
    """Bring the meters in line with what the claim has become, in its own unit of work.

    Conflict when its use no longer fits though the scrub let it pass: others committed meanwhile, so it is judged again.
    """
    if before is not None and _mark(before) == _mark(after):
        return
    was = find(before.content) if before is not None else None
    now = find(after.content)
    if was is not None and (now is None or was.auth_id != now.auth_id):
        _keep(uow, _meter(uow, was.auth_id), release(_meter(uow, was.auth_id), after.claim_id))
    if now is None:
        return
    meter = _meter(uow, now.auth_id)
    use = use_of(now, meter, after)
    _keep(uow, meter, release(meter, after.claim_id) if use is None else commit(now, meter, after.claim_id, use))


def _mark(claim: Claim) -> tuple[object, ...]:
    """What a claim's use follows from."""
    content = claim.content
    services = tuple(sorted((line.cpt, line.units) for line in content.lines))
    coverage = (content.coverage.payer_id, content.coverage.line_of_business, content.patient_key)
    return content.authorization_number, coverage, services, claim.status in GONE, _blocked(claim), _overruled(claim)


def _blocked(claim: Claim) -> bool:
    return not _overruled(claim) and any(
        finding.code == EXCEEDED and finding.severity is Severity.ERROR for finding in claim.findings
    )


def _overruled(claim: Claim) -> bool:
    return any(item.code == EXCEEDED for item in claim.overrides)


def services_of(content: ClaimContent) -> Counter[str]:
    """Units by code."""
    units: Counter[str] = Counter()
    for line in content.lines:
        units[line.cpt] += line.units
    return units


def use_of(authorization: Authorization, meter: Meter, claim: Claim) -> Use | None:
    """None when it uses nothing: gone, or held for this very authorization."""
    if claim.status in GONE or _blocked(claim):
        return None
    amounts = authorization.amounts(services_of(claim.content))
    if fits(authorization, meter, claim.claim_id, amounts):
        return Use(on=claim.content.date_of_service, amounts=amounts)
    if claim.status in WAITING and not _overruled(claim):
        raise Conflict(
            CHANGED, "others used the authorization meanwhile", where=f"AUT#{authorization.auth_id}", fix="try again"
        )
    return Use(on=claim.content.date_of_service, amounts=amounts, beyond=True)


def _meter(uow: store.UnitOfWork, auth_id: str) -> Meter:
    """As stored, or as this unit of work is going to store it."""
    pending = uow.pending(f"AUT#{auth_id}", "METER")
    if pending is None:
        return records.meter(auth_id)
    return pending.read_as(Meter, "version", "created_at")


def _keep(uow: store.UnitOfWork, before: Meter, after: Meter) -> None:
    if after.uses == before.uses:
        return
    if uow.pending(f"AUT#{after.auth_id}", "METER") is None:
        records.put_meter(uow, after)
    else:
        uow.revise(records.meter_record(after))
