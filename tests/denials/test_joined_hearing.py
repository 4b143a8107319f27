"""Several denied Medicare claims before one hearing, as 42 CFR 405.1006 lets them be joined; small amounts are not lost for being
small."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib import documents
from chalicelib.denials import appeals, records
from chalicelib.denials.controversy import controversy_cents
from chalicelib.denials.joining import join
from chalicelib.denials.refresh import refresh
from chalicelib.platform.errors import Misuse, Refused
from tests.denials.test_appeals import text_of
from tests.practice import MEDICARE, line, npi

pytestmark = pytest.mark.aws
WHY = "Occupational therapy of one plan of care, denied for the same reason."


def refused_twice(desk, *days: int, second: str = "upheld") -> list[str]:
    """Denials of a 150.00 claim for each day, redetermined and reconsidered; decided at level 2 on 18 November and later."""
    rows = [
        line(
            f"H{day}",
            date_of_service=f"2026-09-{day:02d}",
            note_signed_on=f"2026-09-{day:02d}",
            **{**MEDICARE, "referring_npi": npi(77)},
        )
        for day in days
    ]
    denials = []
    for claim_id in desk.claims(*rows):
        desk.accept(claim_id)
        desk.post(desk.answer(claim_id, (("CO", "50", 15000),)), payer_id="09102")
        refresh()
        (found,) = records.of_claim(claim_id)
        denials.append(found.denial_id)
    return denials


def decided(desk, monkeypatch, denials: list[str], second: str = "upheld") -> None:
    for at, key in enumerate(denials):
        for level, result in ((1, "upheld"), (2, second)):
            monkeypatch.setenv("OTBILL_NOW", f"2026-{9 + level}-{18 + at}T14:00Z")
            packed = appeals.packet(appeals.draft(key).appeal_id, waive=[])
            appeals.send(packed.appeal_id, "mail", to="The contractor", proof=f"P{at}{level}")
            appeals.outcome(packed.appeal_id, result)
    monkeypatch.setenv("OTBILL_NOW", "2026-11-25T14:00Z")


def test_two_claims_below_the_amount_come_before_a_hearing_together(desk, monkeypatch) -> None:
    one, other = refused_twice(desk, 1, 2)
    with pytest.raises(Refused, match="NOT_JOINABLE"):  # the first levels need no amount
        join([one, other], WHY)
    decided(desk, monkeypatch, [one, other])
    with pytest.raises(Refused, match="AMOUNT_TOO_SMALL"):
        appeals.draft(one)
    with pytest.raises(Misuse, match="JOIN_WHY"):
        join([one, other], " ")
    with pytest.raises(Misuse, match="JOIN_ALONE"):
        join([one, one], WHY)
    drafted = join([one, other], WHY)
    assert [(item.level, item.level_name) for item in drafted] == [(3, "hearing"), (3, "hearing")]
    joined = drafted[0].joined
    assert joined is not None
    coinsurance = 15000 - joined.claims[0].amount_cents
    assert 0 < coinsurance < 3000  # 20 % of the schedule's amount may be collected: it is not in controversy
    assert joined.total_cents == 2 * joined.claims[0].amount_cents >= 20_000
    assert {item.deadline for item in drafted} == {date(2027, 1, 22)}  # the earlier of 18 and 19 November, + 60 + 5
    assert join([one, other], WHY) == drafted
    first = appeals.packet(drafted[0].appeal_id)
    said = " ".join(text_of(documents.get(first.packet)).split())
    for words in ("42 CFR 405.1006(e)", WHY, *(item.number for item in joined.claims)):
        assert words in said, words
    with pytest.raises(Refused, match="JOINED_NOT_PACKED"):
        appeals.send(first.appeal_id, "mail", to="OMHA", proof="H1")
    appeals.packet(drafted[1].appeal_id)
    for item in drafted:
        assert appeals.send(item.appeal_id, "mail", to="OMHA", proof="H1").state == "sent"


def test_what_is_not_enough_together_is_refused_with_the_sum(desk, monkeypatch) -> None:
    keys = refused_twice(desk, 1, 2)
    decided(desk, monkeypatch, keys)
    monkeypatch.setattr("chalicelib.denials.joining.controversy_cents", lambda *_: 9999)
    with pytest.raises(Refused, match="joined they are"):
        join(keys, WHY)


def test_a_dismissed_request_was_not_decided_and_joins_nothing(desk, monkeypatch) -> None:
    keys = refused_twice(desk, 1, 2)
    decided(desk, monkeypatch, keys, second="dismissed")
    with pytest.raises(Refused, match="NOT_RECONSIDERED"):
        join(keys, WHY)


def test_other_payers_claims_are_not_joined(desk) -> None:
    found = [desk.denied((("CO", "50", 15000),), visit=name, patient_id=name) for name in ("V1", "V2")]
    with pytest.raises(Refused, match="NOT_JOINABLE"):
        join([item.denial_id for item in found], WHY)
    assert controversy_cents(found[0], desk.claim(found[0].claim_id).content) == 15000
