"""Money that does not post by itself, as a poster works it: unmatched, takebacks, refunds and the bank; and the JSON of it."""

from __future__ import annotations

import dataclasses
import json
from datetime import date

import pytest
import web_world
from chalice.test import Client
from portal_browser import SAME_ORIGIN, Browser, Page
from signing_in import code_for
from web_world import OPERATOR, OWNER_A, OWNER_B, PASSWORD, STAFF, World

from app import app
from chalicelib.remittance.banking import open_deposits
from chalicelib.remittance.line_desk import lines_waiting
from chalicelib.remittance.records import every_check
from chalicelib.remittance.service import post_file
from chalicelib.store import directory, identity, journal
from chalicelib.tenancy import enter
from chalicelib.x12 import Adjustment, ClaimPayment, ProviderAdjustment, ServicePayment, write_835

pytestmark = pytest.mark.aws
POSTER = "poster@web.invalid"


@pytest.fixture(autouse=True)
def _poster(practices: World) -> None:
    identity.ensure_user(POSTER, "Perry Testcase", PASSWORD, "staff", ("payment_poster",), ("*",))


def came(practice, letter: str, trace: str, *numbers: str) -> None:
    """A check that pays strangers and takes back 3.00 under a letter's number."""

    def stranger(number: str) -> ClaimPayment:
        line = ServicePayment(
            "97530", (), 18_000, 11_000, 2, date(2026, 9, 14), adjustments=(Adjustment("CO", "45", 7000),)
        )
        return ClaimPayment(number, charge_cents=18_000, paid_cents=11_000, payer_control_number=number, lines=(line,))

    plain = web_world._check(letter, practice.numbers)
    claims = tuple(stranger(number) for number in numbers)
    check = dataclasses.replace(
        plain, claims=claims, trace=trace, amount_cents=11_000 * len(claims) - 300,
        provider_adjustments=(ProviderAdjustment("WO", f"LETTER {trace}", 300),),
    )  # fmt: skip
    (posted,) = post_file(write_835(web_world._interchange(letter), [check]), OPERATOR)
    assert posted.suspended == len(numbers), posted


def waiting(practice, number: str):
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        from chalicelib.remittance import records

        return next((key, part) for key, part in records.waiting_parts() if part.patient_control_number == number)


def balance(practice, kind: str):
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        return journal.balance(practice.claims[kind])


def send(person: Browser, practice, path: str, **form: str):
    token = person.get(f"/p/{practice.tenant.slug}/remittances/unmatched").fields.get("form_token", "")
    return person.post(f"/p/{practice.tenant.slug}{path}", {"form_token": token, **form}, **SAME_ORIGIN)


def test_a_poster_matches_a_payment_and_takes_it_off_again(browser, practices: World) -> None:
    practice, person = practices.b, browser(POSTER)
    came(practice, "B", "DESK0001", "DESKONE1", "DESKTWO2")
    page = person.get(f"/p/{practice.tenant.slug}/remittances/unmatched")
    for words in (
        "Unmatched money",
        "DESK0001",
        "A payment names a claim we did not send",
        "LETTER DESK0001",
        "$110.00",
    ):
        assert words in page.text, words
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))
    remittance_id, part = waiting(practice, "DESKONE1")
    path, place = f"/remittances/{remittance_id}/part", {"sequence": str(part.sequence)}
    nothing = send(person, practice, path, do="match", **place)
    assert nothing.status_code == 422
    assert "no claim was named" in Page(nothing).text.lower()
    unknown = send(person, practice, path, do="match", number="ZZZZZZZZZZZZZZ", **place)
    assert unknown.status_code == 422
    before = balance(practice, "submitted")
    number = practice.numbers["submitted"]
    answer = send(person, practice, path, do="match", number=number, **place)
    assert answer.status_code == 303, Page(answer).text
    assert balance(practice, "submitted").paid_cents == before.paid_cents + 11_000
    check = person.get(f"/p/{practice.tenant.slug}/remittances/{remittance_id}")
    assert "Take it off the claim" in check.text
    assert send(person, practice, path, do="unmatch", **place).status_code == 303
    assert balance(practice, "submitted").paid_cents == before.paid_cents


def test_what_is_owed_back_is_paid_once_and_only_by_who_may(browser, practices: World) -> None:
    practice, person = practices.b, browser(POSTER)
    came(practice, "B", "DESK0002", "DESKTHREE", "DESKFOUR")
    remittance_id, part = waiting(practice, "DESKTHREE")
    path, place = f"/remittances/{remittance_id}/part", {"do": "refund", "sequence": str(part.sequence)}
    refused = send(browser(STAFF), practice, path, **place)  # a biller matches, and gives nothing back
    assert refused.status_code == 422
    assert "your role does not include this" in Page(refused).text.lower()
    assert send(person, practice, path, **place).status_code == 303
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        from chalicelib.remittance.refunds import owed

        (refund,) = [item for item in owed() if item.remittance_id == remittance_id]
    page = person.get(f"/p/{practice.tenant.slug}/remittances/refunds")
    for words in ("$110.00", str(refund.due_on), "Record the payment"):
        assert words in page.text, words
    assert "Record the payment" not in browser(OWNER_B).get(f"/p/{practice.tenant.slug}/remittances/refunds").text
    missing = send(person, practice, f"/refunds/{refund.refund_id}", do="paid")
    assert missing.status_code == 422
    assert send(person, practice, f"/refunds/{refund.refund_id}", do="paid", reference="OUR 1").status_code == 303
    again = send(person, practice, f"/refunds/{refund.refund_id}", do="paid", reference="OUR 2")
    assert again.status_code == 422
    assert "this refund is paid" in Page(again).text.lower()
    foreign = send(browser(OWNER_A), practices.a, f"/refunds/{refund.refund_id}", do="paid", reference="X")
    assert foreign.status_code == 403
    assert send(person, practices.a, f"/refunds/{refund.refund_id}", do="paid", reference="X").status_code == 404


def test_the_bank_is_compared_on_the_page(browser, practices: World) -> None:
    practice, person = practices.b, browser(POSTER)
    came(practice, "B", "DESK0003", "DESKFIVE", "DESKSIX")
    page = person.get(f"/p/{practice.tenant.slug}/remittances/bank")
    assert "DESK0003" in page.text
    bank = "date,amount,trace\n2026-09-30,217.00,DESK0003\n2026-09-30,1.00,NOBODY77\n"
    told = Page(send(person, practice, "/remittances/bank", content=bank))
    assert (told.status, "2 deposits read, 2 new; 1 is a check we have" in told.text) == (200, True)
    again = Page(send(person, practice, "/remittances/bank", content=bank))
    assert "2 deposits read, 0 new" in again.text
    wrong = send(person, practice, "/remittances/bank", content="this is no bank file")
    assert wrong.status_code == 422
    assert "this is no bank file" in Page(wrong).html  # nothing typed is lost


def test_a_deposit_that_names_no_check_is_matched_by_a_person_to_the_cent(browser, practices: World) -> None:
    practice, person = practices.b, browser(POSTER)
    came(practice, "B", "DESK0006", "DESKA", "DESKB", "DESKC")
    told = Page(send(person, practice, "/remittances/bank", content="date,amount,trace\n2026-09-30,327.00,COUNTER\n"))
    assert "these open checks add up to it" in told.text
    assert told.inline == []
    assert len(told.ids) == len(set(told.ids))
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        (deposit,) = [item for item in open_deposits() if item.amount_cents == 32_700]
        checks = {check.trace: check.remittance_id for check in every_check()}
    path = f"/deposits/{deposit.deposit_id}"
    nothing = send(person, practice, path)
    assert (nothing.status_code, "no check was chosen" in Page(nothing).text.lower()) == (422, True)
    came(practice, "B", "DESK0007", "DESKD")
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        (other,) = [check.remittance_id for check in every_check() if check.trace == "DESK0007"]
    both = send(person, practice, path, **{f"check:{checks['DESK0006']}": "1", f"check:{other}": "1"})
    assert (both.status_code, "327.00 came in and the checks are 434.00" in Page(both).text) == (422, True)
    foreign = send(person, practices.a, path, **{f"check:{checks['DESK0006']}": "1"})
    assert foreign.status_code == 404
    done = send(person, practice, path, **{f"check:{checks['DESK0006']}": "1"})
    assert done.status_code == 303
    page = person.get(done.headers["Location"])
    assert "The deposit stands against its checks now." in page.text
    assert "DESK0006" not in page.text


def test_services_without_a_line_are_matched_on_the_page(browser, practices: World) -> None:
    practice, person = practices.b, browser(POSTER)
    said = web_world._check("B", practice.numbers)
    services = tuple(
        ServicePayment("97799", (), charge, paid, 1, date(2026, 9, 14), adjustments=(Adjustment("CO", "45", 4000),))
        for charge, paid in ((10_000, 6000), (8000, 4000))
    )
    paid = ClaimPayment(
        practice.numbers["accepted"],
        charge_cents=18_000,
        paid_cents=10_000,
        payer_control_number="LINES1",
        lines=services,
    )
    check = dataclasses.replace(said, claims=(paid,), trace="DESK0005", amount_cents=10_000, provider_adjustments=())
    (posted,) = post_file(write_835(web_world._interchange("B"), [check]), OPERATOR)
    assert posted.posted == 1, posted
    page = person.get(f"/p/{practice.tenant.slug}/remittances/unmatched")
    for words in (
        "Services without a line",
        "DESK0005",
        "Service 1: 97799, paid $60.00",
        "line 2: 97110 CO GO, $60.00",
    ):
        assert words in page.text, words
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        (waits,) = [item for item in lines_waiting() if item.trace == "DESK0005"]
    path = f"/remittances/{waits.remittance_id}/part"
    none = send(person, practice, path, do="lines", sequence="1", **{"line:1": ""})
    assert (none.status_code, "no line was chosen" in Page(none).text.lower()) == (422, True)
    wrong = send(person, practice, path, do="lines", sequence="1", **{"line:1": "9"})
    assert wrong.status_code == 422
    done = send(person, practice, path, do="lines", sequence="1", **{"line:1": "1", "line:2": "2"})
    assert done.status_code == 303
    assert "The services stand on their lines now." in person.get(done.headers["Location"]).text
    with enter(OPERATOR, practice.tenant.tenant_id, "test", directory.directory()):
        assert [item for item in lines_waiting() if item.trace == "DESK0005"] == []


def test_the_same_as_json(practices: World) -> None:
    practice = practices.b
    came(practice, "B", "DESK0004", "DESKSEVEN")
    remittance_id, part = waiting(practice, "DESKSEVEN")
    with Client(app, stage_name="test") as client:
        said = {"email": POSTER, "password": PASSWORD, "code": code_for(POSTER, PASSWORD)}
        opened = client.http.post(
            "/api/session", body=json.dumps(said).encode(), headers={"Content-Type": "application/json"}
        )
        token = {"Authorization": f"Bearer {json.loads(opened.body)['token']}"}
        root, turn = f"/api/{practice.tenant.slug}", iter(range(100))

        def get(path: str):
            return json.loads(client.http.get(root + path, headers=token).body)

        def post(path: str, **body: object):
            key = f"desk-{next(turn)}"
            sent = {**token, "Content-Type": "application/json", "Idempotency-Key": key}
            return client.http.post(root + path, body=json.dumps(body).encode(), headers=sent)

        listed = get("/remittances/unmatched")
        assert listed["suspense_cents"] == sum(item["paid_cents"] for item in listed["unmatched"])
        claim, place = practice.claims["submitted"], {"sequence": part.sequence}
        done = post(f"/remittances/{remittance_id}/match", claim_id=claim, **place)
        assert json.loads(done.body)["outcome"] == "posted"
        assert json.loads(post(f"/remittances/{remittance_id}/match-lines", lines={"1": 1}, **place).body)["lines"]
        assert post(f"/remittances/{remittance_id}/unmatch", **place).status_code == 200
        (taken,) = [item for item in get("/takebacks")["takebacks"] if item["reference"] == "LETTER DESK0004"]
        assert taken["open_cents"] == 300
        refund = json.loads(post(f"/remittances/{remittance_id}/refund", **place).body)
        assert refund["refund_id"] in [item["refund_id"] for item in get("/refunds")["refunds"]]
        assert json.loads(post(f"/refunds/{refund['refund_id']}/cancel").body)["state"] == "cancelled"
        bank = json.loads(post("/deposits", content="date,amount,trace\n2026-09-30,107.00,DESK0004\n").body)
        assert [item["trace"] for item in bank["matched"]] == ["DESK0004"]
        assert "DESK0004" not in [item["trace"] for item in get("/deposits")["checks_open"]]
        assert post(f"/remittances/{practices.a.remittance_id}/match", claim_id=claim, sequence=1).status_code == 404


def test_a_practice_looks_on_and_another_sees_nothing(browser, practices: World) -> None:
    for name in ("unmatched", "refunds", "bank"):
        own = browser(OWNER_B).get(f"/p/{practices.b.tenant.slug}/remittances/{name}")
        assert own.status == 200
        assert '<form method="post" action="/p/' not in own.html, name
        assert browser(OWNER_A).get(f"/p/{practices.b.tenant.slug}/remittances/{name}").status == 404
