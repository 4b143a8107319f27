"""What a program may do in a practice: build and submit claims, finish tasks. Every POST carries an Idempotency-Key."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.api.http import Call, resource
from chalicelib.claims.build import build_claims
from chalicelib.claims.submission import submit_claims
from chalicelib.platform.model import Model
from chalicelib.support.tasks import finish

routes = Blueprint(__name__)


class NoBody(Model):
    """An empty object: there is nothing to choose."""


@resource(routes, "/api/{tenant}/claims/build", method="POST", action="claims.build", body=NoBody)
def build(call: Call) -> dict[str, Any]:
    """Claims of every visit new or changed since claims were last built."""
    outcomes = build_claims()
    call.seen.extend(item.claim_id for item in outcomes if item.claim_id)
    return {"claims": outcomes}


@resource(routes, "/api/{tenant}/claims/submit", method="POST", action="claims.submit", body=NoBody)
def submit(_: Call) -> dict[str, Any]:
    """Ready claims written as 837P files; the next exchange sends them."""
    sent, batches = submit_claims()
    return {"claims": [item.claim.claim_id for item in sent], "files": [batch.file for batch in batches]}


@resource(routes, "/api/{tenant}/tasks/{task_id}/finish", method="POST", action="tasks.finish", body=NoBody)
def finish_task(call: Call) -> Any:
    return finish(call.path["task_id"])
