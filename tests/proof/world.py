"""An embedded AWS of its own for one proof run, and practices in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib import store
from chalicelib.platform.config import from_environment
from chalicelib.tenancy import Principal

OPERATOR = Principal(user_id="usr_operator", name="Operator", kind="operator", roles={"operator"}, tenants={"*"})
DAY = "2026-09-30"


@contextmanager
def embedded() -> Iterator[Path]:
    """A fresh home with a fresh AWS; gone afterwards."""
    from chalicelib.local.aws import ensure_aws, stop_aws

    with tempfile.TemporaryDirectory(prefix="otbill-proof-") as folder:
        home = Path(folder)
        os.environ["OTBILL_NOW"] = DAY
        os.environ["OTBILL_HOME"] = folder
        os.environ["OTBILL_AWS_ENDPOINT"] = ensure_aws(home, owned=True)
        store.configure(from_environment())
        try:
            yield home
        finally:
            store.configure(None)
            stop_aws(home)
            del os.environ["OTBILL_AWS_ENDPOINT"]
