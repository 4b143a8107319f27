"""The app on this machine: a WSGI adapter over Chalice's own LocalGateway, served by waitress.

`chalice local` answers some 170 requests a second and a plain LocalDevServer mixes up concurrent requests, because
`current_request` is one attribute of the app. Here it is one per thread. What LocalGateway leaves out of API Gateway and
is felt by a browser is put back: 10 MB requests, 6 MB Lambda payloads, compression, and the answer to unknown addresses.
"""

from __future__ import annotations

import base64
import gzip
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException

import chalicelib
from chalicelib.api.middleware import SECURITY_HEADERS
from chalicelib.platform.errors import Fault

MAX_REQUEST_BYTES = 10 * 1024 * 1024  # API Gateway's payload limit
MAX_LAMBDA_BYTES = 6 * 1024 * 1024  # Lambda's synchronous request and response limit
COMPRESS_FROM_BYTES = 1000  # .chalice/config.json, minimum_compression_size
THREADS = 8

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
_thread = threading.local()


def _isolated(app: Chalice) -> Chalice:
    """The app with a `current_request` and `lambda_context` of its own in every thread."""
    if type(app).__name__ == "ThreadSafeChalice":
        return app

    class ThreadSafeChalice(type(app)):  # type: ignore[misc]
        current_request = _per_thread("request")
        lambda_context = _per_thread("context")

    app.__class__ = ThreadSafeChalice
    return app


def _per_thread(name: str) -> property:
    return property(lambda _: getattr(_thread, name, None), lambda _, value: setattr(_thread, name, value))


def product() -> Chalice:
    """The app of the app.py beside chalicelib, loaded once.

    By path: an editable install leaves a copy of app.py in site-packages, which goes stale and would be found first.
    """
    path = Path(chalicelib.__file__).resolve().parents[1] / "app.py"
    module = sys.modules.get("app")
    if module is None or Path(str(module.__file__)).resolve() != path:
        spec = importlib.util.spec_from_file_location("app", path)
        if spec is None or spec.loader is None:
            raise Fault("NO_APP", "app.py is not beside chalicelib", fix="install the product again")
        module = importlib.util.module_from_spec(spec)
        sys.modules["app"] = module
        spec.loader.exec_module(module)
    return cast(Chalice, module.app)


def make_wsgi(app: Chalice | None = None) -> Wsgi:
    """The app as a WSGI callable; by default the product's own."""
    app = app or product()
    gateway = LocalGateway(_isolated(app), Config(chalice_stage="local", config_from_disk={"app_name": app.app_name}))

    def wsgi(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status, headers, body = _answer(gateway, environ)
        headers, body = _compressed(environ, headers, body)
        headers.append(("Content-Length", str(len(body))))
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    return wsgi


Answer = tuple[int, list[tuple[str, str]], bytes]


def _answer(gateway: LocalGateway, environ: dict[str, Any]) -> Answer:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_REQUEST_BYTES or length > MAX_LAMBDA_BYTES * 3 // 4:  # base64 adds a third on the way to Lambda
        return _refusal(413, "Request Too Long")
    body = environ["wsgi.input"].read(length) if length else None
    try:
        response = gateway.handle_request(environ["REQUEST_METHOD"], _address(environ), _headers(environ), body)
    except LocalGatewayException:
        # What the deployed stack's GatewayResponses say: an unknown address is not found, not "missing a token".
        return _refusal(404, "Not Found")
    return _wire(response)


def _address(environ: dict[str, Any]) -> str:
    # Undecoded where the server tells (waitress does not give RAW_URI): API Gateway hands ids over as they stand.
    path = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ["PATH_INFO"]
    query = environ.get("QUERY_STRING", "")
    return f"{path.partition('?')[0]}?{query}" if query else str(path)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    return headers


def _wire(response: dict[str, Any]) -> Answer:
    headers = [(name, str(value)) for name, value in response["headers"].items()]
    headers += [(name, value) for name, values in response["multiValueHeaders"].items() for value in values]
    body = response["body"] or ""
    content = base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()
    if len(content) > MAX_LAMBDA_BYTES:
        return _refusal(502, "Internal server error")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return int(response["statusCode"]), headers, content


def _refusal(status: int, message: str) -> Answer:
    headers = [("Content-Type", "application/json"), *SECURITY_HEADERS.items()]
    return status, headers, f'{{"message": "{message}"}}'.encode()


def _compressed(
    environ: dict[str, Any], headers: list[tuple[str, str]], body: bytes
) -> tuple[list[tuple[str, str]], bytes]:
    if len(body) < COMPRESS_FROM_BYTES or "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return headers, body
    return [*headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")], gzip.compress(body, 5, mtime=0)


def make_server(home: Path, host: str = "127.0.0.1", port: int = 0) -> Any:
    """A waitress server for the state directory `home`, listening already; `.effective_port` is where."""
    from waitress.server import create_server

    from chalicelib.exchange import realtime
    from chalicelib.local.aws import ensure_aws
    from chalicelib.local.clearinghouse import realtime_doors

    os.environ["OTBILL_HOME"] = str(home)
    os.environ["OTBILL_AWS_ENDPOINT"] = ensure_aws(home)
    realtime.install(realtime_doors(home / "exchange" / "clearinghouse"))
    return create_server(
        make_wsgi(), host=host, port=port, threads=THREADS, ident="", max_request_body_size=MAX_REQUEST_BYTES
    )


def serve(home: Path, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve until interrupted. Port 0 takes a free one; the address is printed."""
    server = make_server(home, host, port)
    print(f"http://{host}:{server.effective_port}/", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
