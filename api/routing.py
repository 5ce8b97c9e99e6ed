"""The registry of routes: one record per method and path, used by the server, the gates and the OpenAPI document.

A group of routes is a module of ``api.routes``; importing it registers them::

    @route("GET", "/capabilities", access=Access.UI, summary="Camera hardware capabilities")
    async def capabilities(request: web.Request, context: Context) -> web.StreamResponse: ...
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from api.context import Context
from models.security.roles import OWNER

Handler = Callable[[web.Request, Context], Awaitable[web.StreamResponse]]
CONTEXT: web.AppKey[Context] = web.AppKey("context", Context)


class Access(Enum):
    """Who may call. There is no default, so that it cannot be forgotten."""

    PUBLIC = "public"  # no credential, ever
    UI = "ui"  # a credential while protection is on; on a Free device only from the dashboard
    PRO = "pro"  # the same, and always Pro; ``Route.feature`` names the feature


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter in the URL; ``schema`` is JSON Schema."""

    name: str
    schema: Mapping[str, object]
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """``body`` and ``answer`` are examples, for the OpenAPI and for people; ``takes`` and ``gives`` name their schemas
    in ``api.schemas.COMPONENTS`` (``gives``: one of several).
    """

    method: str
    path: str
    access: Access
    handler: Handler
    feature: str
    summary: str
    media: bool  # ``?token=`` and Basic are accepted too: an <img>, a player
    csrf: bool  # even a PUBLIC unsafe call needs the CSRF token if it comes with the cookie
    query: tuple[Query, ...]
    takes: str
    takes_nothing: bool  # the body may be omitted
    body: object
    gives: tuple[str, ...]
    answer: object
    content_type: str
    extension: bool  # not in the API document
    also: Mapping[int, str]  # other successful answers: status and meaning
    role: str  # the lowest role that may call it (models.security.roles)


ROUTES: dict[tuple[str, str], Route] = {}
BOUND: web.AppKey[dict[object, Route]] = web.AppKey("bound", dict)


def route(
    method: str,
    path: str,
    *,
    access: Access,
    feature: str = "",
    summary: str = "",
    media: bool = False,
    csrf: bool = False,
    query: tuple[Query, ...] = (),
    takes: str = "",
    takes_nothing: bool = False,
    body: object = None,
    gives: str | tuple[str, ...] = (),
    answer: object = None,
    content_type: str = "application/json",
    extension: bool = False,
    also: Mapping[int, str] | None = None,
    role: str = OWNER,
) -> Callable[[Handler], Handler]:
    """Register a handler. It may have several paths: one decorator each."""
    if (access is Access.PRO) != bool(feature):
        raise ValueError(f"{method} {path}: PRO names a feature, the others none")

    def register(handler: Handler) -> Handler:
        if (method, path) in ROUTES:
            raise ValueError(f"{method} {path} is registered twice")
        ROUTES[method, path] = Route(
            method=method,
            path=path,
            access=access,
            handler=handler,
            feature=feature,
            summary=summary,
            media=media,
            csrf=csrf,
            query=query,
            takes=takes,
            takes_nothing=takes_nothing,
            body=body,
            gives=(gives,) if isinstance(gives, str) else gives,
            answer=answer,
            content_type=content_type,
            extension=extension,
            also=also or {},
            role=role,
        )
        return handler

    return register


def route_of(request: web.Request) -> Route | None:
    """The record of the matched route; None for an unknown path or method, and for assets."""
    return request.app[BOUND].get(request.match_info.handler)


def plain_path(pattern: str) -> str:
    """Without aiohttp's regular expressions: ``{id:[0-9]+}`` is ``{id}``."""
    return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", pattern)
