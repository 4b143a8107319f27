"""What comes in: a bad file stops nothing, every answer lands on its claim or on the list, and nothing stays at the door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import documents
from chalicelib.claims import records
from chalicelib.claims.answers import take_999
from chalicelib.claims.submission import submissions_of, submit_claims
from chalicelib.exchange import exceptions, outbox
from chalicelib.jobs import inbound
from chalicelib.jobs.sync import SyncResult, clear_outbox, fetch_waiting, send_written
from chalicelib.store import receipts
from chalicelib.support.tasks import open_tasks
from chalicelib.tenancy import Principal, current
from chalicelib.x12 import (
    Acknowledgement,
    ClaimStatus,
    ElementError,
    Interchange,
    Name,
    SegmentError,
    StatusBatch,
    StatusCode,
    StatusRequest,
    TransactionAck,
    read_277ca,
    write_276,
    write_277,
    write_277ca,
    write_999,
    write_ta1,
)
from tests.claims.bench_desk import Desk
from tests.practice import build, line, live_practice, only
from tests.x12.x12_values import CORPUS as SAMPLES

pytestmark = pytest.mark.aws
InTenant = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def desk(
    aws: str, in_tenant: InTenant, operator: Principal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("OTBILL_NOW", "2026-09-30")
    with in_tenant(live_practice(operator).slug):
        yield Desk(operator, tmp_path)


def envelope(number: int = 1) -> Interchange:
    return Interchange("PAYER", "OTBILL", control_number=number, created_at=datetime(2026, 9, 30, tzinfo=UTC))


def sent_claims(desk: Desk, count: int = 1) -> list[str]:
    """Claims of as many patients, sent in one file that nobody answered yet."""
    rows = [line(f"V{n}", patient_id=f"P{n}", member_id=f"W10020030{n}") for n in range(1, count + 1)]
    claim_ids = [str(outcome.claim_id) for outcome in build(desk.folder, *rows)]
    submit_claims()
    send_written(desk.door, desk.operator, SyncResult(), [current().tenant.tenant_id])
    return claim_ids


def drop(desk: Desk, name: str, content: bytes) -> None:
    desk.door.simulator.outbound.mkdir(parents=True, exist_ok=True)
    (desk.door.simulator.outbound / name).write_bytes(content)


def statuses(*claims: ClaimStatus) -> bytes:
    batch = StatusBatch(payer_name="PAYER", payer_id="60054", provider_npi="1999990014", claims=claims)
    return write_277ca(envelope(), [batch])


def test_a_file_that_breaks_the_reader_stops_no_other_and_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_id = only(sent_claims(desk))
    number = desk.claim(claim_id).submissions[0].patient_control_number
    drop(desk, "a-poison.277ca", statuses(ClaimStatus("POISON", "A2", "20")))
    drop(desk, "b-garbage.bin", b"\xff\xfe\x00\x01 no EDI at all")
    drop(desk, "c-empty.999", b"")
    drop(desk, "d-wrong.276", write_276(envelope(), [StatusRequest(payer_name="PAYER", payer_id="60054", trace="T")]))
    drop(desk, "e-good.277ca", statuses(ClaimStatus(number, "A2", "20", payer_control_number="ICN77")))
    real = read_277ca

    def breaks(content: bytes) -> Any:
        if b"POISON" in content:
            raise RecursionError("deep inside the reader")
        return real(content)

    monkeypatch.setattr(inbound, "read_277ca", breaks)
    monkeypatch.setattr(desk.door.simulator, "answer_all", list)
    result = SyncResult()
    fetch_waiting(desk.door, desk.operator, result)
    assert (desk.claim(claim_id).status, desk.claim(claim_id).payer_control_number) == ("accepted", "ICN77")
    said = {item["file"]: item["reason"] for item in result.strange}
    assert said == {
        "a-poison.277ca": "READING_FAILED", "b-garbage.bin": "NOT_AN_ANSWER", "c-empty.999": "NOT_AN_ANSWER",
        "d-wrong.276": "NOT_AN_ANSWER",
    }  # fmt: skip
    assert desk.door.available() == ["a-poison.277ca"], "what failed stays; what was judged is put aside"
    assert "a-poison.277ca" in {item.name for item in receipts.unfinished()}
    listed = [item for item in exceptions.listed() if item["file"] == "a-poison.277ca"]
    assert [item["reason"] for item in listed] == ["READING_FAILED"]
    monkeypatch.setattr(inbound, "read_277ca", real)  # the reader is mended
    again = SyncResult()
    fetch_waiting(desk.door, desk.operator, again)
    assert again.taken == ["a-poison.277ca"]
    assert desk.door.available() == []


def test_one_file_may_speak_of_a_claim_twice_and_hold_several_kinds_of_answers(desk: Desk) -> None:
    claim_id = only(sent_claims(desk))
    latest = desk.claim(claim_id).submissions[0]
    number = latest.patient_control_number
    batch = only(records.batches("sent"))
    both = statuses(ClaimStatus(number, "A1", "19"), ClaimStatus(number, "A2", "20"))
    read = write_999(envelope(), [accepted(batch.control_number)])
    # One interchange with a 999 group and a 277CA group, as some clearinghouses send.
    mixed = read.split(b"IEA*")[0] + both[both.index(b"GS*") :].replace(b"IEA*1*", b"IEA*2*")
    result = SyncResult()
    inbound.take("mixed.x12", mixed, desk.operator, result)
    assert (result.claims.acknowledged, result.claims.accepted, result.strange) == (2, 1, [])
    assert desk.events(claim_id)[-3:] == ["acknowledged", "acknowledged", "accepted"]


def accepted(number: int) -> Acknowledgement:
    return Acknowledgement(str(number), accepted="A", transactions=(TransactionAck("0001"),), included=1, received=1)


def refused(number: int, *errors: SegmentError, verdict: str = "R") -> Acknowledgement:
    sets = (TransactionAck("0001", verdict, errors),)
    return Acknowledgement(str(number), accepted=verdict, transactions=sets, included=1, received=1)


def test_a_999_refuses_the_claim_at_fault_and_the_others_go_again_by_themselves(desk: Desk) -> None:
    claim_ids = sent_claims(desk, 3)
    batch = only(records.batches("sent"))
    segments = documents.get(batch.document).decode().split("~")
    start = next(n for n, text in enumerate(segments) if text.startswith("ST*"))
    guilty = desk.claim(claim_ids[1]).submissions[0].patient_control_number
    clm = next(n for n, text in enumerate(segments) if text.startswith(f"CLM*{guilty}"))
    sv1 = next(n for n in range(clm, len(segments)) if segments[n].startswith("SV1"))
    fault = SegmentError("SV1", sv1 - start + 1, "2400", "8", (ElementError(2, 0, "6", "782"),))
    answer = write_999(envelope(), [refused(batch.control_number, fault)])
    result = SyncResult()
    inbound.take("refused.999", answer, desk.operator, result)
    assert (result.claims.rejected, result.claims.again) == (1, 2)
    assert [desk.claim(claim_id).status for claim_id in claim_ids] == ["ready", "rejected", "ready"]
    task = only(task for task in open_tasks() if task.kind == "rejected")
    assert task.subject == claim_ids[1]
    assert "element 2 holds a character that is not allowed" in task.words
    assert "SV1" in task.words
    inbound.take("refused-again.999", answer + b"\n", desk.operator, again := SyncResult())
    assert (again.claims.repeated, again.claims.again) == (3, 0), "the same verdict under another name does nothing"
    sent, _ = submit_claims()
    assert sorted(item.claim.claim_id for item in sent) == sorted((claim_ids[0], claim_ids[2]))
    assert desk.claim(claim_ids[0]).deadline is not None


def test_an_error_of_a_subscriber_is_the_fault_of_its_claims_and_one_of_the_header_of_all(desk: Desk) -> None:
    claim_ids = sent_claims(desk, 2)
    batch = only(records.batches("sent"))
    segments = documents.get(batch.document).decode().split("~")
    start = next(n for n, text in enumerate(segments) if text.startswith("ST*"))
    second = [n for n, text in enumerate(segments) if text.startswith("SBR*")][1]
    fault = SegmentError("SBR", second - start + 1, "2000B", "8", (ElementError(9, 0, "7", "1032"),))
    take_999(refused(batch.control_number, fault), batch, submissions_of(batch))
    named = segments[second + 1 :]
    guilty = next(text.split("*")[1] for text in named if text.startswith("CLM*"))
    by_number = {desk.claim(one).submissions[0].patient_control_number: desk.claim(one).status for one in claim_ids}
    assert by_number.pop(guilty) == "rejected"
    assert list(by_number.values()) == ["ready"]
    desk_two = sent_again(desk)
    take_999(refused(desk_two.control_number, SegmentError("BHT", 2, "", "3")), desk_two, submissions_of(desk_two))
    assert {desk.claim(one).status for one in claim_ids} == {"rejected"}, (
        "nobody in particular is at fault: all come back"
    )


def sent_again(desk: Desk) -> records.Batch:
    submit_claims()
    send_written(desk.door, desk.operator, SyncResult(), [current().tenant.tenant_id])
    return records.batches("sent")[-1]


def test_accepted_with_errors_goes_on_and_says_what_was_marked(desk: Desk) -> None:
    claim_id = only(sent_claims(desk))
    batch = only(records.batches("sent"))
    marked = refused(
        batch.control_number, SegmentError("NM1", 12, "2010BA", "8", (ElementError(7, 0, "5"),)), verdict="E"
    )
    take_999(marked, batch, submissions_of(batch))
    assert desk.claim(claim_id).status == "acknowledged"
    assert "element 7 is too long" in records.claim_events(claim_id)[-1].words


def test_a_refused_envelope_takes_every_claim_back_to_us(desk: Desk) -> None:
    claim_ids = sent_claims(desk, 2)
    batch = only(records.batches("sent"))
    sender = envelope()
    inbound.take("ok.ta1", ta1(batch.control_number, sender, "A", "000"), desk.operator, calm := SyncResult())
    assert (calm.claims.rejected, calm.strange) == (0, [])
    assert {desk.claim(one).status for one in claim_ids} == {"submitted"}
    inbound.take("bad.ta1", ta1(batch.control_number, sender, "R", "009"), desk.operator, result := SyncResult())
    assert result.claims.rejected == 2
    assert "TA1 009" in {desk.claim(one).reason for one in claim_ids}.pop()
    inbound.take("strange.ta1", ta1(987654321, sender, "R", "009"), desk.operator, strange := SyncResult())
    assert strange.strange == [{"file": "strange.ta1", "reason": "UNKNOWN_CONTROL_NUMBER"}]


def ta1(number: int, sender: Interchange, verdict: str, code: str) -> bytes:
    return write_ta1(sender, number, datetime(2026, 9, 30, tzinfo=UTC), verdict, code)


def test_a_whole_file_refused_for_its_provider_is_told_on_every_claim_of_it(desk: Desk) -> None:
    claim_ids = sent_claims(desk, 2)
    batch = only(records.batches("sent"))
    refusal = StatusBatch(
        payer_name="PAYER", payer_id="60054", provider_npi="1999990014", batch_reference=f"{batch.control_number:09d}0001",
        status=StatusCode("A3", "24", "41"),
    )  # fmt: skip
    inbound.take("whole.277ca", write_277ca(envelope(), [refusal]), desk.operator, result := SyncResult())
    assert result.claims.rejected == 2
    assert "24" in desk.claim(claim_ids[0]).reason
    assert len([task for task in open_tasks() if task.kind == "rejected"]) == 2


def test_line_codes_are_told_with_their_line_and_what_to_do(desk: Desk) -> None:
    from chalicelib.x12 import LineStatus

    claim_id = only(sent_claims(desk))
    number = desk.claim(claim_id).submissions[0].patient_control_number
    bad = LineStatus("97530", (), 15000, statuses=(StatusCode("A7", "454"),))
    told = ClaimStatus(number, "A7", "21", patient=Name("Testcase", "M"), lines=(bad,))
    inbound.take("lines.277ca", statuses(told), desk.operator, SyncResult())
    reason = desk.claim(claim_id).reason
    assert "line 97530: A7" in reason
    assert "To do: Fix named element" in reason


@pytest.mark.parametrize(
    ("status", "owner", "task"),
    [
        (ClaimStatus("", "P1", "20"), "payer", ""),
        (ClaimStatus("", "R4", "294"), "us", "more_information"),
        (ClaimStatus("", "A4", "35"), "us", "not_on_file"),
        (ClaimStatus("", "F1", "65", payment_trace="CHK1"), "us", "remittance_missing"),
        (ClaimStatus("", "A7", "164", "IL"), "us", "rejected"),
    ],
    ids=("pending", "records wanted", "not on file", "paid without a remittance", "turned away"),
)
def test_what_a_277_says_decides_whose_move_it_is(desk: Desk, status: ClaimStatus, owner: str, task: str) -> None:
    claim_id = only(sent_claims(desk))
    status.patient_control_number = desk.claim(claim_id).submissions[0].patient_control_number
    status.kind, status.effective_date = "277", datetime(2026, 9, 29, tzinfo=UTC).date()
    batch = StatusBatch(payer_name="PAYER", payer_id="60054", provider_npi="1999990014", claims=(status,))
    content = write_277(envelope(), [batch])
    inbound.take("one.277", content, desk.operator, SyncResult())
    inbound.take("two.277", content + b"\n", desk.operator, again := SyncResult())
    claim = desk.claim(claim_id)
    assert (claim.status, claim.owner) == ("submitted", owner), "a 277 decides nothing"
    assert [found.kind for found in open_tasks()] == ([task] if task else [])
    assert again.claims.repeated == 1
    assert desk.events(claim_id).count("status_told") == 1


def test_copies_of_sent_files_do_not_stay_at_the_door_after_a_killed_run(desk: Desk) -> None:
    sent_claims(desk)
    sent = only(records.batches("sent"))
    door = desk.folder / "outbox"
    outbox.place(door, sent.file, documents.get(sent.document))  # the run died before it cleared this one
    build(desk.folder, line("V9", patient_id="P9", member_id="W100200309"))
    submit_claims()
    waiting = only(records.batches("written"))
    outbox.place(door, waiting.file, documents.get(waiting.document))
    outbox.place(door, "STRANGER-1-000000001.837", b"not ours")
    assert clear_outbox(door, desk.operator) == [sent.file]
    assert sorted(path.name for path in door.iterdir()) == sorted(("STRANGER-1-000000001.837", waiting.file))


@pytest.mark.parametrize("folder", ["277CA", "999", "TA1", "277"])
def test_every_public_sample_is_matched_or_listed_and_nothing_is_dropped_in_silence(
    desk: Desk, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests of this run have used small control numbers, as strangers' samples do.
    monkeypatch.setattr(inbound, "_batch_route", lambda _number: None)
    if not (SAMPLES / folder).is_dir():
        pytest.skip("the public samples are not on this machine")
    for path in sorted((SAMPLES / folder).iterdir()):
        before = len(exceptions.listed())
        result = SyncResult()
        name = "".join(letter if letter.isalnum() or letter in ".-_" else "-" for letter in path.name)[:100]
        assert inbound.take_safely(name, path.read_bytes(), desk.operator, result), (path.name, result.strange)
        told = result.claims.accepted + result.claims.acknowledged + result.claims.rejected
        assert told == 0, f"{path.name}: a stranger's answer landed on a claim of ours"
        if result.taken:  # a content seen before under another name is one file
            assert len(exceptions.listed()) > before or result.strange, f"{path.name} left no trace"
