"""The simulated clearinghouse behind the same Protocol a real one has: a folder to put files into, a folder to read from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chalicelib.exchange import partners
from chalicelib.exchange.clearinghouse import Clearinghouse, FolderClearinghouse
from chalicelib.exchange.realtime import RealtimeDoor
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
    """Real-time doors by trading partner, for `exchange.realtime.install`."""
    return lambda name: realtime(folder, name)


def realtime(folder: Path, name: str) -> RealtimeDoor:
    """The real-time door of a trading partner: as its settings say, or the simulated payers for 'simulated' without any.

    Fault NO_REALTIME_DOOR for a partner that has none.
    """
    if name == "simulated" and partners.find_settings(name) is None:
        return SimulatedDoor(folder)
    return partners.realtime_door(name)
