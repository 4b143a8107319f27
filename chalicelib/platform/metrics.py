"""Counts for CloudWatch in its embedded metric format (Powertools writes it): one JSON line of a Lambda's log is one reading.

As with the log an allow-list decides: a dimension or a name nobody declared is dropped, a value that is no whole number too. No
dimension names a practice or a patient, so a metric can tell neither, and their number stays small (each is billed).
Lines are written where Lambda runs the code; a command of a person stays quiet.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

NAMESPACE = "Otbill"
DIMENSIONS = frozenset({"job", "outcome"})
NAMES = frozenset(
    {
        "runs", "asked", "built", "checked", "chains", "ended", "exhausted", "files", "found", "moved", "numbered", "opened",
        "posted", "refused", "released", "secondary", "sent", "settled", "silent", "strange", "submitted", "taken", "tasks",
        "told", "unreachable", "warned",
    }
)  # fmt: skip
_MAX_DIMENSION = 40


def emit(dimensions: Mapping[str, str], counts: Mapping[str, Any]) -> None:
    """Write one reading to the function's log; nothing outside Lambda."""
    text = line(dimensions, counts)
    if text and os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        sys.stderr.write(text + "\n")


def line(dimensions: Mapping[str, str], counts: Mapping[str, Any]) -> str:
    """The reading as a line of the log; empty when nothing of it may be told."""
    told = {name: value for name, value in counts.items() if name in NAMES and type(value) is int}
    if not told:
        return ""
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    made = EphemeralMetrics(namespace=NAMESPACE, service="otbill")
    for name, text in dimensions.items():
        if name in DIMENSIONS and text.replace("_", "").replace("-", "").isalnum():
            made.add_dimension(name, text[:_MAX_DIMENSION])
    for name, value in told.items():
        made.add_metric(name, MetricUnit.Count, value)
    return json.dumps(made.serialize_metric_set())
