"""The simulated clearinghouse behind the same Protocol a real one has: a folder to put files into, a folder to read from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chalicelib.exchange import partners
from chalicelib.exchange.clearinghouse import Clearinghouse, FolderClearinghouse
from chalicelib.exchange.realtime import RealtimeDoor, no_door
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


def doors(folder: Path) -> Callable[[str], Clearinghouse]:
    """The door of a trading partner: as its settings say, or the simulated payers in `folder` where it has none."""

    def door(name: str) -> Clearinghouse:
        return partners.door(name) if partners.find_settings(name) else SimulatedDoor(folder)

    return door


def realtime_doors(folder: Path) -> Callable[[str], RealtimeDoor]:
    """Real-time doors: as the partner's settings say, or the simulated payers' own for 'simulated' without any.

    NO_REALTIME_DOOR for a partner that has none.
    """

    def door(name: str) -> RealtimeDoor:
        if partners.find_settings(name) is not None:
            return partners.realtime_door(name)
        if name != "simulated":
            raise no_door(name)
        return SimulatedDoor(folder)

    return door
