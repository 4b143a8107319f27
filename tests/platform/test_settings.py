"""Settings come from the environment, and their defaults are the embedded stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.platform.config import from_environment
from chalicelib.platform.errors import Fault
from chalicelib.store import Runtime


def test_an_empty_environment_is_the_local_stage() -> None:
    settings = from_environment({})
    assert settings.is_local
    assert (settings.home, settings.control_table) == (Path(".otbill"), "otbill-local-control")


def test_a_stage_names_its_own_resources() -> None:
    settings = from_environment({"OTBILL_STAGE": "prod", "AWS_REGION": "us-west-2", "OTBILL_HOME": "/x"})
    assert not settings.is_local
    assert (settings.control_table, settings.bucket) == ("otbill-prod-control", "otbill-prod-documents")
    assert settings.tenant_table("tnt_1") == "otbill-prod-tnt_1"


def test_the_local_stage_never_talks_to_real_aws() -> None:
    with pytest.raises(Fault, match="AWS_NOT_STARTED"):
        Runtime(from_environment({}))
