"""What each client message does. ``COMMANDS``: type → handler, called after all gates and checks."""

import base64
import binascii
import time
from collections.abc import Awaitable, Callable
from typing import Any

from api.credentials import Credential, agent_of, well_formed
from api.live import messages
from api.live.hub import Hub
from api.live.messages import Message, error
from api.live.socket import LiveSocket
from api.middleware import identify
from api.passwords import check_password
from config.clock import unix_ms
from config.settings import REGISTRY
from models.errors import Conflict, LimitReached, Refused, ServerError, Unavailable
from models.http import limits
from models.http.handshake import Close, Event
from models.http.schema import MAX_TALK_BYTES, WANTS
from models.http.viewer_queue import ViewerQueue
from models.media.tier import Tier
from models.messages.auth import LogIn
from models.messages.camera import CAMERA, Capture
from models.messages.encoder import ENCODER, RequestKeyframe, SetVideoQuality
from models.messages.settings import SETTINGS, ChangeResult, ChangeSettings
from models.messages.speaker import SPEAKER, Speak, TalkChunk
from models.security.roles import VIEWER, may

Command = Callable[[LiveSocket, Message, Hub], Awaitable[None]]
COMMANDS: dict[str, Command] = {}
CAPTURE_S = 20.0
CAPTURE_RETRY_MS = 800
SPEAK_S = 10.0
TALK_S = 1.0


def command(kind: str) -> Callable[[Command], Command]:
    def register(handler: Command) -> Command:
        COMMANDS[kind] = handler
        return handler

    return register


def failed(request: Message, failure: ServerError, code: str) -> Message:
    more: dict[str, Any] = {"inReplyTo": request["type"]}
    if "retryAfterMs" in failure.fields:
        more["retryAfterMs"] = failure.fields["retryAfterMs"]
    return error(failure.detail, code, **more)


# ---------------------------------------------------------------- authentication
@command("auth")
async def authenticate(socket: LiveSocket, request: Message, hub: Hub) -> None:
    """By token or password. Without Pro even a valid one is refused: only a cookie identifies the dashboard."""
    caller, answer = socket.caller, {"type": "auth", "success": True, "timestamp": unix_ms()}
    try:
        if "token" in request:
            token = well_formed(request["token"])
            identity = await identify(socket.request, Credential("bearer", token))
            good, session_id, role = identity.authenticated, identity.session_id, identity.role
        elif caller.foreign:
            raise Refused("Invalid origin")
        else:
            question = LogIn(request["password"], caller.address, agent_of(socket.request))
            session = await check_password(socket.request.app, caller.address, question)
            good, token, session_id, role = True, session.token, session.session_id, session.role
            answer |= {"token": session.token, "csrfToken": session.csrf_token}
    except ServerError as failure:
        return _auth_failed(socket, request, messages.auth_failure(failure), isinstance(failure, Unavailable))
    if not good or not may(role, VIEWER):
        answer = {"type": "auth", "success": False, "error": "Invalid token", "timestamp": unix_ms()}
        return _auth_failed(socket, request, answer, False)
    if not caller.dashboard and not hub.context.license.is_pro:
        socket.answer(messages.pro_required("api_access", False, inReplyTo="auth"), request)
        return socket.step(Event.PRO_NEEDED)
    if not caller.authenticated and not hub.room_for(caller.address):
        socket.answer(error("Too many connections", "RATE_LIMITED", inReplyTo="auth"), request)
        return socket.end(Close.OVERLOADED)
    caller.authenticated, caller.session_id, caller.role = True, session_id, role
    caller.token, caller.carrier = (token, "bearer") if not caller.dashboard else (caller.token, "cookie")
    was_ready = socket.ready
    socket.answer(answer, request)
    if not was_ready:
        await hub.welcome(socket)


def _auth_failed(socket: LiveSocket, request: Message, answer: Message, ours: bool) -> None:
    """``ours``: the auth actor was unavailable; this does not count as an attempt."""
    socket.answer(answer, request)
    socket.tries += 0 if ours else 1
    if socket.tries >= limits.AUTH_TRIES:
        socket.step(Event.FAILED_LAST)


@command("ping")
async def ping(socket: LiveSocket, request: Message, _hub: Hub) -> None:
    pong = {"type": "pong", "timestamp": unix_ms()}
    if "timestamp" in request:
        pong["clientTimestamp"] = request["timestamp"]
    socket.answer(pong, request)


@command("hello")
async def hello(socket: LiveSocket, request: Message, _hub: Hub) -> None:
    """Extension: ask for messages outside the API document."""
    socket.wants = frozenset(request["want"]) & frozenset(WANTS)
    socket.answer({"type": "hello", "want": sorted(socket.wants)}, request)


# ---------------------------------------------------------------- settings
@command("setting")
async def setting(socket: LiveSocket, request: Message, hub: Hub) -> None:
    key = request["key"]
    ack: Message = {"type": "setting_ack", "success": False, "key": key}
    socket.outbox.hold()
    try:
        result = await hub.context.actor(SETTINGS).ask(ChangeSettings({key: request["value"]}, "ws"))
    except ServerError as failure:
        socket.answer(ack | {"error": failure.detail}, request)
    else:
        socket.answer(ack | _outcome(key, result), request)
    finally:
        _let_go(socket)


def _outcome(key: str, result: ChangeResult) -> Message:
    if result.errors:
        return {"error": result.errors[0].removeprefix(f"{key}: ")}
    if result.pro_blocked:
        return {"error": messages.PRO_MESSAGE, "feature": REGISTRY[key].pro, "proBlocked": [key]}
    return {"success": True, "value": result.view.effective[key]}


@command("settings_batch")
async def settings_batch(socket: LiveSocket, request: Message, hub: Hub) -> None:
    ack: Message = {"type": "settings_batch_ack", "success": False}
    socket.outbox.hold()
    try:
        result = await hub.context.actor(SETTINGS).ask(ChangeSettings(request["settings"], "ws"))
    except ServerError as failure:
        socket.answer(ack | {"error": failure.detail}, request)
    else:
        listed = {"errors": result.errors, "proBlocked": result.pro_blocked, "applied": result.applied}
        told = {name: list(keys) for name, keys in listed.items() if keys}
        socket.answer(ack | {"success": not result.errors} | told, request)
    finally:
        _let_go(socket)


def _let_go(socket: LiveSocket) -> None:
    socket.outbox.let_go()
    socket.wake()


# ---------------------------------------------------------------- pictures
@command("enableH264")
async def enable_h264(socket: LiveSocket, request: Message, hub: Hub) -> None:
    framing = request.get("framing", "raw")
    if not request.get("enable", request.get("enabled", True)):
        hub.pictures.drop(socket)
        socket.answer(messages.h264_ack(hub.states.video(), framing, enabled=False), request)
    elif not hub.states.camera.streaming:
        refused = {"success": False, "enabled": False, "error": "Camera not started"}
        socket.answer({"type": "h264_ack", **refused}, request)
    else:
        hub.pictures.add(socket, ViewerQueue(framing, Tier(request.get("tier", Tier.MAIN))), request)


@command("requestKeyframe")
async def request_keyframe(socket: LiveSocket, request: Message, hub: Hub) -> None:
    if socket.outbox.video is None:
        socket.answer(error("H.264 is not enabled", "H264_UNAVAILABLE", inReplyTo=request["type"]), request)
        return
    hub.context.actor(ENCODER).tell(RequestKeyframe(socket.outbox.video.tier))


@command("h264_quality")
async def h264_quality(socket: LiveSocket, request: Message, hub: Hub) -> None:
    quality = request.get("quality", request.get("value"))
    if quality is None:
        socket.answer(error("quality: Missing", "BAD_MESSAGE", inReplyTo=request["type"]), request)
        return
    try:
        video = await hub.context.actor(ENCODER).ask(SetVideoQuality(int(quality)))
    except ServerError as failure:
        ack = {"type": "h264_ack", "success": False, "enabled": socket.watching, "error": failure.detail}
        socket.answer(ack, request)
        return
    framing = socket.outbox.video.framing if socket.outbox.video else "raw"
    socket.answer(messages.h264_ack(video, framing, enabled=socket.watching), request)
    hub.pictures.tell_quality(except_for=socket)


@command("stream_control")
async def stream_control(socket: LiveSocket, request: Message, hub: Hub) -> None:
    """The answer is the status that everybody gets."""
    change = ChangeSettings({"streaming": request["action"] == "start"}, "ws", internal=True)
    try:
        await hub.context.actor(SETTINGS).ask(change)
    except ServerError as failure:
        socket.answer(failed(request, failure, "CAMERA_NOT_STARTED"), request)
        return
    hub.all.mark("status")


@command("capture")
async def capture(socket: LiveSocket, request: Message, hub: Hub) -> None:
    socket.spawn(_capture(socket, request, hub))


async def _capture(socket: LiveSocket, request: Message, hub: Hub) -> None:
    """``capture_ready`` follows from the camera's news, and goes to all sockets."""
    try:
        await hub.context.actor(CAMERA).ask(Capture(int(request.get("quality", 95))), CAPTURE_S)
    except Conflict:
        busy = {"type": "capture_busy", "timestamp": unix_ms(), "retryAfterMs": CAPTURE_RETRY_MS}
        socket.answer(busy, request)
    except ServerError as failure:
        away = failure.code == Unavailable.code or not hub.states.camera.running
        socket.answer(failed(request, failure, "CAMERA_NOT_STARTED" if away else "CAPTURE_FAILED"), request)


# ---------------------------------------------------------------- sound
@command("audio_subscribe")
async def audio_subscribe(socket: LiveSocket, request: Message, hub: Hub) -> None:
    wished = next((request[key] for key in ("enabled", "enable", "subscribe") if key in request), True)
    if not wished:
        hub.sound.drop(socket)
        socket.answer(messages.audio_ack(False), request)
    elif not hub.context.settings.get("audioEnabled", True):
        socket.answer(messages.audio_ack(False, "AUDIO_DISABLED", "Audio is switched off"), request)
    elif hub.states.microphone is not None and hub.states.microphone.state == "none":
        why = hub.states.microphone.reason or "There is no microphone"
        socket.answer(messages.audio_ack(False, "AUDIO_UNAVAILABLE", why), request)
    else:
        socket.answer(messages.audio_ack(True), request)
        hub.sound.add(socket)


@command("audio")
async def talk(socket: LiveSocket, request: Message, hub: Hub) -> None:
    try:
        pcm = base64.b64decode(request["data"], validate=True)
    except (binascii.Error, ValueError):
        return _talk_error(socket, "data: Invalid base64", "BAD_AUDIO")
    if len(pcm) % 2 or len(pcm) > MAX_TALK_BYTES:
        return _talk_error(socket, "data: 16-bit samples, at most 16384 bytes", "BAD_AUDIO")
    try:
        await hub.context.actor(SPEAKER).ask(TalkChunk(socket.talk_name, pcm, bool(request.get("end", False))), TALK_S)
    except Conflict as failure:
        _talk_error(socket, failure.detail, "TALK_BUSY")
    except ServerError as failure:
        _talk_error(socket, failure.detail, "AUDIO_UNAVAILABLE")


def _talk_error(socket: LiveSocket, why: str, code: str) -> None:
    """Limited, because sixty chunks a second would cause sixty errors."""
    if socket.buckets["talk_error"].take(time.monotonic()):
        socket.answer(error(why, code, inReplyTo="audio"))


@command("tts")
async def speak(socket: LiveSocket, request: Message, hub: Hub) -> None:
    words = "".join(letter if letter.isprintable() else " " for letter in request["message"]).strip()
    if not words:
        socket.answer(error("message: Nothing to say", "INVALID_VALUE", inReplyTo="tts"), request)
        return
    job = Speak(words, str(request.get("voice", "")), int(request.get("volume", 100)))
    socket.spawn(_speak(socket, request, hub, job))


async def _speak(socket: LiveSocket, request: Message, hub: Hub, job: Speak) -> None:
    try:
        spoken = await hub.context.actor(SPEAKER).ask(job, SPEAK_S)
    except LimitReached as failure:
        socket.answer(failed(request, failure, "TTS_RATE_LIMITED"), request)
    except ServerError as failure:
        socket.answer(failed(request, failure, "TTS_UNAVAILABLE"), request)
    else:
        if "tts_ack" in socket.wants:
            socket.answer({"type": "tts_ack", "success": True, "durationMs": spoken.duration_ms}, request)
