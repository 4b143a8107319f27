"""Canary over a whole test run: what the tests' patients are called must be in no log line, metric, error, key, event or input.

On with OTBILL_CANARY=<folder>: each test process writes what it saw there, and its run fails when a token was found.
Every test's patients are the canaries: the names and member ids of tests/practice.py, and a middle name and address that
are planted only here. OTBILL_CANARY_SLIP=1 logs a patient's name on purpose: then the run has to fail.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

PLANTED = {"middle_name": "Zylphanary", "address": "7777 Canarybird Lane"}
TOKENS = ("Zylphanary", "Canarybird", "Marigold", "W100200301", "U1002003001", "1EG4TE5MK72")
_TOLD = ("OUT#", "AUD", "TSK#", "BAT#", "IDEM#", "JRN#", "EVT#")  # what leaves a practice's table for jobs and lists


class Watch:
    """What was looked at, by kind, and where a token was found (never the text itself)."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.leaks: Counter[str] = Counter()

    def look(self, kind: str, text: str, where: str = "") -> None:
        self.seen[kind] += 1
        folded = text.casefold()
        for token in TOKENS:
            if token.casefold() in folded:
                self.leaks[f"{kind}: {token} {where}"] += 1

    def start(self) -> None:
        """Listen to every log line, metric and error the product makes."""
        from chalicelib.platform import metrics
        from chalicelib.platform.errors import OtbillError
        from chalicelib.platform.logging import RedactingFormatter

        logging.getLogger().addHandler(_Listener(self))
        RedactingFormatter.format = self._after(RedactingFormatter.format, "log lines")  # type: ignore[method-assign]
        metrics.line = self._after(metrics.line, "metrics")
        made = OtbillError.__init__

        @wraps(made)
        def init(error: OtbillError, *told: Any, **more: Any) -> None:
            made(error, *told, **more)
            if "chalicelib" in sys._getframe(1).f_code.co_filename:  # a test may raise what it likes
                self.look("exceptions", json.dumps(error.as_dict()), error.code)

        OtbillError.__init__ = init  # type: ignore[method-assign]

    def slip(self) -> None:
        """The deliberate mistake: taking in a visit logs whose it is."""
        from chalicelib.intake import service
        from chalicelib.platform.logging import logger

        real = service.to_visit

        @wraps(real)
        def careless(*told: Any, **more: Any) -> Any:
            logger("intake").warning(f"took in {told!r}")
            return real(*told, **more)

        service.to_visit = careless

    def outside(self, endpoint: str) -> None:
        """Keys of every table and bucket, events, audit entries, tasks, and inputs of state machines."""
        from botocore.session import Session

        session = Session()
        session.set_credentials("otbill-embedded", "otbill-embedded")
        made = {
            name: session.create_client(name, region_name="us-east-1", endpoint_url=endpoint)
            for name in ("dynamodb", "s3", "stepfunctions")
        }
        self._tables(made["dynamodb"])
        for bucket in made["s3"].list_buckets()["Buckets"]:
            for page in made["s3"].get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
                for entry in page.get("Contents", ()):
                    self.look("keys", entry["Key"], "document")
        self._state_inputs(made["stepfunctions"])

    def _tables(self, dynamodb: Any) -> None:
        for page in dynamodb.get_paginator("list_tables").paginate():
            for table in page["TableNames"]:
                for found in dynamodb.get_paginator("scan").paginate(TableName=table):
                    for item in found["Items"]:
                        self._item(item, "control" in table)

    def _item(self, item: dict[str, Any], of_control: bool) -> None:
        keys = [item[name]["S"] for name in ("pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk") if name in item]
        kind = item.get("kind", {}).get("S", "")
        self.look("keys", " ".join(keys), kind)
        # An inquiry is a practice's own word about itself, before there are patients.
        if (of_control and kind != "inquiry") or item["pk"]["S"].startswith(_TOLD):
            self.look("events", item.get("data", {}).get("S", ""), kind)

    def _state_inputs(self, client: Any) -> None:
        for machine in client.list_state_machines()["stateMachines"]:
            arn = machine["stateMachineArn"]
            for run in client.list_executions(stateMachineArn=arn)["executions"]:
                told = client.describe_execution(executionArn=run["executionArn"])
                self.look("state inputs", told.get("input", "") + told.get("output", ""), machine["name"])

    def _after(self, real: Callable[..., str], kind: str) -> Callable[..., str]:
        @wraps(real)
        def formatted(*told: Any, **more: Any) -> str:
            text = real(*told, **more)
            self.look(kind, text)
            return text

        return formatted

    def write(self, folder: Path) -> None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        folder.mkdir(parents=True, exist_ok=True)
        told = {"seen": dict(self.seen), "leaks": dict(self.leaks)}
        (folder / f"{worker}-{os.getpid()}.json").write_text(json.dumps(told))


class _Listener(logging.Handler):
    """What any library logs, as it would be written."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.INFO)
        self.watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage() + (str(record.exc_info[1]) if record.exc_info else "")
        self.watch.look("log lines", text, record.name)


watch: Watch | None = Watch() if os.environ.get("OTBILL_CANARY") else None


def planted() -> dict[str, str]:
    return PLANTED if watch else {}


def pytest_configure() -> None:
    if watch:
        watch.start()
        if os.environ.get("OTBILL_CANARY_SLIP"):
            watch.slip()


def pytest_sessionfinish(session: Any) -> None:
    if watch:
        watch.write(Path(os.environ["OTBILL_CANARY"]))
        if watch.leaks:
            session.exitstatus = 1
