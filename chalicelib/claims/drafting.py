"""A patient's day to claims: minutes pool per plan, units and modifiers are derived, lines split over claims.

One claim per patient, coverage, case, date of service, rendering therapist, place of service, referrer and authorization;
over 50 lines it is split (X12 837P allows 50 in loop 2400). The OT renders, never the assistant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from chalicelib.claims.biller_rules import with_modifiers
from chalicelib.claims.model import ClaimContent, ClaimLine, Provider
from chalicelib.claims.rule_book import RuleBook, current_book
from chalicelib.codes import settings
from chalicelib.codes.payers import PayerPlan
from chalicelib.codes.settings import RateUnknown
from chalicelib.intake.model import Address, Visit, VisitLine
from chalicelib.intake.records import StoredVisit, patient_key
from chalicelib.onboarding.model import Practice
from chalicelib.tenancy import current
from chalicelib.therapy.coding import code_day
from chalicelib.therapy.model import BilledLine, CodedDay, Finding, Service, Severity
from chalicelib.therapy.proof import DayCoding

MOST_LINES = 50
_TOTAL_TIME_LINES = frozenset(("medicare", "medicare_advantage", "tricare", "medicaid"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim to be: its content, the visits (our ids) it stands on, the number of the biller's rules that were in force."""

    content: ClaimContent
    visit_keys: tuple[str, ...]
    plan: PayerPlan | None
    rules: int = 0
    authorization_told: bool = (
        True  # by the visits themselves; else it is what the records have, and no news from the practice
    )
    others: tuple[
        ClaimContent, ...
    ] = ()  # the claim as each further visit tells it (note, plan of care, assistant), for the scrub
    coding: DayCoding | None = None  # how the day's minutes became units, for the claim's proof
    beside: tuple[
        ClaimContent, ...
    ] = ()  # the day's other claims to the same plan, which are priced together with this one
    part: int = 0  # of a claim split over several, from 0
    sources: tuple[tuple[BilledLine, ...], ...] = ()  # what coding billed, for each line of the claim


def plan_of(visit: Visit, practice: Practice) -> PayerPlan | None:
    """The directory's row of the date of service, with the practice file's own settings of the plan."""
    return practice.plan(visit.primary.payer_id, visit.primary.line_of_business, visit.date_of_service)


def _coding_plan(visit: Visit, practice: Practice) -> PayerPlan:
    """The directory's row, or for a payer it does not know a careful one: the claim is held anyway."""
    business = visit.primary.line_of_business.value
    rule = "cms" if business in _TOTAL_TIME_LINES else "midpoint"
    unknown = PayerPlan(visit.primary.payer_id, visit.primary.payer_id, business, "ZZ", unit_rule=rule)
    return plan_of(visit, practice) or unknown


def draft_day(
    visits: Sequence[StoredVisit],
    practice: Practice,
    book: RuleBook | None = None,
    kx_left_off: Mapping[str, tuple[str, ...]] | None = None,
) -> list[Draft]:
    """Claims of one patient's day. Visits without a readable row make none. `book` None = the rules in force; `kx_left_off` are
    the parts of services, by service, that carry no KX whatever the record attests (`claims/kx.py`)."""
    book = current_book() if book is None else book
    readable = sorted((item for item in visits if item.visit), key=lambda item: item.visit_id)
    drafts: list[Draft] = []
    for _, pool in _grouped(readable, _pool):
        coding = _code(pool, practice, kx_left_off or {})
        made: list[Draft] = []
        for _, members in _grouped(pool, _claim_group):
            made += [_ruled(draft, book) for draft in _claims_of(members, coding, practice)]
        drafts += made if len(made) == 1 else [_among(draft, made) for draft in made]
    return drafts


def _among(draft: Draft, made: Sequence[Draft]) -> Draft:
    return replace(draft, beside=tuple(other.content for other in made if other is not draft))


def _ruled(draft: Draft, book: RuleBook) -> Draft:
    return (
        replace(draft, content=with_modifiers(draft.content, book.rules), rules=book.number) if book.number else draft
    )


def _grouped(items: Sequence[StoredVisit], key: object) -> Iterable[tuple[object, list[StoredVisit]]]:
    ordered = sorted(items, key=key)  # type: ignore[call-overload]
    return [(name, list(group)) for name, group in groupby(ordered, key=key)]  # type: ignore[call-overload]


def _visit(item: StoredVisit) -> Visit:
    if item.visit is None:
        raise ValueError("a visit without a readable row cannot be billed")
    return item.visit


def _pool(item: StoredVisit) -> tuple[str, ...]:
    """Minutes pool per patient, date, discipline (all lines here are OT) and plan, whose rule counts them."""
    primary = _visit(item).primary
    return (primary.payer_id, primary.line_of_business.value)


def _claim_group(item: StoredVisit) -> tuple[str, ...]:
    visit = _visit(item)
    primary = visit.primary
    return (
        primary.payer_id,
        primary.line_of_business.value,
        primary.member_id,
        visit.case_id,
        visit.rendering_npi,
        visit.place_of_service,
        visit.referrer.npi,
        visit.authorization_number,
    )


def _key(visit: Visit, line: VisitLine) -> str:
    return f"{visit.visit_id}/{line.line_number}"


def _service(visit: Visit, line: VisitLine, kx_left_off: Mapping[str, tuple[str, ...]]) -> Service:
    return Service(
        key=_key(visit, line),
        code=line.cpt,
        therapist_minutes=line.therapist_minutes or 0,
        assistant_minutes=line.assistant_minutes or 0,
        documented_units=line.units,
        file_modifiers=line.modifiers,
        distinct_service=line.distinct_service,
        kx_attested=visit.kx_attested,
        kx_left_off=kx_left_off.get(_key(visit, line), ()),
        abn_signed=_abn_in_force(visit.abn_signed_on, visit.date_of_service),
        visit=visit.visit_id,
        visit_start=visit.start_time,
        visit_end=visit.end_time,
        visit_minutes=visit.total_treatment_minutes,
    )


def _abn_in_force(signed_on: date | None, on: date) -> bool:
    """Signed before the service and not longer ago than a notice for a course of treatment lasts (a dated setting; Claims
    Processing Manual ch.30 s.50, [K]); without a setting for the date only the first counts."""
    if signed_on is None or signed_on > on:
        return False
    try:
        years = settings.value("abn_years", on)
    except RateUnknown:
        return True
    return (on.year - signed_on.year - ((on.month, on.day) <= (signed_on.month, signed_on.day))) < years


def _code(pool: Sequence[StoredVisit], practice: Practice, kx_left_off: Mapping[str, tuple[str, ...]]) -> DayCoding:
    visits = [_visit(item) for item in pool]
    services = tuple(_service(visit, line, kx_left_off) for visit in visits for line in visit.lines)
    plan, on = _coding_plan(visits[0], practice), visits[0].date_of_service
    return DayCoding(services, plan, on, code_day(services, plan, on))


def _claims_of(members: Sequence[StoredVisit], coding: DayCoding, practice: Practice) -> list[Draft]:
    visits, coded = [_visit(item) for item in members], coding.coded
    sources = {_key(visit, line): (visit, line) for visit in visits for line in visit.lines}
    billed = [line for line in coded.lines if line.key in sources and line.units > 0]
    findings = [finding for finding in coded.findings if _concerns(finding, sources)]
    diagnoses = tuple(dict.fromkeys(code for visit in visits for code in visit.diagnoses))
    lines, places = merged([_priced(line, *sources[line.key], diagnoses, practice, findings) for line in billed])
    made_of = [tuple(one for one, at in zip(billed, places, strict=True) if at == n) for n in range(len(lines))]
    keys = tuple(item.key for item in members)
    plan = plan_of(visits[0], practice)
    drafts = []
    for n, start in enumerate(range(0, max(len(lines), 1), MOST_LINES)):
        part = slice(start, start + MOST_LINES)
        found = _on_lines(findings, lines, made_of, part, sources)
        content = _content(visits, n, lines[part], coded, found, plan, practice)
        united = content.model_copy(update={"diagnoses": diagnoses})
        others = tuple(_as_told(united, visit) for visit in visits[1:])
        told_by = tuple(made_of[part])
        drafts.append(Draft(united, keys, plan, others=others, coding=coding, part=n, sources=told_by))
    return drafts


def _on_lines(
    findings: Sequence[Finding],
    lines: Sequence[ClaimLine],
    made_of: Sequence[tuple[BilledLine, ...]],
    part: slice,
    sources: Mapping[str, tuple[Visit, VisitLine]],
) -> tuple[Finding, ...]:
    """Findings on services with the number of the claim line they became, None where they are not billed; the visit's own line
    stands in the numbers. A finding on a line of another part of the claim is told there."""
    found = []
    for finding in findings:
        key = finding.numbers.get("service")
        if not isinstance(key, str) or key not in sources:
            found.append(finding)
            continue
        everywhere = [n for n, made in enumerate(made_of) if any(one.key == key for one in made)]
        here = [n - part.start + 1 for n in everywhere if part.start <= n < part.stop]
        if finding.code == "CO_MISSING":  # of a service split in two it is the assistant's line
            here = [n for n in here if "CO" in lines[part.start + n - 1].modifiers] or here
        if everywhere and not here:
            continue
        numbers = {**finding.numbers, "visit_line": sources[key][1].line_number}
        found.append(finding.model_copy(update={"line": here[0] if here else None, "numbers": numbers}))
    return tuple(found)


def _as_told(content: ClaimContent, visit: Visit) -> ClaimContent:
    """The claim with what this visit says of itself; its diagnoses are in the claim already."""
    own = (set(ClaimContent.model_fields) & set(Visit.model_fields)) - {"patient", "lines", "diagnoses"}
    return content.model_copy(update={name: getattr(visit, name) for name in own})


def _concerns(finding: Finding, sources: dict[str, tuple[Visit, VisitLine]]) -> bool:
    key = finding.numbers.get("service")
    return key is None or key in sources


def _pointers(visit: Visit, line: VisitLine, diagnoses: Sequence[str]) -> tuple[int, ...]:
    """The line's pointers into the claim's diagnoses, which are those of all its visits."""
    told = line.diagnosis_pointers or tuple(range(1, min(len(visit.diagnoses), 4) + 1))
    return tuple(diagnoses.index(visit.diagnoses[pointer - 1]) + 1 for pointer in told)


def _priced(
    billed: BilledLine,
    visit: Visit,
    line: VisitLine,
    diagnoses: Sequence[str],
    practice: Practice,
    findings: list[Finding],
) -> ClaimLine:
    """A claim line; `charge` in the file is dollars per unit, and where it is empty the practice's fee schedule speaks."""
    each = line.charge_cents if line.charge_cents is not None else practice.charge_cents(line.cpt)
    if each is None:
        findings.append(_no_charge(visit, line))
    return ClaimLine(
        number=0,
        visit_id=visit.visit_id,
        visit_line=line.line_number,
        cpt=billed.code,
        modifiers=billed.modifiers,
        units=billed.units,
        minutes=(line.therapist_minutes or 0) + (line.assistant_minutes or 0),
        assistant_minutes=line.assistant_minutes or 0,
        charge_cents=billed.units * (each or 0),
        diagnosis_pointers=_pointers(visit, line, diagnoses),
        distinct_service=line.distinct_service,
        billed_modifiers_in_file=line.modifiers,
    )


def _no_charge(visit: Visit, line: VisitLine) -> Finding:
    return Finding(
        code="CHARGE_MISSING",
        severity=Severity.ERROR,
        line=line.line_number,
        message="the procedure has no charge",
        fix="put a charge into the visit file or the code into the practice's fee schedule",
        citation="X12 837P SV102",
        numbers={"service": _key(visit, line), "code": line.cpt},
    )


def merged(lines: Sequence[ClaimLine]) -> tuple[list[ClaimLine], list[int]]:
    """Lines that differ only in units become one, as payers deny the second of two like lines as a duplicate; and for each line
    given the place (from 0) of the one it became."""
    found: dict[tuple[object, ...], ClaimLine] = {}
    became: list[tuple[object, ...]] = []
    for line in lines:
        alike = (
            line.cpt,
            line.modifiers,
            line.diagnosis_pointers,
            line.charge_cents // line.units,
            line.distinct_service,
        )
        known = found.get(alike)
        became.append(alike)
        found[alike] = (
            line
            if known is None
            else known.model_copy(
                update={
                    "units": known.units + line.units,
                    "minutes": known.minutes + line.minutes,
                    "assistant_minutes": known.assistant_minutes + line.assistant_minutes,
                    "charge_cents": known.charge_cents + line.charge_cents,
                }
            )
        )
    places = {alike: place for place, alike in enumerate(found)}
    return list(found.values()), [places[alike] for alike in became]


def _content(
    visits: Sequence[Visit],
    part: int,
    lines: Sequence[ClaimLine],
    coded: CodedDay,
    findings: tuple[Finding, ...],
    plan: PayerPlan | None,
    practice: Practice,
) -> ClaimContent:
    first = visits[0]
    context = current()
    claim_id = context.make_id("clm", first.visit_id, str(part))
    numbered = tuple(
        line.model_copy(update={"number": n, "control_number": f"{claim_id[4:22].upper()}{n:02d}"})
        for n, line in enumerate(lines, 1)
    )
    copied = set(ClaimContent.model_fields) & set(Visit.model_fields) - {"patient", "lines"}
    return ClaimContent(
        **{name: getattr(first, name) for name in copied},
        claim_id=claim_id,
        visit_ids=tuple(visit.visit_id for visit in visits),
        patient_key=patient_key(first.patient_id),
        practice_patient_id=first.patient_id,
        billing=_billing(practice),
        rendering=_rendering(first, practice),
        patient=first.patient,
        patient_address=first.address,
        coverage=first.primary,
        payer_name=_payer_name(first, plan, practice),
        lines=numbered,
        day_timed_minutes=coded.timed_minutes,
        start_times=tuple(visit.start_time for visit in visits if visit.start_time),
        explanation=coded.explanation,
        coding_findings=findings,
    ).model_copy(update={"patient_paid_cents": sum(visit.patient_paid_cents for visit in visits) if part == 0 else 0})


def _payer_name(visit: Visit, plan: PayerPlan | None, practice: Practice) -> str:
    named = next((payer.name for payer in practice.payers if payer.payer_id == visit.primary.payer_id), None)
    return (plan.name if plan else named) or visit.primary.payer_id


def _billing(practice: Practice) -> Provider:
    return Provider(
        npi=practice.npi,
        last_name=practice.legal_name,
        first_name=practice.first_name,
        is_person=practice.is_person,
        tax_id=practice.tax_id,
        tax_id_kind=practice.tax_id_kind,
        taxonomy=practice.taxonomy,
        address=Address(**practice.address.model_dump(include={"line1", "city", "state", "zip"})),
    )


def _rendering(visit: Visit, practice: Practice) -> Provider:
    """The therapist by NPI; one the practice file does not list keeps the NPI and is found by the scrub."""
    known = practice.therapist(visit.rendering_npi)
    if known is None:
        return Provider(npi=visit.rendering_npi, last_name="")
    return Provider(
        npi=visit.rendering_npi, last_name=known.last_name, first_name=known.first_name, taxonomy=known.taxonomy
    )
