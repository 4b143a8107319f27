"""A biller's own rules, as data: when payer, plan, code, modifier, diagnosis, age, place or dates fit, then hold, warn, require a
document, or add a modifier.

Rules only ever add caution. There is no verb that releases a claim, lowers a finding or takes a modifier away, and a rule may
never add what must come from the record: KX, 59, XE/XS/XP/XU, GA, GX, GY, GZ (False Claims Act), nor GO and CO, which are
derived.

    [[rules]]
    name = "aetna-telehealth-95"
    when = { payer = ["60054"], place_of_service = ["02", "10"], from = "2026-01-01" }
    then = "add_modifier"
    modifier = "95"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from chalicelib.claims.model import ClaimContent, ClaimLine
from chalicelib.codes import icd10
from chalicelib.intake.model import LineOfBusiness
from chalicelib.platform.errors import Refused
from chalicelib.platform.model import Model
from chalicelib.platform.wording import plain
from chalicelib.therapy.findings import finding
from chalicelib.therapy.model import Finding, Severity
from chalicelib.therapy.modifiers import ABN, DISTINCT, MOST

NEVER_ADDED = frozenset({"KX", "GO", "CO", "GP", "GN", "CQ", *DISTINCT, *ABN})
MAX_BYTES = 256 * 1024
MAX_RULES = 500


class Action(StrEnum):
    HOLD = "hold"
    WARN = "warn"
    REQUIRE_DOCUMENT = "require_document"
    ADD_MODIFIER = "add_modifier"


class When(Model):
    """All named conditions must fit; one condition fits when any of its values does. Plans, codes and diagnoses may end in `*`.

    `plan` is the plan's name in the payer directory (capitals or not) or the group number on the card.
    """

    payer: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    line_of_business: tuple[LineOfBusiness, ...] = ()
    code: tuple[str, ...] = ()
    modifier: tuple[str, ...] = ()
    diagnosis: tuple[str, ...] = ()
    place_of_service: tuple[str, ...] = ()
    age_from: int | None = Field(default=None, ge=0, le=130)
    age_to: int | None = Field(default=None, ge=0, le=130)
    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _some_condition(self) -> When:
        if not any(getattr(self, name) not in ((), None) for name in type(self).model_fields):
            raise ValueError("a rule without any condition would fit every claim")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> When:
        if self.age_from is not None and self.age_to is not None and self.age_to < self.age_from:
            raise ValueError("age_to is under age_from: the rule would fit nobody")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("to is before from: the rule would fit no day")
        return self


class BillerRule(Model):
    """One rule. `document` names what require_document asks for; a claim shows it by that name in its documents."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,63}$")
    when: When
    then: Action
    modifier: str = ""
    document: str = ""
    message: str = Field(default="", max_length=300)
    fix: str = Field(default="", max_length=300)

    @field_validator("modifier")
    @classmethod
    def _from_the_record(cls, modifier: str) -> str:
        if modifier in NEVER_ADDED:
            raise ValueError("this modifier comes from the record, never from a rule")
        if modifier and not re.fullmatch("[A-Z0-9]{2}", modifier):  # other alphabets have look-alikes of KX and 59
            raise ValueError("a modifier is two capitals or digits")
        return modifier

    @model_validator(mode="after")
    def _whole(self) -> BillerRule:
        if (self.then is Action.ADD_MODIFIER) != bool(self.modifier):
            raise ValueError("add_modifier needs a modifier, and nothing else has one")
        if (self.then is Action.REQUIRE_DOCUMENT) != bool(self.document):
            raise ValueError("require_document needs a document, and nothing else has one")
        return self


class _File(Model):
    rules: tuple[BillerRule, ...] = Field(max_length=MAX_RULES)


def parse(content: bytes) -> tuple[BillerRule, ...]:
    """The rules of a TOML file. Refused RULES_FILE saying which rule and key is wrong, never its value."""
    if len(content) > MAX_BYTES:
        raise Refused("RULES_FILE", "the rules file is larger than 256 KiB", fix="split it by practice or payer")
    try:
        table: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
        found = _File.model_validate(table).rules
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused("RULES_FILE", "the rules file is not TOML in UTF-8", fix="mend its syntax") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused("RULES_FILE", plain(first), where=where, fix="mend the rule and load the file again") from None
    names = [rule.name for rule in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise Refused("RULES_FILE", "two rules have one name", where=twice, fix="give each rule a name of its own")
    return found


def findings(content: ClaimContent, rules: Iterable[BillerRule], documents: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What hold, warn and require_document rules say of a claim, and of lines an add_modifier rule found full."""
    have = frozenset(documents)
    found: list[Finding] = []
    for rule in rules:
        if rule.then is Action.ADD_MODIFIER:
            found += _no_room(rule, content)
        elif fits(rule.when, content) and rule.document not in have:
            found.append(_finding(rule))
    return tuple(found)


def _no_room(rule: BillerRule, content: ClaimContent) -> Iterator[Finding]:
    """The lines that should carry the rule's modifier and hold four others: the claim waits for a person to choose."""
    if not _claim_fits(rule.when, content):
        return
    for line in content.lines:
        if _line_fits(rule.when, line) and rule.modifier not in line.modifiers and len(line.modifiers) >= MOST:
            words = f"rule {rule.name} adds {rule.modifier}, but {line.cpt} carries four modifiers already"
            numbers: dict[str, int | str] = {"rule": rule.name, "code": line.cpt}
            business = content.coverage.line_of_business.value
            yield from finding("MODIFIERS_TOO_MANY", business, words, line=line.number, numbers=numbers)


def _finding(rule: BillerRule) -> Finding:
    wanted = f"this claim needs the document {rule.document}" if rule.document else f"rule {rule.name} applies"
    return Finding(
        code="BILLER_RULE",
        severity=Severity.WARNING if rule.then is Action.WARN else Severity.ERROR,
        message=rule.message or wanted,
        fix=rule.fix or "Do what the rule asks, or change the rule.",
        citation=f"Practice or payer rule {rule.name}",
        numbers={"rule": rule.name},
    )


def with_modifiers(content: ClaimContent, rules: Iterable[BillerRule]) -> ClaimContent:
    """The claim with the modifiers of add_modifier rules on the lines that fit; a full line stays (`findings` says so)."""
    adding = [rule for rule in rules if rule.then is Action.ADD_MODIFIER and _claim_fits(rule.when, content)]
    if not adding:
        return content
    return content.model_copy(update={"lines": tuple(_added(line, adding) for line in content.lines)})


def _added(line: ClaimLine, rules: Sequence[BillerRule]) -> ClaimLine:
    modifiers, added = list(line.modifiers), list(line.rule_modifiers)
    for rule in rules:
        if _line_fits(rule.when, line) and rule.modifier not in modifiers and len(modifiers) < MOST:
            modifiers.append(rule.modifier)
            added.append(rule.modifier)
    return line.model_copy(update={"modifiers": tuple(modifiers), "rule_modifiers": tuple(added)})


def without_rules(content: ClaimContent) -> ClaimContent:
    """The claim as its visits alone make it."""
    if not any(line.rule_modifiers for line in content.lines):
        return content
    return content.model_copy(update={"lines": tuple(map(_bare, content.lines))})


def _bare(line: ClaimLine) -> ClaimLine:
    own = tuple(modifier for modifier in line.modifiers if modifier not in line.rule_modifiers)
    return line.model_copy(update={"modifiers": own, "rule_modifiers": ()})


def fits(when: When, content: ClaimContent) -> bool:
    """The claim's own conditions, and one line that meets code and modifier together."""
    return _claim_fits(when, content) and (
        not (when.code or when.modifier) or any(_line_fits(when, line) for line in content.lines)
    )


def _claim_fits(when: When, content: ClaimContent) -> bool:
    on = content.date_of_service
    return (
        _among(content.coverage.payer_id, when.payer)
        and (not when.plan or _plan_fits(when.plan, content))
        and (not when.line_of_business or content.coverage.line_of_business in when.line_of_business)
        and _among(content.place_of_service, when.place_of_service)
        and (not when.diagnosis or any(_among(icd10.plain(code), _plain(when.diagnosis)) for code in content.diagnoses))
        and (when.start is None or when.start <= on)
        and (when.end is None or on <= when.end)
        and _age_fits(when, content)
    )


def _plan_fits(patterns: Sequence[str], content: ClaimContent) -> bool:
    folded = [pattern.casefold() for pattern in patterns]
    names = (content.payer_name, content.coverage.group_number)
    return any(name and _among(name.casefold(), folded) for name in names)


def _line_fits(when: When, line: ClaimLine) -> bool:
    return _among(line.cpt, when.code) and (not when.modifier or any(m in when.modifier for m in line.modifiers))


def _among(value: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)


def _plain(patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(icd10.plain(pattern) for pattern in patterns)


def _age_fits(when: When, content: ClaimContent) -> bool:
    if when.age_from is None and when.age_to is None:
        return True
    born, on = content.patient.date_of_birth, content.date_of_service
    if born is None:
        return False
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return (when.age_from or 0) <= age <= (130 if when.age_to is None else when.age_to)


class DryRun(Model):
    """What a rule would have done to past claims."""

    rule: str
    then: Action
    claims: int
    claim_ids: tuple[str, ...]

    @property
    def words(self) -> str:
        verbs = {
            Action.HOLD: "would have held",
            Action.WARN: "would have warned on",
            Action.REQUIRE_DOCUMENT: "would have asked a document for",
            Action.ADD_MODIFIER: "would have added a modifier to",
        }
        return f"{self.rule} {verbs[self.then]} {self.claims} claim{'' if self.claims == 1 else 's'}"


def dry_run(rules: Sequence[BillerRule], contents: Iterable[ClaimContent]) -> tuple[DryRun, ...]:
    """Each rule against each claim; nothing is changed."""
    hit: dict[str, list[str]] = {rule.name: [] for rule in rules}
    for content in contents:
        for rule in rules:
            if _would_act(rule, content):
                hit[rule.name].append(content.claim_id)
    return tuple(
        DryRun(rule=rule.name, then=rule.then, claims=len(hit[rule.name]), claim_ids=tuple(hit[rule.name]))
        for rule in rules
    )


def _would_act(rule: BillerRule, content: ClaimContent) -> bool:
    if rule.then is Action.ADD_MODIFIER:
        return with_modifiers(content, (rule,)).lines != content.lines
    return fits(rule.when, content)
