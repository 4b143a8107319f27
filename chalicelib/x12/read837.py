"""Reading the 837P: ordinary subscribers, claims and lines whole, everything else through the handlers.

One expression knows a subscriber's level, one a claim up to its providers, one a service line, in the order X222A1 gives
them. A value out of the ordinary, or one that would have to be reported, leaves its segments to the handlers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chalicelib.x12.amounts import PLAIN_AMOUNT, day_of, plain_cents
from chalicelib.x12.claim837 import Claim837, ServiceLine
from chalicelib.x12.parties import Address, Party, Person
from chalicelib.x12.read837claims import Claims837
from chalicelib.x12.read837hl import Subscriber
from chalicelib.x12.source import Separators
from chalicelib.x12.tables837 import (
    NOWHERE,
    CityTable,
    ClaimCodeTable,
    DiagnosisTable,
    PayerTable,
    ProviderTable,
    Rank,
    RankTable,
    ServiceTable,
)
from chalicelib.x12.transaction import DAYS

bare = object.__new__  # what is not set afterwards stands at the class's defaults
_Patterns = tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]


@lru_cache(maxsize=16)
def _patterns(separators: Separators) -> _Patterns:
    """The expressions for a subscriber, a claim and a line: s and t are separator and terminator, v a value, w one that is not
    empty, r the rest of a segment, m an amount."""
    s, t = re.escape(separators.element), re.escape(separators.terminator)
    v, w, r, m = f"[^{s}{t}]*+", f"[^{s}{t}]++", f"[^{t}]++", PLAIN_AMOUNT
    subscriber = (
        f"HL{s}({w}){s}({w}){s}22{s}([01]){t}(SBR{s}{r}{t})"
        f"NM1{s}IL{s}{v}{s}({v}){s}({v}){s}({v}){s}{v}{s}({v}){s}{v}{s}({v}){t}"
        f"(?:N3{s}({w})(?:{s}({v}))?{t}(N4{s}{r}{t}))?(?:DMG{s}{v}{s}([0-9]{{8}}){s}([MFU]){t})?(NM1{s}PR{s}{r}{t})"
    )
    claim = (
        f"CLM{s}({w}){s}({m}){s}{v}{s}{v}{s}({r}){t}(?:REF{s}G1{s}({w}){t})?(HI{s}{r}{t})"
        f"(NM1{s}DN{s}{r}{t})?(NM1{s}82{s}{r}{t}(?:PRV{s}{r}{t})?)?"
    )
    line = f"LX{s}{v}{t}SV1{s}({w}){s}({m}){s}({r}){t}DTP{s}472{s}D8{s}([0-9]{{8}}){t}(?:REF{s}6R{s}({w}){t})?"
    return re.compile(subscriber), re.compile(claim), re.compile(line)


class Reader837(Claims837):
    """One ST of an 837P. Emits its claims."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        separators: Separators = engine.separators
        self.terminator = separators.terminator
        self.payer_ranks, self.cities, self.payers = (
            RankTable(separators),
            CityTable(separators),
            PayerTable(separators),
        )
        self.claim_codes, self.diagnoses_of = ClaimCodeTable(separators), DiagnosisTable(separators)
        self.provider_of, self.services = ProviderTable(separators), ServiceTable(separators, self.pointers)
        if "." not in (separators.element, separators.component, separators.terminator):
            self.match_subscriber, self.match_claim, self.match_line = (p.match for p in _patterns(separators))
            element = separators.element
            self.runs = {f"HL{element}": self._subscriber_run, "CLM": self._claim_run, f"LX{element}": self._line_run}

    def _subscriber_run(self, text: str, at: int) -> int:
        """HL of a subscriber, who it is, and the payer."""
        found = self.match_subscriber(text, at)
        if found is None:
            return at
        hl, parent, child, sbr, last, first, middle, suffix, member, street, more, n4, born, sex, pr = found.groups("")
        rank: Rank | None = self.payer_ranks[sbr]
        city: tuple[str, str, str] | None = self.cities[n4] if n4 else NOWHERE
        payer: tuple[str, str] | None = self.payers[pr]
        day = day_of(born) if born else None
        if (
            hl != str(self.hl_count + 1) or parent != self.parents["20"] or self.expects_child != (self.level < "22")
            or rank is None or city is None or payer is None or (born and day is None) or not self.hl_count
        ):  # fmt: skip
            return at
        self._close_claim()
        engine = self.engine
        self.hl_number = engine.number + 1
        engine.number += 4 + (2 if street else 0) + (1 if born else 0)
        self.hl_count += 1
        self.parents["22"] = hl
        self.patient, self.patient_claim = None, ""
        self.level, self.expects_child, self.loop = "22", child == "1", "2010BB"
        address = Address(street, more, *city) if street else None
        self.subscriber = one = Subscriber(
            Person(last, first, middle, suffix, day, sex, address), member, *rank, *payer, has={"SBR", "IL", "PR"}
        )
        self.party = one.payer
        return found.end()

    def _claim_run(self, text: str, at: int) -> int:
        """A claim up to its rendering provider, and its lines."""
        found, s, billing = self.match_claim(text, at), self.subscriber, self.billing
        if found is None or s is None or billing is None or s.property_claim or self.patient_claim or self.loose:
            return at
        reference, charge, rest, authorization, hi, dn, performing = found.groups("")
        codes, diagnoses = self.claim_codes[rest], self.diagnoses_of[hi]
        referrer, renderer = self.provider_of[dn] if dn else (), self.provider_of[performing] if performing else ()
        if codes is None or diagnoses is None or referrer is None or renderer is None:
            return at
        place, frequency, signature, assignment, benefits, release = codes
        self._close_claim()
        number = self.engine.number + 1
        if not ("checked" in self.billing_has and "checked" in s.has):
            self.check_billing(self.hl_number or number)
            self.check_subscriber(self.hl_number or number)
        referring, rendering = Party(*referrer) if dn else None, Party(*renderer) if performing else None
        relationship = "18" if self.patient is None else self.relationship
        self.claim = Claim837(
            reference, plain_cents(charge), place, frequency, "", s.person, s.member_id, s.group_number, s.claim_filing,
            s.sequence, s.insurance_type, s.payer_name, s.payer_id, self.patient, relationship, (), (), billing, self.pay_to,
            rendering, referring, None, None, assignment, benefits, release, signature, 0, None, authorization, "", (), None,
            (), (), s.group_name, s.payer.address, None, number,
        )  # fmt: skip
        self.claims += 1
        self.line_number, self.rank = 0, 11
        self.diagnoses = list(diagnoses)
        self.party = rendering or referring
        self.loop = "2310B" if rendering else "2310A" if referring else "2300"
        if self.seen.add(reference):
            self.fault("CLAIM_DUPLICATE", 1, number=number, loop="2300")
        self.engine.number = number + 1 + bool(authorization) + bool(dn) + performing.count(self.terminator)
        return self._line_run(text, found.end())

    def _line_run(self, text: str, at: int) -> int:
        """Ordinary lines that follow each other. The last one stays open for what may still belong to it."""
        if self.claim is None:
            return at
        match, procedures, services = self.match_line, self.procedures, self.services
        number, line_number, total, pointed = self.engine.number, 0, self.line_sum, self.highest_pointer
        lines: list[ServiceLine] = []
        while (found := match(text, at)) is not None:
            composite, charged, rest, date, control = found.groups("")
            code, modifiers, description, is_hcpcs = procedures[composite]
            charge, service, day = plain_cents(charged), services[rest], DAYS[date]
            if day is None or service is None or not (is_hcpcs and code):
                break
            units, basis, place, pointers, highest = service
            line: ServiceLine = bare(ServiceLine)
            line.procedure, line.modifiers, line.charge_cents, line.date = code, modifiers, charge, day
            line.units, line.unit_basis, line.place_of_service = units, basis, place
            line.diagnosis_pointers, line.line_control_number = pointers, control
            if description:
                line.description = description
            lines.append(line)
            total += charge
            if highest > pointed:
                pointed = highest
            line_number = number + 1
            number += 4 if control else 3
            at = found.end()
        if lines:
            if self.line is not None:
                self._close_line(self.line)
            self.lines += lines
            self.line, self.loop = lines[-1], "2400"
            self.other = self.adjudication = self.party = None
            self.line_number, self.engine.number = line_number, number
            self.line_sum, self.highest_pointer = total, pointed
        return at
