"""Reading the claim status request (276, 005010X212)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.x12.parties import Party, Person
from chalicelib.x12.status277ca import StatusRequest
from chalicelib.x12.transaction import Elements, TransactionReader


class Reader276(TransactionReader):
    """One ST: a request for each TRN."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.upper = StatusRequest()
        self.request: StatusRequest | None = None
        self.level = ""
        self.born: tuple[Any, str] = (None, "")  # DMG stands before its NM1 in this set
        self.handlers = {
            "BHT": self._bht, "HL": self._hl, "NM1": self._nm1, "DMG": self._dmg, "TRN": self._trn, "REF": self._ref,
            "AMT": self._amt, "DTP": self._dtp, "SVC": self._other, "PER": self._other,
        }  # fmt: skip

    def keep(self, text: str) -> None:
        if self.request is not None:
            self.hold(self.request, "unread", (text,), weight=10)

    def _other(self, e: Elements) -> None:
        separator = self.engine.separators.element
        self.keep(separator.join(e).rstrip(separator))

    def _bht(self, _e: Elements) -> None:
        """The file's own reference and time."""

    def _hl(self, e: Elements) -> None:
        self.close()
        self.fit(e)
        self.level = e[3]
        self.born = (None, "")
        if e[3] == "22":
            self.upper = replace(self.upper, subscriber=Person(), member_id="", dependent=None)
        elif e[3] not in ("20", "21", "19", "23"):
            self.fault("BAD_CODE", 3)

    def _dmg(self, e: Elements) -> None:
        self.fit(e)
        self.born = (self.day(e[2], 2), e[3])

    def _nm1(self, e: Elements) -> None:
        self.fit(e)
        u = self.upper
        if self.level == "20":
            u.payer_name, u.payer_id = e[3], e[9]
        elif self.level == "21":
            u.receiver_name, u.receiver_id = e[3], e[9]
        elif self.level == "19":
            u.provider = Party(e[3], e[4], e[5], e[7], e[2] == "1")
            if e[8] == "XX":
                u.provider.npi = e[9]
            else:
                u.provider.id_qualifier, u.provider.id_code = e[8], e[9]
        elif self.level in ("22", "23"):
            who = Person(e[3], e[4], e[5], e[7], *self.born)
            if self.level == "22":
                u.subscriber, u.member_id = who, e[9]
            else:
                u.dependent = who
        else:
            self.fault("SEGMENT_MISPLACED")

    def _trn(self, e: Elements) -> None:
        self.close()
        self.fit(e)
        self.request = replace(self.upper, trace=e[2], segment_number=self.engine.number, unread=())

    def _ref(self, e: Elements) -> None:
        self.fit(e)
        if self.request is None:
            self.fault("SEGMENT_MISPLACED")
        elif e[1] == "EJ":
            self.request.patient_control_number = e[2]
        elif e[1] == "1K":
            self.request.payer_control_number = e[2]
        else:
            self._other(e)

    def _amt(self, e: Elements) -> None:
        if self.request is None:
            self.fault("SEGMENT_MISPLACED")
        else:
            self.request.charge_cents = self.cents(e, 2)

    def _dtp(self, e: Elements) -> None:
        self.fit(e)
        if self.request is None:
            self.fault("SEGMENT_MISPLACED")
        elif e[1] == "472" and self.request.service_from is None:
            begin, end = self.period(e[3], 3)
            self.request.service_from, self.request.service_to = begin, end or begin
        else:
            self._other(e)

    def close(self) -> None:
        if self.request is not None:
            self.emit(self.request)
        self.request = None
