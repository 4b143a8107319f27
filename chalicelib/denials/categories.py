"""What kind of denial it is, and the next move by name. By CARC, and by the remark where the CARC says only 'read the remark'.

The kinds and their next moves are ours (knowledge); the code lists' own columns (`codes/data/carc.csv`, `rarc.csv`) decide for
codes without a row here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chalicelib.codes import carc, rarc

Appealable = Literal["yes", "no", "correct", "sometimes"]
UNPROCESSABLE = "MA130"


@dataclass(frozen=True, slots=True)
class Category:
    """`path` is the resolution offered first (`denials.paths`), `argument` the appeal's, `owner` whose knowledge it takes."""

    code: str
    name: str
    next_action: str
    path: str
    argument: str = ""
    owner: Literal["us", "practice"] = "us"


_ALL = (
    Category("eligibility", "Coverage", "check the coverage of that day; mend the member or bill who covered it", "ask"),
    Category("authorization", "Authorization", "find the authorization and send it; else appeal", "correct", "authorization"),
    Category("modifier", "Code or modifier", "mend code, modifier or diagnosis and send it corrected", "correct", "modifier"),
    Category(
        "bundling", "Bundled", "check the edit pair; send 59 or X only with separate time documented", "correct", "modifier"
    ),
    Category("records", "Records asked for", "send the records the payer asked for", "records", "documentation"),
    Category("information", "Information missing", "read the remark, mend the claim and send it again", "correct"),
    Category("necessity", "Medical necessity", "appeal with plan of care, notes and progress reports", "appeal", "necessity"),
    Category("limit", "Limit exceeded", "check units and limits; correct with KX or appeal with records", "appeal", "limit"),
    Category("timely_filing", "Filed late", "find the 277CA acceptance and appeal with it", "appeal", "timely_filing"),
    Category("duplicate", "Duplicate", "find the first decision; a service of its own goes corrected", "correct", "modifier"),
    Category("coordination", "Another payer first", "find out who pays first and bill it", "next_payer", owner="practice"),
    Category("patient_share", "Patient share to check", "check whether the patient may be billed for it", "ask"),
    Category("enrolment", "Provider not eligible", "check enrolment and credentialing on that day", "correct"),
    Category("network", "Contract or network", "dispute with the contract of that day, or mend enrolment", "appeal", "contract"),
    Category("takeback", "Taken back", "compare with the payer's letter; dispute or accept", "appeal", "necessity"),
    Category("other", "Other", "read the codes and ask the payer", "ask"),
)  # fmt: skip
CATEGORIES = {item.code: item for item in _ALL}

_BY_CARC = {
    "11": "necessity", "18": "duplicate", "29": "timely_filing", "39": "authorization", "40": "necessity", "50": "necessity",
    "55": "necessity", "56": "necessity", "107": "modifier", "115": "information", "119": "limit", "129": "coordination",
    "136": "coordination", "150": "necessity", "163": "records", "164": "records", "167": "necessity", "183": "enrolment",
    "184": "enrolment", "185": "enrolment", "193": "necessity", "216": "necessity", "226": "records", "227": "coordination",
    "234": "bundling", "251": "records", "252": "records", "261": "necessity", "272": "necessity", "283": "enrolment",
    "299": "enrolment", "B4": "timely_filing", "B7": "enrolment", "B15": "modifier", "P21": "limit",
}  # fmt: skip
_READ_THE_REMARK = frozenset(("16", "96", "A1", "192", "A6"))
_BY_REMARK = {
    "M25": "necessity", "M127": "records", "N706": "records", "N115": "necessity", "N386": "necessity", "N362": "limit",
    "N435": "limit", "N640": "limit", "M62": "authorization", "MA04": "coordination", "N479": "coordination",
    "N245": "coordination", "N522": "duplicate", "N822": "modifier", "N519": "modifier", "M53": "modifier", "M15": "bundling",
    "N20": "bundling", "N390": "bundling", "N382": "eligibility", "N30": "eligibility", "N179": "coordination",
}  # fmt: skip
_LIST = {
    "documentation": "necessity", "coding/modifier": "modifier", "coding/format": "modifier", "eligibility": "eligibility",
    "coverage": "eligibility", "COB": "coordination", "coordination of benefits": "coordination", "auth": "authorization",
    "bundling": "bundling", "limit exceeded": "limit", "duplicate": "duplicate", "timely filing": "timely_filing",
    "takeback": "takeback", "patient responsibility": "patient_share", "enrollment": "enrolment", "network": "network",
}  # fmt: skip


def category(group: str, reason: str, remarks: Iterable[str]) -> Category:
    """The kind of one adjustment. A patient share other than 1, 2 and 3 is looked at as such unless the code says more."""
    told = tuple(remarks)
    if UNPROCESSABLE in told:
        return CATEGORIES["information"]
    code = _by_remark(told) if reason in _READ_THE_REMARK else ""
    code = code or _BY_CARC.get(reason, "") or _listed(reason)
    if reason in _READ_THE_REMARK and code in ("", "necessity") and reason == "16":
        code = "information"
    if group == "PR" and code in ("", "other", "necessity", "limit", "network"):
        code = "patient_share"
    return CATEGORIES[code or "other"]


def _by_remark(remarks: Iterable[str]) -> str:
    """The first remark that says more than the CARC does."""
    for remark in remarks:
        if remark in _BY_REMARK:
            return _BY_REMARK[remark]
        known = rarc.get(remark)
        if known is not None and known.category in _LIST and known.category != "documentation":
            return _LIST[known.category]
    return ""


def _listed(reason: str) -> str:
    known = carc.get(reason)
    return _LIST.get(known.category, "other") if known else "other"


def appealable(reason: str, remarks: Iterable[str], found: Category) -> Appealable:
    """Whether the decision can be appealed as it stands. MA130: no initial determination, no appeal, a new claim (NGS)."""
    if UNPROCESSABLE in remarks:
        return "no"
    known = carc.get(reason)
    word = known.appealable if known else "sometimes"
    if word.startswith("no - "):
        return "correct"
    if word.startswith("yes"):
        return "yes"
    if word.startswith("no"):
        return "no"
    return "yes" if found.code in ("necessity", "authorization", "timely_filing") else "sometimes"
