"""The local server: concurrent people never see each other's answers, and API Gateway's limits are felt here too."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalDevServer
from signing_in import bearer
from waitress.server import create_server
from web_world import OWNER_A, OWNER_B, World

from chalicelib.local.web import MAX_LAMBDA_BYTES, MAX_REQUEST_BYTES, THREADS, make_wsgi

CALLS = 24


def probe() -> Chalice:
    """An app whose only view waits, then tells what it finds in `current_request`."""
    app = Chalice("probe", configure_logs=False)

    @app.route("/who/{name}")
    def who(name: str) -> dict[str, str]:
        time.sleep(0.05)
        query = app.current_request.query_params or {}
        return {"asked": name, "seen": query.get("name", "nobody")}

    return app


def ask(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def at_once(port: int, paths: list[tuple[str, dict[str, str]]]) -> list[tuple[int, bytes]]:
    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(lambda each: ask(port, *each), paths))


def mixed(port: int) -> int:
    """How many of 24 concurrent requests were told about another one."""
    answers = at_once(port, [(f"/who/{n}?name={n}", {}) for n in range(CALLS)])
    told = [json.loads(body) for _, body in answers]
    return sum(1 for each in told if each["asked"] != each["seen"])


@pytest.fixture
def serving() -> Iterator:
    running = []

    def start(wsgi) -> int:
        server = create_server(wsgi, host="127.0.0.1", port=0, threads=THREADS, ident="")
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        return server.effective_port

    yield start
    for server, _ in running:
        server.close()


def test_the_adapter_never_mixes_current_request(serving):
    assert mixed(serving(make_wsgi(probe()))) == 0


def test_a_plain_chalice_server_does_mix_which_is_why_the_adapter_exists():
    server = LocalDevServer(probe(), Config(), "127.0.0.1", 0)
    port = server.server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        assert mixed(port) > 0
    finally:
        server.shutdown()
        server.server.server_close()


@pytest.mark.aws
def test_24_concurrent_requests_of_two_practices_get_their_own_pages(practices: World, serving):
    from chalicelib.store import identity

    port = serving(make_wsgi())
    people = {}
    for email, practice in ((OWNER_A, practices.a), (OWNER_B, practices.b)):
        principal = next(user for user in identity.list_users() if practice.tenant.tenant_id in user.tenants)
        people[email] = (practice, identity.start_session(principal), bearer(principal.user_id))
    calls, expected = [], []
    for n in range(CALLS):
        practice, session, token = people[OWNER_A if n % 2 else OWNER_B]
        claim, slug = practice.claims["paid"], practice.tenant.slug
        if n % 4 < 2:
            calls.append((f"/p/{slug}/claims/{claim}", {"Cookie": f"sid={session}"}))
        else:
            calls.append((f"/api/{slug}/claims/{claim}", {"Authorization": f"Bearer {token}"}))
        expected.append(practice)
    for (status, body), practice in zip(at_once(port, calls), expected, strict=True):
        other = practices.b if practice is practices.a else practices.a
        assert status == 200
        assert practice.claims["paid"].encode() in body or practice.numbers["paid"].encode() in body
        for foreign in (other.tenant.name, other.tenant.slug, other.claims["paid"], other.numbers["paid"]):
            assert foreign.encode() not in body


class Wire:
    """A WSGI call without a socket."""

    def __init__(self, app: Chalice) -> None:
        self.wsgi = make_wsgi(app)

    def __call__(self, method: str = "GET", path: str = "/", body: bytes = b"", **headers: str):
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body))}
        environ |= {"wsgi.input": io.BytesIO(body), **{f"HTTP_{name.upper()}": text for name, text in headers.items()}}
        environ |= {"CONTENT_TYPE": "application/json"} if body else {}
        seen: dict[str, str] = {}

        def start_response(status: str, sent: list[tuple[str, str]]) -> None:
            seen["status"] = status
            self.headers = sent

        content = b"".join(self.wsgi(environ, start_response))
        return int(seen["status"][:3]), dict(self.headers), content


@pytest.fixture
def wire() -> Wire:
    app = Chalice("wire", configure_logs=False)

    @app.route("/size/{size}", methods=["GET", "POST"])
    def size(size: str) -> str:
        return "x" * int(size)

    return Wire(app)


def test_answers_over_six_megabytes_fail_as_on_lambda(wire):
    assert wire(path=f"/size/{MAX_LAMBDA_BYTES - 100}")[0] == 200
    assert wire(path=f"/size/{MAX_LAMBDA_BYTES + 1}")[0] == 502


def test_requests_too_large_for_the_gateway_are_refused_unread(wire):
    assert wire("POST", "/size/1", b"1" * 1000)[0] == 200
    assert wire("POST", "/size/1", b"1" * (MAX_LAMBDA_BYTES + 1))[0] == 413
    assert MAX_REQUEST_BYTES == 10 * 1024 * 1024


def test_unknown_addresses_are_not_found_and_keep_the_security_headers(wire):
    status, headers, body = wire(path="/nowhere")
    assert (status, body) == (404, b'{"message": "Not Found"}')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert wire(path="/nowhere", authorization="Bearer canary")[2] == body


def test_large_answers_are_compressed_for_those_who_take_it(wire):
    _, headers, body = wire(path="/size/5000", accept_encoding="gzip, br")
    assert headers["Content-Encoding"] == "gzip"
    assert len(body) < 200
    assert gzip.decompress(body) == b"x" * 5000
    assert "Content-Encoding" not in wire(path="/size/5000")[1]
    assert "Content-Encoding" not in wire(path="/size/10", accept_encoding="gzip")[1]
