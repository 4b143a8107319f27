"""The published layouts, by small files written as CMS writes them, with their year differences; and installing what was read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.codes import carc as carcs
from chalicelib.codes import cpt, icd10, importing, mpfs, ncci, tables
from chalicelib.codes.settings import RateUnknown
from chalicelib.codes.tables import CodeTableError

NCCI_HEAD = [
    b"Copyright notice\r\n",
    b"Practitioner PTP edits\r\n",
    b"Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n",
    b"\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n",
    b"\t\t\t\t*=no data\t1=allowed\t\r\n",
    b"\t\t\t\t\t9=not applicable\t\r\n",
]


@pytest.fixture(autouse=True)
def bundled_again() -> Iterator[None]:
    yield
    tables.uninstall()


def pair(column1: str, column2: str, start: str, end: str, indicator: str) -> bytes:
    return f"{column1}\t{column2}\t\t{start}\t{end}\t{indicator}\tMisuse of column two code\r\n".encode()


def test_ncci_takes_our_codes_and_the_whole_history():
    part = [
        *NCCI_HEAD,
        pair("97530", "97110", "20270101", "*", "1"),
        pair("97530", "97116", "19990701", "20191231", "1"),
        pair("97530", "97116", "20201001", "20201001", "9"),
        pair("97530", "99213", "20200101", "*", "1"),
    ]
    result = importing.ncci([part], "v330")
    assert (result.rows_read, result.rows_kept) == (4, 2)
    tables.install(result.tables)
    found = [(e.column1, e.column2, e.indicator, e.as_of) for e in ncci.pairs(("97530", "97110"), date(2027, 1, 1))]
    assert found == [("97530", "97110", 1, "v330")]
    assert ncci.pairs(("97530", "97110"), date(2026, 12, 31)) == []
    assert ncci.pairs(("97530", "97116"), date(2019, 12, 31))[0].indicator == 1
    assert ncci.pairs(("97530", "97116"), date(2020, 10, 1)) == []


def test_ncci_leaves_other_column_1_codes_alone_and_drops_what_the_file_no_longer_has():
    assert ncci.pairs(("97530", "97537"), date(2026, 8, 3))
    tables.install(importing.ncci([[pair("97530", "97110", "20270101", "*", "0")]], "v330").tables)
    assert ncci.pairs(("97530", "97537"), date(2026, 8, 3)) == []
    assert ncci.pairs(("97150", "97530"), date(2026, 8, 3))


def test_medicaid_edits_have_a_column_less_and_a_table_of_their_own():
    line = b"97530\t97533\t20200101\t*\t1\tMisuse\n"
    tables.install(importing.ncci([[line]], "2026 Q2", "medicaid").tables)
    assert ncci.pairs(("97530", "97533"), date(2026, 8, 3), "medicaid")[0].indicator == 1
    assert ncci.pairs(("97530", "97533"), date(2026, 8, 3)) == []


MUE = (
    '"Notice of the AMA, which\nruns over lines."\n'
    '"HCPCS/\nCPT Code","Practitioner Services MUE Values","MUE Adjudication Indicator","MUE Rationale"\n'
    '"97530","5","3 Date of Service Edit: Clinical","Clinical: Data\xae"\n'
    '"97165","1","2 Date of Service Edit: Policy","CMS Policy"\n'
    '"99213","2","1 Line Edit","x"\n'
).encode("latin-1")


def test_mue_limits_begin_on_the_date_in_the_file_s_name():
    result = importing.mue(MUE, "MCR_MUE_PractitionerServices_Eff_01-01-2027.csv")
    assert (result.rows_read, result.rows_kept, result.ended) == (3, 2, 2)
    tables.install(result.tables)
    for on, value in ((date(2026, 12, 31), 6), (date(2027, 1, 1), 5)):
        found = cpt.lookup("97530", on)
        assert found is not None
        assert (found.mue, found.mue_mai) == (value, 3)
    untouched = cpt.lookup("97110", date(2027, 1, 1))
    assert untouched is not None
    assert untouched.mue == 6


def test_mue_files_may_come_in_any_order():
    later = importing.mue(MUE, "MCR_MUE_PractitionerServices_Eff_04-01-2027.csv")
    tables.install(later.tables)
    tables.install(importing.mue(MUE.replace(b'"5"', b'"4"'), "x_Eff_01-01-2027.csv").tables)
    values = []
    for on in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 3, 31), date(2027, 4, 1)):
        found = cpt.lookup("97530", on)
        values.append(found.mue if found else None)
    assert values == [6, 4, 4, 5]


def test_the_same_file_again_changes_nothing():
    name = "MCR_MUE_PractitionerServices_Eff_01-01-2027.csv"
    tables.install(importing.mue(MUE, name).tables)
    first = tables.stored("mue.csv")
    tables.install(importing.mue(MUE, name).tables)
    assert sorted(tables.stored("mue.csv").splitlines()) == sorted(first.splitlines())


HEAD_2025 = [
    "2025 National Physician Fee Schedule Relative Value File",
    "Copyright",
    "",
    "RELEASED 09/11/2025",
    ",,,,NOT USED,,,NON-FAC,,FACILITY,,,,,,,,,,,,,,,,,,,,,",
    ",,,,FOR,,,NA,,NA,,,,,,,,,,,,,,,,,,,,,",
    ",,,STATUS,MEDICARE,WORK,NON-FAC,INDICATOR,FACILITY,INDICATOR,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,"
    "ASST,CO-,TEAM,ENDO,CONV,PHYS,CALC,DIAG,NF PE,F PE,MP",
    ",,,,,,PE,,PE,,,,,,,,,,,,,,,,,,,,,,",
    "HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,RVU,,RVU,,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,SURG,SURG,SURG,SURG,BASE,FACTOR,"
    "SUP,FLAG,FAM,OPPS,OPPS,OPPS",
]


def pprrvu(insert: bool, factor: str, pe: str = "0.70") -> bytes:
    """A file of 31 columns, or with the price indicator of 2026 put before ENDO BASE."""
    head = list(HEAD_2025)
    cells = [
        "97530",
        "",
        '"a text of the AMA, with a comma"',
        "A",
        "",
        "0.45",
        pe,
        "",
        pe,
        "",
        "0.01",
        "1",
        "1",
        "7",
        "XXX",
    ]
    cells += ["0", "0", "0", "5", "0", "0", "0", "0", "", factor, "09", "0", "99", "0", "0", "0"]
    if insert:
        head = [
            ",".join([*line.split(",")[:23], word, *line.split(",")[23:]]) if line.count(",") > 20 else line
            for line, word in zip(head, ["", "", "", "", "", "", "PRIC", "", "IND"], strict=True)
        ]
        cells.insert(23, "")
    technical = [*cells[:1], "TC", *cells[2:]]
    other = ["99213", *cells[1:]]
    return "\n".join([*head, ",".join(cells), ",".join(technical), ",".join(other)]).encode("latin-1")


@pytest.mark.parametrize("insert", [False, True], ids=["31 columns", "32 columns"])
def test_the_fee_schedule_by_its_header_words(insert: bool):
    result = importing.mpfs(pprrvu(insert, "33.9999"), "Jan 2027", date(2027, 1, 1))
    assert (result.rows_read, result.rows_kept) == (3, 1)
    assert b"AMA" not in result.tables["mpfs.csv"]
    tables.install(result.tables)
    row = mpfs.row("97530", date(2027, 1, 1))
    assert (row.work, row.practice_nonfacility, row.practice_facility, row.malpractice) == (
        Decimal("0.45"),
        Decimal("0.70"),
        Decimal("0.70"),
        Decimal("0.01"),
    )
    assert (row.status, row.mult_proc, row.release) == ("A", "5", "Jan 2027")
    assert mpfs.conversion_factor(date(2027, 1, 1)) == Decimal("33.9999")
    assert mpfs.row("97530", date(2026, 12, 31)).release == "Jul 2026"
    with pytest.raises(RateUnknown):
        mpfs.row("97530", date(2028, 1, 1))


def test_an_earlier_release_loaded_later_fills_its_quarters_only():
    tables.install(importing.mpfs(pprrvu(True, "33.4009"), "Apr 2026", date(2026, 4, 1)).tables)
    assert mpfs.row("97530", date(2026, 4, 1)).release == "Apr 2026"
    assert mpfs.row("97530", date(2026, 6, 30)).release == "Apr 2026"
    assert mpfs.row("97530", date(2026, 7, 1)).release == "Jul 2026"
    with pytest.raises(RateUnknown):
        mpfs.row("97530", date(2026, 3, 31))
    assert mpfs.conversion_factor(date(2026, 3, 31)) == Decimal("33.4009")
    assert mpfs.conversion_factor(date(2026, 12, 31)) == Decimal("33.4009")


def test_the_qualifying_file_gives_only_its_factor():
    tables.install(importing.mpfs(pprrvu(True, "34.1111"), "Jan 2027", date(2027, 1, 1), qualifying=True).tables)
    assert mpfs.find("97530", date(2027, 1, 1)) is None
    with pytest.raises(RateUnknown):
        mpfs.conversion_factor(date(2027, 1, 1))
    assert mpfs.conversion_factor(date(2026, 8, 3), qualifying=True) == Decimal("33.5675")


GPCI = (
    "ADDENDUM E\n\n"
    "Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,{work}2027 PE GPCI,2027 MP GPCI\n"
    "09102,FL,4,MIAMI**,{values}1.050,2.600\n"
    "* a footnote,,,,,,\n"
    "10112,AL,00,ALABAMA,1,1,1,1\n"
)


@pytest.mark.parametrize(
    ("work", "values"),
    [
        ("2027 PW GPCI (with 1.0 Floor),", "1.002,"),
        ("2027 PW GPCI (without 1.0 Floor),2027 PW GPCI (with 1.0 Floor),", "0.990,1.002,"),
    ],
    ids=["one work column", "two work columns"],
)
def test_localities_by_the_words_of_the_header(work: str, values: str):
    result = importing.gpci(GPCI.format(work=work, values=values).encode(), 2027)
    assert result.rows_read == 1
    tables.install(result.tables)
    found = mpfs.gpci("FL", "04", date(2027, 1, 1))
    assert (found.work, found.practice, found.malpractice) == (Decimal("1.002"), Decimal("1.050"), Decimal("2.600"))
    assert mpfs.gpci("FL", "04", date(2026, 12, 31)).practice == Decimal("1.041")


def order_file(changes: dict[str, str]) -> bytes:
    """FY2028 as FY2027 was, with changes: code -> 0, 1 or '' for gone."""
    on = date(2026, 10, 1)
    table = icd10.table()
    flags: dict[str, str] = {}
    for code, letters in table.items():
        for period in table.periods[letters[0]]:
            if period.start <= on <= period.end:
                flags[code] = "1" if period.billable else "0"
    flags |= changes
    lines = [
        f"{n:05d} {code:<7} {flag} {'short title':<60} A long title"
        for n, (code, flag) in enumerate(sorted(flags.items()), 1)
        if flag
    ]
    return "\n".join(lines).encode()


def test_a_later_fiscal_year_of_diagnoses():
    content = order_file({"M25.511".replace(".", ""): "", "M62.81".replace(".", ""): "0", "M62810": "1"})
    result = importing.icd10_order(content, 2028)
    assert result.added == 1
    tables.install(result.tables)
    last, first = date(2027, 9, 30), date(2027, 10, 1)
    assert [icd10.status("M25.511", on) for on in (last, first)] == ["valid", "unknown"]
    assert [icd10.status("M62.81", on) for on in (last, first)] == ["valid", "not_billable"]
    assert [icd10.status("M62.810", on) for on in (last, first)] == ["unknown", "valid"]
    assert [icd10.status("M72.2", on) for on in (date(2026, 9, 30), date(2026, 10, 1), first)] == [
        "valid",
        "not_billable",
        "not_billable",
    ]
    assert icd10.status("M25.512", date(2028, 9, 30)) == "valid"
    assert icd10.status("M25.512", date(2028, 10, 1)) == "no_table"
    assert icd10.side("M25.512") == "left"


def test_the_year_held_already_may_be_loaded_again():
    before = {code: icd10.status(code, date(2026, 10, 1)) for code in ("M25511", "M722", "C7831", "S23420A")}
    tables.install(importing.icd10_order(order_file({}), 2027).tables)
    assert {code: icd10.status(code, date(2026, 10, 1)) for code in before} == before
    assert icd10.status("S23.420A", date(2026, 9, 30)) == "valid"
    assert icd10.status("C78.31", date(2026, 9, 30)) == "unknown"
    assert len(icd10.table()) == 98_424


def test_a_gap_between_years_is_refused():
    with pytest.raises(CodeTableError, match="does not touch"):
        importing.icd10_order(order_file({}), 2030)


def test_adjustment_reasons_replace_by_code():
    content = (
        b"code,meaning,category,group,effective_from,source\n"
        b"45,New words,contractual,CO,1995-01-01,us\n"
        b"9999,Later,auth,CO,2027-03-01,us\n"
    )
    result = importing.carc(content)
    assert result.added == 1
    tables.install(result.tables)
    assert carcs.describe("45") == "New words"
    assert carcs.describe("9999") == "Later"
    assert carcs.describe("29") != ""


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: importing.ncci([[b"no tabs here\n"]], "v330"),
        lambda: importing.ncci([[pair("97530", "97110", "2027011", "*", "1")]], "v330"),
        lambda: importing.mue(MUE, "mue.csv"),
        lambda: importing.mue(b"a,b,c\n", "x_Eff_01-01-2027.csv"),
        lambda: importing.mpfs(b"a,b,c\n", "Jan 2027", date(2027, 1, 1)),
        lambda: importing.mpfs(b"HCPCS,MOD\n97530,\n", "Jan 2027", date(2027, 1, 1)),
        lambda: importing.gpci(b"a,b,c\n", 2027),
        lambda: importing.icd10_order(b"nothing", 2028),
        lambda: importing.carc(b"code,meaning\n45,x\n"),
        lambda: tables.install({"other.csv": b""}),
    ],
)
def test_another_kind_of_file_is_refused(attempt: object):
    with pytest.raises(CodeTableError):
        attempt()  # type: ignore[operator]


def test_versions_name_what_is_in_use():
    bundled = tables.versions()
    assert set(bundled) == set(tables.NAMES)
    tables.install(importing.mue(MUE, "x_Eff_01-01-2027.csv").tables)
    now = tables.versions()
    assert {name for name in now if now[name] != bundled[name]} == {"mue.csv"}
    tables.uninstall()
    assert tables.versions() == bundled
