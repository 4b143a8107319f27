"""What the letter and the packet say, as plain data for the template: facts of the claim, the argument, what is enclosed.

Every sentence of an argument rests on something that was found; where nothing was found it is left out. Markup never comes from
data: the template reads this as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chalicelib.claims.model import ClaimContent, ClaimLine
from chalicelib.codes import carc, cpt, pos, rarc
from chalicelib.denials.appeal import Appeal
from chalicelib.denials.clocks import Level
from chalicelib.denials.evidence import Case, accepted_in_time, proofs
from chalicelib.denials.model import Denial
from chalicelib.denials.rules import Decision, decisions
from chalicelib.money import dollars
from chalicelib.onboarding.letterhead import letterhead
from chalicelib.onboarding.model import Practice

ARGUMENTS = {
    "necessity": "The services were medically necessary",
    "documentation": "The records asked for are enclosed",
    "modifier": "The services were separate and distinct",
    "limit": "Services above the limit were necessary",
    "timely_filing": "The claim was filed in time",
    "authorization": "The services were authorized",
    "contract": "The services are payable under the contract",
}
_OPENING = {
    "necessity": "The services were skilled occupational therapy that the patient's condition called for, furnished under a "
    "plan of care.",
    "documentation": "You asked for records of these services. They are enclosed; please decide the claim with them.",
    "modifier": "The services were furnished in separate periods of time, each documented with its own minutes. None is part "
    "of another.",
    "limit": "The services went beyond a limit of number or amount because the patient's condition called for them.",
    "timely_filing": "The claim was in your hands within the time for filing. Your own acknowledgement shows it.",
    "authorization": "The services were authorized, or authorization was asked for.",
    "contract": "On the day of service the provider could be paid for these services under the agreement enclosed.",
}
_CLOSING = {
    "necessity": "Please reverse the denial and pay the services as billed. If it stands, please name the criteria that were "
    "not met and the reviewer's qualification.",
    "documentation": "Please decide the claim on these records.",
    "modifier": "Please process the lines as separate services.",
    "limit": "Please allow the services in full.",
    "timely_filing": "Please withdraw the denial for late filing and decide the claim on its merits.",
    "authorization": "Please apply the authorization and pay the services.",
    "contract": "Please apply the agreement as it stood on the day of service and pay the services by its rates.",
}


def letter(appeal: Appeal, case: Case, practice: Practice, level: Level | None, today: date) -> dict[str, Any]:
    """The whole packet as data: letter, decision, claim as sent, record of treatment, proofs of filing."""
    content = case.content
    answered = _decision(case)
    return {
        "title": f"{'Records' if appeal.kind == 'records' else 'Appeal'} for claim {_number(case)}",
        "today": f"{today:%B} {today.day}, {today.year}",
        "practice": letterhead(practice),
        "recipient": [
            line for line in (appeal.recipient or f"{appeal.payer_name}\nAppeals").splitlines() if line.strip()
        ],
        "kind": appeal.kind,
        "level": f"{appeal.level_name} (level {appeal.level}), decided by {appeal.decided_by}",
        "deadline": str(appeal.deadline or ""),
        "good_cause": appeal.good_cause,
        "about": _about(appeal, case, answered),
        "denied": [_denied(denial) for denial in case.denials],
        "heading": ARGUMENTS[appeal.argument],
        "paragraphs": _paragraphs(appeal, case),
        "request": _CLOSING[appeal.argument],
        "amount": dollars(appeal.amount_cents),
        "joined": _joined(appeal),
        "source": level.source if level else "",
        "enclosures": _enclosures(case),
        "decision": _payment(answered) if answered else None,
        "claim": [_line(line, content) for line in content.lines],
        "treatment": _treatment(content),
        "proofs": [
            {"source": item.source, "on": str(item.on), "words": item.words, "number": item.patient_control_number}
            for item in proofs(case.events)
        ],
        "papers": [{"name": paper.name, "pages": paper.pages} for paper in case.papers],
    }


def _joined(appeal: Appeal) -> dict[str, Any] | None:
    """The request's list of claims: numbers, days and amounts, no patient's name beside another's."""
    if appeal.joined is None:
        return None
    return {
        "claims": [
            {"number": item.number, "on": str(item.date_of_service), "amount": dollars(item.amount_cents)}
            for item in appeal.joined.claims
        ],
        "total": dollars(appeal.joined.total_cents),
        "why": appeal.joined.why,
    }


def _number(case: Case) -> str:
    answered = _decision(case)
    return str(answered.payment["patient_control_number"]) if answered else case.content.claim_id


def _decision(case: Case) -> Decision | None:
    wanted = {denial.decision for denial in case.denials}
    return next((item for item in decisions(case.events) if item.event in wanted), None)


def _about(appeal: Appeal, case: Case, answered: Decision | None) -> list[list[str]]:
    """The facts a payer finds a claim by."""
    content = case.content
    payment: Mapping[str, Any] = answered.payment if answered else {}
    rows = [
        ["Patient", f"{content.patient.first_name} {content.patient.last_name}"],
        ["Date of birth", str(content.patient.date_of_birth or "")],
        ["Member ID", content.coverage.member_id],
        ["Date of service", str(content.date_of_service)],
        ["Our claim number", str(payment.get("patient_control_number", ""))],
        ["Your claim number", str(payment.get("payer_control_number", ""))],
        ["Your decision of", str(appeal.notice_on)],
        [
            "Treating therapist",
            f"{content.rendering.first_name} {content.rendering.last_name}, NPI {content.rendering.npi}",
        ],
        ["Amount in dispute", f"${dollars(appeal.amount_cents)}"],
    ]
    return [row for row in rows if row[1]]


def _denied(denial: Denial) -> dict[str, Any]:
    return {
        "code": f"{denial.group}-{denial.carc}",
        "words": carc.describe(denial.carc),
        "remarks": [f"{code}: {rarc.describe(code)}" for code in denial.remarks],
        "lines": [
            {
                "number": str(line.number) if line.number else "all",
                "code": " ".join((line.cpt, *line.modifiers)).strip() or "whole claim",
                "amount": dollars(line.amount_cents),
            }
            for line in denial.lines
        ],
    }


def _paragraphs(appeal: Appeal, case: Case) -> list[str]:
    """The argument: its opening, then a sentence for each thing found, then the practice's own words."""
    found = [_OPENING[appeal.argument]]
    if appeal.argument == "timely_filing":
        found += _filed(case)
    shown = [item for item in appeal.evidence if item.shown and item.state in ("have", "attached")]
    if appeal.argument != "timely_filing":
        found += [f"{item.shown[:1].upper()}{item.shown[1:]}." for item in shown]
    found += [part.strip() for part in appeal.statement.split("\n\n") if part.strip()]
    return found


def _filed(case: Case) -> list[str]:
    proof = accepted_in_time(case)
    if proof is None:
        return []
    days = (proof.on - case.content.date_of_service).days
    limit = f" The limit is {case.plan.filing_words}." if case.plan else ""
    answer = f"your answer to claim {proof.patient_control_number}: {proof.words}."
    said = f"On {proof.on}, {days} days after the service, we had {answer}"
    number = f" Your control number was {proof.payer_control_number}." if proof.payer_control_number else ""
    return [said + number + limit]


def _enclosures(case: Case) -> list[str]:
    found = ["your decision on the claim", "the claim as it was sent", "record of treatment"]
    if proofs(case.events):
        found.append("acknowledgements of the claim (999, 277CA)")
    return found + [f"{paper.name} ({paper.pages} pages)" if paper.pages else paper.name for paper in case.papers]


def _payment(answered: Decision) -> dict[str, Any]:
    payment = answered.payment
    lines = [_paid(line) for line in payment["lines"]]
    return {
        "trace": answered.trace,
        "number": payment["patient_control_number"],
        "payer_number": payment["payer_control_number"],
        "charge": dollars(payment["charge_cents"]),
        "paid": dollars(payment["paid_cents"]),
        "patient": dollars(payment["patient_responsibility_cents"]),
        "lines": lines,
        "claim_level": _reasons(payment),
        "remarks": [f"{code}: {rarc.describe(code)}" for code in payment["remark_codes"]],
    }


def _paid(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": " ".join((line["procedure"], *line["modifiers"])),
        "charge": dollars(line["charge_cents"]),
        "allowed": dollars(line["allowed_cents"]) if line["allowed_cents"] is not None else "not told",
        "paid": dollars(line["paid_cents"]),
        "reasons": [*_reasons(line), *(f"{code}: {rarc.describe(code)}" for code in line["remark_codes"])],
    }


def _reasons(part: Mapping[str, Any]) -> list[str]:
    return [
        f"{item['group']}-{item['reason']} ${dollars(item['amount_cents'])}: {carc.describe(item['reason'])}"
        for item in part["adjustments"]
    ]


def _line(line: ClaimLine, content: ClaimContent) -> dict[str, str]:
    known = cpt.lookup(line.cpt, content.date_of_service)
    return {
        "number": str(line.number),
        "code": " ".join((line.cpt, *line.modifiers)),
        "words": known.meaning if known else "",
        "minutes": str(line.minutes or ""),
        "units": str(line.units),
        "charge": dollars(line.charge_cents),
    }


def _place(content: ClaimContent) -> str:
    known = pos.get(content.place_of_service, content.date_of_service)
    return f"{content.place_of_service} {known.meaning}" if known else content.place_of_service


def _treatment(content: ClaimContent) -> list[list[str]]:
    """What the visit's record says, as far as it says it."""
    plan = content.plan_of_care
    timed = sum(line.minutes for line in content.lines)
    rows: Sequence[tuple[str, object]] = (
        ("Date of service", content.date_of_service),
        ("Place of service", _place(content)),
        ("Diagnoses", ", ".join(content.diagnoses)),
        (
            "Treatment note signed",
            f"{content.note_signed_on} by {content.note_signed_by}" if content.note_signed_on else "",
        ),
        ("Timed minutes of the day", content.day_timed_minutes or timed or ""),
        ("Total treatment minutes", content.total_treatment_minutes or ""),
        ("First treatment", plan.first_treatment_on or ""),
        ("Plan of care", f"{plan.start} to {plan.end or 'open'}" if plan.start else ""),
        ("Certified", plan.certified_on or ""),
        ("Progress report", plan.progress_report_on or ""),
        ("Authorization", content.authorization_number),
        ("Referred by", f"{content.referrer.first_name} {content.referrer.last_name}".strip()),
    )
    return [[name, str(value)] for name, value in rows if str(value)]
