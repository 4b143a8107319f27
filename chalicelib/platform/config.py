"""Settings, read once from the environment. No secrets: credentials come from the AWS chain, or are dummies locally."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from chalicelib.platform.model import Model

LOCAL = "local"


class Settings(Model):
    """Where this process keeps its state and which AWS it talks to.

    `aws_endpoint` empty means real AWS; the embedded AWS sets it after it has started (`OTBILL_AWS_ENDPOINT`).
    """

    home: Path = Path(".otbill")
    stage: str = LOCAL
    aws_endpoint: str = ""
    region: str = "us-east-1"
    control_table: str = "otbill-local-control"
    bucket: str = "otbill-local-documents"
    audit_bucket: str = "otbill-local-audit"  # object-locked
    data_role: str = ""  # ARN of the role assumed for each practice's data; '' = the process's own credentials
    mail_from: str = ""  # the address our mail comes from; '' on the embedded machine = a folder
    requests_per_minute: int = 1200  # of one principal; 0 = no limit
    practice_requests_per_minute: int = 6000  # of all who work in one practice

    @property
    def is_local(self) -> bool:
        return self.stage == LOCAL

    @property
    def resource_prefix(self) -> str:
        """Every table, key alias and bucket of a stage begins with this."""
        return f"otbill-{self.stage}"

    def tenant_table(self, tenant_id: str) -> str:
        """The name a new practice's table is given; afterwards only the placement says where a practice lives."""
        return f"{self.resource_prefix}-{tenant_id}"


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `OTBILL_*` and `AWS_REGION`."""
    env = os.environ if environ is None else environ
    stage = env.get("OTBILL_STAGE") or LOCAL
    return Settings(
        home=Path(env.get("OTBILL_HOME") or ".otbill"),
        stage=stage,
        aws_endpoint=env.get("OTBILL_AWS_ENDPOINT", ""),
        region=env.get("AWS_REGION") or "us-east-1",
        control_table=env.get("OTBILL_CONTROL_TABLE") or f"otbill-{stage}-control",
        bucket=env.get("OTBILL_BUCKET") or f"otbill-{stage}-documents",
        audit_bucket=env.get("OTBILL_AUDIT_BUCKET") or f"otbill-{stage}-audit",
        data_role=env.get("OTBILL_DATA_ROLE", ""),
        mail_from=env.get("OTBILL_MAIL_FROM", ""),
        requests_per_minute=int(env.get("OTBILL_REQUESTS_PER_MINUTE") or 1200),
        practice_requests_per_minute=int(env.get("OTBILL_PRACTICE_REQUESTS_PER_MINUTE") or 6000),
    )
