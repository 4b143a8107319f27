"""The doors of the simulated clearinghouse: one folder per trading partner, and the real-time door for a 270 or 276."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

from chalicelib import clock
from chalicelib.local.payer.answers import answer_files, answer_request
from chalicelib.local.payer.state import State, load, save, write_file
from chalicelib.local.payer.tables import CodeTables


class SimulatedClearinghouse:
    """Reads `inbound`, answers in `outbound`; what it remembers is `state.json` beside them. See docs/payer-simulator.md.

    Every answer is in the state before it is in `outbound`, and the state is replaced by one rename: cut off at any point,
    the next run writes what is missing and answers nothing twice.
    """

    def __init__(self, folder: Path, now: date | None = None) -> None:
        self.folder = folder
        self.inbound = folder / "inbound"
        self.outbound = folder / "outbound"
        self._now = now
        self._state_path = folder / "state.json"
        for place in (self.inbound, self.outbound):
            place.mkdir(parents=True, exist_ok=True)

    def answer_all(self) -> list[Path]:
        """Answer every file in `inbound` not answered yet, in name order; the paths written (a cut-off run's first)."""
        with self._alone():
            state = load(self._state_path)
            written = self._deliver(state)
            waiting = self._waiting(state)
            if waiting:
                answers = answer_files(waiting, state, self._today(), CodeTables())
                state.pending = {name: content.decode("latin-1") for name, content in answers.items()}
                save(self._state_path, state)
                written += self._deliver(state)
            return written

    def ask(self, request: bytes) -> bytes:
        """The 271 for a 270, the 277 for a 276, the 278 for a 278, a 999 for one with faults of form. NotARequest otherwise.

        Only an authorization that is given is remembered.
        """
        with self._alone():
            state = load(self._state_path)
            before = len(state.authorizations)
            answer = answer_request(request, state, self._today())
            if len(state.authorizations) != before:
                save(self._state_path, state)
            return answer

    def _today(self) -> date:
        return self._now or clock.today("America/New_York")

    def _waiting(self, state: State) -> dict[str, bytes]:
        """Contents to answer by the stem of their answers, in name order; the same content under two names is one."""
        found: dict[str, bytes] = {}
        for path in sorted(self.inbound.iterdir(), key=lambda entry: entry.name):
            if not path.is_file() or path.name.startswith(".") or path.suffix == ".tmp":
                continue
            content = path.read_bytes()
            digest = sha256(content).hexdigest()
            if digest not in state.answered:
                stem = path.stem if path.stem not in state.answered.values() else f"{path.stem}-{digest[:12]}"
                state.answered[digest] = stem
                found[stem] = content
        return found

    def _deliver(self, state: State) -> list[Path]:
        """Write out what the state promises, then forget the promise."""
        paths = []
        for name, content in sorted(state.pending.items()):
            write_file(self.outbound / name, content.encode("latin-1"))
            paths.append(self.outbound / name)
        if paths:
            state.pending = {}
            save(self._state_path, state)
        return paths

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: two runs at once would give two answers."""
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
