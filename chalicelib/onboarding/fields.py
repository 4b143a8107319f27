"""The values a practice file is made of: each checked as it is read, with our code and how to mend it; the value stays out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from chalicelib.money import MoneyError, parse_dollars
from chalicelib.onboarding import rules
from chalicelib.platform.model import Model

LineOfBusiness = Literal[
    "medicare",
    "medicare_advantage",
    "medicaid",
    "commercial",
    "tricare",
    "auto",
    "workers_compensation",
    "self_pay",
]
Transaction = Literal["837", "835", "EFT", "270", "276", "278"]
EnrolmentState = Literal["live", "test", "pending"]


def refuse(code: str, reason: str, fix: str) -> PydanticCustomError:
    """A pydantic error that carries our code and fix; the value stays out of it."""
    # Braces are pydantic's placeholders, and none of our reasons has one.
    return PydanticCustomError(code, "{reason}", {"reason": reason, "fix": fix})


def by(check: Callable[[str], rules.Fault | None]) -> AfterValidator:
    def validate(text: str) -> str:
        fault = check(text)
        if fault is not None:
            raise refuse(fault.code, fault.reason, fault.fix)
        return text

    return AfterValidator(validate)


def _dollars(text: str) -> str:
    try:
        amount = parse_dollars(text)
    except MoneyError as error:
        raise refuse("NOT_DOLLARS", str(error), 'write dollars as text, "75.00"') from None
    if not 0 <= amount <= 1_000_000_00:
        raise refuse("AMOUNT_RANGE", "an amount between 0.00 and 1,000,000.00 is expected", "mend the amount")
    return text


def percent_text(text: str) -> str:
    try:
        percent = Decimal(text)
    except InvalidOperation:
        percent = Decimal(-1)
    if not 0 <= percent <= 100 or percent != round(percent, 2):
        raise refuse("NOT_PERCENT", "a percentage from 0 to 100, at most two decimals", 'write it as text, "6.5"')
    return text


def zone_name(text: str) -> str:
    if text not in available_timezones():
        raise refuse("TIME_ZONE_UNKNOWN", "not an IANA time zone", "use a name such as America/New_York")
    return text


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


Text = Annotated[str, Field(min_length=1, max_length=60)]
Npi = Annotated[str, Field(json_schema_extra={"pattern": "^[12][0-9]{9}$"}), by(rules.npi_fault)]
OptionalNpi = Annotated[str, by(lambda text: rules.npi_fault(text) if text else None)]
Zip9 = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9]{9}$"}), by(rules.zip_fault)]
State = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{2}$"}), by(rules.state_fault)]
Phone = Annotated[str, Field(pattern=r"^[2-9][0-9]{9}$")]
PayerId = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,20}$")]
X12Id = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,15}$")]  # ISA06 and ISA08 hold 15 characters
Dollars = Annotated[str, Field(json_schema_extra={"pattern": r"^[0-9]+(\.[0-9]{1,2})?$"}), AfterValidator(_dollars)]
Cpt = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9]{3}[0-9A-Z]$")]
Ends = Annotated[date | None, BeforeValidator(_empty_is_none)]


class Table(Model):
    """One table of the file; keys that are Python words (`from`) have another name here."""

    model_config = ConfigDict(populate_by_name=True)
