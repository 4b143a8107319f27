"""The visits' documented minutes and what they must become, each worked out by hand from the rules of ot_rules.md s.1 and s.2.

A pattern is (lines, cms, midpoint, why). A line of the note is 'CPT minutes' or 'CPT therapist+assistant'. `cms` is what a plan
that counts total time (Medicare Claims Processing Manual ch.5 s.20.2-20.3) is billed, `midpoint` what a plan that rounds every
code by itself is billed. '/CO' marks units that want the assistant modifier where the plan uses it, '/59' a line whose separate
time is documented. Plans without CO get the same units, halves of one code put together.

In the working: U = units of the day, T = timed minutes of the day, "rest" = minutes over the whole quarter hours of a code.
"""

from __future__ import annotations

PATTERNS: dict[str, tuple[str, str, str, str]] = {
    # evaluations: untimed, 1 unit, minutes never in T
    "E1": ("97165 30", "97165x1", "97165x1", "an evaluation is one unit whatever its minutes"),
    "E2": ("97166 45, 97530 16", "97166x1 97530x1", "97166x1 97530x1", "T 16 without the evaluation: U 1"),
    "E3": (
        "97165 30, 97110 10, 97535 10",
        "97165x1 97110x1",
        "97165x1 97110x1 97535x1",
        "T 20: U 1; 97110 and 97535 tie at rest 10 and equal minutes, the lower code has it; alone each passes 8",
    ),
    "E4": ("97167 60", "97167x1", "97167x1", "high complexity evaluation alone"),
    "E5": ("97168 30, 97530 30", "97168x1 97530x2", "97168x1 97530x2", "re-evaluation; T 30: U 2; no active edit for 97530"),
    # timed codes, therapist only
    "T1": ("97530 30, 97110 15", "97530x2 97110x1", "97530x2 97110x1", "T 45: U 3, no rest"),
    "T2": (
        "97530 24, 97110 23",
        "97530x2 97110x1",
        "97530x2 97110x2",
        "T 47: U 3; 1+1, the third to the larger rest 9 over 8; alone 24 and 23 are 2 each (CMS example 1)",
    ),
    "T3": (
        "97110 33, 97140 7",
        "97110x2 97140x1",
        "97110x2",
        "T 40: U 3; rest 7 over 3 (CMS example 3); alone 7 minutes earn nothing",
    ),
    "T4": (
        "97110 18, 97140 13, 97116 10, 97035 8",
        "97110x1 97140x1 97116x1",
        "97110x1 97140x1 97116x1 97035x1",
        "T 49: U 3; rests 13 and 10 earn, 8 and 3 do not (CMS example 4); alone all four pass 8",
    ),
    "T5": (
        "97530 8, 97110 8, 97140 8",
        "97110x1 97140x1",
        "97530x1 97110x1 97140x1",
        "T 24: U 2; three ties at 8, the two lower codes have them",
    ),
    "T6": (
        "97112 20, 97110 20",
        "97112x1 97110x2",
        "97112x1 97110x1",
        "T 40: U 3; tie 5 and 5, lower code (CMS example 2); alone 20 minutes are 1",
    ),
    "T7": (
        "97530 38, 97110 7, 97140 7",
        "97530x3",
        "97530x3",
        "T 52: U 3; 2, then rest 8 beats 7 and 7; alone 38 are 3 and 7 nothing",
    ),
    "T8": ("97110 20, 97140 3", "97110x2", "97110x1", "T 23: U 2; rest 5 beats 3; alone 20 are 1 and 3 nothing"),
    "T9": ("97535 40", "97535x3", "97535x3", "T 40: U 3"),
    "T10": ("97530 60", "97530x4", "97530x4", "T 60: U 4"),
    "T11": ("97535 25, 97110 14", "97535x2 97110x1", "97535x2 97110x1", "T 39: U 3; rest 14 beats 10, then 10 the second: 1+1+1"),
    "T12": ("97530 5, 97110 4", "97530x1", "", "T 9: U 1 to the larger rest; alone neither passes 8"),
    "T13": ("97542 30", "97542x2", "97542x2", "T 30: U 2"),
    "T14": ("97760 45", "97760x3", "97760x3", "T 45: U 3"),
    "T15": ("97763 30", "97763x2", "97763x2", "T 30: U 2"),
    "T16": ("97533 30, 97530 15", "97533x2 97530x1", "97533x2 97530x1", "T 45: U 3; the edit of this pair ended 2021-12-31"),
    "T17": ("97110 22, 97140 22", "97110x2 97140x1", "97110x1 97140x1", "T 44: U 3; tie 7 and 7, lower code; alone 22 are 1"),
    "T18": ("97140 15, 97530 15, 97110 15", "97140x1 97530x1 97110x1", "97140x1 97530x1 97110x1", "T 45: U 3, no rest"),
    # cognition: 97129 the first quarter hour, 97130 each further one, minutes pooled
    "C1": ("97129 15, 97130 25", "97129x1 97130x2", "97129x1 97130x2", "40 cognitive minutes: 3 units, first 97129"),
    "C2": ("97129 15, 97130 8, 97535 15", "97129x1 97130x1 97535x1", "97129x1 97130x1 97535x1", "T 38: U 3; cognition 23: 1 + rest 8"),
    "C3": ("97129 20", "97129x1", "97129x1", "T 20: U 1"),
    # group and modalities: untimed, 1 unit, minutes never in T
    "G1": ("97150 40", "97150x1", "97150x1", "group is one unit a session"),
    "G2": (
        "97150 30, 97530 15 59",
        "97150x1 97530x1/59",
        "97150x1 97530x1/59",
        "T 15: U 1; 97150/97530 is an edit with indicator 1; separate time documented, 59 on column 2",
    ),
    "M1": ("97018 15, 97530 30", "97018x1 97530x2", "97018x1 97530x2", "paraffin is untimed; T 30: U 2"),
    "M2": ("97022 15, 97110 23", "97022x1 97110x2", "97022x1 97110x2", "whirlpool is untimed; T 23: U 2"),
    "M3": ("G0283 15, 97140 15", "G0283x1 97140x1", "G0283x1 97140x1", "stimulation is untimed; T 15: U 1"),
    "M4": ("97035 8, 97140 15", "97035x1 97140x1", "97035x1 97140x1", "ultrasound is timed; T 23: U 2; 1 + rest 8"),
    "M5": ("97016 15, 97140 30", "97016x1 97140x2", "97016x1 97140x2", "vasopneumatic device is untimed; T 30: U 2"),
    # assistants (42 CFR 410.59(a)(4)(iii), exceptions of 2022)
    "A1": ("97530 10+5", "97530x1", "97530x1", "15: U 1; the therapist alone gave 8 or more of the last unit: no CO"),
    "A2": ("97530 5+10", "97530x1/CO", "97530x1", "15: U 1; therapist under 8, assistant over 10 %"),
    "A3": ("97530 12+12", "97530x1 97530x1/CO", "97530x2", "24: U 2; both gave 9 to 14: one unit each"),
    "A4": (
        "97110 13+23, 97140 30",
        "97110x1 97110x1/CO 97140x2",
        "97110x2 97140x2",
        "T 66: U 4; one assistant block of 97110, then therapist 13 of the last unit; alone 36 are 2 and 30 are 2",
    ),
    "A5": (
        "97110 22, 97140 0+23",
        "97110x1 97140x2/CO",
        "97110x1 97140x2",
        "T 45: U 3; rest 8 beats 7; 97140 all by the assistant; alone 22 are 1 and 23 are 2",
    ),
    "A6": ("97535 0+15", "97535x1/CO", "97535x1", "all by the assistant"),
    "A7": ("97150 30+10", "97150x1/CO", "97150x1", "untimed: assistant 25 % of 40"),
    "A8": ("97150 36+4", "97150x1", "97150x1", "untimed: assistant exactly 10 % of 40, not over"),
    "A9": ("97530 0+30, 97110 0+15", "97530x2/CO 97110x1/CO", "97530x2 97110x1", "T 45: U 3; all by the assistant"),
    "A10": ("97530 30+15", "97530x2 97530x1/CO", "97530x3", "45: U 3; two therapist blocks, one assistant block"),
    "A11": (
        "97112 20+3",
        "97112x1 97112x1/CO",
        "97112x2",
        "23: U 2; a therapist block, then 5 and 3 of the last unit: therapist under 8, assistant 37 %",
    ),
    "A12": ("97530 16+1", "97530x1", "97530x1", "17: U 1, a therapist block; the other 2 minutes earn nothing"),
    # what must be held
    "Z1": ("97530 7", "", "", "T 7: no unit"),
    "Z2": ("97110 7, 97140 7", "97110x1", "", "alone neither passes 8; total time would give 1 of 14 minutes"),
    "N1": ("97150 30, 97110 15", "97150x1 97110x1", "97150x1 97110x1", "97150/97110 is an edit with indicator 1"),
    "N2": ("97760 30, 97140 15", "97760x2 97140x1", "97760x2 97140x1", "97760/97140 is an edit with indicator 1"),
    "N3": ("97150 30, 97530 15", "97150x1 97530x1", "97150x1 97530x1", "97150/97530; 59 in the file, separate time not documented"),
    "EA": ("97165 0+30", "97165x1", "97165x1", "an evaluation by the assistant"),
    # two visits of one day (Medicare), minutes pooled over both
    "D1": ("97530 24", "97530x2", "97530x2", "with D2 in one day T 47: U 3; rest 9 over 8"),
    "D2": ("97110 23", "97110x1", "97110x2", "with D1 in one day T 47; alone it would be 2"),
    "D3": ("97535 20", "97535x2", "97535x1", "with D4 in one day T 38: U 3; rest 5 over 3; alone it would be 1"),
    "D4": ("97530 18", "97530x1", "97530x1", "with D3 in one day T 38: U 3"),
}
