"""Where the public X12 samples lie: OTBILL_X12_CORPUS, or `shared/x12` beside the repository. A clone may have neither."""

from __future__ import annotations

import os
from pathlib import Path

X12 = Path(os.environ.get("OTBILL_X12_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "x12")
