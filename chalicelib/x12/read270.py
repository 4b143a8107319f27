"""Reading eligibility requests (270) and answers (271), 005010X279A1."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from chalicelib.x12.eligibility import (
    Benefit,
    BenefitDate,
    BenefitResponse,
    Delivery,
    EligibilityRequest,
    RequestError,
)
from chalicelib.x12.parties import Address, Party, Person, Reference
from chalicelib.x12.transaction import Elements, TransactionReader


class _Eligibility(TransactionReader):
    """What both have: payer, provider, subscriber, dependent. `what` is the request or answer being read."""

    def __init__(self, engine: Any, empty: Any) -> None:
        super().__init__(engine)
        self.empty = empty
        self.what: Any = None
        self.is_subject = False  # something was asked or answered about the current person
        self.level = ""
        self.payer: tuple[str, str] = ("", "")
        self.provider = Party()
        self.person: Person | None = None
        self.upper_errors: tuple[RequestError, ...] = ()
        self.handlers = {
            "BHT": self._bht, "HL": self._hl, "NM1": self._nm1, "N3": self._n3, "N4": self._n4, "DMG": self._dmg,
            "TRN": self._trn, "REF": self._ref, "INS": self._ins, "DTP": self._dtp, "PRV": self._prv, "PER": self._other,
            "HI": self._other, "MPI": self._other,
        }  # fmt: skip

    def keep(self, text: str) -> None:
        if hasattr(self.what, "unread"):
            self.hold(self.what, "unread", (text,), weight=10)

    def _other(self, e: Elements) -> None:
        self.keep(self.engine.separators.element.join(e).rstrip(self.engine.separators.element))

    def _bht(self, _e: Elements) -> None:
        """The file's own reference and time."""

    def _hl(self, e: Elements) -> None:
        self.fit(e)
        level = e[3]
        if level in ("20", "21", "22"):
            self._close()
        if level == "20":
            self.payer, self.provider, self.upper_errors = ("", ""), Party(), ()
        elif level == "21":
            self.provider = Party()
        elif level == "22":
            self.what = replace(self.empty, payer_name=self.payer[0], payer_id=self.payer[1], provider=self.provider)
            self.what.subscriber = Person()
            self._number()
        elif level == "23":
            self._open_dependent()
        else:
            self.fault("BAD_CODE", 3)
        self.level, self.person = level, None

    def _number(self) -> None:
        if isinstance(self.what, BenefitResponse):
            self.what.segment_number = self.engine.number

    def _open_dependent(self) -> None:
        if self.what is None:
            self.fault("HL_PARENT", 2)
            self.what = replace(self.empty, payer_name=self.payer[0], payer_id=self.payer[1], provider=self.provider)
        elif self.is_subject:
            of = self.what
            self._close()
            self.what = replace(self.empty, payer_name=of.payer_name, payer_id=of.payer_id, provider=of.provider)
            self.what.subscriber, self.what.member_id = of.subscriber, of.member_id
            self.what.group_number = of.group_number
        self.what.dependent = Person()
        self._number()

    def _nm1(self, e: Elements) -> None:
        self.fit(e)
        what = self.what
        if self.level == "20":
            self.payer = (e[3], e[9])
        elif self.level == "21":
            self.provider = Party(e[3], e[4], e[5], e[7], e[2] == "1")
            if e[8] == "XX":
                self.provider.npi = e[9]
            else:
                self.provider.id_qualifier, self.provider.id_code = e[8], e[9]
        elif what is None:
            self.fault("SEGMENT_MISPLACED")
        elif e[1] == "IL" and self.level == "22":
            self.person = what.subscriber = Person(e[3], e[4], e[5], e[7])
            what.member_id = e[9]
        elif e[1] == "03" and self.level == "23":
            self.person = what.dependent = Person(e[3], e[4], e[5], e[7])
        else:
            self.related(e)

    def related(self, e: Elements) -> None:
        """A name inside a benefit (2120)."""
        self._other(e)

    def _n3(self, e: Elements) -> None:
        if self.person is None:
            self._other(e)
            return
        self.fit(e)
        self.person.address = self.person.address or Address()
        self.person.address.line1, self.person.address.line2 = e[1], e[2]

    def _n4(self, e: Elements) -> None:
        if self.person is None:
            self._other(e)
            return
        self.fit(e)
        self.person.address = self.person.address or Address()
        a = self.person.address
        a.city, a.state, a.zip = e[1], e[2], e[3]

    def _dmg(self, e: Elements) -> None:
        if self.person is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        self.person.date_of_birth, self.person.sex = self.day(e[2], 2), e[3]

    def _trn(self, e: Elements) -> None:
        if self.what is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        self.is_subject = True
        if not self.what.trace:
            self.what.trace, self.what.trace_origin = e[2], e[3]
        else:
            self._other(e)

    def _ref(self, e: Elements) -> None:
        if self.what is None:
            return
        self.fit(e)
        if e[1] == "6P" and not self.what.group_number:
            self.what.group_number = e[2]
        else:
            self.reference(e)

    def reference(self, e: Elements) -> None:
        """Any other REF."""
        self._other(e)

    def _ins(self, e: Elements) -> None:
        if self.what is not None and self.level == "23" and len(e) > 2:
            self.what.relationship = e[2]
        else:
            self._other(e)

    def _dtp(self, e: Elements) -> None:
        self._other(e)

    def _prv(self, e: Elements) -> None:
        self.fit(e)
        if self.level == "21":
            self.provider.taxonomy = e[3]
        else:
            self._other(e)

    def _close(self) -> None:
        if self.what is not None:
            self.emit(self.what)
        self.what, self.is_subject = None, False

    def close(self) -> None:
        self._close()


class Reader270(_Eligibility):
    """One ST of a 270: a request per subscriber or dependent asked about."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine, EligibilityRequest(service_types=()))
        self.handlers |= {"EQ": self._eq, "AMT": self._other, "III": self._other}

    def _eq(self, e: Elements) -> None:
        if self.what is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        self.is_subject = True
        self.hold(self.what, "service_types", tuple([code for code in e[1].split(self.repetition) if code]))
        if e[2]:
            self._other(e)

    def _dtp(self, e: Elements) -> None:
        self.fit(e)
        if self.what is not None and e[1] in ("291", "472"):
            self.what.date, self.what.date_to = self.period(e[3], 3)
        else:
            self._other(e)


class Reader271(_Eligibility):
    """One ST of a 271: an answer per subscriber or dependent."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine, BenefitResponse())
        self.benefit: Benefit | None = None
        self.inside = False  # between LS and LE
        self.handlers |= {
            "AAA": self._aaa, "EB": self._eb, "HSD": self._hsd, "MSG": self._msg, "III": self._other, "LS": self._ls,
            "LE": self._le,
        }  # fmt: skip

    def open_segments(self) -> tuple[int, ...]:
        return (self.what.segment_number,) if self.what is not None else ()

    def _hl(self, e: Elements) -> None:
        self.benefit, self.inside = None, False
        super()._hl(e)
        if self.what is not None and self.upper_errors:
            self.hold(self.what, "errors", self.upper_errors)
            self.upper_errors = ()

    def _aaa(self, e: Elements) -> None:
        self.fit(e)
        loops = {"20": "2100A", "21": "2100B", "22": "2100C", "23": "2100D"}
        loop = loops.get(self.level, "")
        if self.benefit is not None:
            loop = loop.replace("2100", "2110")
        error = RequestError(loop, e[1], e[3], e[4])
        if self.what is None:
            self.hold(self, "upper_errors", (error,))
        else:
            self.hold(self.what, "errors", (error,))
            self.is_subject = True

    def _eb(self, e: Elements) -> None:
        if self.what is None:
            self.fault("SEGMENT_MISPLACED")
            return
        self.fit(e)
        self.is_subject, self.inside = True, False
        percent = self.quantity(e[8], 8)
        self.benefit = Benefit(
            e[1], e[2], tuple([code for code in e[3].split(self.repetition) if code]), e[4], e[5], e[6],
            self.optional_cents(e, 7), None if percent is None else Decimal(percent), e[9], self.quantity(e[10], 10),
            e[11], e[12], self.procedure(e[13])[1],
        )  # fmt: skip
        self.hold(self.what, "benefits", (self.benefit,))

    def _hsd(self, e: Elements) -> None:
        self.fit(e)
        if self.benefit is None:
            self._other(e)
            return
        told = Delivery(e[1], self.quantity(e[2], 2), e[3], self.quantity(e[4], 4), e[5], self.quantity(e[6], 6))
        self.hold(self.benefit, "deliveries", (told,))
        if any(e[7:]):
            self._other(e)  # a weekly pattern we do not count with is kept as it came

    def _msg(self, e: Elements) -> None:
        if self.benefit is None:
            self._other(e)
        else:
            self.hold(self.benefit, "messages", (e[1] if len(e) > 1 else "",))

    def _dtp(self, e: Elements) -> None:
        self.fit(e)
        if self.what is None:
            return
        begin, end = self.period(e[3], 3)
        holder = self.benefit or self.what
        self.hold(holder, "dates", (BenefitDate(e[1], begin, end),))

    def reference(self, e: Elements) -> None:
        holder = self.benefit or self.what
        self.hold(holder, "references", (Reference(e[1], e[2]),))

    def related(self, e: Elements) -> None:
        if self.benefit is not None and not self.benefit.entity_name:
            self.benefit.entity_name = " ".join(part for part in (e[4], e[3]) if part)
            self.benefit.entity_id, self.benefit.entity_code = e[9], e[1]
        else:
            self._other(e)
        self.person = None

    def _ls(self, _e: Elements) -> None:
        self.inside = True

    def _le(self, _e: Elements) -> None:
        self.inside = False

    def close(self) -> None:
        if self.upper_errors:  # the payer could not even look: nobody is named below
            self.what = replace(
                self.empty, payer_name=self.payer[0], payer_id=self.payer[1], provider=self.provider,
                errors=self.upper_errors,
            )  # fmt: skip
            self._number()
            self.upper_errors = ()
        super().close()
