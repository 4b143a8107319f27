"""Writing the 835 (005010X221A1). Written as given: the writer adds no adjustment and balances nothing by force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from chalicelib.x12 import adjudication
from chalicelib.x12.adjudication import Inpatient, Outpatient, ProviderSummary, Quantity
from chalicelib.x12.amounts import cents_text, day_text, quantity_text
from chalicelib.x12.envelope import Interchange
from chalicelib.x12.parties import Name
from chalicelib.x12.remittance835 import ClaimPayment, ProviderAdjustment, Remittance, ServicePayment
from chalicelib.x12.write837 import write_adjustments
from chalicelib.x12.write_moa import place_elements, write_outpatient
from chalicelib.x12.writer import SegmentWriter, write_sets

VERSION = "005010X221A1"


def write_835(interchange: Interchange, remittances: Sequence[Remittance], transaction_control: str = "0001") -> bytes:
    """A remittance file, one transaction set for each remittance."""
    bodies = [_Body(remittance).write for remittance in remittances]
    return write_sets(interchange, "HP", "835", VERSION, bodies, transaction_control, st03=False)


class _Body:
    def __init__(self, remittance: Remittance) -> None:
        self.r = remittance

    def write(self, out: SegmentWriter) -> None:
        self.out = out
        self._payment()
        self._payer()
        self._payee()
        self._claims()
        for (provider, period), run in groupby(
            self.r.provider_adjustments, key=lambda a: (a.provider_id, a.fiscal_period)
        ):
            self._provider_level(provider, day_text(period), list(run))

    def _claims(self) -> None:
        """Claims behind the LX of their summary; without one, behind an LX of their own."""
        waiting, opened = list(self.r.provider_summaries), False
        for place, claim in enumerate(self.r.claims):
            while waiting and waiting[0].first_claim <= place:
                self._summary(waiting.pop(0))
                opened = True
            if not opened:
                self.out.segment("LX", "1")
                opened = True
            self._claim(claim)
        for summary in waiting:
            self._summary(summary)

    def _summary(self, s: ProviderSummary) -> None:
        self.out.segment("LX", s.number)
        told = place_elements(s, adjudication.TS3, 24)
        self.out.segment("TS3", s.provider_id, s.facility_code, day_text(s.fiscal_period), *told[3:])
        if s.inpatient is not None:
            self.out.segment("TS2", *place_elements(s.inpatient, adjudication.TS2, 19))

    def _payment(self) -> None:
        r, out = self.r, self.out
        out.segment(
            "BPR", r.handling_code, cents_text(r.amount_cents), r.credit_debit, r.method, *[""] * 11, day_text(r.date)
        )  # fmt: skip
        out.segment("TRN", "1", r.trace, r.originating_company_id or "1999999999")
        for reference in r.references:
            out.segment("REF", reference.qualifier, reference.value)
        out.segment("DTM", "405", day_text(r.production_date or r.date))

    def _payer(self) -> None:
        p, out = self.r.payer, self.out
        out.segment("N1", "PR", p.name)
        out.address(p.address)
        out.optional("REF", "2U", p.id_code)
        out.segment("PER", "BL", p.contact_name, "TE" if p.phone else "", p.phone)

    def _payee(self) -> None:
        p, out = self.r.payee, self.out
        qualifier, code = ("XX", p.npi) if p.npi else ("FI", p.tax_id or p.id_code)
        out.segment("N1", "PE", p.name, qualifier, code)
        out.address(p.address)
        if p.npi:
            out.optional("REF", "TJ", p.tax_id)

    def _claim(self, c: ClaimPayment) -> None:
        out = self.out
        out.segment(
            "CLP", c.patient_control_number, c.status_code, cents_text(c.charge_cents), cents_text(c.paid_cents),
            cents_text(c.patient_responsibility_cents) if c.patient_responsibility_cents else "",
            c.filing_indicator, c.payer_control_number, c.facility_code, c.frequency_code, "", c.drg_code,
            quantity_text(c.drg_weight), quantity_text(c.discharge_fraction),
        )  # fmt: skip
        write_adjustments(out, c.adjustments)
        self._name("QC", c.patient)
        if c.subscriber is not None:
            self._name("IL", c.subscriber)
        if c.corrected_insured is not None:
            self._name("74", c.corrected_insured, "C")
        if c.rendering_npi:
            out.segment("NM1", "82", "1", "", "", "", "", "", "XX", c.rendering_npi)
        if c.crossover_carrier:
            out.segment("NM1", "TT", "2", c.crossover_carrier, "", "", "", "", "PI", "99999")
        self._adjudication(c.inpatient, c.outpatient, c.remark_codes)
        for reference in c.references:
            out.segment("REF", reference.qualifier, reference.value)
        for qualifier, day in (("232", c.service_from), ("233", c.service_to), ("050", c.received_on)):
            if day:
                out.segment("DTM", qualifier, day_text(day))
        for amount in c.amounts:
            out.segment("AMT", amount.qualifier, cents_text(amount.amount_cents))
        self._quantities(c.quantities)
        for line in c.lines:
            self._line(line)

    def _adjudication(
        self, inpatient: Inpatient | None, outpatient: Outpatient | None, remarks: tuple[str, ...]
    ) -> None:
        """MIA and MOA. The claim's remark codes fill the MIA first, when there is one."""
        if inpatient is not None:
            self.out.segment("MIA", *place_elements(inpatient, adjudication.MIA, 24, adjudication.MIA_REMARKS, remarks))
            remarks = remarks[len(adjudication.MIA_REMARKS) :]
        write_outpatient(self.out, outpatient, remarks)

    def _quantities(self, quantities: tuple[Quantity, ...]) -> None:
        for one in quantities:
            self.out.segment("QTY", one.qualifier, quantity_text(one.quantity))

    def _name(self, entity: str, name: Name, qualifier: str = "MI") -> None:
        code = name.member_id
        self.out.segment(
            "NM1", entity, "1", name.last_name, name.first_name, name.middle_name, "", name.suffix, qualifier if code else "",
            code,
        )  # fmt: skip

    def _line(self, line: ServicePayment) -> None:
        out = self.out
        original = ("HC", line.original_procedure, *line.original_modifiers) if line.original_procedure else ()
        out.segment(
            "SVC", (line.procedure_qualifier, line.procedure, *line.modifiers), cents_text(line.charge_cents),
            cents_text(line.paid_cents), line.revenue_code, quantity_text(line.units), original,
            quantity_text(line.original_units),
        )  # fmt: skip
        if line.date and line.date_to:
            out.segment("DTM", "150", day_text(line.date))
            out.segment("DTM", "151", day_text(line.date_to))
        elif line.date:
            out.segment("DTM", "472", day_text(line.date))
        write_adjustments(out, line.adjustments)
        out.optional("REF", "6R", line.line_control_number)
        for reference in line.references:
            out.segment("REF", reference.qualifier, reference.value)
        if line.allowed_cents is not None:
            out.segment("AMT", "B6", cents_text(line.allowed_cents))
        for amount in line.amounts:
            out.segment("AMT", amount.qualifier, cents_text(amount.amount_cents))
        self._quantities(line.quantities)
        for code in line.remark_codes:
            out.segment("LQ", "HE", code)

    def _provider_level(self, provider: str, period: str, adjustments: list[ProviderAdjustment]) -> None:
        fiscal = period or day_text(self.r.date)[:4] + "1231"
        for start in range(0, len(adjustments), 6):
            pairs: list[str | tuple[str, ...]] = []
            for a in adjustments[start : start + 6]:
                pairs += [(a.reason, a.reference), cents_text(a.amount_cents)]
            self.out.segment("PLB", provider or self.r.payee.npi or self.r.payee.tax_id, fiscal, *pairs)
