"""Thirty situations of a 271 written by hand, as EDI, with the card a front desk must get for a visit on 2026-09-30.

Each: name, line of business asked about, segments after the subscriber's DMG, tone, words that must stand in the reasons.
The check was made on the day of the visit, unless `asked` says otherwise; an authorization is not looked at here.
"""

from __future__ import annotations

from dataclasses import dataclass

ACTIVE = "EB*1*IND*30**GOLD PPO~"


@dataclass(frozen=True)
class Situation:
    name: str
    body: str
    tone: str
    words: tuple[str, ...] = ()
    business: str = "commercial"
    asked: str = "2026-09-30"
    facts: tuple[str, ...] = ()


SITUATIONS = (
    Situation("active, copay", ACTIVE + "EB*B*IND*AD***27*35~", "green", ("active",), facts=("copay $35.00",)),
    Situation("active for therapy only", "EB*1*IND*AD~", "green"),
    Situation("inactive", "EB*6*IND*30~", "red", ("not active",)),
    Situation("active and inactive at once", ACTIVE + "EB*6*IND*30~", "amber", ("contradicts itself on active",)),
    Situation("plan ended before the day", "DTP*347*D8*20260831~" + ACTIVE, "amber", ("contradicts itself on active",)),
    Situation("therapy not covered", ACTIVE + "EB*I*IND*AD~", "red", ("not covered by the plan",)),
    Situation(
        "therapy covered and not", ACTIVE + "EB*I*IND*AD~EB*1*IND*AD~", "amber", ("occupational therapy covered",)
    ),
    Situation("nothing said of the plan", "EB*B*IND*AD***27*35~", "amber", ("does not say whether",)),
    Situation(
        "30 visits, 12 left",
        ACTIVE + "EB*F*IND*AD***23***VS*30~EB*F*IND*AD***29***VS*12~",
        "green",
        facts=("12 of 30 visits left in the calendar year, occupational therapy",),
    ),
    Situation("2 visits left", ACTIVE + "EB*F*IND*AD***23***VS*30~EB*F*IND*AD***29***VS*2~", "amber", ("nearly used",)),
    Situation(
        "no visit left", ACTIVE + "EB*F*IND*AD***23***VS*30~EB*F*IND*AD***29***VS*0~", "red", ("nothing is left",)
    ),
    Situation(
        "combined limit in the payer's words",
        ACTIVE + "EB*F*IND*PT***23***VS*60~MSG*COMBINED PT OT ST~EB*F*IND*PT***29***VS*40~MSG*COMBINED PT OT ST~",
        "green",
        facts=("40 of 60 visits left in the calendar year, COMBINED PT OT ST",),
    ),
    Situation(
        "combined limit used up", ACTIVE + "EB*F*IND*PT***29***VS*0~MSG*COMBINED PT OT ST~", "red", ("nothing is left",)
    ),
    Situation("limit of physical therapy alone", ACTIVE + "EB*F*IND*PT***29***VS*0~", "green"),
    Situation(
        "visits told by HSD", ACTIVE + "EB*F*IND*AD~HSD*VS*20***23~EB*F*IND*AD***29~HSD*VS*3~", "amber", ("3 of 20",)
    ),
    Situation(
        "dollar limit",
        ACTIVE + "EB*F*IND*AD***23*2000~EB*F*IND*AD***29*500~",
        "green",
        facts=("$500.00 of $2,000.00 left in the calendar year, occupational therapy",),
    ),
    Situation(
        "two limits that disagree", ACTIVE + "EB*F*IND*AD***23***VS*30~EB*F*IND*AD***23***VS*20~", "amber", ("20 / 30",)
    ),
    Situation("two copays", ACTIVE + "EB*B*IND*AD***27*20~EB*B*IND*AD***27*30~", "amber", ("on copay",)),
    Situation("out of network", ACTIVE + "EB*B*IND*AD***27*60*****N~", "amber", ("out of the plan's network",)),
    Situation("referral wanted", ACTIVE + "EB*1*IND*98~MSG*PCP REFERRAL REQUIRED~", "amber", ("wants a referral",)),
    Situation("no referral wanted", ACTIVE + "EB*1*IND*98~MSG*NO REFERRAL REQUIRED~", "green"),
    Situation(
        "Medicare Advantage behind Medicare",
        "EB*1*IND*30*MA~EB*R*IND*30*HN*SUNSHINE MEDICARE~DTP*290*RD8*20260101-20261231~",
        "red",
        ("Medicare Advantage plan in its place: SUNSHINE MEDICARE",),
        business="medicare",
    ),
    Situation(
        "Medicare Advantage that ended",
        "EB*1*IND*30*MB~EB*R*IND*30*HN*SUNSHINE MEDICARE~DTP*290*RD8*20250101-20251231~",
        "green",
        business="medicare",
    ),
    Situation(
        "working aged: another payer first",
        "EB*1*IND*30*MB~EB*R*IND*30*12*EMPLOYER PLAN~DTP*290*D8*20260101~",
        "red",
        ("a payer before it: EMPLOYER PLAN",),
        business="medicare",
    ),
    Situation(
        "managed Medicaid behind Medicaid",
        "EB*1*IND*30*MC~EB*MC*IND*30**SUNNY HEALTH PLAN~",
        "red",
        ("managed Medicaid plan in its place",),
        business="medicaid",
    ),
    Situation(
        "home-health episode on the day",
        "EB*1*IND*30*MB~EB*X*IND*42~DTP*193*D8*20260915~DTP*194*D8*20261113~",
        "red",
        ("home-health episode (2026-09-15 to 2026-11-13)",),
        business="medicare",
    ),
    Situation(
        "home-health episode that is over",
        "EB*1*IND*30*MB~EB*X*IND*42~DTP*193*D8*20260501~DTP*194*D8*20260629~",
        "green",
        business="medicare",
    ),
    Situation(
        "hospice elected", "EB*1*IND*30*MB~EB*X*IND*45~DTP*292*D8*20260901~", "red", ("hospice",), business="medicare"
    ),
    Situation(
        "Part A skilled-nursing stay in words",
        "EB*1*IND*30*MB~EB*D*IND*AG~MSG*PART A SNF STAY~DTP*435*D8*20260925~",
        "red",
        ("Part A skilled-nursing stay",),
        business="medicare",
    ),
    Situation("home health is only a benefit", "EB*1*IND*30*MB~EB*1*IND*42~EB*1*IND*45~", "green", business="medicare"),
    Situation("subscriber not found", "AAA*N**75*C~", "red", ("does not find the subscriber",)),
    Situation("payer cannot answer now", "AAA*N**42*R~", "red", ("cannot answer now",)),
    Situation("an answer 40 days old", ACTIVE, "amber", ("40 days older",), asked="2026-08-21"),
    Situation("an answer of last year", ACTIVE, "amber", ("another year",), asked="2025-12-31"),
    Situation("begins after the day", "DTP*346*D8*20261101~" + ACTIVE, "amber", ("begins after this day",)),
    Situation("its row begins after the day", ACTIVE + "DTP*346*D8*20261101~", "amber", ("begins after this day",)),
    Situation("its row ended before the day", ACTIVE + "DTP*347*D8*20260831~", "amber", ("ended before this day",)),
    Situation(
        "the plan's year is over", "DTP*291*RD8*20250101-20251231~" + ACTIVE, "amber", ("ended before this day",)
    ),
    Situation("the day of the question repeated", "DTP*307*RD8*20260930-20260930~" + ACTIVE, "green"),
    Situation(
        "an old plan beside the new one",
        "EB*1*IND*30**OLD~DTP*347*D8*20260831~EB*1*IND*30**NEW~DTP*346*D8*20260901~",
        "green",
    ),
    Situation("asked before, over by now", "DTP*347*D8*20260925~" + ACTIVE, "red", ("not active",), asked="2026-09-20"),
    Situation(
        "so many a year and one a day are two limits",
        ACTIVE + "EB*F*IND*AD***23***VS*30~EB*F*IND*AD***7***VS*1~EB*F*IND*AD***29***VS*12~",
        "green",
        facts=(
            "12 of 30 visits left in the calendar year, occupational therapy",
            "1 visits in the day, occupational therapy; what is left was not told",
        ),
    ),
    Situation(
        "more left than there were",
        ACTIVE + "EB*F*IND*AD***23***VS*20~EB*F*IND*AD***29***VS*35~",
        "amber",
        ("20 in all / 35 left",),
    ),
    Situation(
        "more deductible left than there was",
        ACTIVE + "EB*C*IND*30***23*500~EB*C*IND*30***29*900~",
        "amber",
        ("$500.00 in all / $900.00 left",),
    ),
    Situation(
        "no hospice, in words",
        ACTIVE + "EB*D*IND*45~MSG*NO HOSPICE ELECTION PERIOD ON FILE~",
        "green",
        business="medicare",
    ),
    Situation(
        "no nursing stay, in words",
        ACTIVE + "EB*D*IND*30~MSG*PART A SNF STAY NOT ON FILE~",
        "green",
        business="medicare",
    ),
    Situation(
        "home health without an end",
        ACTIVE + "EB*D*IND*42~MSG*NO END DATE FOR HOME HEALTH EPISODE~",
        "red",
        ("a home-health episode",),
        business="medicare",
    ),
    Situation(
        "hospice that ended", ACTIVE + "EB*X*IND*45~DTP*292*RD8*20260101-20260301~", "green", business="medicare"
    ),
    Situation(
        "a limit of its own, in words",
        ACTIVE + "EB*F*IND*AD***23***VS*30~MSG*OT LIMIT IS NOT COMBINED WITH PT AND ST~EB*F*IND*AD***29***VS*5~",
        "green",
        facts=("5 of 30 visits left in the calendar year, occupational therapy",),
    ),
    Situation(
        "authorization after some visits",
        ACTIVE + "EB*CB*IND*AD~MSG*NO AUTHORIZATION REQUIRED FOR FIRST 12 VISITS THEN AUTHORIZATION REQUIRED~",
        "amber",
        ("not plain on authorization: NO AUTHORIZATION REQUIRED FOR FIRST 12 VISITS",),
    ),
    Situation(
        "coinsurance of 20 instead of .2", ACTIVE + "EB*A*IND*AD***27**20~", "amber", ("not plain on coinsurance",)
    ),
    Situation("an error beside benefits", ACTIVE + "AAA*N**41*C~", "amber", ("not authorized to ask",)),
    Situation("a copay nobody can read", ACTIVE + "EB*B*IND*AD***27*ABC~", "amber", ("not plain on EB",)),
    Situation("a date that is none", "DTP*346*D8*20261332~" + ACTIVE, "amber", ("not plain on DTP",)),
    Situation(
        "a qualified Medicare beneficiary",
        ACTIVE + "EB*1*IND*30*QM~",
        "green",
        business="medicare",
        facts=("QMB: no deductible, coinsurance or copay is asked of the patient",),
    ),
)
