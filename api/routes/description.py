"""/openapi.json: the API document for generators of clients."""

from functools import cache

from aiohttp import web

from api.context import Context
from api.openapi import describe
from api.routes import load_all
from api.routing import Access, route


@route(
    "GET",
    "/openapi.json",
    access=Access.PUBLIC,
    extension=True,
    summary="This interface as OpenAPI 3.1",
    gives="Description",
    answer={"openapi": "3.1.0", "info": {"title": "IP camera", "version": "1.0.0"}, "paths": {}},
)
async def openapi(_request: web.Request, context: Context) -> web.StreamResponse:
    return web.json_response(_described(context.boot.version))


@cache
def _described(version: str) -> dict[str, object]:
    return describe(load_all(), version)
