"""The pages of `otbill x12 show`: what a file says, as a person reads it, every code with its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import x12
from chalicelib.cli import x12_answers, x12_details
from chalicelib.cli import x12_words as words
from chalicelib.cli.x12_tables import columns, day, full_name, provider
from chalicelib.money import dollars

if TYPE_CHECKING:
    from rich.console import Console

_MOST_CODES = 200  # explained at the end of a remittance


class Pages:
    """Values in file order; remembers of a remittance what its end needs."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.remittance: x12.Remittance | None = None
        self.codes: dict[str, str] = {}  # adjustment and remark codes of the remittance, and what they mean

    def show(self, value: object) -> None:
        """One value."""
        match value:
            case x12.Remittance():
                self.remittance, self.codes = value, {}
                _remittance(self.out, value)
            case x12.ClaimPayment():
                self._remember(value)
                _payment(self.out, value)
            case x12.RemittanceEnd():
                _end(self.out, value, self.remittance)
                self._explain()
            case x12.Claim837():
                _claim(self.out, value)
            case x12.Acknowledgement():
                _acknowledgement(self.out, value)
            case x12.StatusBatch():
                _batch(self.out, value)
            case x12.ClaimStatus():
                _status(self.out, value)
            case x12.BenefitResponse():
                x12_answers.benefits(self.out, value)
            case x12.ReviewResponse():
                x12_answers.review(self.out, value)
            case _:
                from chalicelib.x12.json_lines import as_json

                if found := as_json(value):
                    self.out.print_json(data=found)

    def _remember(self, c: x12.ClaimPayment) -> None:
        ones: tuple[x12.ClaimPayment | x12.ServicePayment, ...] = (c, *c.lines)
        for one in ones:
            if len(self.codes) < _MOST_CODES:
                self.codes |= {f"{a.group}-{a.reason}": "" for a in one.adjustments} | dict.fromkeys(
                    one.remark_codes, ""
                )

    def _explain(self) -> None:
        table = columns(("Code", "Meaning"))
        for code in sorted(self.codes):
            group, dash, reason = code.partition("-")
            meaning = f"{words.GROUPS.get(group, group)}: {words.reason(reason)}" if dash else words.remark(code)
            table.add_row(code, meaning)
        if self.codes:
            self.out.print(table)


def _remittance(out: Console, r: x12.Remittance) -> None:
    out.rule(f"Remittance {r.trace}")
    payer = f"{r.payer.name} ({r.payer.id_code})" if r.payer.id_code else r.payer.name
    payee = f"{r.payee.name} (NPI {r.payee.npi})" if r.payee.npi else r.payee.name
    out.print(f"{payer} pays {payee} {dollars(r.amount_cents)}")
    out.print(f"by {words.METHODS.get(r.method, f'method {r.method}')} on {day(r.date)}\n")


def _cas(adjustments: tuple[x12.Adjustment, ...]) -> str:
    return "\n".join(f"{a.group}-{a.reason} {dollars(a.amount_cents)}" for a in adjustments)


def _payment(out: Console, c: x12.ClaimPayment) -> None:
    out.print(f"{c.patient_control_number}  {full_name(c.patient.last_name, c.patient.first_name)}")
    out.print(
        f"{words.gloss(words.CLAIM_RESULTS, c.status_code)}; the payer's number {c.payer_control_number or 'is missing'}"
    )
    table = columns(("Date", "Procedure", "Units", "Charge", "Allowed", "Adjusted", "Remarks", "Paid"))
    for line in c.lines:
        allowed = "" if line.allowed_cents is None else dollars(line.allowed_cents)
        table.add_row(
            str(line.date or ""), " ".join((line.procedure, *line.modifiers)), str(line.units), dollars(line.charge_cents),
            allowed, _cas(line.adjustments), " ".join(line.remark_codes), dollars(line.paid_cents),
        )  # fmt: skip
    table.add_section()
    table.add_row(
        "Claim",
        "",
        "",
        dollars(c.charge_cents),
        "",
        _cas(c.adjustments),
        " ".join(c.remark_codes),
        dollars(c.paid_cents),
    )
    out.print(table)
    for one in x12_details.of_payment(c):
        out.print(one)
    out.print(f"The patient owes {dollars(c.patient_responsibility_cents)}.\n")


def _end(out: Console, end: x12.RemittanceEnd, r: x12.Remittance | None) -> None:
    for summary in end.provider_summaries:
        for line in x12_details.of_summary(summary):
            out.print(line)
    for a in end.provider_adjustments:
        out.print(f"Provider level {a.reason} {a.reference}: {dollars(-a.amount_cents)}")
    stated = f", payment {dollars(r.amount_cents)}" if r else ""
    verdict = "it balances" if end.balanced else "it does NOT balance"
    out.print(f"{words.counted(end.claims, 'claim')}, {dollars(end.paid_cents)} paid on claims{stated}: {verdict}")
    for o in end.out_of_balance:
        out.print(f"  {o.level} {o.reference}: off by {dollars(o.off_by_cents)}")
    out.print()


def _claim(out: Console, c: x12.Claim837) -> None:
    who = c.patient or c.subscriber
    out.rule(f"Claim {c.patient_control_number}")
    born = f", born {who.date_of_birth}" if who.date_of_birth else ""
    payer = f"{c.payer_name} ({c.payer_id})" if c.payer_id else c.payer_name
    out.print(f"{full_name(who.last_name, who.first_name)}{born}; member {c.member_id or 'number missing'} of {payer}")
    rendering = f", rendered by {provider(c.rendering)}" if c.rendering else ""
    out.print(f"billed by {provider(c.billing)}{rendering}; {words.place(c.place_of_service)}")
    out.print("diagnoses: " + (", ".join(f"{n} {code}" for n, code in enumerate(c.diagnoses, 1)) or "none"))
    if c.authorization_number:
        out.print(f"authorization {c.authorization_number}")
    for other in c.other_payers:
        paid = "has not decided" if other.paid_cents is None else f"paid {dollars(other.paid_cents)}"
        out.print(f"other payer: {other.payer_name} {paid}")
    table = columns(("Date", "Procedure", "Units", "Diagnoses", "Charge"))
    for line in c.lines:
        table.add_row(
            str(line.date or ""), " ".join((line.procedure, *line.modifiers)), str(line.units),
            " ".join(map(str, line.diagnosis_pointers)), dollars(line.charge_cents),
        )  # fmt: skip
    table.add_section()
    table.add_row("Claim", "", "", "", dollars(c.charge_cents))
    out.print(table)
    for one in x12_details.of_claim(c):
        out.print(one)


def _acknowledgement(out: Console, a: x12.Acknowledgement) -> None:
    if a.kind == "TA1":
        out.rule(f"Answer to interchange {a.group_control_number}")
        codes = f"; note code {', '.join(a.codes)}" if a.codes else ""
        out.print(f"{words.ANSWERS.get(a.accepted, a.accepted)}{codes}\n")
        return
    what = words.FUNCTIONS.get(a.functional_id, a.functional_id)
    out.rule(f"Answer to group {a.group_control_number} ({what})")
    out.print(
        f"{words.ANSWERS.get(a.accepted, a.accepted)}: {words.counted(len(a.transactions), 'transaction set')} named"
    )
    table = columns(("Set", "Answer", "Where", "What is wrong"))
    for t in a.transactions:
        wrong = "\n".join(words.gloss(words.SET_ERRORS, code) for code in t.codes)
        table.add_row(f"{t.functional_id} {t.control_number}", words.ANSWERS.get(t.accepted, t.accepted), "", wrong)
        for e in t.errors:
            loop = f", loop {e.loop}" if e.loop else ""
            table.add_row("", "", f"{e.segment}, segment {e.position}{loop}", words.gloss(words.SEGMENT_ERRORS, e.code))
            for one in e.elements:
                part = f", part {one.component}" if one.component else ""
                table.add_row("", "", f"  element {one.element}{part}", words.gloss(words.ELEMENT_ERRORS, one.code))
    out.print(table)


def _batch(out: Console, b: x12.StatusBatch) -> None:
    out.rule(f"Claim status from {b.payer_name or b.payer_id}")
    for count, cents, word in ((b.accepted, b.accepted_cents, "accepted"), (b.rejected, b.rejected_cents, "rejected")):
        if count:  # a 277 that answers a question states none
            out.print(f"{words.counted(count, 'claim')} {word}, {dollars(cents)}")
    out.print()


def _status(out: Console, s: x12.ClaimStatus) -> None:
    who = full_name(s.patient.last_name, s.patient.first_name)
    out.rule(f"Status of claim {s.patient_control_number}")
    out.print(f"{who}; charge {dollars(s.charge_cents)}; the payer's number {s.payer_control_number or 'is missing'}")
    out.print(f"{words.status('category', s.category)}: {words.status('status', s.status)}")
    for more in s.further:
        out.print(f"  also {words.status('category', more.category)}: {words.status('status', more.status)}")
    if s.message:
        out.print(s.message)
    out.print()
