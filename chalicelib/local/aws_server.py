"""Runs MiniStack with its state kept on disk. Started by `aws.ensure_aws` with MiniStack's own interpreter.

It imports nothing of chalicelib. Every request that may change something marks the state as changed; half a second later
a forked child writes a snapshot of all services (forked between two requests, so it is one moment's state) beside the
old one, syncs it, and swaps it in by one rename. `kill -9` therefore loses at most the last two seconds, and never half
of anything. About 100 MB of records take a second to write; the server answers meanwhile.

Arguments: the state directory. Environment: OTBILL_AWS_OWNER_PID (optional) ends the server with that process.
"""

from __future__ import annotations

import asyncio
import copy
import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

MIN_PAUSE_S, MAX_PAUSE_S = 0.4, 0.6
LOCK_TIMEOUT_S = 10.0
SNAPSHOT_TIMEOUT_S = 30
_READS = (
    "Get",
    "BatchGet",
    "Query",
    "Scan",
    "Describe",
    "List",
    "Encrypt",
    "Decrypt",
    "GenerateDataKey",
    "TransactGet",
)
_READ_METHODS = ("GET", "HEAD", "OPTIONS")
_IDENTITY_PATH = "/_otbill/identity"


def main() -> int:
    home = Path(sys.argv[1]).resolve()
    home.mkdir(parents=True, exist_ok=True)
    lock = open(home / "server.lock", "w")  # noqa: SIM115 - held for the life of the process
    if not _acquire(lock):
        return 3  # another server has this state
    listener = _listen(_previous_port(home))
    port = listener.getsockname()[1]
    # Before the first answer: whoever gets one may trust what is written here.
    _write_whole(home / "server.json", json.dumps({"port": port, "pid": os.getpid()}))
    _set_environment(home, port)
    asyncio.run(_serve(home, listener, lock.fileno()))
    return 0


def _acquire(lock: Any) -> bool:
    """Take the directory: a server killed just now may still be finishing its snapshot, so try for a while."""
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


def _previous_port(home: Path) -> int:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads((home / "server.json").read_text())["port"])
    return 0


def _listen(port: int) -> socket.socket:
    """The port of last time if it is free, so that clients of a restarted server find it again; else any free one."""
    for candidate in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
            return listener
        except OSError:
            listener.close()
    raise OSError("no free port on 127.0.0.1")


def _set_environment(home: Path, port: int) -> None:
    os.environ.update(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        PERSIST_STATE="1",
        STATE_DIR=str(home / "state"),
        S3_PERSIST="1",
        S3_DATA_DIR=str(home / "s3"),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL="ERROR",
        # The pair the runtime signs with on this machine: a presigned address is checked against it.
        AWS_ACCESS_KEY_ID="otbill-embedded",
        AWS_SECRET_ACCESS_KEY="otbill-embedded",  # noqa: S106  # nosec B106 - opens nothing but this machine's own emulator
        # A socket that is not there: MiniStack must not look for, let alone reap, anybody's containers.
        DOCKER_HOST=f"unix://{home}/no-docker",
    )


async def _serve(home: Path, listener: socket.socket, lock_handle: int) -> None:
    import ministack.app as ministack  # type: ignore[import-not-found,unused-ignore]
    from hypercorn.asyncio import serve  # type: ignore[import-not-found,unused-ignore]
    from hypercorn.config import Config  # type: ignore[import-not-found,unused-ignore]

    saver = Saver(home, ministack, lock_handle)
    # Cognito's module, read in on first use, keeps its signing keys as files here: not in the snapshots, which come and go.
    os.environ["STATE_DIR"] = str(home / "keys")
    ministack.save_all = lambda _services: saver.save()  # at shutdown too: our snapshot, not file by file
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "ERROR"
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    watch = asyncio.create_task(saver.run(stop))
    await serve(saver.application, config, shutdown_trigger=stop.wait)
    watch.cancel()


class Saver:
    """Watches for changes and keeps the newest snapshot in `state`, a link to `state.<n>`.

    A snapshot is written by a forked child, whose memory is this moment's state: the server goes on answering.
    """

    def __init__(self, home: Path, ministack: Any, lock_handle: int) -> None:
        from ministack.core import persistence  # type: ignore[import-not-found,unused-ignore]

        self.home = home
        self.ministack = ministack
        self.persistence = persistence
        self.lock_handle = lock_handle
        self.changed = False
        self.owner = int(os.environ.get("OTBILL_AWS_OWNER_PID", "0"))
        self._child = 0
        self._reaping = threading.Lock()

    async def application(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == _IDENTITY_PATH:
            await _answer(send, {"pid": os.getpid(), "home": str(self.home)})
            return
        try:
            await self.ministack.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and _may_write(scope):
                self.changed = True

    async def run(self, stop: asyncio.Event) -> None:
        pause = MIN_PAUSE_S
        while not stop.is_set():
            await asyncio.sleep(pause)
            if self._orphaned():
                stop.set()
            elif self.changed:
                began = time.monotonic()
                self._save_in_child()
                await asyncio.to_thread(self._reap)
                pause = min(max(MIN_PAUSE_S, time.monotonic() - began), MAX_PAUSE_S)

    def save(self) -> None:
        """At shutdown: wait for the snapshot being written, then write the last one."""
        self._reap()
        self._save_in_child()
        self._reap()
        if self.changed:
            self._write(self._snapshot())

    def _save_in_child(self) -> None:
        """Fork on the event loop, that is between two requests, so that the child sees no request half done."""
        self.changed = False
        self._child = os.fork()
        if self._child:
            return
        status = 1
        try:
            self._write_as_child()
            status = 0
        except Exception as error:  # noqa: BLE001 - the parent tries again; the old snapshot stands
            print(f"snapshot failed: {type(error).__name__}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)

    def _write_as_child(self) -> None:
        signal.alarm(SNAPSHOT_TIMEOUT_S)  # a lock another thread held at the fork would never be given back
        # Not the lock: a killed server's directory stays taken until its last snapshot is whole.
        os.closerange(3, self.lock_handle)
        os.closerange(self.lock_handle + 1, 65536)
        # This memory is a copy already, and copying it again would take most of the time.
        copy.deepcopy = _itself  # type: ignore[assignment]
        self._write(self._snapshot())

    def _reap(self) -> None:
        with self._reaping:
            if self._child:
                _, status = os.waitpid(self._child, 0)
                self._child = 0
                self.changed = self.changed or status != 0

    def _snapshot(self) -> dict[str, bytes]:
        """All services' state as file contents."""
        files = {}
        for name, get_state in self.ministack._build_persistence_save_dict().items():
            state = get_state()
            if state is not None:
                wrapped = {"__ministack_format__": self.persistence._state_format_version(name), "payload": state}
                files[f"{name}.json"] = json.dumps(wrapped, default=self.persistence._json_default).encode()
        return files

    def _write(self, files: dict[str, bytes]) -> None:
        if not self.home.is_dir():
            return
        target = self.home / f"state.{time.time_ns()}"
        target.mkdir()
        for name, content in files.items():
            _write_synced(target / name, content)
        _sync_directory(target)
        fresh = self.home / "state.next"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target.name)
        fresh.replace(self.home / "state")
        _sync_directory(self.home)
        for old in self.home.glob("state.*"):
            if old.name != target.name:
                shutil.rmtree(old, ignore_errors=True)

    def _orphaned(self) -> bool:
        """True when nobody can want us any more: the state directory is gone, or our owner is."""
        if not self.home.is_dir():
            return True
        if not self.owner:
            return False
        try:
            os.kill(self.owner, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def _itself(value: Any, _memo: Any = None, _nil: Any = None) -> Any:
    return value


def _may_write(scope: dict[str, Any]) -> bool:
    headers = dict(scope["headers"])
    target = headers.get(b"x-amz-target", b"").decode("latin-1")
    if target:
        return not target.rpartition(".")[2].startswith(_READS)
    return scope["method"] not in _READ_METHODS


async def _answer(send: Any, body: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(text)
    draft.replace(path)


def _write_synced(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


if __name__ == "__main__":
    raise SystemExit(main())
