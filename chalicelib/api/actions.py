"""What a program may do in a practice: build and submit claims, finish tasks. Every POST carries an Idempotency-Key."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.api.http import Call, resource
from chalicelib.claims.build import build_claims
from chalicelib.claims.settling import Outcome
from chalicelib.claims.submission import submit_claims
from chalicelib.platform.model import Model
from chalicelib.support.tasks import Task, finish

routes = Blueprint(__name__)


class NoBody(Model):
    """An empty object: there is nothing to choose."""


class BuiltAnswer(Model):
    """What became of each claim."""

    claims: tuple[Outcome, ...]


class SubmittedAnswer(Model):
    """Ids of the claims sent, and the names of the files they are in."""

    claims: tuple[str, ...]
    files: tuple[str, ...]


@resource(routes, "/api/{tenant}/claims/build", method="POST", action="claims.build", body=NoBody)
def build(call: Call) -> BuiltAnswer:
    """Claims of every visit new or changed since claims were last built."""
    outcomes = tuple(build_claims())
    call.seen.extend(item.claim_id for item in outcomes if item.claim_id)
    return BuiltAnswer(claims=outcomes)


@resource(routes, "/api/{tenant}/claims/submit", method="POST", action="claims.submit", body=NoBody)
def submit(_: Call) -> SubmittedAnswer:
    """Ready claims written as 837P files; the next exchange sends them."""
    sent, batches = submit_claims()
    claims, files = (item.claim.claim_id for item in sent), (batch.file for batch in batches)
    return SubmittedAnswer(claims=tuple(claims), files=tuple(files))


@resource(routes, "/api/{tenant}/tasks/{task_id}/finish", method="POST", action="tasks.finish", body=NoBody)
def finish_task(call: Call) -> Task:
    """Mark a task done; done already is fine."""
    return finish(call.path["task_id"])
