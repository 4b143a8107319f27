"""Writing the 837P (005010X222A1): claims grouped by billing provider, subscriber and patient; checked before."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.x12.amounts import cents_text, day_text, quantity_text
from chalicelib.x12.check837 import check_837p
from chalicelib.x12.claim837 import Claim837, Drug, LineAdjudication, OtherPayer, ServiceLine
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Party
from chalicelib.x12.remittance835 import Adjustment
from chalicelib.x12.write_moa import write_outpatient
from chalicelib.x12.writer import SegmentWriter, WriteError, write_sets

VERSION = "005010X222A1"
CLAIMS_PER_SET = 5000  # X222A1 1.3.2 recommends no more


def write_837p(interchange: Interchange, claims: Sequence[Claim837], transaction_control: str = "0001") -> bytes:
    """A claim file. Raises WriteError when a claim cannot be written as it is (see `check_837p`)."""
    faults = check_837p(claims)
    if faults:
        raise WriteError(faults)
    if not claims:
        raise ValueError("an 837P needs at least one claim")
    parts = [claims[i : i + CLAIMS_PER_SET] for i in range(0, len(claims), CLAIMS_PER_SET)]
    first = int(transaction_control)
    bodies = [_Body(interchange, part, f"{first + n:0{len(transaction_control)}d}") for n, part in enumerate(parts)]
    return write_sets(interchange, "HC", "837", VERSION, [body.write for body in bodies], transaction_control)


def batch_reference(interchange: Interchange, transaction_control: str = "0001") -> str:
    """BHT03 of a claim file of ours, which a 277CA gives back as its batch trace."""
    return f"{interchange.control_number:09d}{transaction_control}"


def _key(party: Party | None) -> object:
    if party is None:
        return None
    a = party.address
    return (
        party.npi, party.tax_id, party.last_name, party.first_name, party.middle_name, party.suffix, party.is_person,
        party.taxonomy, party.tax_id_kind, party.id_code, party.id_qualifier, party.phone, party.contact_name,
        (a.line1, a.line2, a.city, a.state, a.zip) if a else None, tuple([(r.qualifier, r.value) for r in party.references]),
    )  # fmt: skip


def _subscriber_key(c: Claim837) -> tuple[object, ...]:
    number = c.accident.claim_number if c.accident and c.patient is None else ""
    s = c.subscriber
    return (
        c.member_id, s.last_name, s.first_name, s.middle_name, s.suffix, s.date_of_birth, s.sex, repr(s.address),
        c.patient is None, c.payer_sequence, c.group_number, c.group_name, c.insurance_type, c.claim_filing, c.payer_name,
        c.payer_id, repr(c.payer_address), number,
    )  # fmt: skip


def _patient_key(c: Claim837) -> tuple[object, ...]:
    return (repr(c.patient), c.patient_relationship, c.accident.claim_number if c.accident else "")


class _Body:
    """One ST to SE."""

    def __init__(self, interchange: Interchange, claims: Sequence[Claim837], control: str) -> None:
        self.interchange = interchange
        self.claims = claims
        self.control = control
        self.hl = 0

    def write(self, out: SegmentWriter) -> None:
        self.out = out
        self._header()
        for of_provider in _grouped(self.claims, lambda c: (_key(c.billing), _key(c.pay_to))):
            parent = self._billing(of_provider[0])
            for of_subscriber in _grouped(of_provider, _subscriber_key):
                self._subscriber(of_subscriber, parent)

    def _header(self) -> None:
        out, i = self.out, self.interchange
        stamp = i.created_at
        out.segment(
            "BHT", "0019", "00", batch_reference(i, self.control), f"{stamp:%Y%m%d}", f"{stamp:%H%M}", "CH"
        )  # fmt: skip
        s = i.submitter
        out.name("41", s if s.last_name else Party(i.sender_id, is_person=False), "46", s.id_code or i.sender_id)
        out.segment(
            "PER", "IC", s.contact_name or s.last_name or i.sender_id, "TE" if s.phone else "EM", s.phone or "none@invalid"
        )  # fmt: skip
        out.segment("NM1", "40", "2", i.receiver_name or i.receiver_id, "", "", "", "", "46", i.receiver_id)

    def _level(self, parent: int, code: str, children: bool) -> int:
        self.hl += 1
        self.out.segment("HL", str(self.hl), str(parent) if parent else "", code, "1" if children else "0")
        return self.hl

    def _billing(self, claim: Claim837) -> int:
        out, billing = self.out, claim.billing
        number = self._level(0, "20", True)
        if billing.taxonomy:
            out.segment("PRV", "BI", "PXC", billing.taxonomy)
        out.name("85", billing)
        out.address(billing.address)
        out.optional("REF", billing.tax_id_kind, billing.tax_id)
        out.references(billing.references)
        if billing.phone:
            out.segment("PER", "IC", billing.contact_name, "TE", billing.phone)
        if claim.pay_to is not None:
            out.segment("NM1", "87", "1" if claim.pay_to.is_person else "2")
            out.address(claim.pay_to.address)
        return number

    def _subscriber(self, claims: list[Claim837], parent: int) -> None:
        out, c = self.out, claims[0]
        dependent = c.patient is not None
        number = self._level(parent, "22", dependent)
        out.segment(
            "SBR", c.payer_sequence, "" if dependent else "18", c.group_number, "" if c.group_number else c.group_name,
            c.insurance_type, "", "", "", c.claim_filing,
        )  # fmt: skip
        out.person("IL", c.subscriber, c.member_id)
        if not dependent:
            out.address(c.subscriber.address)
            out.demographics(c.subscriber)
            if c.accident:
                out.optional("REF", "Y4", c.accident.claim_number)
        else:
            out.address(c.subscriber.address)
            out.demographics(c.subscriber)
        out.segment("NM1", "PR", "2", c.payer_name, "", "", "", "", "PI", c.payer_id)
        out.address(c.payer_address)
        if not dependent:
            for claim in claims:
                self._claim(claim)
            return
        for of_patient in _grouped(claims, _patient_key):
            self._patient(of_patient, number)

    def _patient(self, claims: list[Claim837], parent: int) -> None:
        out, c = self.out, claims[0]
        if c.patient is None:
            return
        self._level(parent, "23", False)
        out.segment("PAT", c.patient_relationship)
        out.person("QC", c.patient)
        out.address(c.patient.address)
        out.demographics(c.patient)
        if c.accident:
            out.optional("REF", "Y4", c.accident.claim_number)
        for claim in claims:
            self._claim(claim)

    # 2300

    def _claim(self, c: Claim837) -> None:
        out = self.out
        accident = c.accident
        causes: tuple[str, ...] = ()
        if accident and accident.related_causes:
            two = (*accident.related_causes, "", "")
            causes = (two[0], two[1], "", accident.state)
        out.segment(
            "CLM", c.patient_control_number, cents_text(c.charge_cents), "", "", (c.place_of_service, "B", c.frequency_code),
            c.signature_on_file, c.assignment_code, c.benefits_assigned, c.release, "", causes,
        )  # fmt: skip
        out.day("431", c.onset_date)
        out.day("454", c.initial_treatment_date)
        if accident:
            out.day("439", accident.date)
        for a in c.attachments:
            control = a.control_number
            out.segment("PWK", a.report_type, a.transmission, "", "", "AC" if control else "", control)
        if c.patient_paid_cents:
            out.segment("AMT", "F5", cents_text(c.patient_paid_cents))
        out.optional("REF", "9F", c.referral_number)
        out.optional("REF", "G1", c.authorization_number)
        out.optional("REF", "F8", c.original_reference)
        for kind, text in c.notes:
            out.segment("NTE", kind, text)
        out.segment("HI", *(("ABK" if n == 0 else "ABF", code) for n, code in enumerate(c.diagnoses)))
        self._claim_parties(c)
        for other in c.other_payers:
            self._other_payer(other)
        for number, line in enumerate(c.lines, 1):
            self._line(number, line)

    def _claim_parties(self, c: Claim837) -> None:
        out = self.out
        if c.referring is not None:
            out.name("DN", c.referring)
            out.references(c.referring.references)
        if c.rendering is not None and not same_provider(c.rendering, c.billing):
            self._with_taxonomy("82", c.rendering)
        if c.facility is not None:
            out.name("77", c.facility)
            out.address(c.facility.address)
            out.references(c.facility.references)
        if c.supervising is not None:
            out.name("DQ", c.supervising)
            out.references(c.supervising.references)

    def _with_taxonomy(self, entity: str, party: Party) -> None:
        self.out.name(entity, party)
        if party.taxonomy:
            self.out.segment("PRV", "PE", "PXC", party.taxonomy)
        self.out.references(party.references)

    # 2320, 2330

    def _other_payer(self, o: OtherPayer) -> None:
        out = self.out
        out.segment(
            "SBR", o.sequence, o.relationship, o.group_number, "" if o.group_number else o.group_name, o.insurance_type, "",
            "", "", o.claim_filing,
        )  # fmt: skip
        self._adjustments(o.adjustments)
        for kind, amount in (("D", o.paid_cents), ("A8", o.non_covered_cents), ("EAF", o.patient_liability_cents)):
            if amount is not None:
                out.segment("AMT", kind, cents_text(amount))
        out.segment("OI", "", "", o.benefits_assigned, "", "", o.release)
        write_outpatient(out, o.outpatient, o.remark_codes[:5])
        out.person("IL", o.subscriber, o.member_id)
        out.address(o.subscriber.address)
        out.segment("NM1", "PR", "2", o.payer_name, "", "", "", "", "PI", o.payer_id)
        out.day("573", o.adjudicated_on)
        out.optional("REF", "F8", o.payer_control_number)

    def _adjustments(self, adjustments: Sequence[Adjustment]) -> None:
        write_adjustments(self.out, adjustments)

    # 2400, 2430

    def _line(self, number: int, line: ServiceLine) -> None:
        out = self.out
        out.segment("LX", str(number))
        m = line.modifiers
        if line.description:
            procedure: tuple[str, ...] = ("HC", line.procedure, *m, *[""] * (4 - len(m)), line.description)
        else:
            procedure = ("HC", line.procedure, *m)
        out.segment(
            "SV1", procedure, cents_text(line.charge_cents), line.unit_basis, quantity_text(line.units),
            line.place_of_service, "", tuple([str(pointer) for pointer in line.diagnosis_pointers]),
        )  # fmt: skip
        out.day("472", line.date, end=line.date_to)
        out.day("454", line.initial_treatment_date)
        out.optional("REF", "G1", line.authorization_number)
        out.optional("REF", "6R", line.line_control_number)
        if line.note:
            out.segment("NTE", "ADD", line.note)
        if line.drug is not None:
            self._drug(line.drug)
        self._line_parties(line)
        for adjudication in line.adjudications:
            self._adjudication(adjudication)

    def _drug(self, drug: Drug) -> None:
        """2410."""
        out = self.out
        out.segment("LIN", "", drug.qualifier, drug.code)
        if drug.quantity is not None or drug.unit:
            out.segment("CTP", "", "", "", quantity_text(drug.quantity), drug.unit)
        out.optional("REF", drug.prescription_qualifier, drug.prescription_number)

    def _line_parties(self, line: ServiceLine) -> None:
        """2420A to 2420F."""
        out = self.out
        if line.rendering is not None:
            self._with_taxonomy("82", line.rendering)
        for entity, party in (
            ("QB", line.purchased), ("77", line.facility), ("DQ", line.supervising), ("DK", line.ordering),
            ("DN", line.referring), ("P3", line.primary_care),
        ):  # fmt: skip
            if party is None:
                continue
            out.name(entity, party)
            if entity in ("77", "DK"):
                out.address(party.address)
            out.references(party.references)
            if entity == "DK" and (party.contact_name or party.phone):
                out.segment("PER", "IC", party.contact_name, "TE" if party.phone else "", party.phone)

    def _adjudication(self, a: LineAdjudication) -> None:
        out = self.out
        out.segment(
            "SVD", a.payer_id, cents_text(a.paid_cents), ("HC", a.procedure, *a.modifiers), "", quantity_text(a.units),
            a.bundled_line,
        )  # fmt: skip
        self._adjustments(a.adjustments)
        out.segment("DTP", "573", "D8", day_text(a.adjudicated_on))
        if a.patient_liability_cents is not None:
            out.segment("AMT", "EAF", cents_text(a.patient_liability_cents))


def same_provider(one: Party, other: Party) -> bool:
    """The rendering provider is the billing provider: no rendering loop then (X222A1 2310B)."""
    return bool(one.npi) and one.npi == other.npi


def write_adjustments(out: SegmentWriter, adjustments: Sequence[Adjustment]) -> None:
    """CAS: one segment for each group code, six triples at most; groups in the order they first appear."""
    groups: dict[str, list[Adjustment]] = {}
    for adjustment in adjustments:
        groups.setdefault(adjustment.group, []).append(adjustment)
    for run in groups.values():
        for start in range(0, len(run), 6):
            _cas(out, run[start : start + 6])


def _cas(out: SegmentWriter, run: list[Adjustment]) -> None:
    triples: list[str] = []
    for a in run:
        triples += (a.reason, cents_text(a.amount_cents), quantity_text(a.quantity))
    out.segment("CAS", run[0].group, *triples)


def _grouped(claims: Sequence[Claim837], key: object) -> list[list[Claim837]]:
    """Claims with the same key together, keys in the order of their first claim."""
    groups: dict[object, list[Claim837]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)  # type: ignore[operator]
    return list(groups.values())
