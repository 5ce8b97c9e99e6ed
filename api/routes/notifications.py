"""/api/notifications: rules and channels. Secrets go in here and never come out, except a new webhook's own."""

from typing import TypeVar

from aiohttp import web

from api.context import Context
from api.errors import pro_required
from api.json_body import json_object
from api.request_keys import IDENTITY
from api.routing import Access, route
from models.errors import Invalid, Refused, SwitchedOff
from models.messages import Ask
from models.messages.handle import ASK_TIMEOUT_S
from models.messages.notifier import (
    NOTIFIER,
    DeleteChannel,
    DeleteRule,
    GetNotifications,
    NotificationsView,
    PutChannel,
    PutRule,
    Stored,
    TestChannel,
    ToNotifier,
)
from models.notify import limits
from models.notify.rule import FREE_TYPES, TYPES

PUT_TIMEOUT_S = 70.0  # apprise checks the URL
DONE = {"success": True}
OFF = "Notifications are switched off: set notificationsEnabled"
R = TypeVar("R")
RULE = {
    "name": "At night",
    "types": ["OBJECT_PERSON", "BABY_CRY"],
    "channels": ["5e1c0a9b"],
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "from": "22:00",
    "to": "06:30",
    "everyMin": 5,
    "unwatched": True,
    "zones": [],
    "enabled": True,
}
CHANNEL = {"id": "5e1c0a9b", "kind": "webhook", "name": "House", "target": "https://house.example/…"}
WEBHOOK = {"kind": "webhook", "name": "House", "url": "https://house.example/hooks/4711"}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - an example


@route(
    "GET",
    "/api/notifications",
    access=Access.UI,
    extension=True,
    summary="Notification rules and channels, without secrets",
    gives="Notifications",
    answer={
        "enabled": True,
        "publicKey": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "rules": [{"id": "a3f0c2d1", **RULE}],
        "channels": [{**CHANNEL, "lastDelivered": 1707000000000, "lastError": None}],
        "waiting": 0,
        "types": list(TYPES),
        "freeTypes": sorted(FREE_TYPES),
    },
)
async def notifications(_request: web.Request, context: Context) -> web.StreamResponse:
    """While notifications are off, nothing is shown; rules and channels come back when they are on."""
    try:
        view, enabled = await context.actor(NOTIFIER).ask(GetNotifications()), True
    except SwitchedOff:
        view, enabled = NotificationsView("", (), (), 0), False
    return web.json_response(
        {
            "enabled": enabled,
            "publicKey": view.public_key,
            "rules": list(view.rules),
            "channels": list(view.channels),
            "waiting": view.waiting,
            "types": list(TYPES),
            "freeTypes": sorted(FREE_TYPES),
        }
    )


@route(
    "POST",
    "/api/notifications/rules",
    access=Access.UI,
    extension=True,
    summary="Add or replace a rule; everything but motion needs Pro",
    takes="NotificationRuleChange",
    body=RULE,
    gives="NotificationStored",
    answer={"success": True, "id": "a3f0c2d1"},
)
async def put_rule(request: web.Request, context: Context) -> web.StreamResponse:
    return await _put(request, context, PutRule(await json_object(request)))


@route(
    "POST",
    "/api/notifications/channels",
    access=Access.UI,
    extension=True,
    summary="Add a channel: a browser (push), a webhook, or an apprise URL; all but push need Pro",
    takes="NotificationChannelNew",
    body=WEBHOOK,
    gives="NotificationStored",
    answer={"success": True, "id": "5e1c0a9b", "secret": SECRET},
)
async def put_channel(request: web.Request, context: Context) -> web.StreamResponse:
    return await _put(request, context, PutChannel(await json_object(request)))


@route(
    "DELETE",
    "/api/notifications/rules/{id}",
    access=Access.UI,
    extension=True,
    summary="Delete a rule",
    gives="Done",
    answer=DONE,
)
async def delete_rule(request: web.Request, context: Context) -> web.StreamResponse:
    await _ask(context, DeleteRule(request.match_info["id"]))
    return web.json_response(DONE)


@route(
    "DELETE",
    "/api/notifications/channels/{id}",
    access=Access.UI,
    extension=True,
    summary="Delete a channel, also from all rules",
    gives="Done",
    answer=DONE,
)
async def delete_channel(request: web.Request, context: Context) -> web.StreamResponse:
    await _ask(context, DeleteChannel(request.match_info["id"]))
    return web.json_response(DONE)


@route(
    "POST",
    "/api/notifications/test",
    access=Access.UI,
    extension=True,
    summary="Send a test notification to a channel, and show the answer",
    takes="NotificationTest",
    body={"channel": "5e1c0a9b"},
    gives="NotificationTested",
    answer={"success": True, "answer": "201 Created", "latencyMs": 180},
)
async def test(request: web.Request, context: Context) -> web.StreamResponse:
    """200 even if the receiver rejected it: the test itself worked."""
    channel = (await json_object(request)).get("channel")
    if not isinstance(channel, str):
        raise Invalid("channel: Expected string")
    try:
        tested = await _ask(context, TestChannel(channel), limits.TEST_S)
    except Refused as error:
        return _refused(request, error)
    return web.json_response({"success": tested.success, "answer": tested.answer, "latencyMs": tested.latency_ms})


async def _ask(context: Context, message: Ask[ToNotifier, R], timeout_s: float = ASK_TIMEOUT_S) -> R:
    try:
        return await context.actor(NOTIFIER).ask(message, timeout_s)
    except SwitchedOff:
        raise Invalid(OFF) from None


async def _put(request: web.Request, context: Context, message: Ask[ToNotifier, Stored]) -> web.StreamResponse:
    try:
        stored = await _ask(context, message, PUT_TIMEOUT_S)
    except Refused as error:
        return _refused(request, error)
    secret = {"secret": stored.secret} if stored.secret else {}
    return web.json_response({**DONE, "id": stored.id, **secret})


def _refused(request: web.Request, error: Refused) -> web.StreamResponse:
    """The answer for a feature that needs Pro."""
    return pro_required(str(error.fields["feature"]), request[IDENTITY].dashboard)
