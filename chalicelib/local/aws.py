"""The embedded AWS: one MiniStack per state directory, started when needed, left running for the next command."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from chalicelib.platform.errors import Fault
from chalicelib.store.runtime import EMBEDDED_CREDENTIALS

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0
_SERVER = Path(__file__).with_name("aws_server.py")
_REPOSITORY = Path(__file__).resolve().parents[2]
_OPENER = build_opener(ProxyHandler({}))  # loopback never goes through a proxy


def ensure_aws(home: Path, *, owned: bool = False) -> str:
    """The endpoint URL of the embedded AWS that keeps its state in `home`/aws, starting it if none runs there.

    Loopback only. It outlives this command; with `owned` it ends with this process (tests). Fault AWS_NOT_STARTED
    when it does not come up: its log is `home`/aws/log.
    """
    state = _state_directory(home)
    running = _find(state)
    if running:
        return running
    with _starting(state):
        return _find(state) or _start(state, owned)


def stop_aws(home: Path) -> bool:
    """Stop the embedded AWS of this state directory, saving everything. False when none was running."""
    state = _state_directory(home)
    with _starting(state):  # a server that has come up has written its process id; one coming up may not have
        pid = _pid(state)
        if pid is None or not _locked(state):
            return False
        for number, patience_s in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, 5.0)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if _wait(lambda: not _locked(state), patience_s):
                break
    return True


def aws_python() -> Path:
    """MiniStack's own interpreter (it pins another botocore): OTBILL_AWS_PYTHON or .venv-aws in the repository."""
    return Path(os.environ.get("OTBILL_AWS_PYTHON") or _REPOSITORY / ".venv-aws" / "bin" / "python")


def server_pid(home: Path) -> int | None:
    """The process id of the running server, or None."""
    state = _state_directory(home)
    return _pid(state) if _locked(state) else None


def _start(state: Path, owned: bool) -> str:
    python = aws_python()
    if not python.exists():
        raise Fault("AWS_NOT_INSTALLED", "the embedded AWS is not installed", fix="run `make setup`")
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(state), "TMPDIR": str(state)}
    # What the store signs with, so that presigned URLs are checked like any other signature.
    environment |= dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), EMBEDDED_CREDENTIALS, strict=True))
    if owned:
        environment["OTBILL_AWS_OWNER_PID"] = str(os.getpid())
    with open(state / "log", "ab") as log:
        child = subprocess.Popen(
            [str(python), "-I", str(_SERVER), str(state)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=state,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    alive = True
    while alive and time.monotonic() < deadline:
        alive = child.poll() is None
        if url := _find(state):  # ours, or one that was only too busy to answer before
            return url
        time.sleep(0.02)
    raise Fault("AWS_NOT_STARTED", "the embedded AWS did not come up", where=str(state / "log"))


def _find(state: Path) -> str | None:
    """The URL of the server of this directory if it runs and answers as itself."""
    if not _locked(state):
        return None
    with suppress(OSError, ValueError, KeyError):
        port = json.loads((state / "server.json").read_text())["port"]
        url = f"http://127.0.0.1:{port}"
        with _OPENER.open(f"{url}/_otbill/identity", timeout=5) as reply:
            if json.load(reply)["home"] == str(state):
                return url
    return None


def _state_directory(home: Path) -> Path:
    state = home.resolve() / "aws"
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    return state


def _pid(state: Path) -> int | None:
    with suppress(OSError, ValueError, KeyError):
        return int(json.loads((state / "server.json").read_text())["pid"])
    return None


def _locked(state: Path) -> bool:
    """Whether a server holds this directory: it keeps a file lock for as long as it lives, however it ends."""
    try:
        with open(state / "server.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


@contextmanager
def _starting(state: Path) -> Iterator[None]:
    """One starter at a time; the second finds the first one's server."""
    with open(state / "start.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wait(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
