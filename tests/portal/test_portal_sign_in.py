"""The second step of signing in: a code, or setting up the authenticator that will show it."""

from __future__ import annotations

import re

import pytest
from portal_browser import Browser, Page, both_steps, cookie_of, post_form
from signing_in import code_for, code_for_set_up
from web_world import OWNER_A, PASSWORD

from chalicelib.api import recovery
from chalicelib.exchange import mail
from chalicelib.store import identity

pytestmark = pytest.mark.aws


def test_setting_up_an_authenticator_signs_in_and_leads_on(client, practices):
    tenant = practices.a.tenant
    identity.ensure_user("setting-up@web.invalid", "Set Up", PASSWORD, "practice", ("owner",), (tenant.tenant_id,))
    goal = f"/p/{tenant.slug}/claims"
    form = {"email": "setting-up@web.invalid", "password": PASSWORD, "next": goal}
    step = post_form(client, "/sign-in", form)
    assert step.headers["Location"] == "/sign-in/set-up"
    cookie = cookie_of(step).partition(";")[0]
    pages = [Page(client.http.get("/sign-in/set-up", headers={"Cookie": cookie})) for _ in range(2)]
    keys = [re.search(r"secret=([A-Z2-7]+)", page.html) for page in pages]
    assert keys[0] is not None
    assert keys[1] is not None
    assert keys[0][1] == keys[1][1], "looking again does not undo what was scanned"
    assert "<svg" in pages[0].html
    assert pages[0].inline == []
    wrong = post_form(client, "/sign-in/set-up", {"code": "12345"}, cookie)
    assert wrong.status_code == 422
    assert Page(wrong).html.count("Error:") == 1
    done = post_form(client, "/sign-in/set-up", {"code": code_for_set_up(keys[0][1])}, cookie)
    assert (done.status_code, done.headers["Location"]) == (303, goal)
    person = Browser(client, cookie_of(done).partition(";")[0].removeprefix("sid="))
    assert person.get(goal).status == 200
    again = post_form(client, "/sign-in", form)
    assert again.headers["Location"] == "/sign-in/code"


def test_a_wrong_code_can_be_mended_and_a_right_one_leads_on(client, practices):
    goal = f"/p/{practices.a.tenant.slug}/claims"
    step = post_form(client, "/sign-in", {"email": OWNER_A, "password": PASSWORD, "next": goal})
    cookie, right = cookie_of(step).partition(";")[0], code_for(OWNER_A)
    wrong = post_form(client, "/sign-in/code", {"code": f"{(int(right) + 500_000) % 1_000_000:06d}"}, cookie)
    assert wrong.status_code == 422
    assert "Wait for the next one" in Page(wrong).text
    done = post_form(client, "/sign-in/code", {"code": f"{right[:3]} {right[3:]}"}, cookie)
    assert (done.status_code, done.headers["Location"]) == (303, goal)


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/set-up", "/sign-in/password"])
def test_without_a_step_there_is_nothing_to_see_and_nothing_to_send(client, practices, path):
    assert client.http.get(path).headers["Location"] == "/sign-in"
    answer = post_form(client, path, {"code": "123456"})
    assert answer.status_code == 422
    assert "Sign in again" in Page(answer).text
    assert cookie_of(answer).startswith("step=;")


def test_the_step_cookie_is_strict_and_goes_with_the_sign_in(client, practices):
    step = cookie_of(post_form(client, "/sign-in", {"email": OWNER_A, "password": PASSWORD}))
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in step.split(";")}
    cookies = both_steps(client, OWNER_A).headers["Set-Cookie"]
    assert [cookie.partition("=")[0] for cookie in cookies] == ["sid", "step"]
    assert "Max-Age=0" in cookies[1]


def test_a_one_time_password_leads_to_choosing_ones_own_and_then_on(client, practices):
    tenant = practices.a.tenant
    login, goal = "first-day@web.invalid", f"/p/{tenant.slug}/claims"
    identity.ensure_user(login, "First Day", PASSWORD, "practice", ("front_desk",), (tenant.tenant_id,))
    once = identity.reset_password(identity.user_id_of(login))
    step = post_form(client, "/sign-in", {"email": login, "password": once, "next": goal})
    assert step.headers["Location"] == "/sign-in/password"
    cookie = cookie_of(step).partition(";")[0]
    page = Page(client.http.get("/sign-in/password", headers={"Cookie": cookie}))
    assert login in page.html
    assert once not in page.html
    for form, words in (
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "long enough to take", "again": "long enough to tako"}, "differ"),
    ):
        wrong = post_form(client, "/sign-in/password", form, cookie)
        assert wrong.status_code == 422
        assert words in Page(wrong).text
    own = {"password": "long enough to take", "again": "long enough to take"}
    done = post_form(client, "/sign-in/password", own, cookie)
    assert (done.status_code, done.headers["Location"]) == (303, goal)
    assert post_form(client, "/sign-in/password", own, cookie).status_code == 422, "the step is over"
    again = post_form(client, "/sign-in", {"email": login, "password": own["password"], "next": goal})
    assert again.headers["Location"] == goal


def test_a_forgotten_password_is_chosen_anew_with_the_mailed_code(client, practices, monkeypatch):
    monkeypatch.setattr(recovery, "FLOOR_S", 0.0)
    monkeypatch.setattr(recovery.identity, "source_address", lambda: "the portal's own test")
    tenant = practices.a.tenant
    login, goal = "forgetful@web.invalid", f"/p/{tenant.slug}/claims"
    person = identity.ensure_user(login, "For Getful", PASSWORD, "practice", ("front_desk",), (tenant.tenant_id,))
    assert "/sign-in/forgot" in Page(client.http.get("/sign-in")).links
    assert post_form(client, "/sign-in/forgot", {"email": "no address"}).status_code == 422
    asked, unknown = (post_form(client, "/sign-in/forgot", {"email": each}) for each in (login, "nobody@web.invalid"))
    assert asked.status_code == unknown.status_code == 200
    assert Page(asked).html.replace(login, "X") == Page(unknown).html.replace("nobody@web.invalid", "X")
    mailed = re.search(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){2}", mail.folder().newest(person.user_id))
    assert mailed is not None
    own = {"password": "long enough to take", "again": "long enough to take"}
    for form, words in (
        ({"code": "aaaa-bbbb-cccc", **own}, "Ask for another"),
        ({"code": mailed[0], "password": "short", "again": "short"}, "at least 12 characters"),
        ({"code": mailed[0], **own, "again": "long enough to tako"}, "differ"),
    ):
        wrong = post_form(client, "/sign-in/reset", {"email": login, **form})
        assert wrong.status_code == 422
        assert words in Page(wrong).text
        assert Page(wrong).fields["email"] == login
        assert own["password"] not in wrong.body.decode()
    done = post_form(client, "/sign-in/reset", {"email": login, "code": mailed[0], **own})
    assert done.status_code == 200
    assert "changed" in Page(done).text
    again = post_form(client, "/sign-in", {"email": login, "password": own["password"], "next": goal})
    assert (again.status_code, again.headers["Location"]) == (303, goal)
    other_site = {"Sec-Fetch-Site": "cross-site"}
    assert post_form(client, "/sign-in/reset", {"email": login, "code": "x", **own}, **other_site).status_code == 403
