"""Every field of every API route, with a patient's name and with another practice's ids in it.

No refusal repeats the name and no log line holds it; of what was taken, nothing lies readable in the table, and no key holds it.
Another practice's ids open and change nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client
from every_field import body_of, gets, path_of, places, posts, with_text

sys.path.insert(0, str(Path(__file__).parents[2]))

from chalicelib.platform import logging as ours
from chalicelib.store import directory, identity, runtime
from tests.proof.snapshots import Outside, State
from tests.proof.two import PASSWORD, House, two_houses
from tests.signing_in import bearer

pytestmark = pytest.mark.aws
NAME = "Zanzibar Quillfeather"
FIRST, LAST = NAME.split()
IDENTIFIERS = ("case_id",)  # the practice's own numbers lie as they are, in visits and claims too


@pytest.fixture
def houses(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[House, House]:
    """Two practices with the same visits; new for each test, since what is tried changes them."""
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    return two_houses(tmp_path)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every log line of ours, as it would leave."""
    found: list[str] = []
    plain = ours.RedactingFormatter.format

    def heard(self: Any, record: Any) -> str:
        found.append(plain(self, record))
        return found[-1]

    monkeypatch.setattr(ours.RedactingFormatter, "format", heard)
    return found


class Caller:
    """An administrator of one practice, who may do everything there."""

    def __init__(self, client: Client, house: House) -> None:
        login = f"every-field@{house.practice.slug}.invalid"
        identity.ensure_user(login, "Fictional", PASSWORD, "staff", ("administrator",), (house.tenant_id,))
        self.client, self.token = client, bearer(login, PASSWORD)

    def post(self, path: str, body: Any) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = json.dumps(body).encode()
        answer = self.client.http.post(path, body=sent, headers={**headers, "Idempotency-Key": str(uuid4())})
        return answer.status_code, answer.body.decode()

    def get(self, path: str) -> tuple[int, str]:
        answer = self.client.http.get(path, headers={"Authorization": f"Bearer {self.token}"})
        return answer.status_code, answer.body.decode()


@pytest.fixture
def caller(houses: tuple[House, House]) -> Iterator[Caller]:
    from app import app

    with Client(app, stage_name="test") as client:
        yield Caller(client, houses[0])


def outside(house: House, folder: Path) -> State:
    settings = runtime().settings
    _, placement = directory.directory().find(house.tenant_id)
    tables = (placement.table_name,)
    return Outside(settings.aws_endpoint, tables, settings.bucket, placement.prefix, folder / "none").take()


def names(text: str) -> bool:
    return FIRST.casefold() in text.casefold() or LAST.casefold() in text.casefold()


def test_another_practices_ids_in_any_field_open_and_change_nothing(
    houses: tuple[House, House], caller: Caller, tmp_path: Path
) -> None:
    mine, theirs = houses
    before, tried, wrong, told = outside(theirs, tmp_path), 0, [], set()
    foreign = [
        theirs.ids[each] for each in ("claim_id", "remittance_id", "patient_id", "denial_id", "number", "task_id")
    ]
    for resource in posts():
        body, path = body_of(resource, mine.ids), path_of(resource, mine.ids)
        for place in places(body):
            for sent in {*foreign, theirs.ids.get(str(place[-1]), theirs.tenant_id)}:
                told.add(sent)  # what was told to us in free text comes back in answers
                _, said = caller.post(path, with_text(body, place, sent))
                wrong += [f"{resource.path} {place}" for mark in theirs.marks - told if mark in said]
                tried += 1
    for resource in gets():
        for name in resource.query.model_fields:
            for sent in foreign:
                _, said = caller.get(f"{path_of(resource, mine.ids)}?{name}={sent}")
                wrong += [f"{resource.path}?{name}" for mark in theirs.marks - told if mark in said]
                tried += 1
    after = outside(theirs, tmp_path)
    assert not wrong, "\n".join(wrong)
    assert (after.tables, after.documents) == (before.tables, before.documents)
    assert tried > 200


def test_no_refusal_and_no_log_line_repeats_what_was_sent(
    houses: tuple[House, House], caller: Caller, lines: list[str]
) -> None:
    mine, wrong, refused = houses[0], [], 0
    lines.clear()
    for resource in posts():
        body, path = body_of(resource, mine.ids), path_of(resource, mine.ids)
        tries = [with_text(body, place, NAME) for place in places(body)]
        tries += [{**body, NAME: NAME}, {**body, "lines": {NAME: NAME}}, NAME, [NAME], {name: [NAME] for name in body}]
        for sent in tries:
            status, said = caller.post(path, sent)
            refused += status >= 400
            wrong += [f"{resource.path} {status}"] if status >= 400 and names(said) else []
    for resource in gets():
        for name in (*resource.query.model_fields, FIRST):
            status, said = caller.get(f"{path_of(resource, mine.ids)}?{name}={FIRST}")
            wrong += [f"{resource.path}?{name} {status}"] if status >= 400 and names(said) else []
        for part in mine.ids:
            if f"{{{part}}}" in resource.path:
                status, said = caller.get(path_of(resource, {**mine.ids, part: FIRST.lower()}))
                wrong += [f"{resource.path} as {part}: {status}"] if status < 400 or names(said) else []
    assert not wrong, "\n".join(wrong)
    assert refused > 100
    assert [line for line in lines if names(line)] == []


def test_what_people_write_lies_readable_nowhere(houses: tuple[House, House], caller: Caller, tmp_path: Path) -> None:
    """After a name was put into every field: taken or not, the table, its keys and the documents' keys show none of it."""
    mine, taken = houses[0], set()
    claims = sorted(mark for mark in mine.marks if mark.startswith("clm_"))  # sent, denied, held: each takes other acts
    for resource in posts():
        body = body_of(resource, mine.ids)
        for place in (each for each in places(body) if each[-1] not in IDENTIFIERS):
            for claim in claims if "{claim_id}" in resource.path else claims[:1]:
                path = path_of(resource, {**mine.ids, "claim_id": claim})
                status, _ = caller.post(path, with_text(body, place, NAME))
                taken |= {f"{resource.path} {place}"} if status < 400 else set()
    found = outside(mine, tmp_path)
    readable = {
        f"{item['kind']['S']} {name}"
        for table in found.tables.values()
        for item in table.values()
        for name, value in item.items()
        if names(str(value))
    }
    assert readable == set()
    assert [key for key in found.documents if names(key)] == []
    assert len(taken) > 10, taken
