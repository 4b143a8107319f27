"""Are the diagnoses right: valid on the day, billable, said once, pointed to, on the line's side, and fit for this patient."""

# ruff: noqa: ARG001  # every edit has the same shape, whether or not it needs the facts
from __future__ import annotations

from collections import Counter

from chalicelib.claims.edits.base import Found, Numbers, say
from chalicelib.claims.facts import ScrubFacts
from chalicelib.claims.model import ClaimContent
from chalicelib.codes import icd10, icd10_patient


def sides(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Left and right: a diagnosis that leaves the side open, and a line whose side its diagnoses contradict."""
    on = content.date_of_service
    side = [icd10.side(code) for code in content.diagnoses]
    found: Found = ()
    for code, told in zip(content.diagnoses, side, strict=True):
        if told == "unspecified" and icd10.status(code, on) == "valid":
            found += say(content, "DX_SIDE_UNSPECIFIED", f"{code} does not say which side", numbers={"code": code})
    for line in content.lines:
        pointed = {side[n - 1] for n in line.diagnosis_pointers if 1 <= n <= len(side)} & {"left", "right"}
        claimed = {word for word, mark in (("left", "LT"), ("right", "RT")) if mark in line.modifiers}
        if len(pointed) == 1 and len(claimed) == 1 and pointed != claimed:
            words = f"{line.cpt} says {min(claimed)}, its diagnoses {min(pointed)}"
            found += say(content, "DX_SIDE_CONFLICT", words, line=line.number)
    return found


def diagnoses(content: ClaimContent, facts: ScrubFacts) -> Found:
    if not content.diagnoses:
        return say(content, "DX_MISSING", "the claim has no diagnosis")
    on = content.date_of_service
    found: Found = ()
    for code in content.diagnoses:
        status = icd10.status(code, on)
        if status == "not_billable":
            found += say(content, "DX_NOT_BILLABLE", f"{code} is a category; use the full code", numbers={"code": code})
        elif status == "unknown":
            found += say(content, "DX_INVALID", f"{code} is not in ICD-10-CM on {on}", numbers={"code": code})
        elif status == "no_table" and not icd10.known(code):
            words = f"{code} is in no ICD-10-CM year we hold, and no table covers {on}"
            found += say(content, "DX_INVALID", words, at_most_warning=True, numbers={"code": code})
    plain = Counter(icd10.plain(code) for code in content.diagnoses)
    for code, times in plain.items():
        if times > 1:
            found += say(content, "DX_REPEATED", f"{code} stands {times} times", numbers={"code": code})
    return found


def pointers(content: ClaimContent, facts: ScrubFacts) -> Found:
    count = len(content.diagnoses)
    if not count:
        return ()
    return tuple(
        found
        for line in content.lines
        if not 1 <= len(line.diagnosis_pointers) <= 4
        or any(not 1 <= pointer <= count for pointer in line.diagnosis_pointers)
        for found in say(
            content,
            "DX_POINTER_INVALID",
            f"{line.cpt} points to {list(line.diagnosis_pointers)}, the claim has {count} diagnoses",
            line=line.number,
        )
    )


def patient(content: ClaimContent, facts: ScrubFacts) -> Found:
    """Sex and age where ICD-10-CM itself names them (CARC 10 and 9). A sex recorded as unknown contradicts nothing; a recorded
    sex may be right and the diagnosis too, so that is told and never holds."""
    on, who = content.date_of_service, content.patient
    found: Found = ()
    for code in dict.fromkeys(content.diagnoses):
        limit = icd10_patient.limit(code, on)
        if limit is None:
            continue
        if limit.sex and who.sex in icd10_patient.SEXES and who.sex != limit.sex:
            words = f"{code} is a diagnosis of {icd10_patient.SEXES[limit.sex]} patients; the record says otherwise"
            found += say(content, "DX_SEX_CONFLICT", words, numbers={"code": code, "source": limit.source})
        years = icd10_patient.years_old(who.date_of_birth, on) if who.date_of_birth else None
        if years is not None and years >= 0 and not limit.fits_age(years):
            numbers: Numbers = {"code": code, "source": limit.source}
            found += say(content, "DX_AGE_CONFLICT", f"{code} is a diagnosis of {limit.ages}", numbers=numbers)
    return found


EDITS = (diagnoses, sides, pointers, patient)
