"""/api/detection/replay: a day's events as they would have been with other settings."""

import asyncio
import re
import time
from collections import Counter

from aiohttp import web

from api.context import Context
from api.json_body import json_object
from api.routing import Access, route
from config.settings import validate
from models.detect import DETECTORS
from models.errors import Invalid
from models.messages.detector import Replay, detector

REPLAY_S = 60.0
DAY_S = 86_400
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@route(
    "POST",
    "/api/detection/replay",
    access=Access.UI,
    extension=True,
    summary="The events of a day as they would have been with other thresholds, zones or schedules",
    takes="ReplayRequest",
    body={"day": "yesterday", "settings": {"motionSensitivity": 7}},
    gives="Replay",
    answer={
        "day": "2026-11-26",
        "start": 1795647600000,
        "end": 1795733999000,
        "counts": {"MOTION": 1},
        "alarms": [{"type": "MOTION", "timestamp": 1795680000000, "confidence": None, "zones": ["drive"]}],
    },
)
async def replay(request: web.Request, context: Context) -> web.StreamResponse:
    """Judged again from the traces that detectors store for each day. ``settings`` are not stored. If there are many
    events, not all are listed; ``counts`` covers all of them."""
    body = await json_object(request)
    day, changes = _day(body.get("day", "yesterday")), body.get("settings", {})
    if not isinstance(changes, dict):
        raise Invalid("settings: Expected an object")
    checked = validate(changes)
    if checked.errors:
        raise Invalid("; ".join(checked.errors))
    asked = (context.actor(detector(name)).ask(Replay(day, checked.values), REPLAY_S) for name in DETECTORS)
    views = [view for view in await asyncio.gather(*asked) if view.start]
    alarms = sorted((alarm for view in views for alarm in view.alarms), key=lambda alarm: alarm.timestamp)
    counts: Counter[str] = Counter()
    for view in views:
        counts += view.counts
    return web.json_response(
        {
            "day": day,
            "start": min((view.start for view in views), default=0),
            "end": max((view.end for view in views), default=0),
            "counts": dict(counts),
            "alarms": [
                {
                    "type": alarm.type,
                    "timestamp": alarm.timestamp,
                    "confidence": alarm.confidence,
                    "zones": list(alarm.zones),
                }
                for alarm in alarms
            ],
        }
    )


def _day(value: object) -> str:
    if value in ("today", "yesterday"):
        return time.strftime("%Y-%m-%d", time.localtime(time.time() - DAY_S * (value == "yesterday")))
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Invalid("day: Expected today, yesterday or YYYY-MM-DD")
    return value
