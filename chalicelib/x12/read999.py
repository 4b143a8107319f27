"""Reading the 999 (005010X231A1)."""

from __future__ import annotations

from typing import Any

from chalicelib.x12.ack999 import Acknowledgement, ElementError, SegmentError, TransactionAck
from chalicelib.x12.transaction import Elements, TransactionReader


class Reader999(TransactionReader):
    """One ST of a 999: one `Acknowledgement` per AK1."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.ack: Acknowledgement | None = None
        self.set: TransactionAck | None = None
        self.error: SegmentError | None = None
        self.handlers = {
            "AK1": self._ak1, "AK2": self._ak2, "IK3": self._ik3, "CTX": self._ctx, "IK4": self._ik4, "IK5": self._ik5,
            "AK9": self._ak9,
        }  # fmt: skip

    def _ak1(self, e: Elements) -> None:
        self.close()
        self.fit(e)
        self.ack = Acknowledgement(e[2], e[1], "", version=e[3])

    def _ak2(self, e: Elements) -> None:
        if self.ack is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        self.set, self.error = TransactionAck(e[2], "", (), e[1], e[3]), None
        self.hold(self.ack, "transactions", (self.set,))

    def _ik3(self, e: Elements) -> None:
        if self.set is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        if not e[2].isdecimal():
            self.fault("BAD_QUANTITY", 2)
        self.error = SegmentError(e[1], int(e[2][:9]) if e[2].isdecimal() else 0, e[3], e[4])
        self.hold(self.set, "errors", (self.error,))

    def _ctx(self, _e: Elements) -> None:
        """CTX says in which business context; the position says where, which is enough."""

    def _ik4(self, e: Elements) -> None:
        if self.error is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        places = [int(part) if part.isdecimal() else 0 for part in e[1].split(self.component)[:2]]
        component = places[1] if len(places) > 1 else 0
        self.hold(self.error, "elements", (ElementError(places[0], component, e[3], e[2], e[4]),))

    def _ik5(self, e: Elements) -> None:
        if self.set is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        self._check_code(e)
        self.set.accepted, self.set.codes = e[1], tuple([code for code in e[2:7] if code])

    def _ak9(self, e: Elements) -> None:
        if self.ack is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        self._check_code(e)
        counts = [int(text[:9]) if text.isdecimal() else 0 for text in e[2:5]]
        self.ack.accepted = e[1]
        self.ack.included, self.ack.received, self.ack.accepted_count = counts
        self.ack.codes = tuple([code for code in e[5:10] if code])

    def _check_code(self, e: Elements) -> None:
        if e[1] not in ("A", "E", "M", "P", "R", "W", "X"):
            self.fault("BAD_CODE", 1)

    def close(self) -> None:
        if self.ack is not None:
            if not self.ack.accepted:
                self.fault("SEGMENT_MISSING", segment="AK9")
            self.emit(self.ack)
        self.ack = self.set = self.error = None
