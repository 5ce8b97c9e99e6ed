"""The routes by groups: each module registers its own when it is imported (``api.routing``)."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable

from aiohttp import web

from api.context import Context
from api.routing import BOUND, CONTEXT, ROUTES, Handler, Route


def load_all() -> tuple[Route, ...]:
    """Import every group and give all routes, in order of registration."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return tuple(ROUTES.values())


def add_routes(app: web.Application, context: Context) -> None:
    """Bind every route to the application; every GET also has HEAD."""
    app[CONTEXT] = context
    app[BOUND] = {}
    for record in load_all():
        bound = _bind(record.handler, context)
        app[BOUND][bound] = record
        app.router.add_route(record.method, record.path, bound)
        if record.method == "GET":
            app.router.add_route("HEAD", record.path, bound)


def _bind(handler: Handler, context: Context) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def bound(request: web.Request) -> web.StreamResponse:
        return await handler(request, context)

    return bound
