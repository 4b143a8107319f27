"""People, organizations and addresses, as every transaction set names them (NM1, N3, N4, DMG, PRV, PER)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(slots=True)
class Address:
    """N3 and N4. `zip` is digits only, 5 or 9 of them."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""


@dataclass(slots=True)
class Reference:
    """A further identification (REF): qualifier and value."""

    qualifier: str
    value: str


@dataclass(slots=True)
class Party:
    """A provider, payer, submitter or receiver. `last_name` is the organization's name when it is no person.

    `tax_id_kind` is EI (employer number) or SY (social security number). `id_qualifier` and `id_code` are
    NM108 and NM109 when the party is known by something other than an NPI. `references` are its further numbers (REF 0B state
    license, 1G, G2 the payer's, LU location).
    """

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    is_person: bool = True
    npi: str = ""
    tax_id: str = ""
    tax_id_kind: str = "EI"
    taxonomy: str = ""
    address: Address | None = None
    phone: str = ""
    contact_name: str = ""
    id_qualifier: str = ""
    id_code: str = ""
    references: tuple[Reference, ...] = ()


@dataclass(slots=True)
class Person:
    """A subscriber or patient. `sex` is M, F or U; dates are plain days."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    date_of_birth: dt.date | None = None
    sex: str = ""
    address: Address | None = None


@dataclass(slots=True)
class Name:
    """A person as a remittance or status report names them."""

    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    member_id: str = ""
