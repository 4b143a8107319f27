"""Pages of what a payer answers: benefits (271) grouped by service, and the review of an authorization (278)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from chalicelib import x12
from chalicelib.cli import x12_answer_words as say
from chalicelib.cli import x12_words as words
from chalicelib.cli.x12_tables import columns, day, full_name, provider
from chalicelib.money import dollars
from chalicelib.x12.amounts import quantity_text
from chalicelib.x12.eligibility import Delivery

if TYPE_CHECKING:
    from rich.console import Console


def benefits(out: Console, r: x12.BenefitResponse) -> None:
    """A 271: who asked whom about whom, what kept the payer from answering, then the benefits, those of one service together."""
    who = r.dependent or r.subscriber
    out.rule(f"Eligibility of {full_name(who.last_name, who.first_name)}")
    _heading(out, r.payer_name, r.payer_id, r.provider, who, r.member_id)
    facts = [f"group {r.group_number}"] if r.group_number else []
    facts += [_date(one) for one in r.dates]
    facts += [f"{say.REFERENCES.get(one.qualifier, one.qualifier)} {one.value}" for one in r.references]
    if facts:
        out.print("; ".join(facts))
    _errors(out, r.errors)
    groups: dict[tuple[str, ...], list[x12.Benefit]] = {}
    for benefit in r.benefits:
        groups.setdefault(benefit.service_types, []).append(benefit)
    for services, rows in groups.items():
        _service(out, services, rows)
    if not r.benefits and not r.errors:
        out.print("The payer names no benefit.")
    out.print()


def _heading(out: Console, payer_name: str, payer_id: str, asked: x12.Party, who: x12.Person, member_id: str) -> None:
    payer = f"{payer_name} ({payer_id})" if payer_id else payer_name or "The payer"
    practice = f" answers {provider(asked)}" if asked.last_name or asked.npi else " answers"
    born = f", born {who.date_of_birth}" if who.date_of_birth else ""
    name = full_name(who.last_name, who.first_name) or "a patient it does not name"
    out.print(f"{payer}{practice} about {name}{born}; member {member_id or 'number missing'}")


def _service(out: Console, services: tuple[str, ...], rows: Iterable[x12.Benefit]) -> None:
    from chalicelib.coverage.words import row_words

    out.print(f"\n{', '.join(words.gloss(say.SERVICE_TYPES, code) for code in services) or 'Not for one service'}")
    table = columns(("Benefit", "How much", "For", "What the payer adds"))
    for b in rows:
        for_whom = (say.LEVELS.get(b.coverage_level, b.coverage_level), say.NETWORKS.get(b.network, b.network))
        table.add_row(row_words(b.code), _how_much(b), ", ".join(filter(None, for_whom)), "\n".join(_additions(b)))
    out.print(table)


def _how_much(b: x12.Benefit) -> str:
    """'30.00 a visit', '20 %', '12 visits remaining', and the rhythms of its HSD."""
    told = []
    if b.amount_cents is not None:
        told.append(dollars(b.amount_cents))
    if b.percent is not None:
        told.append(f"{quantity_text((b.percent * 100).normalize())} %")
    if b.quantity is not None:
        told.append(_counted(b.quantity, b.quantity_qualifier))
    if b.period and told:
        told[-1] += f" {say.PERIODS.get(b.period, f'(period {b.period})')}"
    elif b.period:
        told.append(say.PERIODS.get(b.period, f"period {b.period}"))
    return "\n".join((*told, *map(_delivery, b.deliveries)))


def _counted(quantity: int | Decimal, qualifier: str) -> str:
    what = say.QUANTITIES.get(qualifier, qualifier)
    return f"{quantity_text(quantity)} {what.removesuffix('s') if quantity == 1 else what}".strip()


def _delivery(d: Delivery) -> str:
    """'3 visits a week for 12 weeks' as HSD says it: so many, so many in each unit, for so many periods."""
    parts = [_counted(d.quantity, d.quantity_qualifier)] if d.quantity is not None else []
    if d.each is not None or d.unit:
        each = f"{quantity_text(d.each)} " if d.each is not None else ""
        parts.append(f"{each}{say.RHYTHMS.get(d.unit, d.unit)}".strip())
    if d.periods is not None:
        span = say.SPANS.get(d.period, "period")
        parts.append(f"for {quantity_text(d.periods)} {span}{'' if d.periods == 1 else 's'}")
    elif d.period:
        parts.append(say.PERIODS.get(d.period, f"period {d.period}"))
    return ", ".join(parts)


def _additions(b: x12.Benefit) -> Iterable[str]:
    if b.insurance_type:
        yield words.gloss(say.INSURANCE_TYPES, b.insurance_type)
    if b.plan:
        yield b.plan
    if b.procedure:
        yield f"procedure {b.procedure}"
    if b.authorization:
        yield say.AUTHORIZATIONS.get(b.authorization, b.authorization)
    yield from map(_date, b.dates)
    for one in b.references:
        yield f"{say.REFERENCES.get(one.qualifier, one.qualifier)} {one.value}"
    if b.entity_name:
        number = f" ({b.entity_id})" if b.entity_id else ""
        yield f"{say.ENTITIES.get(b.entity_code, 'party')}: {b.entity_name}{number}"
    yield from b.messages


def _date(one: x12.BenefitDate) -> str:
    until = f" to {one.end}" if one.end else ""
    return f"{say.DATES.get(one.qualifier, f'date {one.qualifier}')} {day(one.begin)}{until}"


def _errors(out: Console, errors: Iterable[x12.RequestError]) -> None:
    from chalicelib.coverage.payer_errors import payer_error

    for one in errors:
        found = payer_error(one.reason, one.loop, one.follow_up)
        where = f", loop {one.loop}" if one.loop else ""
        out.print(f"Not answered: {found.words} (reason {one.reason or 'none'}{where})")
        then = f"; the payer says: {say.FOLLOW_UPS[one.follow_up]}" if one.follow_up in say.FOLLOW_UPS else ""
        out.print(f"  what to do: {found.fix}{then}")


def review(out: Console, r: x12.ReviewResponse) -> None:
    """A 278 response: the decision for the whole, what was certified and when, then service by service."""
    who = r.dependent or r.subscriber
    out.rule(f"Authorization for {full_name(who.last_name, who.first_name)}")
    _heading(out, r.payer_name, r.payer_id, r.provider, who, r.member_id)
    kind = say.CERTIFICATIONS.get(r.certification_type, r.certification_type)
    asked = [part for part in (say.CATEGORIES.get(r.category, r.category), kind) if part]
    if r.service_type:
        asked.append(words.gloss(say.SERVICE_TYPES, r.service_type))
    if r.place_of_service:
        asked.append(words.place(r.place_of_service))
    if asked:
        out.print("asked: " + ", ".join(asked))
    if r.trace:
        out.print(f"our reference {r.trace}")
    if r.diagnoses:
        out.print("diagnoses: " + ", ".join(r.diagnoses))
    if r.decision is not None:
        out.print(f"Decision: {_decision(r.decision)}")
    elif not r.errors and not any(s.decision for s in r.services):
        out.print("Decision: none is told")
    _certified(out, r)
    _errors(out, r.errors)
    if r.services:
        out.print(_services(r.services))
    if r.message:
        out.print(r.message)
    out.print()


def _certified(out: Console, r: x12.ReviewResponse) -> None:
    if r.quantity is not None:
        out.print(f"how much: {_counted(r.quantity, r.quantity_qualifier)}")
    if r.service_from is not None:
        out.print(f"service dates: {_span(r.service_from, r.service_to)}")
    if r.effective_from is not None:
        out.print(f"in effect: {_span(r.effective_from, r.effective_to)}")


def _span(begin: dt.date | None, end: dt.date | None) -> str:
    return f"{day(begin)} to {end}" if end and end != begin else day(begin)


def _decision(d: x12.Decision) -> str:
    number = f", authorization {d.number}" if d.number else ""
    reason = f", reason {d.reason}" if d.reason else ""
    return f"{words.gloss(say.DECISIONS, d.action)}{number}{reason}"


def _services(services: Iterable[x12.ReviewService]) -> object:
    table = columns(("Procedure", "How much", "Dates", "Decision"))
    for s in services:
        much = [_counted(s.quantity, s.quantity_qualifier)] if s.quantity is not None else []
        if s.units is not None:
            much.append(f"{_counted(s.units, 'UN')} billed")
        if s.charge_cents is not None:
            much.append(dollars(s.charge_cents))
        when = _span(s.service_from, s.service_to) if s.service_from else ""
        decided = _decision(s.decision) if s.decision else "as for the whole"
        table.add_row(" ".join((s.procedure, *s.modifiers)).strip() or "service", "\n".join(much), when, decided)
    return table
