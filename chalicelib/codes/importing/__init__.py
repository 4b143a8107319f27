"""The published CMS files to our tables: each importer takes the file and the present table and gives the new table's bytes.

Layouts: NCCI PTP (tab text, full history), MUE (CSV, its date in the file's name), PPRRVU (columns found by joined header rows;
2026 inserted one), GPCI (columns found by words), ICD-10-CM order file (fixed width), CARC (a CSV of ours). Descriptions of the
AMA in these files are never kept. Only codes of our CPT table are taken.
"""

from chalicelib.codes.importing.adjustments import carc
from chalicelib.codes.importing.common import Imported
from chalicelib.codes.importing.diagnoses import icd10_order
from chalicelib.codes.importing.edits import mue, ncci
from chalicelib.codes.importing.fees import gpci, mpfs

__all__ = ["Imported", "carc", "gpci", "icd10_order", "mpfs", "mue", "ncci"]
