"""Modifiers of one billed line, derived; where the practice's file disagrees that is a finding.

GO: Medicare Claims Processing Manual ch.5 s.10.4, 20.1 (one of GN, GO, GP a line). CO: assistants.py. KX only from an
attestation (and only where the year's amounts call for it: `claims/kx.py`), GA only with a signed notice, 59 and X{EPSU} only
with documented separate time (separate.py): the file may keep them, nothing here adds them. What the file says and the line
does not is a finding. Order on the line: CO, GO, KX, 59/X, then informational.
"""

from __future__ import annotations

from typing import Protocol

from chalicelib.codes.cpt import Procedure
from chalicelib.therapy.findings import finding
from chalicelib.therapy.model import Finding, Service

DISTINCT = ("XE", "XS", "XP", "XU", "59")
ABN = ("GA", "GX", "GY", "GZ")
SIGNED = frozenset({"GA", "GX"})  # say that a signed notice is on file; GY and GZ need none
OTHER_DISCIPLINES = frozenset({"GP", "GN", "CQ"})
# Kept as the file says them: sides, fingers, toes, telehealth, repeats, reduced service.
_FINGERS_AND_TOES = {f"{side}{n}" for side in "FT" for n in (*range(1, 10), "A")}
INFORMATIONAL = frozenset({"RT", "LT", "95", "93", "GT", "FQ", "76", "77", "52", "22", *_FINGERS_AND_TOES})
MOST = 4


class Plan(Protocol):
    """What coding needs of a payer plan."""

    @property
    def line_of_business(self) -> str: ...
    @property
    def unit_rule(self) -> str: ...
    @property
    def go_required(self) -> bool: ...
    @property
    def co_required(self) -> bool: ...
    @property
    def kx_used(self) -> bool: ...
    @property
    def abn_used(self) -> bool: ...
    @property
    def ncci(self) -> str: ...


def discipline(service: Service, procedure: Procedure | None) -> str:
    """GO, GP or GN: what the code belongs to, else what the file says, else occupational therapy."""
    own = procedure.discipline_modifier if procedure is not None else ""
    if own in {"GP", "GN"}:
        return own
    if "GO" in service.file_modifiers:
        return "GO"
    return (
        "GP" if "CQ" in service.file_modifiers else next((m for m in ("GP", "GN") if m in service.file_modifiers), "GO")
    )


def kx_attested(service: Service, plan: Plan) -> bool:
    """GY says that there is no benefit at all, so there is no threshold to except the service from."""
    return plan.kx_used and service.kx_attested and not (plan.abn_used and "GY" in service.file_modifiers)


KX_LEFT_OFF = "KX is attested and left off, as the year's amounts do not reach the threshold with this line"


def modifiers(
    service: Service, procedure: Procedure | None, plan: Plan, assistant: bool, part: str = ""
) -> tuple[str, ...]:
    """The line's modifiers in house order; `part` names the line among those of its service."""
    in_file = set(service.file_modifiers)
    go = procedure is not None and procedure.discipline_modifier == "GO"
    found = ["CO"] if assistant and plan.co_required else []
    if go and (plan.go_required or "GO" in in_file):
        found.append("GO")
    if go and kx_attested(service, plan) and part not in service.kx_left_off:
        found.append("KX")
    if service.distinct_service:
        found += [modifier for modifier in DISTINCT if modifier in in_file][:1]
    if plan.abn_used and not kx_attested(service, plan):
        found += [m for m in ABN if m in in_file and (service.abn_signed or m not in SIGNED)]
    found += [modifier for modifier in service.file_modifiers if modifier in INFORMATIONAL]
    return tuple(dict.fromkeys(found))


def judge(
    service: Service, procedure: Procedure | None, plan: Plan, lines: list[tuple[str, ...]], number: int
) -> tuple[Finding, ...]:
    """What the file said against what was derived; `lines` are the modifiers of the lines this service became."""
    in_file = set(service.file_modifiers)
    derived = {modifier for line in lines for modifier in line}
    checks = (
        _discipline(service, procedure, plan, number),
        _go(in_file, derived, procedure, plan, service, number),
        _assistant(in_file, derived, procedure, plan, service, number),
        _kx(in_file, plan, service, number),
        _abn(in_file, plan, service, number),
        _unknown(in_file, plan, service, number),
        _unused(in_file, procedure, plan, service, number),
        _too_many(lines, plan, service, number),
    )
    return tuple(found for check in checks for found in check)


def _say(
    code: str, plan: Plan, service: Service, number: int, message: str, *, at_most_warning: bool = False
) -> tuple[Finding, ...]:
    numbers: dict[str, int | str] = {"service": service.key, "code": service.code}
    return finding(code, plan.line_of_business, message, line=number, numbers=numbers, at_most_warning=at_most_warning)


def _discipline(service: Service, procedure: Procedure | None, plan: Plan, number: int) -> tuple[Finding, ...]:
    others = sorted(OTHER_DISCIPLINES & set(service.file_modifiers))
    if others:
        words = f"{service.code} carries {' '.join(others)}, which belongs to another discipline"
        return _say("DISCIPLINE_CONFLICT", plan, service, number, words)
    if procedure is not None and procedure.discipline_modifier in {"GP", "GN"}:
        words = f"{service.code} is a code of another discipline ({procedure.discipline_modifier})"
        return _say("DISCIPLINE_CONFLICT", plan, service, number, words)
    return ()


def _go(
    in_file: set[str],
    derived: set[str],
    procedure: Procedure | None,
    plan: Plan,
    service: Service,
    number: int,
) -> tuple[Finding, ...]:
    """A code of another discipline, or one nobody knows, has its own finding."""
    if "GO" in derived and "GO" not in in_file:
        return _say("GO_MISSING", plan, service, number, f"{service.code} came without GO; it was added")
    if "GO" in in_file and procedure is not None and not procedure.discipline_modifier:
        words = f"{service.code} carries GO in the file, but is no code of an occupational-therapy plan; left off"
        return _say("GO_UNSUPPORTED", plan, service, number, words)
    return ()


def _assistant(
    in_file: set[str],
    derived: set[str],
    procedure: Procedure | None,
    plan: Plan,
    service: Service,
    number: int,
) -> tuple[Finding, ...]:
    if "CO" in in_file and procedure is not None and procedure.is_evaluation:
        words = f"{service.code} is an evaluation and carries CO in the file"
        return _say("CO_ON_EVALUATION", plan, service, number, words)
    if "CO" in derived and "CO" not in in_file:
        words = f"{service.code} came without CO; the assistant's minutes call for it and it was added"
        return _say("CO_MISSING", plan, service, number, words)
    if "CO" not in in_file or "CO" in derived or not plan.co_required:
        return ()
    if not service.assistant_minutes:
        words = f"{service.code} carries CO in the file, but no minutes of an assistant are documented"
        return _say("CO_UNSUPPORTED", plan, service, number, words)
    words = (
        f"{service.code} carries CO in the file, but {service.assistant_minutes} of"
        f" {service.therapist_minutes + service.assistant_minutes} minutes by the assistant do not call for it; left off"
    )
    return _say("CO_UNSUPPORTED", plan, service, number, words, at_most_warning=True) if derived else ()


def _kx(in_file: set[str], plan: Plan, service: Service, number: int) -> tuple[Finding, ...]:
    if plan.kx_used and "KX" in in_file and not service.kx_attested:
        words = f"{service.code} carries KX in the file, but medical necessity is not attested; KX was left off"
        return _say("KX_NOT_ATTESTED", plan, service, number, words)
    return ()


def _abn(in_file: set[str], plan: Plan, service: Service, number: int) -> tuple[Finding, ...]:
    if not plan.abn_used:
        return ()
    marks = [modifier for modifier in ABN if modifier in in_file]
    if marks and (service.kx_attested or "KX" in in_file) and {"GA", "GZ"} & set(marks):
        words = f"{service.code} has KX and {' '.join(marks)}: one says necessary, the other not"
        return _say("GA_KX_CONFLICT", plan, service, number, words)
    if {"GA", "GZ"} <= set(marks):
        words = f"{service.code} carries GA and GZ: one says that a signed notice is on file, the other that none is"
        return _say("ABN_CONFLICT", plan, service, number, words)
    if "GX" in marks and "GY" not in marks:
        words = f"{service.code} carries GX without GY: a voluntary notice is for a service that is not covered"
        return _say("ABN_CONFLICT", plan, service, number, words)
    if SIGNED & set(marks) and not service.abn_signed:
        signed = " ".join(sorted(SIGNED & set(marks)))
        words = f"{service.code} carries {signed}, but no signed notice (ABN) in force that day is on record"
        return _say("ABN_UNPROVEN", plan, service, number, words)
    return ()


def _unknown(in_file: set[str], plan: Plan, service: Service, number: int) -> tuple[Finding, ...]:
    known = INFORMATIONAL | set(DISTINCT) | set(ABN) | OTHER_DISCIPLINES | {"GO", "CO", "KX"}
    others = sorted(in_file - known)
    if not others:
        return ()
    words = f"{service.code} carries {' '.join(others)}, which we do not bill; left off"
    return _say("MODIFIER_UNKNOWN", plan, service, number, words)


def _unused(
    in_file: set[str], procedure: Procedure | None, plan: Plan, service: Service, number: int
) -> tuple[Finding, ...]:
    """CO, KX and the ABN modifiers of the file at a plan whose row does not use them; CO on an evaluation is said before."""
    others = set() if plan.kx_used else {"KX"}
    others |= set() if plan.abn_used else set(ABN)
    if not plan.co_required and not (procedure is not None and procedure.is_evaluation):
        others.add("CO")
    marks = sorted(in_file & others)
    if not marks:
        return ()
    words = f"{service.code} carries {' '.join(marks)}, which this plan does not use; left off"
    return _say("MODIFIER_UNKNOWN", plan, service, number, words)


def _too_many(lines: list[tuple[str, ...]], plan: Plan, service: Service, number: int) -> tuple[Finding, ...]:
    if all(len(line) <= MOST for line in lines):
        return ()
    return _say("MODIFIERS_TOO_MANY", plan, service, number, f"{service.code} would need more than four modifiers")
