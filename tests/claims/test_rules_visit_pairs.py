"""For every finding code a pair of visits that differ in one column of the visit file: imported, built and judged as any visit.

All first visits go in as one file, then all second ones, which amend them: the practice mends a cell and the finding is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.claims import rule_book
from chalicelib.claims.build import build_claims, rescrub
from chalicelib.claims.records import find_claims
from chalicelib.codes.findings import registry
from chalicelib.intake.columns import VISIT_COLUMNS
from chalicelib.intake.records import find_visits, visit_key
from chalicelib.onboarding.apply import apply
from chalicelib.onboarding.model import Payer
from chalicelib.platform.config import Settings
from chalicelib.store.directory import directory
from chalicelib.tenancy import Principal, enter
from tests.claims.visit_pairs import NOT_FROM_A_VISIT, PAIRS, RULES, Pair, Row
from tests.practice import line, live_practice, take

pytestmark = pytest.mark.aws
OPERATOR = Principal(user_id="usr_operator", name="Operator", kind="operator", roles={"operator"}, tenants={"*"})
Found = dict[int, dict[str, set[str]]]
"""By the pair's number: severities by finding code."""


def patient(number: int) -> str:
    return f"P{number:03d}"


def visit(number: int, name: str) -> str:
    return f"{patient(number)}-{name}"


def rows(number: int, given: tuple[Row, ...]) -> list[Row]:
    """The pair's rows as the file says them, under visits and a patient of its own."""
    return [
        {**line(), "patient_id": patient(number), **row, "visit_id": visit(number, row.get("visit_id", "A"))}
        for row in given
    ]


def said(number: int, pair: Pair, value: str) -> list[Row]:
    """The pair's rows with `value` in its column."""
    made = rows(number, pair.rows)
    mine = made[pair.row]["visit_id"]
    for n, row in enumerate(made):
        if n == pair.row or (pair.column in VISIT_COLUMNS and row["visit_id"] == mine):
            row[pair.column] = value
    return made


@pytest.fixture(scope="module")
def practice(_embedded_aws: str, aws_home: Path) -> Iterator[None]:
    """A live practice: its second therapist is not credentialed with Cigna, and Premera has not enrolled it yet."""
    from chalicelib.store import configure, runtime

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTBILL_AWS_ENDPOINT", _embedded_aws)
        patch.setenv("OTBILL_HOME", str(aws_home))
        patch.setenv("OTBILL_NOW", "2026-09-30")
        configure(Settings(home=aws_home, aws_endpoint=_embedded_aws))
        runtime()
        made = live_practice(OPERATOR)
        first, second, *others = made.therapists
        kept = tuple(one for one in second.credentialing if one.payer_id != "62308")
        premera = Payer(payer_id="47570", name="Premera", lines_of_business=("commercial",))
        staff = (first, second.model_copy(update={"credentialing": kept}), *others)
        apply(made.model_copy(update={"therapists": staff, "payers": (*made.payers, premera)}), OPERATOR)
        with enter(OPERATOR, made.slug, "test", directory()):
            rule_book.apply(RULES, "rules.toml")
            yield


def findings() -> Found:
    """What stands on the claims of the visits judged."""
    subjects = {visit_key(visit(n, pair.of)): n for n, pair in enumerate(PAIRS)}
    stored = find_visits(subjects)
    claims = find_claims({claim_id for item in stored.values() for claim_id in item.claim_ids})
    found: Found = {}
    for key, item in stored.items():
        told = found.setdefault(subjects[key], {})
        for finding in (f for claim_id in item.claim_ids for f in claims[claim_id].claim.findings):
            told.setdefault(finding.code, set()).add(finding.severity.value)
    return found


@pytest.fixture(scope="module")
def judged(practice: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Found]:
    """Findings of the first visits and of the second."""
    folder = tmp_path_factory.mktemp("pairs")
    numbered = list(enumerate(PAIRS))
    take(folder, *(row for n, pair in numbered for row in rows(n, pair.seed)))
    build_claims()
    for n, pair in numbered:
        for row in pair.seed if pair.seeded else ():
            pair.seeded(visit(n, row["visit_id"]))  # type: ignore[misc]
    take(folder, *(row for n, pair in numbered for row in said(n, pair, pair.bad)))
    for n, pair in numbered:
        if pair.before:
            pair.before(patient(n))
    build_claims()
    bad = findings()
    take(folder, *(row for n, pair in numbered for row in said(n, pair, pair.good)))
    build_claims()
    elsewhere = [
        visit_key(visit(n, pair.of)) for n, pair in numbered if len({r.get("visit_id") for r in pair.rows}) > 1
    ]
    rescrub(claim_id for item in find_visits(elsewhere).values() for claim_id in item.claim_ids)
    return bad, findings()


@pytest.mark.parametrize(("number", "pair"), list(enumerate(PAIRS)), ids=[f"{n}-{p.code}" for n, p in enumerate(PAIRS)])
def test_one_column_makes_the_finding_and_mending_it_clears_the_claim(
    judged: tuple[Found, Found], number: int, pair: Pair
):
    bad, good = (found[number] for found in judged)
    assert bad.get(pair.code) == {pair.severity}, bad
    assert pair.code not in good, good
    assert not [code for code, said in good.items() if "error" in said], good


def test_every_code_a_visit_can_cause_has_its_pair():
    assert {pair.code for pair in PAIRS} | set(NOT_FROM_A_VISIT) == set(registry())
    assert not {pair.code for pair in PAIRS} & set(NOT_FROM_A_VISIT)
