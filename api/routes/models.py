"""/api/models: the models that detectors need, and fetching those that are missing."""

import asyncio

from aiohttp import web

from api.context import Context
from api.json_body import json_object
from api.live.messages import camel
from api.routing import Access, route
from models.detect import DETECTORS, detector_class
from models.errors import Invalid
from models.messages.detector import FetchModels, GetModels, ModelView, detector

MODEL = {
    "id": "yamnet",
    "detector": "sound_classifier",
    "serves": ["dogBark", "babyCry"],
    "role": "dog bark",
    "bytes": 4126810,
    "licence": "Apache-2.0, Copyright Google / The TensorFlow Authors; trained on AudioSet",
    "state": "fetching",
    "done": 1200000,
    "problem": "",
}


@route(
    "GET",
    "/api/models",
    access=Access.UI,
    extension=True,
    summary="The models of the detectors, with the progress of downloads",
    gives="Models",
    answer={"models": [MODEL]},
)
async def models(_request: web.Request, context: Context) -> web.StreamResponse:
    names = _with_models(context)
    shelves = await asyncio.gather(*(context.actor(detector(name)).ask(GetModels()) for name in names))
    found = zip(names, shelves, strict=True)
    return web.json_response({"models": [_shape(name, one) for name, shelf in found for one in shelf.models]})


@route(
    "POST",
    "/api/models/fetch",
    access=Access.UI,
    extension=True,
    summary="Start downloading the models of one detector; GET /api/models gives the progress",
    takes="ModelFetch",
    body={"detector": "sound_classifier"},
    gives="Models",
    answer={"models": [MODEL]},
)
async def fetch(request: web.Request, context: Context) -> web.StreamResponse:
    """Answered at once; 400 for a detector that needs no model."""
    name = (await json_object(request)).get("detector")
    names = _with_models(context)
    if not isinstance(name, str) or name not in names:
        raise Invalid(f"detector: Value must be one of {', '.join(names)}")
    shelf = await context.actor(detector(name)).ask(FetchModels())
    return web.json_response({"models": [_shape(name, one) for one in shelf.models]})


def _with_models(context: Context) -> tuple[str, ...]:
    used = context.boot.detection.object_model
    return tuple(name for name in DETECTORS if detector_class(name).needs(used))


def _shape(name: str, model: ModelView) -> dict[str, object]:
    return {
        "id": model.id,
        "detector": name,
        "serves": [camel(switch.key) for switch in detector_class(name).switches],
        "role": model.role,
        "bytes": model.bytes,
        "licence": model.licence,
        "state": model.state,
        "done": model.done,
        "problem": model.problem,
    }
