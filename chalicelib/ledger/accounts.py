"""The chart of accounts. Families end in ".*": one account for each adjustment reason, PLB code and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class LedgerError(ValueError):
    """An account or entry the ledger does not take."""


class Kind(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    CONTRA = "contra"  # reduces income


@dataclass(frozen=True, slots=True)
class Account:
    """`pattern` matches the account's name; `meaning` says in words what its balance is."""

    name: str
    kind: Kind
    meaning: str
    pattern: str = ""

    def matches(self, name: str) -> bool:
        return name == self.name or bool(self.pattern and re.fullmatch(self.pattern, name))


PAYER = "receivable.payer"
SECONDARY = "receivable.secondary"
PATIENT = "receivable.patient"
CHARGES = "revenue.charges"
BANK = "cash.bank"
CLEARING = "cash.clearing"
SUSPENSE = "suspense.unmatched"
INTEREST = "interest.income"
REFUNDS = "refunds.payable"

CHART = (
    Account(PAYER, Kind.ASSET, "billed to the primary payer and not yet answered"),
    Account(SECONDARY, Kind.ASSET, "left by the primary payer for the secondary payer"),
    Account(PATIENT, Kind.ASSET, "what the payers say the patient owes"),
    Account(BANK, Kind.ASSET, "received, as the payer's check or transfer says (835 BPR02)"),
    Account(CLEARING, Kind.ASSET, "received and not yet explained claim by claim; zero when a remittance is posted"),
    Account(CHARGES, Kind.INCOME, "charges of built claims at the practice's fees"),
    Account(INTEREST, Kind.INCOME, "interest payers added"),
    Account(
        "adjustment.*", Kind.CONTRA, "taken off by a payer, by group and reason code", r"adjustment\.[A-Z]{2}-\w{1,5}"
    ),
    Account("writeoff.*", Kind.CONTRA, "given up by the practice's own decision", r"writeoff\.[a-z_]{1,30}"),
    Account(
        "provider_level.*",
        Kind.CONTRA,
        "taken or given by a payer for no single claim (835 PLB03-1)",
        r"provider_level\.[A-Z0-9]{1,2}",
    ),
    Account(REFUNDS, Kind.LIABILITY, "overpaid, to be given back"),
    Account("suspense.*", Kind.LIABILITY, "received and matching nothing; a person decides", r"suspense\.[a-z_]{1,30}"),
)


@lru_cache(maxsize=1024)
def account(name: str) -> Account:
    """The account or family a name belongs to; LedgerError for a name outside the chart."""
    for candidate in CHART:
        if candidate.matches(name):
            return candidate
    raise LedgerError("the account is not in the chart of accounts")


def adjustment(group: str, reason: str) -> str:
    """The account of a claim adjustment: 'adjustment.CO-45' (835 CAS01 and CAS02)."""
    return _checked(f"adjustment.{group}-{reason}")


def provider_level(code: str) -> str:
    """The account of a provider-level adjustment: 'provider_level.WO' (835 PLB03-1)."""
    return _checked(f"provider_level.{code}")


def write_off(reason: str) -> str:
    return _checked(f"writeoff.{reason}")


def _checked(name: str) -> str:
    account(name)
    return name
