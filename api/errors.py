"""Errors as the API document shows them: always JSON, and never with internal details."""

import math

from aiohttp import web

from models.errors import ServerError

STATUS: dict[str, int] = {
    "invalid": 400,
    "refused": 403,
    "missing": 404,
    "conflict": 500,
    "limit_reached": 429,
    "unavailable": 503,
    "timed_out": 503,
    "switched_off": 503,
    "restarted": 503,
    "overloaded": 503,
}
INTERNAL = "Internal server error"
TEXTS: dict[int, str] = {404: "Not found", 405: "Method not allowed", 403: "Forbidden", 413: "Request body too large"}

# For answers that no application gives: the headers that the gates add to all others.
BARE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Server": "ipcamera",  # otherwise aiohttp sends its version
}

DIRECT_HINT = "Access this feature through the web dashboard or upgrade to Pro"
DASHBOARD_HINT = "Upgrade to Pro to use this feature"


def error(status: int, text: str, **fields: object) -> web.Response:
    return web.json_response({"error": text, **fields}, status=status)


def failure(status: int, text: str, **fields: object) -> web.Response:
    """The format of actions and logins: with ``success``."""
    return web.json_response({"success": False, "error": text, **fields}, status=status)


def response_to(problem: ServerError) -> web.Response:
    """What a ``ServerError`` means over HTTP."""
    status = STATUS.get(problem.code, 500)
    text = INTERNAL if problem.code == ServerError.code else problem.detail
    shape = failure if "lockout" in problem.fields or problem.code == "conflict" else error
    response = shape(status, text, **problem.fields)
    if wait_s := _wait_s(problem):
        response.headers["Retry-After"] = str(wait_s)
    return response


def response_to_http(problem: web.HTTPException) -> web.Response:
    """The router's and the file server's errors in our format."""
    status = 400 if problem.status == 413 else problem.status  # the document has no 413
    response = error(status, TEXTS.get(problem.status, problem.reason if status < 500 else INTERNAL))
    if "Allow" in problem.headers:
        response.headers["Allow"] = problem.headers["Allow"]
    return response


def pro_required(feature: str, dashboard: bool) -> web.Response:
    hint = DASHBOARD_HINT if dashboard else DIRECT_HINT
    return error(403, "Pro license required", feature=feature, hint=hint)


def _wait_s(problem: ServerError) -> int:
    seconds, milliseconds = problem.fields.get("lockoutRemaining", 0), problem.fields.get("retryAfterMs", 0)
    return int(seconds) or math.ceil(int(milliseconds) / 1000)
