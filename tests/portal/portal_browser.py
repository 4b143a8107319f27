"""What a browser does, without one: cookies, forms, and the text of a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

from chalice.test import Client, HTTPResponse
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
        body = urlencode({"email": email, "password": PASSWORD, "next": ""}).encode()
        answer = client.http.post("/sign-in", body=body, headers={"Content-Type": FORM, **SAME_ORIGIN})
        assert answer.status_code == 303, answer.body
        found = re.match(r"sid=([^;]+);", cookie_of(answer))
        assert found is not None, answer.headers
        return found[1]

    def get(self, path: str, **headers: str) -> Page:
        return Page(self.client.http.get(path, headers={"Cookie": f"sid={self.cookie}", **headers}))

    def post(self, path: str, form: dict[str, str], **headers: str) -> HTTPResponse:
        sent = {"Cookie": f"sid={self.cookie}", "Content-Type": FORM, **headers}
        return self.client.http.post(path, body=urlencode(form).encode(), headers=sent)


def cookie_of(answer: HTTPResponse) -> str:
    return str(answer.headers.get("Set-Cookie", ""))
