"""The portal as people read it: what each page says, who may see it, and that it stays theirs."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from portal_browser import FORM, SAME_ORIGIN, Browser, Page, both_steps, cookie_of, post_form
from signing_in import code_for
from web_world import FORMULA, OPERATOR, OWNER_A, OWNER_B, PASSWORD, STAFF

pytestmark = pytest.mark.aws

PATHS = ("attention", "claims", "claims/{claim}", "claims.csv", "remittances", "remittances/{remittance}",
         "remittances/{remittance}/raw", "tasks", "summary")  # fmt: skip


def path_of(practice, path: str, kind: str = "paid") -> str:
    ids = {"claim": practice.claims[kind], "remittance": practice.remittance_id}
    return f"/p/{practice.tenant.slug}/{path.format(**ids)}"


@pytest.mark.parametrize("path", PATHS)
def test_every_page_opens_for_its_own_people_only(browser, client, practices, path):
    own = path_of(practices.a, path)
    assert browser(OWNER_A).get(own).status == 200
    assert browser(STAFF).get(own).status == 200
    assert browser(OWNER_B).get(own).status == 404
    stranger = client.http.get(own)
    assert stranger.status_code == 303
    assert stranger.headers["Location"].startswith("/sign-in?next=/p/")
    assert stranger.body == b""


@pytest.mark.parametrize("path", [path for path in PATHS if "{" in path])
def test_another_practices_id_under_the_own_name_is_not_found(browser, practices, path):
    ids = {"claim": practices.b.claims["paid"], "remittance": practices.b.remittance_id}
    page = browser(OWNER_A).get(f"/p/{practices.a.tenant.slug}/{path.format(**ids)}")
    assert page.status == 404
    assert "Beacon" not in page.html


@pytest.mark.parametrize("path", [path for path in PATHS if not path.endswith(".csv")])
def test_pages_have_nothing_inline_and_stay_small(browser, practices, path):
    page = browser(STAFF).get(path_of(practices.a, path))
    assert page.inline == []
    assert len(page.html.encode()) < 100_000
    assert len(page.ids) == len(set(page.ids))
    assert practices.a.tenant.name in page.text


def test_attention_counts_what_waits_and_links_to_its_list(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "attention"))
    for words in ("Rejected", "Denied", "Held", "No response", "Unmatched money", "$180.00", "$40.00"):
        assert words in page.text
    slug = practices.a.tenant.slug
    links = [link for link in page.links if link.startswith(f"/p/{slug}/") and ("?" in link or "tasks" in link)]
    assert f"/p/{slug}/claims?status=rejected" in links
    for link in links:
        listed = browser(STAFF).get(link)
        assert listed.status == 200, link


def test_a_practice_sees_what_waits_on_it(browser, practices):
    """Held claims of this world wait on the practice, rejected ones on the billing company."""
    page = browser(OWNER_A).get(path_of(practices.a, "attention"))
    held = page.text.index("Held")
    assert page.text[held:].startswith("Held 1 $180.00")
    rejected = page.text.index("Rejected")
    assert page.text[rejected:].startswith("Rejected 0 $0.00")


def test_the_list_says_reason_and_whose_move_in_the_readers_words(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "claims"))
    for words in ("Held", "the plan of care ended before this visit", "Practice", "Us", "Payer", "Patient due"):
        assert words in page.text
    owner = browser(OWNER_A).get(path_of(practices.a, "claims"))
    assert "You" in owner.text
    assert "Billing team" in owner.text


def test_filters_live_in_the_address_and_come_off_one_by_one(browser, practices):
    base = path_of(practices.a, "claims")
    page = browser(STAFF).get(f"{base}?status=held&status=denied&payer=60054")
    assert "Ready" not in page.text.split("Filters in force")[-1].split("Patient")[-1]
    for without in ("?status=denied&payer=60054", "?status=held&payer=60054", "?status=held&status=denied"):
        assert f"{base}{without}" in page.links
    nothing = browser(STAFF).get(f"{base}?payer=NOSUCH")
    assert "No claim matches these filters" in nothing.text
    assert browser(STAFF).get(f"{base}?status=nonsense").status == 400


def test_a_patients_name_is_text_never_markup(browser, practices):
    for path in ("claims", "claims/{claim}"):
        page = browser(STAFF).get(path_of(practices.a, path, "held"))
        assert "<b>Escape</b>" not in page.html
        assert "&lt;b&gt;Escape&lt;/b&gt;" in page.html
    hostile = browser(STAFF).get(path_of(practices.a, "tasks") + "?kind=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in hostile.html


def test_the_claims_money_adds_up_on_the_page(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "claims/{claim}"))
    strip = page.text[page.text.index("$180.00 charged") :]
    assert strip.startswith("$180.00 charged = $110.00 paid + $50.00 adjusted + $20.00 patient’s share + $0.00 open")


def test_every_code_on_a_claim_has_its_words(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "claims/{claim}"))
    for words in (
        "GO under an occupational-therapy plan of care",
        "KX over the yearly threshold",
        "CO furnished in whole or part by an OT assistant",
        "11 office",
        "CO-45 contract, not the patient's:",
        "PR-2 the patient's share:",
        "1 processed as primary",
        "277CA the payer's first answer",
        "835 the payer's remittance",
        "97530 has 30 minutes: 2 units.",
    ):
        assert words.lower() in page.text.lower(), words
    assert "not in our tables" not in page.text
    assert "2026-09-29 20:00" in page.text  # midnight UTC of the frozen day, as New York saw it


def test_findings_say_how_to_mend(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "claims/{claim}", "held"))
    for words in (
        "Holds the claim",
        "To mend: send the recertified plan of care",
        "42 CFR 424.24(c)",
        "charge $180.00",
    ):
        assert words in page.text


def test_a_remittance_shows_balance_reasons_unmatched_and_provider_level(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "remittances/{remittance}"))
    for words in ("$145.00", "Balanced", "NOTOURS1", "In suspense", "WO overpayment taken back", "−$5.00", "4 denied"):
        assert words in page.text, words
    assert f"/p/{practices.a.tenant.slug}/claims/{practices.a.claims['paid']}" in page.links
    raw = browser(STAFF).get(path_of(practices.a, "remittances/{remittance}/raw"))
    assert "BPR*I*145*C*ACH" in raw.text
    assert "CLP*NOTOURS1*" in raw.text


def test_the_export_has_all_matches_real_numbers_and_nothing_that_runs(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "claims.csv"))
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Content-Disposition"] == 'attachment; filename="claims-web-a-testcase-2026-09-30.csv"'
    rows = list(csv.DictReader(io.StringIO(page.html)))
    assert len(rows) == 7
    assert sum(float(row["charged"]) for row in rows) == 7 * 180
    assert {date.fromisoformat(row["date_of_service"]) for row in rows} == {date(2026, 9, 14)}
    assert [row["practice_patient_id"] for row in rows if row["status"] == "Held"] == [f"'{FORMULA}"]
    held = browser(STAFF).get(path_of(practices.a, "claims.csv") + "?status=held")
    assert len(list(csv.DictReader(io.StringIO(held.html)))) == 1


def test_an_export_is_audited_by_who_and_what_never_values(browser, practices):
    from chalicelib.store import directory, query
    from chalicelib.store.work import AUDIT_SHARDS
    from chalicelib.tenancy import enter

    def exports() -> list[dict]:
        with enter(OPERATOR, practices.a.tenant.tenant_id, "test", directory.directory()):
            pages = [query(f"AUD#2026-09-30#{n:02d}", limit=1000).records for n in range(AUDIT_SHARDS)]
        return [record.data for page in pages for record in page if record.data["action"] == "claims.exported"]

    before = len(exports())
    browser(OWNER_A).get(path_of(practices.a, "claims.csv"))
    made = exports()
    assert len(made) == before + 1
    assert {each["actor_kind"] for each in made} <= {"practice", "staff"}
    assert "patient" in made[-1]["fields"]
    assert "Testcase" not in str(made)


def test_the_summary_adds_up(browser, practices):
    page = browser(STAFF).get(path_of(practices.a, "summary"))
    assert "$1,260.00 charged = $110.00 paid" in page.text
    assert "The ledger balances" in page.text
    assert "$40.00 in suspense" in page.text


def test_a_claim_is_found_by_the_number_payers_use(browser, practices):
    base = path_of(practices.a, "find")
    found = browser(STAFF).get(f"{base}?number={practices.a.numbers['paid'].lower()}")
    assert found.headers["Location"] == path_of(practices.a, "claims/{claim}")
    for wrong in (practices.b.numbers["paid"], "12345678901234", "", "%23"):
        assert browser(STAFF).get(f"{base}?number={wrong}").status == 404


def test_staff_switch_between_practices_and_owners_see_only_theirs(browser, practices):
    staff = browser(STAFF).get(path_of(practices.a, "attention"))
    assert f"/p/{practices.b.tenant.slug}/attention" in staff.links
    owner = browser(OWNER_A).get(path_of(practices.a, "attention"))
    assert practices.b.tenant.slug not in owner.html
    assert practices.b.tenant.name not in owner.html


def test_signing_in_leads_back_to_the_page_and_nowhere_else(client, practices):
    def sign_in(next_page: str) -> str:
        return str(both_steps(client, STAFF, next_page).headers["Location"])

    assert sign_in("/p/web-a-testcase/claims") == "/p/web-a-testcase/claims"
    for hostile in ("//evil.example", "https://evil.example", "/p/\\evil", "javascript:1", "/p/x\r\nSet-Cookie: a=b"):
        assert sign_in(hostile) == "/"


def test_the_session_cookie_is_hidden_from_scripts_and_ends_with_sign_out(client, practices):
    cookie = cookie_of(both_steps(client, OWNER_A))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    person = Browser(client, cookie.split(";")[0].removeprefix("sid="))
    home = path_of(practices.a, "attention")
    token = person.get(home).fields["form_token"]
    ended = person.post("/sign-out", {"form_token": token}, **SAME_ORIGIN)
    assert "Max-Age=0" in cookie_of(ended)
    assert person.get(home).status == 303


def test_on_aws_the_cookie_is_bound_to_https_and_host(client, practices, monkeypatch):
    code = code_for(OWNER_A)
    monkeypatch.setenv("OTBILL_STAGE", "dev")
    step = cookie_of(post_form(client, "/sign-in", {"email": OWNER_A, "password": PASSWORD}))
    given = cookie_of(post_form(client, "/sign-in/code", {"code": code}, step.partition(";")[0]))
    for name, cookie in (("step", step), ("sid", given)):
        assert cookie.startswith(f"__Host-{name}=")
        assert "; Secure" in cookie


def test_a_wrong_password_keeps_the_email_and_says_what_to_do(client, practices):
    page = Page(Browser(client, "").post("/sign-in", {"email": OWNER_A, "password": "wrong"}, **SAME_ORIGIN))
    assert page.status == 422
    assert page.fields["email"] == OWNER_A
    assert page.fields["password"] == ""
    assert "Check both and try again" in page.text
    assert "Set-Cookie" not in page.headers


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example", "Host": "portal.example"},
    {"Origin": "null", "Host": "portal.example"},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_posts_from_other_sites_are_refused(browser, client, practices, headers):
    person = browser(STAFF)
    token = person.get(path_of(practices.a, "attention")).fields["form_token"]
    assert person.post("/sign-out", {"form_token": token}, **headers).status_code == 403
    assert person.get(path_of(practices.a, "attention")).status == 200
    for path in ("/sign-in", "/inquiry"):
        assert client.http.post(path, body=b"", headers={"Content-Type": FORM, **headers}).status_code == 403


@pytest.mark.parametrize("token", ["", "x.y", "0123456789abcdef." + "0" * 64])
def test_a_form_without_the_sessions_token_is_refused(browser, practices, token):
    person, other = browser(STAFF), browser(OWNER_B)
    foreign = other.get(path_of(practices.b, "attention")).fields["form_token"]
    for wrong in (token, foreign):
        assert person.post("/sign-out", {"form_token": wrong}, **SAME_ORIGIN).status_code == 403
    assert person.get(path_of(practices.a, "attention")).status == 200


def test_an_htmx_request_without_a_session_is_sent_to_sign_in(client, practices):
    answer = client.http.get(path_of(practices.a, "claims"), headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith("/sign-in?next=")


def test_static_files_are_kept_for_ever_under_their_content_name(client, practices):
    page = Page(client.http.get("/sign-in"))
    names = [part.split('"')[0] for part in page.html.split('"/static/')[1:]]
    assert len(names) == 4
    total = 0
    for name in names:
        answer = client.http.get(f"/static/{name}")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        total += len(answer.body)
    assert total < 90_000
    for wrong in ("portal-0000000000.css", "portal.css"):
        assert client.http.get(f"/static/{wrong}").headers["Cache-Control"] == "no-store"
    for hostile in ("..%2Fwords.py", "words.py", "nothing.css", "htmx.LICENSE"):
        assert client.http.get(f"/static/{hostile}").status_code == 404
