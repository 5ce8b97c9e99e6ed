"""The API as OpenAPI 3.1, generated from the registries of routes and settings, so that it is always up to date."""

import re
from collections.abc import Mapping
from typing import Any

from api.routing import Access, Route, plain_path
from api.schema_words import TEXT, Schema, ref
from api.schemas import COMPONENTS

VERSION = "3.1.0"
SAFE = ("GET", "HEAD")
MAY_BE_MISSING = frozenset({"/cert", "/capture", "/api/notifications/rules", "/api/notifications/test"})
ACCESS_WORDS = {
    Access.PUBLIC: "No credential is needed.",
    Access.UI: "Free: from the dashboard only. Pro: for every caller.",
    Access.PRO: "Pro only: a free device answers every caller with 403 and the id in x-pro-feature.",
}
STATUS_WORDS = {
    400: "Bad JSON, missing or wrong fields, or a body over 64 KiB",
    401: "Authentication required, or an invalid token",
    403: "A Pro licence is required, or the CSRF token is missing or wrong",
    404: "Not found",
    429: "Too many requests; Retry-After is the number of seconds to wait",
    500: "It failed; the error gives the reason",
    503: "Not now: the camera is not started, or a part of the server is restarting",
}
BYTES: Schema = {"type": "string", "format": "binary"}
SECURITY_SCHEMES: Mapping[str, object] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of POST /auth."},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "Set by POST /auth. State-changing calls also need its csrfToken in X-CSRF-Token.",
    },
    "query": {"type": "apiKey", "in": "query", "name": "token", "description": "The token, for an <img> or a player."},
    "basic": {"type": "http", "scheme": "basic", "description": "Any user name, and the device's password."},
}


def describe(routes: tuple[Route, ...], version: str) -> dict[str, Any]:
    """The whole document. Paths are those of the registry; the dashboard's assets are not part of the API."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(plain_path(route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": VERSION,
        "info": {
            "title": "IP camera",
            "version": version,
            "description": "Video, sound, detection and settings of one camera. Live state comes over the WebSocket.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "schemas": COMPONENTS,
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "description": " ".join(filter(None, (ACCESS_WORDS[route.access], route.handler.__doc__ or ""))),
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{plain_path(route.path)}").strip("_"),
        "responses": _responses(route),
        "security": _security(route),
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.takes:
        content = {"schema": ref(route.takes), **({"example": route.body} if route.body is not None else {})}
        operation["requestBody"] = {"required": not route.takes_nothing, "content": {"application/json": content}}
    if route.feature:
        operation["x-pro-feature"] = route.feature
    if route.extension:
        operation["x-extension"] = True
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": TEXT} for name in re.findall(r"\{(\w+)", route.path)
    ]
    in_query = [
        {"name": one.name, "in": "query", "required": one.required, "description": one.meaning, "schema": one.schema}
        for one in route.query
    ]
    csrf = {
        "name": "X-CSRF-Token",
        "in": "header",
        "required": False,
        "description": "Only needed with the session cookie",
        "schema": TEXT,
    }
    guarded = route.method not in SAFE and (route.access is not Access.PUBLIC or route.csrf)
    return [*in_path, *in_query, *([csrf] if guarded else [])]


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.access is Access.PUBLIC:
        return []
    carriers = ("bearer", "cookie", "query", "basic") if route.media else ("bearer", "cookie")
    return [{carrier: []} for carrier in carriers]


def _responses(route: Route) -> dict[str, Any]:
    good = "101" if route.path == "/ws" else "200"
    responses: dict[str, Any] = {good: _good(route)} if route.content_type else {}
    responses |= {str(status): {"description": meaning} for status, meaning in route.also.items()}
    for status in sorted(_errors(route)):
        content = {"schema": _any_of(("Error", "Errors") if status == 400 and route.takes else ("Error",))}
        responses[str(status)] = {"description": STATUS_WORDS[status], "content": {"application/json": content}}
    return responses


def _good(route: Route) -> dict[str, Any]:
    if route.path == "/ws":
        return {"description": "The WebSocket is open"}
    content: dict[str, Any] = {"schema": _any_of(route.gives) if route.gives else _raw(route)}
    if route.answer is not None:
        content["example"] = route.answer
    return {"description": route.summary, "content": {_media_type(route.content_type): content}}


def _any_of(names: tuple[str, ...]) -> Schema:
    return ref(names[0]) if len(names) == 1 else {"anyOf": [ref(name) for name in names]}


def _raw(route: Route) -> Schema:
    return TEXT if route.content_type.startswith("text/") else BYTES


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0]


def _errors(route: Route) -> set[int]:
    """The errors of a route; 404 and 405 for wrong paths and methods belong to no route."""
    statuses = {500, 503}
    unsafe = route.method not in SAFE
    if unsafe or route.query or route.path == "/ws":
        statuses.add(400)
    if route.access is not Access.PUBLIC or route.path == "/auth":
        statuses.add(401)
    if route.access is not Access.PUBLIC or route.csrf or route.path == "/ws":
        statuses.add(403)
    if unsafe or route.media or route.content_type.startswith("text/csv"):
        statuses.add(429)
    if "{" in route.path or route.path in MAY_BE_MISSING:
        statuses.add(404)
    return statuses
