"""/static/{name}: style sheet, scripts and mark, from our own origin."""

from __future__ import annotations

import re

from chalice.app import Blueprint, Response

from chalicelib.api.http import guarded
from chalicelib.platform.errors import NotFound
from chalicelib.portal.assets import asset, static_url
from chalicelib.portal.render import refusal

routes = Blueprint(__name__)

CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_NAME = re.compile(r"([A-Za-z.]+?)(?:-([0-9a-f]{10}))?\.(css|js|svg|txt)")


@routes.route("/static/{name}", methods=["GET"])
def static_file(name: str) -> Response:
    return guarded(lambda: _serve(name), refusal)


def _serve(name: str) -> Response:
    match = _NAME.fullmatch(name)
    if match is None:
        raise NotFound("NOT_FOUND", "There is no such file.")
    plain = f"{match[1]}.{match[3]}"
    headers: dict[str, str | list[str]] = {"Content-Type": CONTENT_TYPES[match[3]]}
    body = asset(plain)
    if static_url(plain) == f"/static/{name}":
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return Response(body=body, headers=headers)
