"""Makes the bundled tables from collected facts. Run by hand, never by the product:

    python -m chalicelib.codes.build FACTS_DIR [ICD_PYTHON]

FACTS_DIR holds the CSV files of collected facts; ICD_PYTHON is a Python that has the PyPI package simple-icd-10-cm
(April 2026 code list), a throwaway environment. Every row keeps its dates and source; no AMA descriptor is read or written.
"""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

DATA = Path(__file__).parent / "data"
Row = dict[str, str]

# Add-on codes and the code each needs on the same date (NCCI add-on code edits, type 1).
PRIMARY = {
    "97130": "97129",
    "97546": "97545",
    "97551": "97550",
    "97598": "97597",
    "96113": "96112",
    "98981": "98980",
    "90913": "90912",
    "G0542": "G0541",
}
# Collected timing words to the counting rule the units engine knows.
TIMING = {
    "timed-15": "timed",
    "first-15-then-each": "first_15",
    "add-on-each-15": "each_15",
    "first-30": "first_30",
    "timed-30": "timed_30",
    "timed-60": "timed_60",
    "timed-60-initial": "first_60",
    "add-on-each-30": "each_30",
    "timed-2h-initial": "first_120",
    "add-on-each-60": "each_60",
    "untimed/each device": "device",
    "each": "device",
    "untimed-area-add-on": "count",
    "first-10-per-month": "untimed",
    "first-20-per-month": "untimed",
    "add-on-each-20": "count",
}
# Untimed codes that may count several (joints measured, fingers strapped, instruments scored).
COUNTED = frozenset({"95851", "96110", "96127", "29086", "29130", "29131", "29280", "29700"})
PATTERNS = {"L3xxx": ("L3???",), "A4465-A4467/A6xxx": ("A446[5-7]", "A6???")}
SINCE = {
    "97129": "2020-01-01",
    "97130": "2020-01-01",
    "97550": "2024-01-01",
    "97551": "2024-01-01",
    "97552": "2024-01-01",
    "G0541": "2025-01-01",
    "G0542": "2025-01-01",
    "G0543": "2025-01-01",
    "98016": "2025-01-01",
    "98979": "2026-01-01",
    "98984": "2026-01-01",
    "98985": "2026-01-01",
    "98986": "2026-01-01",
}


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write(name: str, rows: Iterable[Row], columns: Iterable[str] | None = None) -> None:
    found = list(rows)
    with (DATA / name).open("w", encoding="utf-8", newline="") as stream:
        out = csv.DictWriter(stream, list(columns or found[0]), extrasaction="ignore", lineterminator="\n", restval="")
        out.writeheader()
        out.writerows(found)


def procedures(facts: Path) -> None:
    """cpt.csv (what a code is) and mue.csv (how many a day, by date)."""
    codes: list[Row] = []
    limits: list[Row] = []
    for row in read(facts / "cpt_ot.csv"):
        codes.extend(_procedure(code, row) for code in PATTERNS.get(row["code"], (row["code"],)))
        if row["mue_practitioner"] and row["code"] not in PATTERNS:
            limits.extend(_limits(row))
    write("cpt.csv", codes)
    write("mue.csv", limits)


def _procedure(code: str, row: Row) -> Row:
    timing = TIMING.get(row["timing"], row["timing"])
    if timing == "each_15" and code in {"97551", "G0542"}:
        timing = "each_15_after_30"
    if timing == "first_60" and code == "92607":
        timing = "untimed"
    if timing == "untimed" and code in COUNTED:
        timing = "count"
    return {
        "code": code,
        "meaning": row["description_own_words"],
        "timing": timing,
        "designation": row["therapy_designation"].split(" (")[0].replace("n/a", "none"),
        "discipline_modifier": _discipline(row["go_modifier"]),
        "is_evaluation": "yes" if code in {str(n) for n in range(97161, 97169)} else "no",
        "mppr": "yes" if row["mppr_applies"] == "yes" else "no",
        "add_on_to": PRIMARY.get(code, ""),
        "effective_from": SINCE.get(code, ""),
        "effective_to": "",
        "notes": row["notes"],
        "source": row["source"],
    }


def _discipline(words: str) -> str:
    if words in {"GP", "GN"}:
        return words
    return "GO" if words.startswith(("required", "if under", "if payable")) else ""


def _limits(row: Row) -> list[Row]:
    """The present value, and the 2024 Q3 one for the time before it where it was read ('6/MAI 3')."""
    base = {"code": row["code"], "program": "medicare"}
    out = []
    if "/MAI " in row["mue_prior_2024Q3"]:
        value, mai = row["mue_prior_2024Q3"].split("/MAI ")
        out.append(
            base
            | {
                "value": value,
                "mai": mai,
                "effective_from": "2024-07-01",
                "effective_to": "2026-03-31",
                "confirmed_through": "2024 Q3 table",
                "source": "CMS MUE practitioner table 2024 Q3",
            }
        )
    out.append(
        base
        | {
            "value": row["mue_practitioner"],
            "mai": row["mue_mai"],
            "effective_from": row["mue_effective_date"],
            "effective_to": "",
            "confirmed_through": row["mue_confirmed_through"],
            "source": row["mue_source"],
        }
    )
    return out


def ncci(facts: Path) -> None:
    """Pairs ever in force. Indicator 9 rows were deleted on their first day and are left out."""
    out = [
        {
            "column1": row["column1"],
            "column2": row["column2"],
            "indicator": row["modifier_indicator"],
            "program": "medicare",
            "effective_from": row["effective_date"],
            "effective_to": row["deletion_date"],
            "as_of": row["as_of"],
            "source": row["source"],
        }
        for row in read(facts / "ncci_ptp_ot.csv")
        if row["modifier_indicator"] != "9"
    ]
    write("ncci.csv", out)


def fee_schedule(facts: Path) -> None:
    columns = [
        "code",
        "release",
        "status",
        "work_rvu",
        "nonfac_pe_rvu",
        "fac_pe_rvu",
        "mp_rvu",
        "mult_proc_ind",
        "national_nonfac_payment",
        "national_fac_payment",
        "effective_from",
        "effective_to",
        "source",
    ]
    write("mpfs.csv", read(facts / "mpfs_ot.csv"), columns)
    gpci = [
        row | {"pw_gpci": row["pw_gpci_with_1.0_floor"], "locality": row["locality"].zfill(2)}
        for row in read(facts / "gpci.csv")
    ]
    columns = [
        "mac",
        "state",
        "locality",
        "locality_name",
        "pw_gpci",
        "pe_gpci",
        "mp_gpci",
        "effective_from",
        "effective_to",
        "source",
    ]
    write("gpci.csv", gpci, columns)
    factors = [
        {
            "effective_from": row["from"],
            "effective_to": row["to"],
            "applies_to": "qp" if "(QP)" in row["applies_to"] else "all",
            "conversion_factor": row["conversion_factor"],
            "source": row["source"],
        }
        for row in read(facts / "mpfs_cf.csv")
    ]
    write("conversion_factor.csv", factors)


def lists(facts: Path) -> None:
    """CARC, RARC, claim status, place of service, taxonomy: columns renamed to one pattern."""
    names = {
        "meaning_own_words": "meaning",
        "own_words": "meaning",
        "biller_next_action": "next_action",
        "pos_code": "code",
        "effective_date": "effective_from",
        "deletion_date": "effective_to",
        "taxonomy_code": "code",
        "typical_group_code": "group",
        "in_list_version": "list_version",
    }
    for name in ("carc", "rarc", "claim_status", "pos_codes", "taxonomy_ot"):
        found = [{names.get(k, k): v for k, v in row.items()} for row in read(facts / f"{name}.csv")]
        if name == "rarc" and all(row["code"] != MORE_RARC["code"] for row in found):
            found.append(MORE_RARC)
        if name == "carc":
            found = [{**row, "category": CARC_REFUSALS.get(row["code"], row["category"])} for row in found]
        write(f"{name.removesuffix('_codes').removesuffix('_ot')}.csv", found)


# Called contractual by the collected list, and yet they refuse a service instead of pricing it: somebody has to look (ADR 0017).
CARC_REFUSALS = {
    "111": "coding/format",
    "147": "network",
    "170": "network",
    "171": "network",
    "204": "coverage",
    "209": "COB",
    "213": "network",
    "242": "network",
    "256": "network",
    "279": "network",
    "P13": "network",
}

# Codes the rules name and the collected list has not.
MORE_RARC = {
    "code": "N851",
    "meaning": "Payment reduced because a therapy assistant furnished the service",
    "category": "contractual",
    "next_action": "Compare with the 85 percent calculation",
    "appealable": "no",
    "list_status": "named in the rules as in the list",
    "source": "RARC list as quoted with Medicare Claims Processing Manual ch.5 s.20.1; category and action: knowledge",
}

ICD_SCRIPT = """
import simple_icd_10_cm as cm
for code in sorted({c for c in cm.get_all_codes(with_dots=False) if '-' not in c and not c.isdigit()}):
    print(code, 'B' if cm.is_leaf(code) else 'H', cm.get_description(code))
"""


def icd10(facts: Path, python: str) -> None:
    """icd10cm.txt.gz: a JSON head line, then fixed-width records of 7 characters of code, 1 of status and 1 of side.

    Status letters stand in the head: each a list of [from, to, billable or header]. Side: R, L, U (title leaves open a side
    that a sister code names) or a space; codes new in FY2027 have none, their titles are not held.
    """
    listed = subprocess.run([python, "-c", ICD_SCRIPT], check=True, capture_output=True, text=True).stdout  # noqa: S603
    parts = [line.split(" ", 2) for line in listed.splitlines()]
    status = {code: letter for code, letter, _ in parts}
    side = _sides({code: title for code, _, title in parts})
    letters = {("B", "added"): "b", ("H", "added"): "h", ("B", "deleted"): "d", ("H", "deleted"): "e"}
    for row in read(facts / "icd10cm_fy2027_changes.csv"):
        change = row["change"].split()[0]
        if change == "added":
            status[row["code"]] = letters["B" if row["billable_after"] == "yes" else "H", "added"]
        elif change == "deleted":
            status[row["code"]] = letters[status[row["code"]], "deleted"]
        elif change == "became":
            status[row["code"]] = "c"
    head = {
        "covers": ["2025-10-01", "2027-09-30"],
        "source": "simple-icd-10-cm 1.5.0 (ICD-10-CM April 2026) and the FY2027 changes of 2026-10-01",
        "status": {
            "B": [["2025-10-01", "2027-09-30", "billable"]],
            "H": [["2025-10-01", "2027-09-30", "header"]],
            "b": [["2026-10-01", "2027-09-30", "billable"]],
            "h": [["2026-10-01", "2027-09-30", "header"]],
            "d": [["2025-10-01", "2026-09-30", "billable"]],
            "e": [["2025-10-01", "2026-09-30", "header"]],
            "c": [["2025-10-01", "2026-09-30", "billable"], ["2026-10-01", "2027-09-30", "header"]],
        },
    }
    body = "".join(f"{code:<7}{letter}{side.get(code, ' ')}" for code, letter in sorted(status.items()))
    packed = gzip.compress((json.dumps(head) + "\n" + body).encode(), 9, mtime=0)
    (DATA / "icd10cm.txt.gz").write_bytes(packed)


def _sides(titles: dict[str, str]) -> dict[str, str]:
    """A title with the word right or left names its side; one with 'unspecified' in the place where a sister has 'right'
    leaves it open."""
    worded = {code: f" {title.lower().replace(',', ' ')} " for code, title in titles.items()}
    named = {code: _named(title) for code, title in worded.items()}
    found = {code: letter for code, letter in named.items() if letter}
    twins = {title.replace(" right ", " unspecified ") for code, title in worded.items() if named[code] == "R"}
    found |= {
        code: "U" for code, title in worded.items() if " unspecified " in title and not named[code] and title in twins
    }
    return found


def _named(title: str) -> str:
    right, left = " right " in title, " left " in title
    return "R" if right and not left else "L" if left and not right else ""


def main(arguments: list[str]) -> None:
    facts = Path(arguments[0])
    DATA.mkdir(exist_ok=True)
    for step in (procedures, ncci, fee_schedule, lists):
        step(facts)
    if len(arguments) > 1:
        icd10(facts, arguments[1])


if __name__ == "__main__":
    main(sys.argv[1:])
