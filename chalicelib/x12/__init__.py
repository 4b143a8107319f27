"""The EDI language: reader, writer, envelope; one module per transaction set. Standard library only.

Everything a caller needs is a name of this package, loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.x12.ack999 import Acknowledgement as Acknowledgement
    from chalicelib.x12.ack999 import ElementError as ElementError
    from chalicelib.x12.ack999 import SegmentError as SegmentError
    from chalicelib.x12.ack999 import TransactionAck as TransactionAck
    from chalicelib.x12.adjudication import Inpatient as Inpatient
    from chalicelib.x12.adjudication import InpatientSummary as InpatientSummary
    from chalicelib.x12.adjudication import Outpatient as Outpatient
    from chalicelib.x12.adjudication import ProviderSummary as ProviderSummary
    from chalicelib.x12.adjudication import Quantity as Quantity
    from chalicelib.x12.check837 import check_837p as check_837p
    from chalicelib.x12.claim837 import Accident as Accident
    from chalicelib.x12.claim837 import Attachment as Attachment
    from chalicelib.x12.claim837 import Claim837 as Claim837
    from chalicelib.x12.claim837 import Drug as Drug
    from chalicelib.x12.claim837 import LineAdjudication as LineAdjudication
    from chalicelib.x12.claim837 import OtherPayer as OtherPayer
    from chalicelib.x12.claim837 import ServiceLine as ServiceLine
    from chalicelib.x12.collect import read_270 as read_270
    from chalicelib.x12.collect import read_271 as read_271
    from chalicelib.x12.collect import read_276 as read_276
    from chalicelib.x12.collect import read_277ca as read_277ca
    from chalicelib.x12.collect import read_278 as read_278
    from chalicelib.x12.collect import read_835 as read_835
    from chalicelib.x12.collect import read_837p as read_837p
    from chalicelib.x12.collect import read_999 as read_999
    from chalicelib.x12.diagnostics import Diagnostic as Diagnostic
    from chalicelib.x12.eligibility import Benefit as Benefit
    from chalicelib.x12.eligibility import BenefitDate as BenefitDate
    from chalicelib.x12.eligibility import BenefitResponse as BenefitResponse
    from chalicelib.x12.eligibility import EligibilityRequest as EligibilityRequest
    from chalicelib.x12.eligibility import RequestError as RequestError
    from chalicelib.x12.envelope import GroupEnd as GroupEnd
    from chalicelib.x12.envelope import Interchange as Interchange
    from chalicelib.x12.envelope import Peek as Peek
    from chalicelib.x12.envelope import TransactionSet as TransactionSet
    from chalicelib.x12.json_lines import as_json as as_json
    from chalicelib.x12.limits import Limits as Limits
    from chalicelib.x12.parties import Address as Address
    from chalicelib.x12.parties import Name as Name
    from chalicelib.x12.parties import Party as Party
    from chalicelib.x12.parties import Person as Person
    from chalicelib.x12.parties import Reference as Reference
    from chalicelib.x12.peek import peek as peek
    from chalicelib.x12.reader import Engine as Engine
    from chalicelib.x12.reader import read as read
    from chalicelib.x12.remittance835 import Adjustment as Adjustment
    from chalicelib.x12.remittance835 import Amount as Amount
    from chalicelib.x12.remittance835 import ClaimPayment as ClaimPayment
    from chalicelib.x12.remittance835 import OutOfBalance as OutOfBalance
    from chalicelib.x12.remittance835 import Payee as Payee
    from chalicelib.x12.remittance835 import Payer as Payer
    from chalicelib.x12.remittance835 import ProviderAdjustment as ProviderAdjustment
    from chalicelib.x12.remittance835 import Remittance as Remittance
    from chalicelib.x12.remittance835 import RemittanceEnd as RemittanceEnd
    from chalicelib.x12.remittance835 import ServicePayment as ServicePayment
    from chalicelib.x12.results import Read270 as Read270
    from chalicelib.x12.results import Read271 as Read271
    from chalicelib.x12.results import Read276 as Read276
    from chalicelib.x12.results import Read277CA as Read277CA
    from chalicelib.x12.results import Read278 as Read278
    from chalicelib.x12.results import Read835 as Read835
    from chalicelib.x12.results import Read837 as Read837
    from chalicelib.x12.results import Read999 as Read999
    from chalicelib.x12.review278 import Decision as Decision
    from chalicelib.x12.review278 import Review as Review
    from chalicelib.x12.review278 import ReviewRequest as ReviewRequest
    from chalicelib.x12.review278 import ReviewResponse as ReviewResponse
    from chalicelib.x12.review278 import ReviewService as ReviewService
    from chalicelib.x12.status277ca import ClaimStatus as ClaimStatus
    from chalicelib.x12.status277ca import LineStatus as LineStatus
    from chalicelib.x12.status277ca import StatusBatch as StatusBatch
    from chalicelib.x12.status277ca import StatusCode as StatusCode
    from chalicelib.x12.status277ca import StatusRequest as StatusRequest
    from chalicelib.x12.write270 import write_270 as write_270
    from chalicelib.x12.write270 import write_271 as write_271
    from chalicelib.x12.write276 import write_276 as write_276
    from chalicelib.x12.write276 import write_277 as write_277
    from chalicelib.x12.write277ca import write_277ca as write_277ca
    from chalicelib.x12.write278 import write_278 as write_278
    from chalicelib.x12.write835 import write_835 as write_835
    from chalicelib.x12.write837 import batch_reference as batch_reference
    from chalicelib.x12.write837 import write_837p as write_837p
    from chalicelib.x12.write999 import acknowledge as acknowledge
    from chalicelib.x12.write999 import write_999 as write_999
    from chalicelib.x12.write999 import write_ta1 as write_ta1
    from chalicelib.x12.writer import WriteError as WriteError

_HOME = {
    "ack999": "Acknowledgement ElementError SegmentError TransactionAck",
    "adjudication": "Inpatient InpatientSummary Outpatient ProviderSummary Quantity",
    "json_lines": "as_json",
    "check837": "check_837p",
    "claim837": "Accident Attachment Claim837 Drug LineAdjudication OtherPayer ServiceLine",
    "collect": "read_276 read_278 read_270 read_271 read_277ca read_835 read_837p read_999",
    "diagnostics": "Diagnostic",
    "eligibility": "Benefit BenefitDate BenefitResponse EligibilityRequest RequestError",
    "envelope": "GroupEnd Interchange Peek TransactionSet",
    "limits": "Limits",
    "parties": "Address Name Party Person Reference",
    "peek": "peek",
    "reader": "Engine read",
    "remittance835": "Adjustment Amount ClaimPayment OutOfBalance Payee "
    "Payer ProviderAdjustment Remittance RemittanceEnd ServicePayment",
    "results": "Read270 Read271 Read276 Read277CA Read278 Read835 Read837 Read999",
    "review278": "Decision Review ReviewRequest ReviewResponse ReviewService",
    "status277ca": "ClaimStatus LineStatus StatusBatch StatusCode StatusRequest",
    "write270": "write_270 write_271",
    "write276": "write_276 write_277",
    "write277ca": "write_277ca",
    "write278": "write_278",
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
