"""What a browser does, without one: cookies, forms, and the text of a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

from chalice.test import Client, HTTPResponse
from signing_in import code_for
from web_world import PASSWORD

FORM = "application/x-www-form-urlencoded"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class Page(HTMLParser):
    """A parsed page: its text, links and form fields."""

    def __init__(self, answer: HTTPResponse) -> None:
        super().__init__()
        self.status, self.headers = answer.status_code, answer.headers
        self.html = answer.body.decode()
        self.words: list[str] = []
        self.links: list[str] = []
        self.fields: dict[str, str] = {}
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(self.html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.inline += [f"{tag} {name}" for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in found):
            self.inline.append(tag)
        if tag == "a":
            self.links.append(found.get("href", ""))
        if tag in ("input", "textarea", "select") and "name" in found:
            self.fields[found["name"]] = found.get("value", "")
        if "id" in found:
            self.ids.append(found["id"])

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class Browser:
    """One signed-in person."""

    def __init__(self, client: Client, cookie: str) -> None:
        self.client, self.cookie = client, cookie

    @staticmethod
    def sign_in(client: Client, email: str) -> str:
        found = re.match(r"sid=([^;]+);", cookie_of(both_steps(client, email)))
        assert found is not None
        return found[1]

    def get(self, path: str, **headers: str) -> Page:
        return Page(self.client.http.get(path, headers={"Cookie": f"sid={self.cookie}", **headers}))

    def post(self, path: str, form: dict[str, str], **headers: str) -> HTTPResponse:
        sent = {"Cookie": f"sid={self.cookie}", "Content-Type": FORM, **headers}
        return self.client.http.post(path, body=urlencode(form).encode(), headers=sent)


def both_steps(client: Client, email: str, next_page: str = "", code: str = "", brought: str = "") -> HTTPResponse:
    """Password, then code; the answer to the last. `brought` is a cookie the browser had before."""
    step = post_form(client, "/sign-in", {"email": email, "password": PASSWORD, "next": next_page}, brought)
    assert (step.status_code, step.headers.get("Location")) == (303, "/sign-in/code"), step.body
    held = "; ".join(filter(None, (brought, cookie_of(step).partition(";")[0])))
    answer = post_form(client, "/sign-in/code", {"code": code or code_for(email)}, held)
    assert code or answer.status_code == 303, answer.body
    return answer


def post_form(client: Client, path: str, form: dict[str, str], cookie: str = "", **headers: str) -> HTTPResponse:
    """A form sent from our own page."""
    sent = {"Content-Type": FORM, **SAME_ORIGIN, **({"Cookie": cookie} if cookie else {}), **headers}
    return client.http.post(path, body=urlencode(form).encode(), headers=sent)


def cookie_of(answer: HTTPResponse) -> str:
    """The first cookie an answer sets."""
    sent = answer.headers.get("Set-Cookie", "")
    return str(sent[0] if isinstance(sent, list) else sent)
