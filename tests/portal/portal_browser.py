"""What a browser does, without one: cookies, forms, and the text of a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from chalice.test import Client, HTTPResponse
from signing_in import code_for
from web_world import PASSWORD

from chalicelib.local import login_codes

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
        self.forms: dict[str, dict[str, str]] = {}  # hidden and other fields by the address a form goes to
        self.feed(self.html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.inline += [f"{tag} {name}" for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in found):
            self.inline.append(tag)
        if tag == "a":
            self.links.append(found.get("href", ""))
        if tag == "form":
            self.forms[found.get("action", "")] = {}
        if tag in ("input", "textarea", "select") and "name" in found:
            if self.forms:
                self.forms[list(self.forms)[-1]][found["name"]] = found.get("value", "")
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
    login_codes.enrol(email, PASSWORD)
    step = post_form(client, "/sign-in", {"email": email, "password": PASSWORD, "next": next_page}, brought)
    assert step.status_code == 303, step.body
    if step.headers.get("Location") != "/sign-in/code":
        return step  # whose role needs no second factor
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


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def send_file(action: str, fields: dict[str, str], content: bytes) -> tuple[int, str]:
    """A form with a file, posted to where the page says; (status, where it leads)."""
    parts = [f'--file\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    parts.append('--file\r\nContent-Disposition: form-data; name="file"; filename="scan of somebody.pdf"\r\n\r\n')
    body = "".join(parts).encode() + content + b"\r\n--file--\r\n"
    asked = Request(action, body, {"Content-Type": "multipart/form-data; boundary=file"})  # noqa: S310 - the test's own
    try:
        with build_opener(_Stays).open(asked) as answer:
            return answer.status, answer.headers.get("Location") or ""
    except HTTPError as error:
        return error.code, error.headers.get("Location") or ""
