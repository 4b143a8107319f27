"""The registry of finding codes as a page: `python -m chalicelib.claims.findings > docs/edits.md`."""

from __future__ import annotations

import sys

from chalicelib.codes.findings import FindingKind, registry

HEAD = """# Finding codes

Made from `chalicelib/codes/data/findings.toml` by `python -m chalicelib.claims.findings`; do not edit by hand.

An error holds the claim, a warning tells and lets it go. Severity is data per line of business; some rules have a milder form
(a limit that is near, a line among others that earn) which only warns.

"""


def edits_page() -> str:
    """The page in Markdown, codes in alphabetical order."""
    return HEAD + "\n".join(_section(registry()[code]) for code in sorted(registry()))


def _section(entry: FindingKind) -> str:
    others = {who: what for who, what in entry.severities.items() if who != "default"}
    severity = entry.severities["default"]
    if others:
        severity += "; " + ", ".join(f"{who.replace('_', ' ')}: {what}" for who, what in others.items())
    return (
        f"## {entry.code}\n\n{entry.words}\n\n- Severity: {severity}\n- Fix: {entry.fix}\n- Source: {entry.citation}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(edits_page())
