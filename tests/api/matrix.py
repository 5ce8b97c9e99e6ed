"""Who may do what: the whole table, computed from the words of the access rules and not from the gates' code."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api.routing import Access, Route

CARRIERS = ("none", "cookie", "bearer", "query", "basic")
DIRECT = "Access this feature through the web dashboard or upgrade to Pro"
DASHBOARD = "Upgrade to Pro to use this feature"
PASSED = (0, {})


@dataclass(frozen=True)
class Call:
    route: Route
    carrier: str
    pro: bool
    protected: bool

    def __str__(self) -> str:
        return (
            f"{self.route.method} {self.route.path} {self.carrier} "
            f"{'pro' if self.pro else 'free'} {'on' if self.protected else 'off'}"
        )


def calls(routes: tuple[Route, ...], pro: bool, protected: bool) -> Iterator[Call]:
    for route in routes:
        for carrier in CARRIERS:
            yield Call(route, carrier, pro, protected)


def expected(call: Call) -> tuple[int, Mapping[str, object]]:
    """(status, body) of the gate that refuses; ``PASSED`` where the handler is reached."""
    if call.route.access is Access.PUBLIC:
        return PASSED
    shown = call.carrier if call.route.media or call.carrier in ("none", "cookie", "bearer") else "ignored"
    if call.protected:
        if shown == "none" or (shown == "ignored" and call.carrier == "query"):
            return 401, {"error": "Authentication required"}
        if shown == "ignored":  # Basic where it is not taken: an explicit credential, and no good one
            return 401, {"error": "Invalid token"}
    if call.pro:
        return PASSED
    hint = DASHBOARD if shown == "cookie" else DIRECT
    if call.route.access is Access.PRO:
        return 403, {"error": "Pro license required", "feature": call.route.feature, "hint": hint}
    if shown != "cookie":
        return 403, {"error": "Pro license required", "feature": "api_access", "hint": hint}
    return PASSED


def shown(carrier: str, token: str, csrf: str, password: str) -> tuple[dict[str, str], str]:
    """(headers, query) that carry a good credential."""
    match carrier:
        case "cookie":
            return {"Cookie": f"session={token}", "X-CSRF-Token": csrf}, ""
        case "bearer":
            return {"Authorization": f"Bearer {token}"}, ""
        case "query":
            return {}, f"token={token}"
        case "basic":
            return {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}, ""
    return {}, ""


def concrete(path: str) -> str:
    """A path of the registry with something in its variable parts."""
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))
