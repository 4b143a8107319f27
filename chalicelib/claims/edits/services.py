"""Are the lines right: codes, units, limits, pairs, add-ons, evaluations, place of service, duplicates."""

# ruff: noqa: ARG001  # every edit has the same shape, whether or not it needs the facts
from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import product

from chalicelib.claims.edits.base import Found, Numbers, say
from chalicelib.claims.facts import SameDayVisit, ScrubFacts
from chalicelib.claims.model import ClaimContent, ClaimLine
from chalicelib.codes import cpt, mpfs, ncci, pos, settings
from chalicelib.codes.cpt import Procedure
from chalicelib.codes.settings import RateUnknown
from chalicelib.therapy.model import Severity
from chalicelib.therapy.modifiers import DISTINCT

Lines = list[tuple[ClaimLine, Procedure]]


def known_lines(content: ClaimContent) -> Lines:
    found = [(line, cpt.lookup(line.cpt, content.date_of_service)) for line in content.lines]
    return [(line, procedure) for line, procedure in found if procedure is not None]


def nothing_to_bill(content: ClaimContent, facts: ScrubFacts) -> Found:
    """A claim without lines cannot be sent, whatever the day as a whole earned."""
    told = any(f.code == "UNITS_ZERO" and f.severity is Severity.ERROR for f in content.coding_findings)
    if content.lines or told or facts.incomplete_rows:
        return ()
    return say(content, "UNITS_ZERO", "no line of the claim earns a unit")


def codes(content: ClaimContent, facts: ScrubFacts) -> Found:
    found: Found = ()
    for line in content.lines:
        if cpt.lookup(line.cpt, content.date_of_service) is None:
            words = f"{line.cpt} is not in our list of occupational-therapy codes for {content.date_of_service}"
            found += say(content, "CODE_UNKNOWN", words, line=line.number, numbers={"code": line.cpt})
            continue
        fee = mpfs.find(line.cpt, content.date_of_service)
        if fee is not None and fee.status == "I":
            words = f"{line.cpt} is not valid for Medicare"
            found += say(content, "CODE_INVALID_FOR_PAYER", words, line=line.number, numbers={"code": line.cpt})
        elif fee is not None and fee.status in {"B", "N"}:
            words = f"{line.cpt} is never paid separately (status {fee.status})"
            found += say(content, "CODE_NOT_PAYABLE", words, line=line.number, numbers={"code": line.cpt})
    return found


def charges(content: ClaimContent, facts: ScrubFacts) -> Found:
    if any(finding.code == "CHARGE_MISSING" for finding in content.coding_findings):
        return ()
    return tuple(
        found
        for line in content.lines
        if line.charge_cents <= 0
        for found in say(content, "CHARGE_MISSING", f"{line.cpt} has no charge", line=line.number)
    )


def limits(content: ClaimContent, facts: ScrubFacts) -> Found:
    """MUE: MAI 1 line by line, 2 and 3 per date over all claims of the day. A limit of 0 is a code never paid: `codes`."""
    day: Counter[str] = Counter(facts.same_day_units)
    for line in content.lines:
        day[line.cpt] += line.units
    found: Found = ()
    seen: set[str] = set()
    for line, procedure in known_lines(content):
        units = line.units if procedure.mue_mai == 1 else day[line.cpt]
        if not procedure.mue or units <= procedure.mue or line.cpt in seen:
            continue
        seen.add(line.cpt)
        words = f"{units} units of {line.cpt}, limit {procedure.mue} a {'line' if procedure.mue_mai == 1 else 'day'}"
        numbers: Numbers = {"code": line.cpt, "units": units, "limit": procedure.mue, "mai": procedure.mue_mai or 0}
        found += say(content, "MUE_EXCEEDED", words, line=line.number, numbers=numbers)
    return found


def pairs(content: ClaimContent, facts: ScrubFacts) -> Found:
    """NCCI edits among the codes of the day; one held per pair."""
    program = facts.plan.ncci if facts.plan is not None else "medicare"
    own = {line.cpt for line in content.lines}
    found: Found = ()
    for edit in ncci.pairs([*own, *facts.same_day_units], content.date_of_service, program):
        if not {edit.column1, edit.column2} & own:
            continue
        if {edit.column1, edit.column2} <= EVALUATIONS:
            continue  # said once, by EVALUATION_REPEATED
        names = f"{edit.column1} and {edit.column2}"
        numbers: Numbers = {"column1": edit.column1, "column2": edit.column2, "indicator": edit.indicator}
        at = _line_of(content, edit.column2) or _line_of(content, edit.column1)
        if edit.indicator == 0:
            words = f"{names} are never paid together ({edit.as_of})"
            found += say(content, "NCCI_BUNDLED", words, line=at, numbers=numbers)
        elif not _separate(content, facts, edit.column1, edit.column2):
            found += _modifier_needed(content, edit.column1, edit.column2, at, numbers)
    return found


def _separate(content: ClaimContent, facts: ScrubFacts, first: str, second: str) -> bool:
    """Medicare takes 59 or X{EPSU} on either code of the pair since 2019-07-01; every line of that code must carry it."""
    for code in (first, second):
        lines = [line for line in content.lines if line.cpt == code]
        if code in facts.same_day_distinct or (lines and all(set(line.modifiers) & set(DISTINCT) for line in lines)):
            return True
    return False


def _modifier_needed(content: ClaimContent, first: str, second: str, at: int | None, numbers: Numbers) -> Found:
    """Silent where coding has already held the same pair as DISTINCT_SERVICE_UNPROVEN."""
    unproven = {
        finding.numbers.get("code")
        for finding in content.coding_findings
        if finding.code == "DISTINCT_SERVICE_UNPROVEN" and finding.severity is Severity.ERROR
    }
    if unproven & {first, second}:
        return ()
    documented = any(line.distinct_service for line in content.lines if line.cpt in {first, second})
    why = "separate time is documented but no modifier says so" if documented else "no separate time is documented"
    words = f"{first} and {second} are paid together only when furnished in separate time: {why}"
    return say(content, "NCCI_MODIFIER_NEEDED", words, line=at, numbers=numbers)


def _line_of(content: ClaimContent, code: str) -> int | None:
    return next((line.number for line in content.lines if line.cpt == code), None)


def add_ons(content: ClaimContent, facts: ScrubFacts) -> Found:
    present = {line.cpt for line in content.lines} | set(facts.same_day_units)
    found: Found = ()
    for line, procedure in known_lines(content):
        if procedure.add_on_to and procedure.add_on_to not in present:
            words = f"{line.cpt} is billed only with {procedure.add_on_to} on the same date"
            found += say(content, "ADD_ON_WITHOUT_PRIMARY", words, line=line.number, numbers={"code": line.cpt})
    return found


EVALUATIONS = frozenset({"97165", "97166", "97167", "97168"})


def evaluations(content: ClaimContent, facts: ScrubFacts) -> Found:
    own = [line for line in content.lines if line.cpt in EVALUATIONS]
    elsewhere = sum(units for code, units in facts.same_day_units.items() if code in EVALUATIONS)
    count = sum(line.units for line in own) + elsewhere
    if not own or count <= 1:
        return ()
    words = f"{count} evaluations on {content.date_of_service}: {', '.join(line.cpt for line in own)}"
    return say(content, "EVALUATION_REPEATED", words, line=own[-1].number, numbers={"count": count})


def assistant_evaluation(content: ClaimContent, facts: ScrubFacts) -> Found:
    return tuple(
        found
        for line in content.lines
        if line.cpt in EVALUATIONS and line.assistant_minutes > 0
        for found in say(
            content,
            "ASSISTANT_EVALUATION",
            f"{line.cpt} has {line.assistant_minutes} minutes of an assistant",
            line=line.number,
            numbers={"minutes": line.assistant_minutes},
        )
    )


def place(content: ClaimContent, facts: ScrubFacts) -> Found:
    if pos.get(content.place_of_service, content.date_of_service) is not None:
        return ()
    words = f"place of service {content.place_of_service} is not in the code set"
    return say(content, "POS_INVALID", words, numbers={"place_of_service": content.place_of_service})


INSTITUTIONAL = frozenset({"19", "21", "22", "31", "51", "61", "62"})


def place_bills_itself(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Places that bill therapy on an institutional claim, or inside consolidated billing (Part A stay)."""
    if content.place_of_service not in INSTITUTIONAL:
        return ()
    words = f"therapy at place of service {content.place_of_service} is normally billed by the institution"
    return say(content, "POS_INSTITUTIONAL", words)


TELEHEALTH = frozenset({"02", "10"})


def telehealth(content: ClaimContent, facts: ScrubFacts) -> Found:
    """POS 02 and 10, and modifier 95 where the plan's row wants it (dated; CAA 2026 s.6209 for therapists at Medicare)."""
    remote = content.place_of_service in TELEHEALTH
    on = content.date_of_service
    if not remote:
        marked = [line.number for line in content.lines if "95" in line.modifiers]
        if not marked:
            return ()
        words = f"modifier 95 with place of service {content.place_of_service}"
        return say(content, "TELEHEALTH_MISMATCH", words, line=marked[0])
    if facts.plan is not None and facts.plan.line_of_business == "medicare" and not _telehealth_law(on):
        return say(content, "TELEHEALTH_NOT_COVERED", f"therapists' telehealth authority does not cover {on}")
    wanted = facts.plan.telehealth_modifier if facts.plan is not None else ""
    missing = [line.number for line in content.lines if wanted and wanted not in line.modifiers]
    if not missing:
        return ()
    return say(content, "TELEHEALTH_MISMATCH", f"telehealth without modifier {wanted}", line=missing[0])


def _telehealth_law(on: date) -> bool:
    try:
        return settings.value("telehealth_ot", on) == 1
    except RateUnknown:
        return False


def duplicates(content: ClaimContent, facts: ScrubFacts) -> Found:
    """The later of two visits that share a code: held when their times overlap, told when a time is missing."""
    own = [visit for visit in facts.same_day_visits if visit.visit_id in content.visit_ids]
    found: Found = ()
    for mine, other in product(own, facts.same_day_visits):
        shared = sorted(mine.codes & other.codes)
        if not shared or not _later(mine, other):
            continue
        timed = all((mine.start_time, mine.end_time, other.start_time, other.end_time))
        if timed and not (mine.start_time < other.end_time and other.start_time < mine.end_time):
            continue
        words = f"visit {mine.visit_id} repeats {', '.join(shared)} of visit {other.visit_id} on the same date"
        numbers: Numbers = {"visit": mine.visit_id, "other_visit": other.visit_id}
        found += say(content, "DUPLICATE_VISIT", words, at_most_warning=not timed, numbers=numbers)
    return found


def _later(mine: SameDayVisit, other: SameDayVisit) -> bool:
    return mine.visit_id != other.visit_id and (mine.sequence, mine.visit_id) > (other.sequence, other.visit_id)


EDITS = (
    nothing_to_bill,
    codes,
    charges,
    limits,
    pairs,
    add_ons,
    evaluations,
    assistant_evaluation,
    place,
    place_bills_itself,
    telehealth,
    duplicates,
)
