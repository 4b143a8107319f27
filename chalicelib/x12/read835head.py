"""Reading the head of an 835: the payment, who pays, who is paid (header, 1000A, 1000B)."""

from __future__ import annotations

from typing import Any

from chalicelib.x12.parties import Address, Name, Reference
from chalicelib.x12.remittance835 import ClaimPayment, Payee, Payer, Remittance
from chalicelib.x12.transaction import Elements, TransactionReader


class Head835(TransactionReader):
    """What stands before the first claim."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.remittance = Remittance(control_number=engine.set.control_number, segment_number=engine.number)
        self.party: Any = None  # whose N3, N4, PER and REF follow
        self.claim: ClaimPayment | None = None
        self.emitted = False  # the head is out, nothing may be added to it

    def _ignore(self, e: Elements) -> None:
        """Known, legal, and nothing a posting needs: kept as text, not reported."""
        self.keep(self.engine.separators.element.join(_trim(e)))

    def _bpr(self, e: Elements) -> None:
        if self.emitted:
            self._misplaced(e)
            return
        self.fit(e)
        r = self.remittance
        r.handling_code, r.amount_cents, r.credit_debit, r.method = e[1], self.cents(e, 2), e[3], e[4]
        r.date = self.day(e[16], 16)

    def _trn(self, e: Elements) -> None:
        if self.emitted:
            self._misplaced(e)
            return
        self.fit(e)
        if not e[2]:
            self.fault("ELEMENT_MISSING", 2)
        self.remittance.trace, self.remittance.originating_company_id = e[2], e[3]

    def _n1(self, e: Elements) -> None:
        if self.emitted:
            self._misplaced(e)
            return
        self.fit(e)
        if e[1] == "PR":
            self.party = self.remittance.payer = Payer(name=e[2], id_code=e[4])
        elif e[1] == "PE":
            npi, tax = (e[4] if e[3] == q else "" for q in ("XX", "FI"))
            self.party = self.remittance.payee = Payee(e[2], npi, tax, "" if npi or tax else e[4])
        else:
            self.fault("BAD_CODE", 1)
            self._ignore(e)

    def _n3(self, e: Elements) -> None:
        if self.party is None or self.emitted:
            self._misplaced(e)
            return
        self.fit(e)
        address = self.party.address or Address()
        address.line1, address.line2 = e[1], e[2]
        self.party.address = address

    def _n4(self, e: Elements) -> None:
        if self.party is None or self.emitted:
            self._misplaced(e)
            return
        self.fit(e)
        address = self.party.address or Address()
        address.city, address.state, address.zip = e[1], e[2], e[3]
        self.party.address = address

    def _misplaced(self, e: Elements) -> None:
        self.fault("SEGMENT_MISPLACED")
        self._ignore(e)

    def _per(self, e: Elements) -> None:
        self.fit(e)
        if isinstance(self.party, Payer) and not self.emitted and not self.party.phone:
            self.party.contact_name = self.party.contact_name or e[2]
            self.party.phone = next((e[i + 1] for i in (3, 5, 7) if e[i] == "TE"), "")
        if e[1] != "BL" or self.claim is not None:
            self._ignore(e)

    def _ref_of_party(self, e: Elements) -> None:
        party = self.party
        if isinstance(party, Payee) and e[1] == "TJ":
            party.tax_id = e[2]
        elif isinstance(party, Payer) and e[1] == "2U" and not party.id_code:
            party.id_code = e[2]
        else:
            self.hold(self.remittance, "references", (Reference(e[1], e[2]),))

    def _other_name(self, claim: ClaimPayment, e: Elements) -> None:
        name = Name(e[3], e[4], e[5], e[7], e[9])
        match e[1]:
            case "74":
                claim.corrected_insured = name
            case "IL":
                claim.subscriber = name
            case "TT":
                claim.crossover_carrier = e[3]
            case "PR" | "GB":
                self._ignore(e)
            case _:
                self.fault("BAD_CODE", 1)
                self._ignore(e)


def _trim(e: Elements) -> Elements:
    """Without the padding."""
    end = len(e)
    while end and not e[end - 1]:
        end -= 1
    return e[:end]
