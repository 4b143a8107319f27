"""`otbill payer-sim serve`: the simulated clearinghouse as a neighbour with doors of its own, SFTP, folder and HTTP.

One process beside the product, which reaches it as it would reach any trading partner: by settings and a key. Everything
listens on the loopback only. The seed makes keys and token, so one seed has the same doors every time; the payers' rules are
those of docs/payer-simulator.md and never random.
"""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from chalicelib.local import payer_sftp
from chalicelib.local.payer.answers import NotARequest
from chalicelib.local.payer.doors import SimulatedClearinghouse

HOST = "127.0.0.1"
LOOK_EVERY_S = 1.0
MOST_QUESTION_BYTES = 1024 * 1024
USER = "otbill"


@dataclass
class Neighbour:
    """The running simulator: its ports, and where its settings file and key were put."""

    folder: Path
    sftp: payer_sftp.Server
    http: ThreadingHTTPServer
    stop: threading.Event
    settings: Path
    key: Path
    token: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.http.server_address[1]}/realtime"

    def close(self) -> None:
        self.stop.set()
        self.http.shutdown()
        self.http.server_close()
        self.sftp.close()


def start(folder: Path, *, seed: str, partner: str, sftp_port: int = 0, http_port: int = 0) -> Neighbour:
    """Open the doors over `folder` and write what the product has to know: partner.toml, client_key and token."""
    house = SimulatedClearinghouse(folder)
    (house.outbound / "taken").mkdir(exist_ok=True)
    token = sha256(f"{seed}|token".encode()).hexdigest()
    keys = payer_sftp.keys(seed)
    sftp = payer_sftp.serve(house.inbound, house.outbound, USER, keys, house.answer_all, sftp_port)
    http = _http(house, token, http_port)
    stop = threading.Event()
    for work in (http.serve_forever, lambda: _watch(house, stop)):
        threading.Thread(target=work, daemon=True).start()
    key, told = folder / "client_key", folder / "token"
    for path, text in ((key, keys.client_private), (told, token)):
        path.touch(mode=0o600)
        path.write_text(text)
    made = Neighbour(folder, sftp, http, stop, folder / "partner.toml", key, told)
    made.settings.write_text(_settings(made, partner, keys.host_public))
    return made


def _settings(made: Neighbour, partner: str, host_key: str) -> str:
    return f'''name = "{partner}"
transport = "sftp"

[sftp]
host = "{HOST}"
port = {made.sftp.port}
username = "{USER}"
host_keys = ["{host_key}"]
key_secret = "otbill/partners/{partner}"
outgoing = "/inbound"
incoming = "/outbound"
archive = "/outbound/taken"

[realtime]
url = "{made.url}"
token_secret = "otbill/partners/{partner}-realtime"
'''


def _watch(house: SimulatedClearinghouse, stop: threading.Event) -> None:
    """The folder door: files put into `inbound` are answered without anybody asking."""
    while not stop.wait(LOOK_EVERY_S):
        house.answer_all()


def _http(house: SimulatedClearinghouse, token: str, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        """POST /realtime: one 270 or 276 in, one answer out."""

        def do_POST(self) -> None:
            given = self.headers.get("Authorization", "")
            size = int(self.headers.get("Content-Length") or 0)
            if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                return self._say(401, b"a token is needed\n")
            if self.path != "/realtime" or not 0 < size <= MOST_QUESTION_BYTES:
                return self._say(404 if self.path != "/realtime" else 413, b"POST one 270 or 276 to /realtime\n")
            try:
                return self._say(200, house.ask(self.rfile.read(size)), "application/edi-x12")
            except NotARequest as error:
                return self._say(400, str(error).encode())

        def _say(self, status: int, body: bytes, kind: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a log would hold what was asked."""

    return ThreadingHTTPServer((HOST, port), Handler)
