"""Post one check of the current practice, exactly once, to the cent.

The check's cash is one entry (Dr cash.bank / Cr cash.clearing); every claim is a transaction of its own (journal, claim event,
balance, natural key, task); PLB amounts go to provider_level.* accounts. cash.clearing is zero when all of it is posted.
A check that does not balance as a whole posts nothing; a claim that does not balance is refused and the others go on.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from chalicelib import clock, ledger, store
from chalicelib.platform.errors import AlreadyDone
from chalicelib.remittance import offsets, records
from chalicelib.remittance.desk import post_claims
from chalicelib.remittance.model import Check, PostResult
from chalicelib.store import journal
from chalicelib.support.tasks import open_task
from chalicelib.tenancy import current
from chalicelib.x12 import Remittance

_READ_LATER = ("inpatient", "outpatient", "quantities", "drg_code", "drg_weight", "discharge_fraction")


def plain(value: Any) -> Any:
    """A read 835 part as JSON-able data."""
    return json.loads(json.dumps(dataclasses.asdict(value), default=str))


def fingerprint(remittance: Remittance) -> str:
    """Hash of what a check says; the same check in another file has the same one. What an older version did not read and the
    check does not say is left out, so a check taken in then has the same one too."""
    content = [plain(claim) for claim in remittance.claims], [plain(item) for item in remittance.provider_adjustments]
    for claim in content[0]:
        claim.pop("segment_number", None)
        for part in (claim, *claim["lines"]):
            for name in _READ_LATER:
                if not part.get(name):
                    part.pop(name, None)
    return sha256(json.dumps([remittance.amount_cents, *content], sort_keys=True).encode()).hexdigest()


def check_key(remittance: Remittance) -> tuple[str, ...]:
    """What makes a check the same check: TRN03, TRN02, payee, BPR16."""
    payee = remittance.payee.npi or remittance.payee.tax_id
    return (remittance.originating_company_id, remittance.trace, payee, str(remittance.date))


def post_check(remittance: Remittance, document: str, *, entered_by: str = "") -> PostResult:
    """Post or resume a check. The same check again posts nothing; the same check with other claims is refused.

    `entered_by` is the user who typed the EOB in; empty for an 835.
    """
    remittance_id = current().make_id("rmt", *check_key(remittance))
    known = records.find_check(remittance_id)
    mark = fingerprint(remittance)
    refused = known if known is not None and known.state == "refused" else None
    if known is not None and known.fingerprint != mark and not refused:
        if known.state == "posted" and _says_the_same(known, remittance):
            return _repeated(known)
        return _reused(remittance, remittance_id, mark)
    if known is not None and known.fingerprint == mark and known.state != "open":
        return _repeated(known)
    version = refused.version if refused else 0  # a refused check posted nothing: a mended copy takes its place
    if not _sums_up(remittance):
        return _refuse_unbalanced(remittance, remittance_id, mark, document, version)
    check = known if known is not None and not refused else None
    if check is None:
        check = _open(remittance, remittance_id, mark, document, version, entered_by)
    offsets.track(check)
    return _close(check, post_claims(remittance, remittance_id))


def _says_the_same(known: Check, remittance: Remittance) -> bool:
    """Whether a posted check came again with its claims or its provider level in another order, as another file may."""
    told = [plain(claim) for claim in remittance.claims]
    kept = [dict(part.payment) for part in records.parts(known.remittance_id)]
    for claim in (*told, *kept):
        claim.pop("segment_number", None)
    adjustments = [(item.reason, item.reference, item.amount_cents) for item in remittance.provider_adjustments]
    return (
        known.amount_cents == remittance.amount_cents
        and sorted(adjustments) == sorted(known.provider_adjustments)
        and _sorted(told) == _sorted(kept)
    )


def _sorted(claims: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(claim, sort_keys=True) for claim in claims)


def _sums_up(remittance: Remittance) -> bool:
    return not any(item.level == "transaction" for item in remittance.out_of_balance)


def refused_whole(remittance: Remittance, reason: str) -> PostResult:
    """A check of which nothing is posted, and why."""
    return PostResult(
        trace=remittance.trace,
        amount_cents=remittance.amount_cents,
        refused=len(remittance.claims),
        refused_cents=remittance.amount_cents,
        balanced=remittance.balanced,
        reason=reason,
    )


def _reused(remittance: Remittance, remittance_id: str, mark: str) -> PostResult:
    """The same check with other claims: a person looks, once per such file; what was posted stands."""
    words = "A check came again with other claims under the same number: compare the two before anything is posted"
    try:
        with store.unit_of_work() as uow:
            uow.once("check_reused", f"{remittance_id}#{mark}")
            amount = remittance.amount_cents
            open_task(uow, "remittance_exception", remittance_id, words, amount_cents=amount, natural_key=mark)
            uow.audit("remittance.refused", f"RMT#{remittance_id}", ("claims",))
            uow.commit()
    except AlreadyDone:
        pass
    return refused_whole(remittance, "CHECK_REUSED")


def _repeated(known: Check) -> PostResult:
    if known.state == "refused":
        return PostResult(
            trace=known.trace,
            amount_cents=known.amount_cents,
            refused=known.claims,
            refused_cents=known.refused_cents,
            balanced=False,
            reason=known.reason,
        )
    return PostResult(
        trace=known.trace,
        amount_cents=known.amount_cents,
        already_posted=known.claims - known.refused,
        refused=known.refused,
        refused_cents=known.refused_cents,
        balanced=known.balanced,
        reason="ALREADY_POSTED",
    )


def _check(remittance: Remittance, remittance_id: str, mark: str, document: str) -> Check:
    return Check(
        remittance_id=remittance_id,
        fingerprint=mark,
        trace=remittance.trace,
        payer_name=remittance.payer.name,
        payer_id=remittance.payer.id_code,
        originator=remittance.originating_company_id,
        method=remittance.method,
        paid_on=remittance.date,
        amount_cents=remittance.amount_cents,
        debit=remittance.credit_debit == "D",
        claims=len(remittance.claims),
        balanced=remittance.balanced,
        out_of_balance=tuple((item.level, item.reference, item.off_by_cents) for item in remittance.out_of_balance),
        provider_adjustments=tuple(
            (item.reason, item.reference, item.amount_cents) for item in remittance.provider_adjustments
        ),
        document=document,
        at=clock.instant_text(clock.now()),
    )


def _refuse_unbalanced(
    remittance: Remittance, remittance_id: str, mark: str, document: str, version: int
) -> PostResult:
    """Nothing of it is posted; a task says where and by how much."""
    check = _check(remittance, remittance_id, mark, document).model_copy(
        update={
            "state": "refused",
            "reason": "UNBALANCED",
            "refused": len(remittance.claims),
            "refused_cents": remittance.amount_cents,
            "version": version,
        }
    )
    off = next(item.off_by_cents for item in remittance.out_of_balance if item.level == "transaction")
    words = f"A check does not add up: its total is off by {off / 100:+.2f} from its claims and provider adjustments"
    with store.unit_of_work() as uow:
        uow.replace(records.check_record(check))
        open_task(
            uow, "unbalanced_remittance", remittance_id, words, amount_cents=remittance.amount_cents, natural_key=mark
        )
        uow.audit("remittance.refused", f"RMT#{remittance_id}", ("balance",))
        uow.commit()
    return refused_whole(remittance, "UNBALANCED")


def _open(remittance: Remittance, remittance_id: str, mark: str, document: str, version: int, entered_by: str) -> Check:
    """Record the check with its cash and its provider-level amounts."""
    check = _check(remittance, remittance_id, mark, document).model_copy(
        update={"version": version, "manual": bool(entered_by), "entered_by": entered_by}
    )
    lines = list(ledger.move(ledger.BANK, ledger.CLEARING, remittance_id, _cash(remittance)))
    for item in remittance.provider_adjustments:
        account = offsets.account(item.reason)
        lines += ledger.move(account, ledger.CLEARING, remittance_id, item.amount_cents)
    with store.unit_of_work() as uow:
        uow.replace(records.check_record(check))
        if lines:
            entry_id = current().make_id("jrn", "check", remittance_id)
            at = clock.instant_text(clock.now())
            made = ledger.JournalEntry(entry_id=entry_id, at=at, source=remittance_id, memo="check", lines=tuple(lines))
            journal.post(uow, made)
        uow.audit("remittance.received", f"RMT#{remittance_id}", ("amount", "provider_adjustments"))
        uow.commit()
    return check.model_copy(update={"version": version + 1})


def _cash(remittance: Remittance) -> int:
    """BPR02 with its direction: a debit (BPR03 D) takes money out."""
    return -remittance.amount_cents if remittance.credit_debit == "D" else remittance.amount_cents


def _close(check: Check, counts: Mapping[str, int]) -> PostResult:
    # Counted from what stands: a payment of this check may have moved another of its own, and a crash may lie between.
    tally = [part.outcome for part in records.parts(check.remittance_id)]
    outcome = {name: tally.count(name) for name in ("posted", "suspended", "refused")}
    outcome["refused_cents"] = counts["refused_cents"]
    done = check.model_copy(update={**outcome, "state": "posted"})
    with store.unit_of_work() as uow:
        uow.replace(records.check_record(done))
        uow.emit("RemittancePosted", f"RMT#{check.remittance_id}", {"remittance": check.remittance_id})
        uow.audit("remittance.posted", f"RMT#{check.remittance_id}", ("state",))
        uow.commit()
    return PostResult(
        trace=check.trace,
        amount_cents=check.amount_cents,
        balanced=check.balanced,
        reason="UNBALANCED_CLAIM" if counts["refused"] else ("SUSPENDED" if counts["suspended"] else ""),
        **{name: counts[name] for name in ("posted", "suspended", "already_posted", "refused", "refused_cents")},
    )
