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
)
