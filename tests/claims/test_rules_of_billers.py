"""A biller's own rules: read, refused, dry-run, applied; never a way around the record or the scrub."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.claims.biller_rules import NEVER_ADDED, dry_run, findings, parse, with_modifiers
from chalicelib.claims.facts import ScrubFacts
from chalicelib.claims.model import ClaimContent, ClaimLine, Provider
from chalicelib.claims.rules import scrub
from chalicelib.intake.model import Address, Coverage, LineOfBusiness, Person
from chalicelib.platform.errors import Refused
from chalicelib.therapy.model import Severity

DAY = date(2026, 8, 3)


def claim(**changes: Any) -> ClaimContent:
    line = ClaimLine(number=1, visit_id="V1", visit_line=1, cpt="97530", modifiers=("GO",), units=1, charge_cents=9000)
    fields: dict[str, Any] = {
        "claim_id": "clm_1",
        "visit_ids": ("V1",),
        "patient_key": "pat_1",
        "practice_patient_id": "P1",
        "date_of_service": DAY,
        "place_of_service": "10",
        "billing": Provider(npi="1999999018", last_name="Harborview"),
        "rendering": Provider(npi="1999999026", last_name="Sample"),
        "patient": Person(last_name="Testcase", first_name="Marigold", date_of_birth=date(2016, 8, 4), sex="F"),
        "patient_address": Address(),
        "coverage": Coverage(
            payer_id="60054", line_of_business=LineOfBusiness.COMMERCIAL, member_id="W1", group_number="G-77"
        ),
        "payer_name": "Aetna",
        "diagnoses": ("F84.0",),
        "lines": (line, line.model_copy(update={"number": 2, "cpt": "97110"})),
    }
    return ClaimContent(**fields | changes)


def rule(when: str, then: str = 'then = "hold"') -> bytes:
    return f'[[rules]]\nname = "a-rule"\nwhen = {{ {when} }}\n{then}\n'.encode()


@pytest.mark.parametrize(
    ("when", "hit"),
    [
        ('payer = ["60054"]', True),
        ('payer = ["87726", "60054"]', True),
        ('payer = ["87726"]', False),
        ('plan = ["Aetna"]', True),
        ('plan = ["aetna*"]', True),
        ('plan = ["Aetna Medicare Advantage"]', False),
        ('plan = ["G-77"]', True),
        ('plan = ["G-78"]', False),
        ('line_of_business = ["commercial"]', True),
        ('line_of_business = ["medicare"]', False),
        ('code = ["97530"]', True),
        ('code = ["975*"]', True),
        ('code = ["97140"]', False),
        ('modifier = ["GO"]', True),
        ('modifier = ["CO"]', False),
        ('code = ["97530"], modifier = ["CO"]', False),
        ('diagnosis = ["F84.0"]', True),
        ('diagnosis = ["F84*"]', True),
        ('diagnosis = ["M25*"]', False),
        ('place_of_service = ["10"]', True),
        ('place_of_service = ["11"]', False),
        ("age_from = 9", True),
        ("age_from = 10", False),
        ("age_to = 9", True),
        ("age_to = 8", False),
        ('from = "2026-08-03"', True),
        ('from = "2026-08-04"', False),
        ('to = "2026-08-03"', True),
        ('to = "2026-08-02"', False),
        ('payer = ["60054"], code = ["97140"]', False),
    ],
)
def test_when_all_conditions_fit(when: str, hit: bool):
    assert bool(findings(claim(), parse(rule(when)))) is hit


@pytest.mark.parametrize(("then", "severity"), [('then = "hold"', Severity.ERROR), ('then = "warn"', Severity.WARNING)])
def test_hold_and_warn(then: str, severity: Severity):
    found = findings(claim(), parse(rule('payer = ["60054"]', then)))
    assert [(item.code, item.severity, item.numbers) for item in found] == [
        ("BILLER_RULE", severity, {"rule": "a-rule"})
    ]


def test_a_document_releases_what_asked_for_it():
    rules = parse(rule('payer = ["60054"]', 'then = "require_document"\ndocument = "referral"'))
    assert findings(claim(), rules)[0].severity is Severity.ERROR
    assert findings(claim(), rules, {"referral"}) == ()


def test_a_modifier_is_added_to_the_lines_that_fit():
    rules = parse(rule('code = ["97530"], place_of_service = ["10"]', 'then = "add_modifier"\nmodifier = "95"'))
    assert [line.modifiers for line in with_modifiers(claim(), rules).lines] == [("GO", "95"), ("GO",)]
    assert with_modifiers(claim(place_of_service="11"), rules) == claim(place_of_service="11")
    once = with_modifiers(claim(), rules)
    assert with_modifiers(once, rules) == once
    assert findings(claim(), rules) == ()


def test_a_full_line_stays_as_it_is_and_the_claim_waits_for_a_person():
    full = claim().lines[0].model_copy(update={"modifiers": ("GO", "RT", "76", "52")})
    rules = parse(rule('code = ["97530"]', 'then = "add_modifier"\nmodifier = "95"'))
    made = with_modifiers(claim(lines=(full,)), rules)
    assert made.lines == (full,)
    (told,) = findings(made, rules)
    assert (told.code, told.severity, told.line) == ("MODIFIERS_TOO_MANY", Severity.ERROR, 1)
    assert told.numbers == {"rule": "a-rule", "code": "97530"}
    assert "95" in told.message


def test_a_full_line_that_has_the_modifier_already_or_does_not_fit_is_nothing_to_tell():
    has = claim().lines[0].model_copy(update={"modifiers": ("GO", "RT", "76", "95")})
    other = has.model_copy(update={"number": 2, "cpt": "97110", "modifiers": ("GO", "RT", "76", "52")})
    rules = parse(rule('code = ["97530"]', 'then = "add_modifier"\nmodifier = "95"'))
    assert findings(claim(lines=(has, other)), rules) == ()
    elsewhere = parse(rule('code = ["97110"], payer = ["1"]', 'then = "add_modifier"\nmodifier = "95"'))
    assert findings(claim(lines=(has, other)), elsewhere) == ()


@pytest.mark.parametrize("modifier", ["ＫＸ", "５９", "GÁ", "ΚΧ"])
def test_a_look_alike_of_another_alphabet_is_no_modifier(modifier: str):
    """A wide KX was folded to KX on its way into the 837P: a rule could have attested what only the record may."""
    with pytest.raises(Refused, match="RULES_FILE"):
        parse(rule('payer = ["60054"]', f'then = "add_modifier"\nmodifier = "{modifier}"'))


@pytest.mark.parametrize("modifier", sorted(NEVER_ADDED))
def test_what_the_record_must_say_no_rule_adds(modifier: str):
    with pytest.raises(Refused, match="RULES_FILE"):
        parse(rule('payer = ["60054"]', f'then = "add_modifier"\nmodifier = "{modifier}"'))


@pytest.mark.parametrize(
    "content",
    [
        b"rules = 1",
        b"not toml",
        b"\xff",
        rule(""),
        rule('payer = ["60054"]', 'then = "submit"'),
        rule('payer = ["60054"]', 'then = "remove_modifier"\nmodifier = "CO"'),
        rule('payer = ["60054"]', 'then = "add_modifier"'),
        rule('payer = ["60054"]', 'then = "add_modifier"\nmodifier = "abc"'),
        rule('payer = ["60054"]', 'then = "hold"\nmodifier = "95"'),
        rule('payer = ["60054"]', 'then = "require_document"'),
        rule('payer = ["60054"]', 'then = "hold"\nseverity = "off"'),
        rule('colour = "red"'),
        rule("age_from = 12, age_to = 11"),
        rule('from = "2026-08-03", to = "2026-08-02"'),
        rule('payer = ["60054"]') * 2,
        b"#" * (256 * 1024 + 1),
    ],
)
def test_what_is_not_a_rule_is_refused(content: bytes):
    with pytest.raises(Refused) as refused:
        parse(content)
    assert refused.value.code == "RULES_FILE"


def test_a_dry_run_says_what_past_claims_would_have_met():
    rules = parse(rule('payer = ["60054"]') + rule('code = ["97140"]', 'then = "warn"').replace(b"a-rule", b"b-rule"))
    runs = dry_run(
        rules,
        [
            claim(),
            claim(claim_id="clm_2"),
            claim(coverage=Coverage(payer_id="1", line_of_business=LineOfBusiness.AUTO)),
        ],
    )
    assert [(run.rule, run.claims, run.claim_ids) for run in runs] == [
        ("a-rule", 2, ("clm_1", "clm_2")),
        ("b-rule", 0, ()),
    ]
    assert runs[0].words == "a-rule would have held 2 claims"


def test_rules_only_add_to_what_the_scrub_finds():
    rules = parse(rule('payer = ["60054"]'))
    plain = scrub(claim(), ScrubFacts(today=DAY))
    assert plain
    assert scrub(claim(), ScrubFacts(today=DAY, biller_rules=rules))[: len(plain)] == plain
