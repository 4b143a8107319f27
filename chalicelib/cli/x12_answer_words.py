"""What codes in a 271 and a 278 response mean, in our own words (005010X279A1 loops 2100C to 2110D, 005010X217 2000E, 2000F)."""

from __future__ import annotations

SERVICE_TYPES = {
    "1": "medical care", "2": "surgery", "3": "consultation", "4": "diagnostic imaging", "5": "laboratory",
    "6": "radiation therapy", "7": "anesthesia", "12": "equipment, bought", "18": "equipment, rented", "30": "whole plan",
    "33": "chiropractic", "35": "dental care", "42": "home health care", "45": "hospice", "47": "hospital",
    "48": "hospital, inpatient", "50": "hospital, outpatient", "52": "hospital, emergency", "54": "long-term care",
    "60": "general benefits", "62": "MRI or CT scan", "68": "well-baby care", "69": "maternity", "73": "diagnostic tests",
    "76": "dialysis", "78": "chemotherapy", "80": "immunizations", "81": "routine physical", "82": "family planning",
    "86": "emergency services", "88": "pharmacy", "93": "podiatry", "98": "office visit", "99": "hospital visit",
    "A0": "outpatient visit", "A3": "home visit", "A4": "psychiatric care", "A6": "psychotherapy",
    "A7": "psychiatric care, inpatient", "A8": "psychiatric care, outpatient", "A9": "rehabilitation",
    "AB": "rehabilitation, inpatient", "AC": "rehabilitation, outpatient", "AD": "occupational therapy",
    "AE": "physical medicine", "AF": "speech therapy", "AG": "skilled nursing", "AI": "substance abuse care", "AL": "vision",
    "BF": "pulmonary rehabilitation", "BG": "cardiac rehabilitation", "BH": "pediatric care", "BY": "office visit, sick",
    "BZ": "office visit, well", "MH": "mental health", "PT": "physical therapy", "UC": "urgent care",
}  # fmt: skip
LEVELS = {
    "CHD": "children", "DEP": "dependents", "ECH": "employee and children", "EMP": "employee", "ESP": "employee and spouse",
    "FAM": "family", "IND": "individual", "SPC": "spouse and children", "SPO": "spouse",
}  # fmt: skip
PERIODS = {
    "6": "an hour", "7": "a day", "13": "24 hours", "21": "in years", "22": "per service year", "23": "per calendar year",
    "24": "this year so far", "25": "per contract", "26": "an episode", "27": "a visit", "28": "outlier", "29": "remaining",
    "30": "exceeded", "31": "not exceeded", "32": "lifetime", "33": "lifetime remaining", "34": "a month", "35": "a week",
    "36": "an admission",
}  # fmt: skip
QUANTITIES = {
    "99": "used", "CA": "days covered", "CE": "days covered, estimated", "DY": "days", "FL": "units", "HS": "hours",
    "LA": "lifetime reserve days", "M2": "at most", "MN": "months", "P6": "services", "QA": "approved",
    "S7": "years of age at most", "S8": "years of age at least", "UN": "units", "VS": "visits", "YY": "years",
}  # fmt: skip
RHYTHMS = {"DA": "a day", "MO": "a month", "VS": "a visit", "WK": "a week", "YR": "a year"}
SPANS = {
    "6": "hour",
    "7": "day",
    "21": "year",
    "22": "service year",
    "23": "calendar year",
    "34": "month",
    "35": "week",
}
INSURANCE_TYPES = {
    "12": "Medicare secondary, working aged", "13": "Medicare secondary, end-stage renal disease",
    "14": "Medicare secondary, no-fault", "15": "Medicare secondary, workers' compensation",
    "41": "Medicare secondary, black lung", "42": "Medicare secondary, veterans", "43": "Medicare secondary, disabled",
    "47": "Medicare secondary, liability", "AP": "auto insurance", "C1": "commercial", "CO": "COBRA", "EP": "EPO",
    "GP": "group policy", "HM": "HMO", "HN": "Medicare Advantage HMO", "IN": "indemnity", "IP": "individual policy",
    "LT": "litigation", "MA": "Medicare Part A", "MB": "Medicare Part B", "MC": "Medicaid", "MP": "Medicare primary",
    "OT": "other", "PR": "PPO", "PS": "point of service", "QM": "qualified Medicare beneficiary", "SP": "supplemental policy",
    "WC": "workers' compensation",
}  # fmt: skip
NETWORKS = {"Y": "in network", "N": "out of network", "W": "in or out", "U": "network unknown"}
AUTHORIZATIONS = {"Y": "authorization required", "N": "no authorization needed", "U": "authorization unknown"}
DATES = {
    "096": "discharge", "102": "issued", "193": "period begins", "194": "period ends", "290": "coordination of benefits",
    "291": "plan", "292": "benefit", "295": "primary care provider", "304": "last visit", "307": "eligibility", "318": "added",
    "340": "COBRA begins", "341": "COBRA ends", "342": "premium paid from", "343": "premium paid to", "346": "plan begins",
    "347": "plan ends", "348": "benefit begins", "349": "benefit ends", "356": "eligibility begins", "357": "eligibility ends",
    "435": "admission", "442": "died", "472": "service", "539": "policy begins", "540": "policy ends", "636": "last update",
    "771": "status",
}  # fmt: skip
REFERENCES = {
    "18": "plan number", "1L": "group or policy", "1W": "member number", "49": "family unit", "6P": "group number",
    "9F": "referral", "F6": "Medicare number", "G1": "authorization", "IG": "policy number", "N6": "plan network",
    "NQ": "Medicaid number",
}  # fmt: skip
ENTITIES = {
    "13": "contracted provider", "1I": "preferred provider", "1P": "provider", "2B": "third-party administrator",
    "36": "employer",
    "73": "other physician", "FA": "facility", "GP": "gateway provider", "IL": "insured", "LR": "legal representative",
    "OC": "origin carrier", "P3": "primary care provider", "P4": "prior carrier", "P5": "plan sponsor", "PR": "payer",
    "PRP": "primary payer", "SEP": "secondary payer", "TTP": "tertiary payer", "VN": "vendor", "X3": "utilization management",
}  # fmt: skip
FOLLOW_UPS = {
    "C": "correct it and ask again", "N": "do not ask again", "P": "ask again as it was", "R": "asking again is allowed",
    "S": "do not ask again, a third party is being asked", "W": "wait 30 days, then ask again",
    "X": "wait 10 days, then ask again", "Y": "do not ask again, the answer will follow",
}  # fmt: skip
DECISIONS = {
    "A1": "certified as asked", "A2": "certified in part", "A3": "not certified", "A4": "pended: the payer decides later",
    "A6": "certified with changes", "C": "cancelled", "CT": "the payer wants to be called", "NA": "no authorization needed",
}  # fmt: skip
CATEGORIES = {"AR": "admission", "HS": "services", "IN": "individual", "SC": "specialty care"}
CERTIFICATIONS = {
    "1": "appeal, immediate", "2": "appeal, standard", "3": "cancellation", "4": "extension", "I": "first request",
    "N": "reconsideration", "R": "renewal", "S": "revision",
}  # fmt: skip
