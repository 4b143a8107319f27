"""The native visit file: its columns, which of them every row must fill, and which say something about the whole visit.

One row per procedure line. Header names are exact; order is free; columns that are not required may be absent.
"""

from __future__ import annotations

COVERAGE_FIELDS = ("payer_id", "line_of_business", "member_id", "group_number", "relationship")
SUBSCRIBER_FIELDS = ("subscriber_last_name", "subscriber_first_name", "subscriber_date_of_birth")

VISIT_COLUMNS = (
    "date_of_service",
    "start_time",
    "end_time",
    "place_of_service",
    "facility_id",
    "case_id",
    "rendering_npi",
    "assistant_id",
    "referring_npi",
    "referring_last_name",
    "referring_first_name",
    "patient_id",
    "last_name",
    "first_name",
    "middle_name",
    "date_of_birth",
    "sex",
    "address",
    "city",
    "state",
    "zip",
    "phone",
    *COVERAGE_FIELDS,
    *SUBSCRIBER_FIELDS,
    *(f"secondary_{name}" for name in (*COVERAGE_FIELDS, *SUBSCRIBER_FIELDS)),
    *(f"tertiary_{name}" for name in (*COVERAGE_FIELDS, *SUBSCRIBER_FIELDS)),
    "msp_type",
    "benefits_assigned",
    "release_on_file",
    *(f"diagnosis_{n}" for n in range(1, 13)),
    "total_treatment_minutes",
    "note_signed_on",
    "note_signed_by",
    "first_treatment_on",
    "plan_of_care_start",
    "plan_of_care_end",
    "plan_of_care_certified_on",
    "plan_sent_on",
    "order_signed_on",
    "progress_report_on",
    "kx_attested",
    "abn_signed_on",
    "authorization_number",
    "referral_number",
    "patient_paid",
    "accident_type",
    "accident_date",
    "accident_state",
    "property_casualty_claim_number",
    "first_care_on",
    "emc_on",
    "initiation_notice_on",
)
"""Columns about the visit; every row of a visit says the same in them."""

LINE_COLUMNS = (
    "visit_id",
    "line_number",
    "diagnosis_pointers",
    "cpt",
    "therapist_minutes",
    "assistant_minutes",
    "units",
    "modifiers",
    "charge",
    "distinct_service",
)

COLUMNS = frozenset((*LINE_COLUMNS, *VISIT_COLUMNS))

REQUIRED = (
    "visit_id",
    "line_number",
    "date_of_service",
    "place_of_service",
    "rendering_npi",
    "patient_id",
    "last_name",
    "first_name",
    "date_of_birth",
    "sex",
    "address",
    "city",
    "state",
    "zip",
    "payer_id",
    "line_of_business",
    "relationship",
    "diagnosis_1",
    "cpt",
)
"""Every row fills these; besides, a row names a member id or, for auto, the property and casualty claim number."""
