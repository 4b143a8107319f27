"""Writes the draft of a practice file: what the inquiry told is filled in, what is missing stands empty and says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.onboarding.practice_file import PracticeFileRefused, load

# The zone most of a state's people live in; a person confirms it.
_ZONES = {
    "America/Chicago": "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}

_DRAFT = """\
# Draft from inquiry {inquiry_id}. Fill in every line marked `missing`, then: otbill tenant apply {file}
# The inquiry names as payers: {payers}
# Therapists: {therapists}. Visits a month: {monthly_visits}. Software: {software}.
schema = 1
slug = {slug}
legal_name = {practice_name}  # confirm: exactly as in the NPPES record
npi = ""  # missing: the billing NPI, ten digits
tax_id = ""  # missing: nine digits without a dash
tax_id_kind = "EI"  # EI = employer number, SY = social security number
taxonomy = ""  # missing: 261QR0400X for a clinic, 225X00000X for a therapist
is_person = false  # true when a person bills under their own name; then legal_name is the last name, and add first_name
time_zone = {zone}  # confirm
contact_name = {contact_name}
contact_phone = {phone}

[address]
line1 = ""  # missing: a street, not a post-office box
city = ""  # missing
state = {state}
zip = ""  # missing: nine digits

# One [[therapists]] table for each OT (with npi) and OTA (without).
[[therapists]]
id = ""  # missing: the practice's own short name for the therapist
npi = ""  # missing
last_name = ""  # missing
first_name = ""  # missing
kind = "OT"
taxonomy = "225X00000X"

# One table for each payer that has credentialed this therapist.
[[therapists.credentialing]]
payer_id = ""  # missing
from = ""  # missing: first day, "2026-01-31"
to = ""

# One [[payers]] table for each payer the practice bills.
[[payers]]
payer_id = ""  # missing: as in the payer directory
name = ""  # missing
lines_of_business = []  # missing: medicare, medicare_advantage, medicaid, commercial, tricare, auto …

# One line for each transaction the payer is enrolled for: "837", "835", EFT, "270", "276"; state live, test or pending.
[payers.enrolment]

# Charge per unit by procedure: "97530" = "75.00"
[fee_schedule]

[fee_agreement]
percent_of_collections = ""  # missing: "6.5"
minimum_month = "0.00"

[billing]
trading_partner = "simulated"
receiver_id = "SIMCLEAR"
submitter_id = "OTBILL"
"""


def time_zone(state: str) -> str:
    """The IANA zone most people of a state live in."""
    return next((zone for zone, states in _ZONES.items() if state in states.split()), "America/New_York")


def draft(slug: str, form: Mapping[str, Any], inquiry_id: str) -> str:
    """The text of `tenants/<slug>.toml` from the answers of an inquiry."""
    told = {name: _text(str(form[name])) for name in ("practice_name", "contact_name", "phone", "state")}
    remarks = {name: _remark(str(form[name])) for name in ("payers", "therapists", "monthly_visits", "software")}
    zone = _text(time_zone(str(form["state"])))
    return _DRAFT.format(
        inquiry_id=inquiry_id, file=f"tenants/{slug}.toml", slug=_text(slug), zone=zone, **told, **remarks
    )


def missing(file: Path) -> tuple[str, ...]:
    """What a practice file still lacks, as 'table key: reason'; empty when it can be applied."""
    try:
        load(file)
    except PracticeFileRefused as refused:
        return tuple(str(problem) for problem in refused.problems)
    return ()


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are all TOML escapes, DEL apart."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _remark(value: str) -> str:
    """Text that stays inside its comment line."""
    return "".join(character if character.isprintable() else " " for character in value) or "not told"
