"""The EDI language: reader, writer, envelope; one module per transaction set. Standard library only.

Everything a caller needs is a name of this package, loaded when first used.
"""

# ruff: noqa: F401
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.x12.ack999 import Acknowledgement, ElementError, SegmentError, TransactionAck
    from chalicelib.x12.check837 import check_837p
    from chalicelib.x12.claim837 import Accident, Attachment, Claim837, LineAdjudication, OtherPayer, ServiceLine
    from chalicelib.x12.collect import read_270, read_271, read_277ca, read_835, read_837p, read_999
    from chalicelib.x12.diagnostics import Diagnostic
    from chalicelib.x12.eligibility import Benefit, BenefitDate, BenefitResponse, EligibilityRequest, RequestError
    from chalicelib.x12.envelope import GroupEnd, Interchange, Peek, TransactionSet
    from chalicelib.x12.limits import Limits
    from chalicelib.x12.parties import Address, Name, Party, Person
    from chalicelib.x12.peek import peek
    from chalicelib.x12.reader import Engine, read
    from chalicelib.x12.remittance835 import (
        Adjustment,
        Amount,
        ClaimPayment,
        OutOfBalance,
        Payee,
        Payer,
        ProviderAdjustment,
        Reference,
        Remittance,
        RemittanceEnd,
        ServicePayment,
    )
    from chalicelib.x12.results import Read270, Read271, Read277CA, Read835, Read837, Read999
    from chalicelib.x12.status277ca import ClaimStatus, LineStatus, StatusBatch, StatusCode
    from chalicelib.x12.write270 import write_270, write_271
    from chalicelib.x12.write277ca import write_277ca
    from chalicelib.x12.write835 import write_835
    from chalicelib.x12.write837 import batch_reference, write_837p
    from chalicelib.x12.write999 import acknowledge, write_999, write_ta1
    from chalicelib.x12.writer import WriteError

_HOME = {
    "ack999": "Acknowledgement ElementError SegmentError TransactionAck",
    "check837": "check_837p",
    "claim837": "Accident Attachment Claim837 LineAdjudication OtherPayer ServiceLine",
    "collect": "read_270 read_271 read_277ca read_835 read_837p read_999",
    "diagnostics": "Diagnostic",
    "eligibility": "Benefit BenefitDate BenefitResponse EligibilityRequest RequestError",
    "envelope": "GroupEnd Interchange Peek TransactionSet",
    "limits": "Limits",
    "parties": "Address Name Party Person",
    "peek": "peek",
    "reader": "Engine read",
    "remittance835": "Adjustment Amount ClaimPayment OutOfBalance Payee "
    "Payer ProviderAdjustment Reference Remittance RemittanceEnd ServicePayment",
    "results": "Read270 Read271 Read277CA Read835 Read837 Read999",
    "status277ca": "ClaimStatus LineStatus StatusBatch StatusCode",
    "write270": "write_270 write_271",
    "write277ca": "write_277ca",
    "write835": "write_835",
    "write837": "batch_reference write_837p",
    "write999": "acknowledge write_999 write_ta1",
    "writer": "WriteError",
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
