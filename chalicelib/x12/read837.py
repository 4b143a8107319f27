"""Reading the 837P: ordinary subscribers, claims and lines whole, everything else through the handlers.

One expression knows a subscriber's level, one a claim up to its providers, one a service line, in the order X222A1 gives
them. A value out of the ordinary, or one that would have to be reported, leaves its segments to the handlers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from chalicelib.x12.amounts import PARTS, PLAIN_AMOUNT, PLAIN_PARTS, day_of, plain_cents
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
    PartyTable,
    PayerTable,
    ProviderTable,
    Rank,
    RankTable,
    ServiceTable,
)
from chalicelib.x12.transaction import DAYS

_SHORTEST_LINE = 30  # characters: more lines than these allow cannot stand in a text
bare = object.__new__  # what is not set afterwards stands at the class's defaults
_Line = tuple[ServiceLine, int, int]  # with its charge and its highest pointer
_Whole = tuple[Claim837, int, int, int]  # with the place and the number of segments after it, and its highest pointer


class _Patterns(NamedTuple):
    """Expressions. `whole` is a subscriber without dependents and its claim; `lines` finds lines behind a terminator."""

    subscriber: re.Pattern[str]
    claim: re.Pattern[str]
    line: re.Pattern[str]
    whole: re.Pattern[str]
    lines: re.Pattern[str]


@lru_cache(maxsize=16)
def _patterns(separators: Separators) -> _Patterns:
    """s and t are separator and terminator, v a value, w one that is not empty, r the rest of a segment, m an amount."""
    s, t = re.escape(separators.element), re.escape(separators.terminator)
    v, w, r, m = f"[^{s}{t}]*+", f"[^{s}{t}]++", f"[^{t}]++", PLAIN_AMOUNT
    subscriber = (
        f"HL{s}(?P<hl>{w}){s}({w}){s}22{s}([01]){t}(?P<sbr>SBR{s}{r}{t})"
        f"NM1{s}IL{s}{v}{s}({v}){s}({v}){s}({v}){s}{v}{s}({v}){s}{v}{s}({v}){t}"
        f"(?:N3{s}({w})(?:{s}({v}))?{t}(N4{s}{r}{t}))?(?:DMG{s}{v}{s}([0-9]{{8}}){s}([MFU]){t})?(?P<pr>NM1{s}PR{s}{r}{t})"
    )
    claim = (
        f"CLM{s}({w}){s}({m}){s}{v}{s}{v}{s}({r}){t}(?:REF{s}G1{s}({w}){t})?(HI{s}{r}{t})"
        f"(NM1{s}DN{s}{r}{t})?(NM1{s}82{s}{r}{t}(?:PRV{s}{r}{t})?)?"
    )
    line = f"LX{s}{v}{t}SV1{s}({w}){s}{PLAIN_PARTS}{s}({r}){t}DTP{s}472{s}D8{s}([0-9]{{8}}){t}(?:REF{s}6R{s}({w}){t})?"
    whole = subscriber.replace("([01])", "0", 1) + claim
    return _Patterns(*(re.compile(one) for one in (subscriber, claim, line, whole, f"(?<={t}){line}")))


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
        self.provider_of, self.parties = ProviderTable(separators), PartyTable(separators)
        self.services = ServiceTable(separators, self.pointers)
        if "." not in (separators.element, separators.component, separators.terminator):
            known, element = _patterns(separators), separators.element
            self.match_subscriber, self.match_claim = known.subscriber.match, known.claim.match
            self.match_line, self.match_whole, self.find_lines = (
                known.line.match,
                known.whole.match,
                known.lines.findall,
            )
            self.next_level = f"{self.terminator}HL{element}"
            self.runs = {f"HL{element}": self._whole_run, "CLM": self._claim_run, f"LX{element}": self._line_run}
            self.block = "HL"

    def _whole_run(self, text: str, at: int) -> int:
        """Subscribers who follow each other, each with one ordinary claim. The last claim stays open for what may still belong
        to it."""
        number, hl, last, opened = self.engine.number, self.hl_count, None, None
        expected = self.expects_child == (self.level < "22") and not self.loose and "checked" in self.billing_has
        while expected and (found := self.match_whole(text, at)) is not None:
            whole = self._whole(text, found, hl + 1, number)
            if whole is None:
                break
            if last is None:
                self._close_claim()
            else:
                self.emit(last[0])
            last, opened, hl, before = whole, found, hl + 1, number
            claim, at, number, _ = whole
            if self.seen.add(claim.patient_control_number):
                self.fault("CLAIM_DUPLICATE", 1, number=claim.segment_number, loop="2300")
        if last is None or opened is None:
            return self._subscriber_run(text, at)
        self.claims += hl - self.hl_count
        self.hl_count, self.hl_number, self.engine.number = hl, before + 1, number
        self._leave_open(last[0], last[3], opened)
        return at

    def _whole(self, text: str, found: re.Match[str], level: int, number: int) -> _Whole | None:
        """A subscriber and the claim, as the `level`th HL behind segment `number`. None when anything is out of the ordinary,
        changing nothing."""
        (
            hl, parent, sbr, last, first, middle, suffix, member, street, more, n4, born, sex, pr,
            reference, charged, rest, authorization, hi, dn, performing,
        ) = found.groups("")  # fmt: skip
        rank, codes, diagnoses = self.payer_ranks[sbr], self.claim_codes[rest], self.diagnoses_of[hi]
        payer: tuple[str, str] | None = self.payers[pr]
        city: tuple[str, str, str] | None = self.cities[n4] if n4 else NOWHERE
        referring, rendering = self.parties[dn] if dn else None, self.parties[performing] if performing else None
        billing, day = self.billing, day_of(born) if born else None
        charge, stop = plain_cents(charged), text.find(self.next_level, found.end()) + 1 or len(text)
        lines, pointed = self._lines(text, found.end(), stop, charge)
        if (
            not lines or billing is None or rank is None or payer is None or codes is None or codes[1] != "1" or not diagnoses
            or pointed > len(diagnoses) or city is None or (born and day is None) or hl != str(level)
            or parent != self.parents["20"] or (dn and referring is None) or (performing and rendering is None)
        ):  # fmt: skip
            return None
        sequence, _, group_number, group_name, insurance_type, filing = rank
        place, frequency, signature, assignment, benefits, release = codes
        address = Address(street, more, *city) if street else None
        claim = Claim837(
            reference, charge, place, frequency, "", Person(last, first, middle, suffix, day, sex, address), member,
            group_number, filing, sequence, insurance_type, *payer, None, "18", diagnoses, lines, billing, self.pay_to,
            rendering, referring, None, None, assignment, benefits, release, signature, 0, None, authorization, "", (), None,
            (), (), group_name, None, None, number + 5 + (2 if street else 0) + (1 if born else 0),
        )  # fmt: skip
        return claim, stop, number + text.count(self.terminator, found.start(), stop), pointed

    def _lines(self, text: str, at: int, stop: int, charge: int) -> tuple[tuple[ServiceLine, ...], int]:
        """The ordinary lines that fill a stretch of text and add up to a charge, and their highest pointer; no lines when
        anything else stands there."""
        lines: list[ServiceLine] = []
        segments = pointed = 0
        for row in self.find_lines(text, at, stop):
            made = self._service_line(row)
            if made is None:
                return (), 0
            line, amount, highest = made
            lines.append(line)
            charge -= amount
            segments += 4 if row[5] else 3
            if highest > pointed:
                pointed = highest
        whole = not charge and len(lines) <= 50 and text[stop - 1] == self.terminator
        return (tuple(lines), pointed) if whole and segments == text.count(self.terminator, at, stop) else ((), 0)

    def _leave_open(self, claim: Claim837, pointed: int, found: re.Match[str]) -> None:
        """As if the handlers had read the claim: neither it nor its last line is closed yet."""
        rank: Rank = self.payer_ranks[found["sbr"]]
        payer: tuple[str, str] = self.payers[found["pr"]]
        self.subscriber = Subscriber(claim.subscriber, claim.member_id, *rank, *payer)
        self.subscriber.has |= {"SBR", "IL", "PR", "checked"}
        self.parents["22"], self.level, self.expects_child, self.loop = found["hl"], "22", False, "2400"
        self.patient, self.patient_claim, self.rank = None, "", 11
        self.claim, self.lines, self.diagnoses = claim, list(claim.lines), list(claim.diagnoses)
        self.line = self.lines[-1]
        self.line_number = self.engine.number - (3 if self.line.line_control_number else 2)
        self.line_sum, self.highest_pointer = claim.charge_cents, pointed
        self.other = self.adjudication = self.party = None

    def _service_line(self, row: Sequence[str]) -> _Line | None:
        """A line from the groups of its expression. None when anything is out of the ordinary."""
        composite, whole, part, rest, date, control = row
        code, modifiers, description, is_hcpcs = self.procedures[composite]
        service, day = self.services[rest], DAYS[date]
        if day is None or service is None or not (is_hcpcs and code):
            return None
        line: ServiceLine = bare(ServiceLine)
        line.charge_cents = charge = int(whole) * 100 + PARTS[part]
        line.procedure, line.modifiers, line.date, line.line_control_number = code, modifiers, day, control
        line.units, line.unit_basis, line.place_of_service, line.diagnosis_pointers, highest = service
        if description:
            line.description = description
        return line, charge, highest

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
        if self.claim is None or len(self.lines) + (len(text) - at) // _SHORTEST_LINE > self.engine.limits.held:
            return at
        number, line_number, total, pointed = self.engine.number, 0, self.line_sum, self.highest_pointer
        lines: list[ServiceLine] = []
        while (found := self.match_line(text, at)) is not None:
            made = self._service_line(found.groups(""))
            if made is None:
                break
            line, charge, highest = made
            lines.append(line)
            total += charge
            if highest > pointed:
                pointed = highest
            line_number = number + 1
            number += 4 if line.line_control_number else 3
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
