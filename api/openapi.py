"""The interface as OpenAPI 3.1, made from the registry of routes and that of settings: it cannot lag behind them."""

import re
from collections.abc import Mapping
from typing import Any

from api.routes import Access, Route
from config.settings import json_schema

VERSION = "3.1.0"
SAFE = ("GET", "HEAD")
NULLABLE = frozenset({"minTimestamp", "maxTimestamp", "lastError"})  # null where there is nothing to tell
MAY_BE_MISSING = frozenset({"/cert", "/capture"})
ACCESS_WORDS = {
    Access.PUBLIC: "No credential is needed.",
    Access.UI: "Free: from the dashboard only. Pro: for every caller.",
    Access.PRO: "Pro only: a free device answers every caller with 403 and the id in x-pro-feature.",
}
STATUS_WORDS = {
    400: "Bad JSON, missing or wrong fields, or a body over 64 KiB",
    401: "Authentication required, or an invalid token",
    403: "A Pro licence is required, or the CSRF token is missing or wrong",
    404: "There is none",
    429: "Too often; Retry-After says how many seconds to wait",
    500: "It failed; the reason is in the error",
    503: "Not now: the camera is not started, or a part of the server restarts",
}
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
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string"},
        "success": {"const": False},
        "feature": {"type": "string", "description": "The Pro feature that was asked for"},
        "hint": {"type": "string"},
        "lockout": {"type": "boolean"},
        "lockoutRemaining": {"type": "integer", "description": "Seconds until the next try is allowed"},
        "httpsPort": {"type": "integer"},
    },
    "examples": [{"error": "Description of the error"}],
}
ERRORS = {
    "type": "object",
    "description": "All that is wrong with settings, as `key: message`, in the order of the request",
    "required": ["success", "errors"],
    "properties": {"success": {"const": False}, "errors": {"type": "array", "items": {"type": "string"}}},
    "examples": [
        {"success": False, "errors": ["unknownKey: Unknown setting", "frameRate: Value must be between 1 and 60"]}
    ],
}


def describe(routes: tuple[Route, ...], version: str) -> dict[str, Any]:
    """The whole document. Paths are those of the registry; a browser's assets are not part of the interface."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(_path(route.path), {})[route.method.lower()] = _operation(route)
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
            "schemas": {"Error": ERROR, "Errors": ERRORS, "Settings": json_schema()},
        },
    }


def _path(pattern: str) -> str:
    """Without aiohttp's regular expressions: ``{id:\\d+}`` is ``{id}``."""
    return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", pattern)


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "description": " ".join(filter(None, (ACCESS_WORDS[route.access], route.handler.__doc__ or ""))),
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "responses": _responses(route),
        "security": _security(route),
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": _body(route)}}
    if route.feature:
        operation["x-pro-feature"] = route.feature
    if route.extension:
        operation["x-extension"] = True
    return operation


def _body(route: Route) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Settings"} if route.path == "/settings" else schema_of(route.body)
    return {"schema": schema, "example": route.body}


def _parameters(route: Route) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)", route.path)
    ]
    in_query = [
        {"name": name, "in": "query", "required": False, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in route.query
    ]
    csrf = {
        "name": "X-CSRF-Token",
        "in": "header",
        "required": False,
        "description": "Needed with the session cookie only",
        "schema": {"type": "string"},
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
    responses: dict[str, Any] = {good: _good(route)}
    for status in sorted(_errors(route)):
        content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Error"}}
        if status == 400 and route.body is not None:
            content = {"schema": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Error", "Errors")]}}
        responses[str(status)] = {"description": STATUS_WORDS[status], "content": {"application/json": content}}
    return responses


def _good(route: Route) -> dict[str, Any]:
    if route.path == "/ws":
        return {"description": "The WebSocket is open"}
    content: dict[str, Any] = {}
    if route.answer is not None:
        content = {"schema": schema_of(route.answer), "example": route.answer}
    return {"description": route.summary, "content": {_media_type(route.content_type): content}}


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0]


def _errors(route: Route) -> set[int]:
    """What a caller has to expect; 404 and 405 of wrong paths and methods belong to no route."""
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


def schema_of(example: object, key: str = "") -> dict[str, Any]:
    """The shape that an example shows: its fields and their types. More fields may come."""
    schema = _plain_schema(example)
    if key in NULLABLE and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    return schema


def _plain_schema(example: object) -> dict[str, Any]:
    match example:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list() | tuple():
            return {"type": "array", **({"items": _any_of(example)} if example else {})}
        case dict():
            return {"type": "object", "properties": {name: schema_of(value, name) for name, value in example.items()}}
    return {}


def _any_of(examples: list[Any] | tuple[Any, ...]) -> dict[str, Any]:
    shapes: list[dict[str, Any]] = []
    for shape in map(schema_of, examples):
        if shape not in shapes:
            shapes.append(shape)
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
