"""How much of a corpus of remittances posts without a person, and whether any of it posts wrong; how fast a file posts.

The corpus and its truth are tests/oracle/remit_corpus.py, which knows nothing of the product. The product's own reading,
finding, line matching and payment books decide here, in memory; the timed file is posted for real on an embedded AWS.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from chalicelib import ledger
from chalicelib.claims.claim import Claim, SubmissionRef
from chalicelib.claims.model import ClaimContent, ClaimLine, Provider, Status
from chalicelib.claims.records import StoredClaim, Submission
from chalicelib.intake.model import Address, Coverage, LineOfBusiness, Person
from chalicelib.remittance.book import Standing, delta, settle
from chalicelib.remittance.claim_payment import Posting, answer_of
from chalicelib.remittance.desk import Desk
from chalicelib.remittance.faults import claim_faults
from chalicelib.remittance.finding import Found
from chalicelib.remittance.payers import CheckPayer
from chalicelib.remittance.split import Terms
from chalicelib.x12 import ClaimPayment, read_835

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
import remit_corpus as corpus

MUST_POST, MUST_SECONDS, FILE_CLAIMS = 98.0, 60.0, 1000
DECIDED = ("paid", "partly", "denied")


def content(item: corpus.Claim, claim_id: str, npi: str = "1999999018") -> ClaimContent:
    provider = Provider(npi=npi, last_name="Harborview", is_person=False)
    return ClaimContent(
        claim_id=claim_id, visit_ids=(item.key,), patient_key=f"pat_{item.key}", practice_patient_id=item.key,
        date_of_service=item.day, place_of_service="11", billing=provider, rendering=provider,
        patient=Person(last_name=item.last_name, first_name="MARIGOLD", date_of_birth=date(1950, 2, 3)),
        patient_address=Address(), payer_name=corpus.PAYERS[item.payer], diagnoses=("M6281",),
        coverage=Coverage(payer_id=item.payer, line_of_business=LineOfBusiness.COMMERCIAL, member_id=item.member),
        lines=tuple(
            ClaimLine(number=line.number, visit_id=item.key, visit_line=line.number, cpt=line.code, modifiers=line.modifiers,
                      units=line.units, charge_cents=line.charge, control_number=line.control)
            for line in item.lines
        ),
    )  # fmt: skip


@dataclass
class World:
    """Every claim as sent, by number and by payer and day."""

    sent: dict[str, Submission] = field(default_factory=dict)
    claims: dict[str, StoredClaim] = field(default_factory=dict)
    days: dict[tuple[str, date], list[StoredClaim]] = field(default_factory=dict)
    numbers: dict[str, list[str]] = field(default_factory=dict)  # the payer's number to claims
    books: dict[str, tuple[list[Any], dict[str, Standing]]] = field(default_factory=dict)

    def add(self, item: corpus.Claim) -> None:
        said = content(item, f"clm_{item.key}")
        reference = SubmissionRef(n=1, submission_id=item.key, patient_control_number=item.number, file="F")
        claim = Claim(
            claim_id=said.claim_id, content=said, status=Status.ACCEPTED, submissions=(reference,), accepted=True
        )
        stored = StoredClaim(claim=claim, version=1)
        self.claims[said.claim_id] = stored
        self.days.setdefault((item.payer, item.day), []).append(stored)
        self.sent[item.number] = Submission(
            submission_id=item.key,
            claim_id=said.claim_id,
            n=1,
            patient_control_number=item.number,
            batch_id="B",
            content=said,
        )


class MemoryDesk(Desk):
    """The product's desk with its reads answered from memory."""

    world: World

    def claim(self, claim_id: str) -> StoredClaim | None:
        return self.world.claims.get(claim_id)

    def _on(self, day: date) -> list[StoredClaim]:
        return self.world.days.get((self.payer.payer_id, day), [])

    def _named(self, number: str) -> list[str]:
        return self.world.numbers.get(number, [])


@dataclass
class Score:
    lines: int = 0
    right: int = 0
    wrong: int = 0
    waiting: int = 0
    claims_wrong: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def fail(self, what: str) -> None:
        self.wrong += 1
        if len(self.examples) < 10:
            self.examples.append(what)


def judge_corpus(count: int = 10_000, seed: int = 20260930) -> Score:
    """Post the corpus in memory and compare every line and every claim's end with the truth."""
    made, world, score = corpus.make(count, seed), World(), Score()
    for item in made.claims:
        world.add(item)
    for number, check in enumerate(made.checks, 1):
        _post(check, number, world, score)
    for item in made.claims:
        if (found := _end(world, item)) != made.ends[item.key]:
            score.claims_wrong += 1
            score.fail(f"{item.key}: ends in {found}, not {made.ends[item.key]}")
    return score


def _post(check: corpus.Check, number: int, world: World, score: Score) -> None:
    (remittance,) = read_835(corpus.edi(check, number)).remittances
    assert not any(item.level == "transaction" for item in remittance.out_of_balance), check.trace
    payer = CheckPayer(remittance.payer.id_code, remittance.payer.name, remittance.originating_company_id)
    desk = MemoryDesk(remittance, f"rmt_{number}", payer, None, sent=world.sent)
    desk.world = world
    for sequence, (payment, told) in enumerate(zip(remittance.claims, check.told, strict=True), 1):
        found = desk.find(payment) if not claim_faults(payment) else Found(reason="UNBALANCED_CLAIM")
        _compare(found, payment, told, score)
        if not found.reason:
            posting = Posting(desk.remittance_id, sequence, payment, found, remittance.payer.name, desk.paid_on)
            _enter(posting, world)
            world.numbers.setdefault(payment.payer_control_number, []).append(found.claim_id)


def _enter(posting: Posting, world: World) -> None:
    claim_id = posting.found.claim_id
    answers, standings = world.books.get(claim_id, ([], {}))
    said = world.claims[claim_id].claim.content
    terms = Terms(said.charge_cents, line_charges=tuple((line.number, line.charge_cents) for line in said.lines))
    # The check's place in time is its number here: one day holds many.
    answer = answer_of(posting, world.claims[claim_id])
    answer = answer.model_copy(update={"order": f"{int(posting.remittance_id[4:]):09d}#{posting.sequence:06d}"})
    after = settle([*answers, answer], terms, standings)
    for effect in delta(standings, after).values():
        assert sum(effect.values()) == 0
    world.books[claim_id] = ([*answers, answer], after)


def _compare(found: Found, payment: ClaimPayment, told: corpus.Told, score: Score) -> None:
    score.lines += len(told.services)
    score.kinds[told.kind] += 1
    if found.reason:
        score.waiting += len(told.services)
        return
    if told.person or found.claim_id != f"clm_{told.claim.key}":
        score.fail(f"{told.claim.key} ({told.kind}): posted to {found.claim_id}")
        return
    for match, service in zip(found.lines, told.services, strict=True):
        if not match.numbers:
            score.waiting += 1
        elif match.numbers == tuple(sorted(service.answers)) or _same_said(told, match.numbers, service):
            score.right += 1
        else:
            score.fail(f"{told.claim.key}: {service.code} is {service.answers}, matched {match.numbers} ({match.how})")


def _same_said(told: corpus.Told, numbers: Sequence[int], service: corpus.Service) -> bool:
    """Two services that say the very same about equal lines: either line is right for either."""
    return not service.guess and any(
        tuple(numbers) == other.answers
        and (other.code, other.charge, other.paid, other.cas)
        == (service.code, service.charge, service.paid, service.cas)
        for other in told.services
    )


def _end(world: World, item: corpus.Claim) -> dict[str, int]:
    _, standings = world.books.get(f"clm_{item.key}", ([], {}))
    net: Counter[str] = Counter()
    for one in standings.values():
        for scope, account, amount in one.effect:
            if not scope:
                net["adjusted" if account.startswith("adjustment.") else account] += amount
    return {
        "paid": net[ledger.CLEARING], "adjusted": net["adjusted"], "patient": net[ledger.PATIENT],
        "open": item.charge + net[ledger.PAYER],
    }  # fmt: skip


def corpus_figures() -> list[dict[str, Any]]:
    score = judge_corpus()
    for example in score.examples:
        sys.stdout.write(f"  wrong: {example}\n")
    posted = 100 * score.right / score.lines
    return [
        {"name": "remittance.auto_posted_lines", "value": round(posted, 2), "unit": "percent", "must": MUST_POST,
         "lines": score.lines, "waiting": score.waiting, "ok": posted >= MUST_POST},
        {"name": "remittance.wrong_lines_or_claims", "value": score.wrong, "unit": "lines", "must": 0, "ok": not score.wrong},
    ]  # fmt: skip


def file_figures() -> list[dict[str, Any]]:
    """Received to posted, for a file of 1,000 claims, and the same file again."""
    from chalicelib import store
    from chalicelib.remittance.service import post_file
    from chalicelib.store import directory, journal
    from chalicelib.tenancy import enter
    from tests.practice import live_practice
    from tests.proof import world as proof_world

    made = corpus.make(FILE_CLAIMS, seed=7)
    for item in made.claims:
        item.payer = "60054"
    first = {told.claim.key: told for check in reversed(made.checks) for told in check.told if told.kind in DECIDED}
    with proof_world.embedded():
        practice = live_practice(proof_world.OPERATOR)
        with enter(proof_world.OPERATOR, practice.slug, "bench", directory.directory()):
            for item in made.claims:
                first[item.key].number = send(item, practice.npi)
        check = corpus.Check("60054", "F1000", [first[item.key] for item in made.claims])
        data = corpus.edi(check, 1, practice.npi, practice.tax_id)
        began, busy = time.monotonic(), time.process_time()
        results = post_file(data, proof_world.OPERATOR)
        seconds, busy = time.monotonic() - began, time.process_time() - busy
        before = store.runtime().writes
        post_file(data, proof_world.OPERATOR)
        again = store.runtime().writes - before
        with enter(proof_world.OPERATOR, practice.slug, "bench", directory.directory()):
            proof = journal.verify()
    posted = sum(item.posted for item in results)
    assert proof["balanced"], proof["mismatches"][:3]
    return [
        {"name": "remittance.file_of_1000_claims", "value": round(seconds, 1), "unit": "s", "must": MUST_SECONDS,
         "posted": posted, "own_cpu_s": round(busy, 1), "load_average": os.getloadavg()[0], "ok": seconds <= MUST_SECONDS},
        {"name": "remittance.replay_writes", "value": again, "unit": "writes", "must": 0, "ok": again == 0},
    ]  # fmt: skip


def send(item: corpus.Claim, npi: str) -> str:
    """A claim of the corpus as one that was sent, by the product's own events; returns its patient control number."""
    from chalicelib import store
    from chalicelib.claims import records
    from chalicelib.claims.charges import post_charge
    from chalicelib.ids import patient_control_number
    from chalicelib.tenancy import current

    context = current()
    said = content(item, context.make_id("clm", item.key), npi)
    number = patient_control_number(context.placement.id_key, context.tenant.code, said.claim_id, "1")
    submission = Submission(
        submission_id=context.make_id("sub", said.claim_id, "1"), claim_id=said.claim_id, n=1,
        patient_control_number=number, batch_id="bat_bench", content=said,
    )  # fmt: skip
    reference = {"n": 1, "submission_id": submission.submission_id, "patient_control_number": number, "file": "B1.837"}
    events = [
        ("drafted", "us", "Built", {"content": said.model_dump(mode="json")}),
        ("scrubbed", "us", "Ready", {"findings": [], "owner": "us", "deadline": "2026-12-31"}),
        ("submitted", "us", "Sent", {"submission": reference, "deadline": "2026-10-14"}),
    ]
    with store.unit_of_work() as uow:
        claim = records.write_events(uow, None, events)
        post_charge(uow, said.claim_id, 0, said.charge_cents, claim.sequence)
        uow.create(records.submission_record(submission))
        uow.create(records.route_record(submission))
        uow.commit()
    return number
