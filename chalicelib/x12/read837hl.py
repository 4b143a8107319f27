"""Reading the 837P (005010X222A1), the upper half: who sends, who bills, who is insured, who is the patient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.x12 import checks
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Address, Party, Person, Reference
from chalicelib.x12.transaction import Elements, TransactionReader


@dataclass(slots=True)
class Subscriber:
    """Loop 2000B with 2010BA and 2010BB, shared by the claims under it."""

    person: Person = field(default_factory=Person)
    member_id: str = ""
    sequence: str = ""
    relationship: str = ""
    group_number: str = ""
    group_name: str = ""
    insurance_type: str = ""
    claim_filing: str = ""
    payer_name: str = ""
    payer_id: str = ""
    payer: Party = field(default_factory=Party)
    property_claim: str = ""
    has: set[str] = field(default_factory=set)


class Hierarchy837(TransactionReader):
    """Loops 1000, 2000A, 2000B, 2000C."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.interchange: Interchange = engine.interchange or Interchange("", "")
        self.loop = ""
        self.hl_count = 0
        self.parents = {"20": "", "22": ""}  # the open HL of each level
        self.level = ""
        self.hl_number = 0
        self.expects_child = False
        self.billing: Party | None = None
        self.billing_has: set[str] = set()
        self.taxonomy = ""
        self.pay_to: Party | None = None
        self.subscriber: Subscriber | None = None
        self.patient: Person | None = None
        self.relationship = ""
        self.patient_claim = ""
        self.party: Any = None  # whose N3, N4, DMG, REF, PER and PRV follow
        self.loose: tuple[str, ...] = ()  # kept segments that wait for the next claim
        self.handlers = {
            "BHT": self._bht, "HL": self._hl, "NM1": self._nm1, "N3": self._n3, "N4": self._n4, "PER": self._per,
            "PRV": self._prv, "SBR": self._sbr, "PAT": self._pat, "DMG": self._dmg, "REF": self._ref,
        }  # fmt: skip

    def fault(self, code: str, element: int = 0, component: int = 0, **where: Any) -> None:
        self.engine.fault(code, element, component, **{"loop": self.loop, **where})

    def ignore(self, e: Elements) -> None:
        """Legal, and without a field of its own: kept as text, not reported."""
        end = len(e)
        while end and not e[end - 1]:
            end -= 1
        self.keep(self.engine.separators.element.join(e[:end]))

    def misplaced(self, e: Elements) -> None:
        self.fault("SEGMENT_MISPLACED")
        self.ignore(e)

    def require(self, present: bool, segment: str, loop: str, number: int = 0) -> None:
        """Report a required segment that never came."""
        if not present:
            self.engine.fault("SEGMENT_MISSING", loop=loop, segment=segment, number=number)

    def _bht(self, e: Elements) -> None:
        if self.hl_count:
            self.misplaced(e)
        else:
            self.loop = "HEADER"

    # Levels

    def end_level(self) -> None:
        """What must be there before the next HL, the next claim or the end."""

    def _hl(self, e: Elements) -> None:
        self.end_level()
        if len(e) != 5:
            self.fit(e)
        self.hl_count += 1
        self.hl_number = self.engine.number
        if e[1] != str(self.hl_count):
            self.fault("HL_SEQUENCE", 1)
        level = e[3]
        if self.hl_count > 1 and self.expects_child != (level > self.level):
            self.fault("HL_CHILD", 4)
        match level:
            case "20":
                self._open_billing(e)
            case "22":
                self._open_subscriber(e)
            case "23":
                self._open_patient(e)
            case _:
                self.fault("BAD_CODE", 3)
        self.level, self.expects_child, self.party = level, e[4] == "1", None

    def _open_billing(self, e: Elements) -> None:
        self.loop = "2000A"
        if e[2]:
            self.fault("HL_PARENT", 2)
        self.parents = {"20": e[1], "22": ""}
        self.billing = self.pay_to = self.subscriber = self.patient = None
        self.taxonomy, self.billing_has = "", set()

    def _open_subscriber(self, e: Elements) -> None:
        self.loop = "2000B"
        if not e[2] or e[2] != self.parents["20"]:
            self.fault("HL_PARENT", 2)
        self.parents["22"] = e[1]
        self.subscriber, self.patient = Subscriber(), None
        self.patient_claim = ""

    def _open_patient(self, e: Elements) -> None:
        self.loop = "2000C"
        if not e[2] or e[2] != self.parents["22"]:
            self.fault("HL_PARENT", 2)
        self.patient, self.relationship, self.patient_claim = Person(), "", ""

    def check_billing(self, number: int) -> None:
        """2010AA, once for each HL 20 that has claims."""
        b, has = self.billing, self.billing_has
        self.require(b is not None, "NM1", "2010AA", number)
        if b is None or "checked" in has:
            return
        has.add("checked")
        for segment in ("N3", "N4"):
            self.require(segment in has, segment, "2010AA", number)
        self.require("REF" in has, "REF", "2010AA", number)

    def check_subscriber(self, number: int) -> None:
        """2000B, once for each HL 22 that has claims."""
        s = self.subscriber
        self.require(s is not None, "HL", "2000B", number)
        if s is None or "checked" in s.has:
            return
        s.has.add("checked")
        self.require("SBR" in s.has, "SBR", "2000B", number)
        self.require("IL" in s.has, "NM1", "2010BA", number)
        self.require("PR" in s.has, "NM1", "2010BB", number)

    # Segments of these levels

    def _nm1(self, e: Elements) -> None:
        self.header_name(e)

    def header_name(self, e: Elements) -> None:
        """NM1 above the claims."""
        if len(e) != 10:
            self.fit(e)
        kind, level = e[1], self.level
        self.party = None
        if kind == "41" and not level:
            self.loop = "1000A"
            self.interchange.submitter = self.party = self.named(e)
            self.party.id_qualifier = ""  # always 46
        elif kind == "40" and not level:
            self.loop = "1000B"
            self.interchange.receiver_name = e[3]
        elif kind == "85" and level == "20":
            self.loop = "2010AA"
            self.party = self.billing = self.named(e)
            self.billing.taxonomy = self.taxonomy
        elif kind == "87" and level == "20":
            self.loop = "2010AB"
            self.party = self.pay_to = self.named(e)
        elif kind == "IL" and level == "22" and self.subscriber:
            self.loop = "2010BA"
            self.subscriber.has.add("IL")
            self.party = self.subscriber.person = person(e)
            self.subscriber.member_id = e[9]
        elif kind == "PR" and level == "22" and self.subscriber:
            self.loop = "2010BB"
            self.subscriber.has.add("PR")
            self.subscriber.payer_name, self.subscriber.payer_id = e[3], e[9]
            self.party = self.subscriber.payer
        elif kind == "QC" and level == "23":
            self.loop = "2010CA"
            self.party = self.patient = person(e)
        elif kind == "PE" and level == "20":
            self.ignore(e)
        else:
            self.misplaced(e)

    def named(self, e: Elements) -> Party:
        """A party from NM1; an NPI's check digit is tried."""
        party = Party(e[3], e[4], e[5], e[7], e[2] == "1")
        if e[8] == "XX":
            party.npi = e[9]
            if not checks.is_npi(e[9]):
                self.fault("NPI_CHECK_DIGIT", 9)
        else:
            party.id_qualifier, party.id_code = e[8], e[9]
        return party

    def _n3(self, e: Elements) -> None:
        if self.party is None:
            self.ignore(e)
            return
        if len(e) == 2:
            e.append("")
        elif len(e) != 3:
            self.fit(e)
        address = self.party.address
        if address is None:
            address = self.party.address = Address()
        address.line1, address.line2 = e[1], e[2]
        if self.party is self.billing:
            self.billing_has.add("N3")
            if checks.is_po_box(e[1]) or checks.is_po_box(e[2]):
                self.fault("PO_BOX", 1)

    def _n4(self, e: Elements) -> None:
        if self.party is None:
            self.ignore(e)
            return
        if len(e) == 4:
            e.append("")
        elif len(e) != 5:
            self.fit(e)
        address = self.party.address
        if address is None:
            address = self.party.address = Address()
        address.city, address.state, address.zip = e[1], e[2], e[3].replace("-", "")
        if e[4] in ("", "US", "USA"):
            if e[2] not in checks.STATES:
                self.fault("STATE_UNKNOWN", 2)
            if not checks.is_zip(address.zip):
                self.fault("ZIP_FORM", 3)
            elif self.party is self.billing and len(address.zip) == 5:
                self.fault("ZIP_NINE", 3)
        if self.party is self.billing:
            self.billing_has.add("N4")

    def _per(self, e: Elements) -> None:
        self.fit(e)
        party = self.party
        if isinstance(party, Party) and self.loop in ("1000A", "2010AA", "2420E"):
            party.contact_name = party.contact_name or e[2]
            phone = next((e[i + 1] for i in (3, 5, 7) if e[i] == "TE"), "")
            party.phone = party.phone or phone
            if self.loop == "2420E" and any(e[5:]):
                self.ignore(e)
        else:
            self.ignore(e)

    def _prv(self, e: Elements) -> None:
        if len(e) != 4:
            self.fit(e)
        if e[3] and not checks.is_taxonomy(e[3]):
            self.fault("TAXONOMY_FORM", 3)
        if self.loop == "2000A":
            self.taxonomy = e[3]
        elif isinstance(self.party, Party):
            self.party.taxonomy = e[3]
        else:
            self.misplaced(e)

    def _sbr(self, e: Elements) -> None:
        self.subscriber_info(e)

    def subscriber_info(self, e: Elements) -> None:
        """SBR of 2000B."""
        s = self.subscriber
        if s is None or self.loop != "2000B":
            self.misplaced(e)
            return
        if len(e) != 10:
            self.fit(e)
        s.has.add("SBR")
        s.sequence, s.relationship, s.group_number, s.group_name = e[1], e[2], e[3], e[4]
        s.insurance_type, s.claim_filing = e[5], e[9]
        self.check_sbr(e)

    def check_sbr(self, e: Elements) -> None:
        """The closed lists of an SBR."""
        if e[1] not in checks.SEQUENCES:
            self.fault("BAD_CODE", 1)
        if e[5] and e[5] not in checks.INSURANCE_TYPES:
            self.fault("BAD_CODE", 5)
        if e[9] and e[9] not in checks.FILING_CODES:
            self.fault("BAD_CODE", 9)

    def _pat(self, e: Elements) -> None:
        if self.loop not in ("2000B", "2000C"):
            self.misplaced(e)
            return
        self.fit(e)
        if self.loop == "2000C":
            self.relationship = e[1]
        if any(e[2:]) or self.loop == "2000B":
            self.ignore(e)

    def _dmg(self, e: Elements) -> None:
        if not isinstance(self.party, Person):
            self.misplaced(e)
            return
        if len(e) != 4:
            self.fit(e)
        self.party.date_of_birth = self.day(e[2], 2)
        self.party.sex = e[3]
        if e[3] not in ("M", "F", "U"):
            self.fault("BAD_CODE", 3)

    def _ref(self, e: Elements) -> None:
        self.header_reference(e)

    def header_reference(self, e: Elements) -> None:
        """REF above the claims: tax numbers and the property and casualty claim number."""
        if len(e) != 3:
            self.fit(e)
        kind = e[1]
        if self.loop == "2010AA" and self.billing and kind in ("EI", "SY"):
            self.billing_has.add("REF")
            self.billing.tax_id, self.billing.tax_id_kind = e[2].replace("-", ""), kind
            if len(self.billing.tax_id) != 9 or not self.billing.tax_id.isdecimal():
                self.fault("TAX_ID_FORM", 2)
        elif self.loop == "2010AA" and self.billing and kind in ("0B", "1G") and not any(e[3:]):
            self.hold(self.billing, "references", (Reference(kind, e[2]),))
        elif self.loop == "2010BA" and kind == "Y4" and self.subscriber:
            self.subscriber.property_claim = e[2]
        elif self.loop == "2010CA" and kind == "Y4":
            self.patient_claim = e[2]
        elif self.loop:
            self.ignore(e)
        else:
            self.misplaced(e)


def person(e: Elements) -> Person:
    """A subscriber or patient from NM1."""
    return Person(e[3], e[4], e[5], e[7])
