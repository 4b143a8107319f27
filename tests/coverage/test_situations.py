"""A table of hand-written 271s and the card the front desk gets for each: `situations.py`."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from chalicelib.codes.payers import PayerPlan
from chalicelib.coverage.asking import judge
from chalicelib.coverage.cards import Authority, Situation, make_card
from chalicelib.coverage.model import BenefitRecord
from chalicelib.coverage.standing import stand
from tests.coverage.situations import SITUATIONS

VISIT = date(2026, 9, 30)
PLAN = PayerPlan("60054", "Testcase Payer", "commercial", "CI", authorization="none")
HEAD = (
    "ISA*00*          *00*          *ZZ*SIMCLEAR       *ZZ*OTBILL         *260930*1000*^*00501*000000001*0*T*:~"
    "GS*HB*SIMCLEAR*OTBILL*20260930*1000*1*X*005010X279A1~ST*271*0001*005010X279A1~"
    "BHT*0022*11*T1*20260930*1000~HL*1**20*1~NM1*PR*2*TESTCASE PAYER*****PI*60054~HL*2*1*21*1~"
    "NM1*1P*2*HARBORVIEW*****XX*1999999018~HL*3*2*22*0~TRN*2*T1*9OTBILL000~"
    "NM1*IL*1*TESTCASE*MARIGOLD****MI*W100200301~"
)


def answer(body: str) -> bytes:
    """The whole file: demographics before the body, or the error where the body is one."""
    middle = body if body.startswith("AAA") else f"DMG*D8*19500203*F~{body}"
    text = HEAD + middle
    count = text[text.index("ST*271") :].count("~") + 1
    return f"{text}SE*{count}*0001~GE*1*1~IEA*1*000000001~".encode()


def card_of(one: Any) -> Any:
    asked = date.fromisoformat(one.asked)
    outcome, words, fix, benefits = judge(answer(one.body), "T1", asked, one.business)
    assert len(benefits.rows) == one.body.count("EB*")
    check = BenefitRecord(
        check_id="ben_1", patient_key="pat_1", payer_id="60054", payer_name="Testcase Payer", line_of_business=one.business,
        on=asked, outcome=outcome, words=words, fix=fix, benefits=benefits, checked_at=f"{asked}T10:00:00Z", source="271",
    )  # fmt: skip
    standing = stand([check], VISIT, 30)
    return make_card(Situation(standing, last=check, plan=PLAN, authority=Authority("not_needed")))


@pytest.mark.parametrize("one", SITUATIONS, ids=lambda one: one.name)
def test_the_card_of_a_situation(one: Any) -> None:
    card = card_of(one)
    said = " | ".join(card.reasons)
    assert card.tone == one.tone, said
    assert all(words in said for words in one.words), said
    assert set(one.facts) <= set(card.facts), card.facts
    assert bool(card.action) == (card.tone != "green")


def test_the_table_has_thirty_situations_of_every_colour() -> None:
    tones = Counter(one.tone for one in SITUATIONS)
    assert len(SITUATIONS) >= 30
    assert min(tones["red"], tones["amber"], tones["green"]) >= 7
    assert len({one.name for one in SITUATIONS}) == len(SITUATIONS)
