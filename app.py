"""The Chalice application that AWS Lambda runs: middleware in order, then the blueprints. No logic here."""

from __future__ import annotations

from logging import Logger
from typing import cast

from chalice.app import Chalice

from chalicelib.api import (
    actions,
    claim_moves,
    denials,
    middleware,
    openapi,
    remit_desk,
    resources,
    sessions,
    uploads,
)
from chalicelib.api import estimates as estimate_api
from chalicelib.jobs import handlers
from chalicelib.platform.logging import logger
from chalicelib.portal import (
    attention,
    authorizations,
    claim_acts,
    claims,
    coverage,
    denial_uploads,
    estimates,
    inquiry,
    remittances,
    sign_in,
    static_files,
    summary,
    tasks,
)
from chalicelib.portal import denials as denial_pages
from chalicelib.portal import remit_desk as remit_pages

app = Chalice(app_name="otbill", debug=False, configure_logs=False)
# Chalice logs an exception with its values; ours drops everything that is not on the allow-list.
app.log = cast(Logger, logger("chalice"))

# The first registered is the outermost: its turn comes first on the way in, last on the way out.
app.register_middleware(middleware.request_identity, "http")
app.register_middleware(middleware.security_headers, "http")
app.register_middleware(middleware.framework_errors, "http")

for blueprint in (
    sessions.routes,
    resources.routes,
    actions.routes,
    denials.routes,
    remit_desk.routes,
    claim_moves.routes,
    openapi.routes,
    uploads.routes,
    estimate_api.routes,
    static_files.routes,
    sign_in.routes,
    attention.routes,
    claims.routes,
    claim_acts.routes,
    remittances.routes,
    remit_pages.routes,
    coverage.routes,
    authorizations.routes,
    estimates.routes,
    denial_pages.routes,
    denial_uploads.routes,
    tasks.routes,
    summary.routes,
    inquiry.routes,
    handlers.routes,
):
    app.register_blueprint(blueprint)
