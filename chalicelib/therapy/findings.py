"""Making findings from the registry, so that words, citation and severity stand in one place."""

from __future__ import annotations

from chalicelib.codes.findings import kind
from chalicelib.therapy.model import Finding, Severity


def finding(
    code: str,
    line_of_business: str,
    message: str,
    *,
    line: int | None = None,
    numbers: dict[str, int | str] | None = None,
    fix: str = "",
    at_most_warning: bool = False,
) -> tuple[Finding, ...]:
    """One finding, or none where the registry turns the code off for this line of business.

    `at_most_warning` is for the milder form of a rule (a day before its limit, a line among others).
    """
    entry = kind(code)
    severity = entry.severity(line_of_business)
    if severity == "off":
        return ()
    found = Finding(
        code=code,
        severity=Severity.WARNING if at_most_warning else Severity(severity),
        message=message,
        fix=fix or entry.fix,
        citation=entry.citation,
        line=line,
        numbers=numbers or {},
    )
    return (found,)
