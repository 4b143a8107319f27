"""The simulated clearinghouse behind the same Protocol a real one has: a folder to put files into, a folder to read from."""

from __future__ import annotations

from pathlib import Path

from chalicelib.exchange.clearinghouse import FolderClearinghouse
from chalicelib.local.payer.doors import SimulatedClearinghouse


class SimulatedDoor(FolderClearinghouse):
    """Looking for answers lets the simulated payers answer first. Also the real-time door for eligibility."""

    def __init__(self, folder: Path) -> None:
        self.simulator = SimulatedClearinghouse(folder)
        super().__init__(self.simulator.inbound, self.simulator.outbound)

    def available(self) -> list[str]:
        self.simulator.answer_all()
        return super().available()

    def ask(self, request: bytes) -> bytes:
        return self.simulator.ask(request)
