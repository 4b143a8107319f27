"""The work queue: a job asked for one practice, worked off as soon as a function is free. Messages hold ids only.

A standard queue is fair between practices when each message carries its practice as MessageGroupId: one with thousands
of messages does not keep the others waiting.
"""

from __future__ import annotations

import json

from chalicelib.platform.errors import Fault
from chalicelib.store.runtime import runtime


def ask(job: str, tenant_id: str) -> str:
    """Put a job for a practice on the queue; the message's id. Fault NO_QUEUE where none is deployed."""
    from botocore.exceptions import ClientError

    client = runtime().client("sqs")
    try:
        url = client.get_queue_url(QueueName=f"{runtime().settings.resource_prefix}-work")["QueueUrl"]
        body = json.dumps({"job": job, "tenant_id": tenant_id})
        return str(client.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=tenant_id)["MessageId"])
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise Fault(
            "NO_QUEUE", f"the work queue did not take it ({code})", fix="deploy infra/jobs.template.json"
        ) from None
