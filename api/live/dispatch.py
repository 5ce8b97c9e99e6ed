"""From the text of a client message to its command: JSON, type, gate, rate, schema, in this order."""

import time

from api.json_body import parse_json
from api.live import messages
from api.live.commands import COMMANDS
from api.live.hub import Hub
from api.live.messages import Message, error
from api.live.socket import LiveSocket
from models.http.handshake import TALK_FEATURE, Close, refusal
from models.http.json_schema import problem
from models.http.schema import CLIENT, HELLO, REQUEST_ID

SHAPES = CLIENT | {"hello": HELLO}


async def receive(socket: LiveSocket, raw: str, hub: Hub) -> None:
    """Never raises on what a client sends."""
    try:
        request = parse_json(raw)
    except ValueError:
        return _malformed(socket, "Invalid JSON", "BAD_JSON", {})
    if not isinstance(request, dict) or not isinstance(request.get("type"), str):
        return _malformed(socket, "Expected an object with a type", "BAD_MESSAGE", {})
    kind = request["type"]
    if kind not in COMMANDS:
        return _malformed(socket, f"Unknown type: {kind[:64]}", "UNKNOWN_TYPE", {})
    if problem(REQUEST_ID, request.get("requestId", "")):
        request.pop("requestId")
    refused = refusal(kind, socket.state, hub.context.license.is_pro, socket.caller.role)
    if refused == "AUTH_REQUIRED":
        return socket.answer(error("Authentication required", refused, inReplyTo=kind), request)
    if refused == "FORBIDDEN":
        return socket.answer(error("This credential does not permit that", refused, inReplyTo=kind), request)
    if refused:
        return socket.answer(messages.pro_required(TALK_FEATURE, socket.caller.dashboard, inReplyTo=kind), request)
    bucket = socket.buckets.get(kind)
    if bucket is not None and not bucket.take(time.monotonic()):
        return _too_fast(socket, request, bucket.wait_s())
    request = _synonyms(request)
    if not (found := problem(SHAPES[kind], request)):
        return await COMMANDS[kind](socket, request, hub)
    return _misshapen(socket, request, found)


def _synonyms(request: Message) -> Message:
    if request["type"] == "tts" and "message" not in request and "text" in request:
        return request | {"message": request["text"]}
    return request


def _too_fast(socket: LiveSocket, request: Message, wait_s: float) -> None:
    if request["type"] == "audio" and not socket.buckets["talk_error"].take(time.monotonic()):
        return
    late = {"inReplyTo": request["type"], "retryAfterMs": int(wait_s * 1000) + 1}
    socket.answer(error("Too many messages", "RATE_LIMITED", **late), request)


def _misshapen(socket: LiveSocket, request: Message, found: str) -> None:
    kind = request["type"]
    if kind == "settings_batch" and not isinstance(request.get("settings"), dict):
        ack = {"type": "settings_batch_ack", "success": False, "error": "Missing settings object"}
        return socket.answer(ack, request)
    if kind == "audio":
        return socket.answer(error(found, "BAD_AUDIO", inReplyTo=kind), request)
    if found.startswith("Missing") or "Missing" in found or "Expected" in found:
        return _malformed(socket, found, "BAD_MESSAGE", request)
    return socket.answer(error(found, "INVALID_VALUE", inReplyTo=kind), request)


def _malformed(socket: LiveSocket, found: str, code: str, request: Message) -> None:
    more = {"inReplyTo": request["type"]} if request else {}
    socket.answer(error(found, code, **more), request)
    if socket.malformed.full(time.monotonic()):
        socket.end(Close.MALFORMED)
