"""A small server that speaks the interface to the dashboard, for tests of the page alone.

It runs in a thread of its own; tests change ``mock.world`` and call ``mock.tell``.
"""

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from api.routes.qr import drawing
from config.settings import form
from models.http.websocket_frames import V1_HEADER
from models.notify.rule import TYPES
from tests.browser import mock_media
from tests.browser.mock_world import World, make_event, now_ms

STATIC = Path(__file__).parents[2] / "api" / "static"
POLICY = "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' wss:; frame-ancestors 'self'"
CSRF = "mock-csrf"
PRO_PATHS = {
    "/events": "event_history",
    "/api/storage": "storage_analytics",
    "/api/events": "event_export",
    "/api/rtsp": "rtsp_streaming",
    "/api/mqtt": "mqtt_integration",
    "/api/onvif": "rtsp_streaming",
}


class MockServer:
    def __init__(self) -> None:
        self.world = World()
        self.sockets: set[web.WebSocketResponse] = set()
        self.watching: set[web.WebSocketResponse] = set()
        self.listening: set[web.WebSocketResponse] = set()
        self.url = ""
        self._ready = threading.Event()
        self._sequence = 0
        self._telling: set[asyncio.Task[None]] = set()

    # ---------------------------------------------------------------- for tests
    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._done.set)
        self._thread.join(20)

    def tell(self, message: dict[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(self._tell(message), self.loop).result(10)

    def tell_status(self) -> None:
        self.tell({"type": "status", **self.world.status()})

    def become_pro(self) -> None:
        """From within the server."""
        self.world.pro = True
        self.tell_soon({"type": "license:changed", "license": self.world.license(), "isPro": True})
        self.tell_soon({"type": "settings", "data": self.world.all_settings(), "changed": [], "source": "license"})
        self.tell_soon({"type": "status", **self.world.status()})

    def set_license(self, pro: bool) -> None:
        self.world.pro = pro
        self.tell({"type": "license:changed", "license": self.world.license(), "isPro": pro})
        self.tell({"type": "settings", "data": self.world.all_settings(), "changed": [], "source": "license"})
        self.tell({"type": "rtsp_status", **self._rtsp()})
        self.tell_status()

    def happen(self, kind: str, **more: Any) -> None:
        number = len(self.world.events) + 500_000
        self.world.events.append({**make_event(3, now_ms()), "eventId": number, "id": number})
        self.tell({"type": kind, "eventId": number, "timestamp": now_ms(), **more})

    def cut(self, code: int = 1012) -> None:
        async def close() -> None:
            for socket in tuple(self.sockets):
                await socket.close(code=code)

        asyncio.run_coroutine_threadsafe(close(), self.loop).result(10)

    def tell_soon(self, message: dict[str, Any]) -> None:
        """From within the server."""
        task = asyncio.create_task(self._tell(message))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    # ---------------------------------------------------------------- the server
    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._done = asyncio.Event()
        app = web.Application(middlewares=[self._gate])
        app.router.add_get("/", self._index)
        app.router.add_get("/ws", self._ws)
        app.router.add_get("/stream", self._stream)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        media = asyncio.create_task(self._media())
        self._ready.set()
        await self._done.wait()
        media.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await media
        await runner.cleanup()

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        response = await self._gated(request, handler)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = POLICY
            response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _gated(self, request: web.Request, handler: Any) -> web.StreamResponse:
        path, world = request.path, self.world
        public = path in ("/", "/auth", "/auth/status", "/cert/info", "/ws") or (STATIC / path[1:]).is_file()
        if world.auth and not world.authenticated and not public:
            return web.json_response({"error": "Authentication required"}, status=401)
        if request.method in ("POST", "DELETE") and path != "/auth" and request.headers.get("X-CSRF-Token") != CSRF:
            return web.json_response({"error": "Invalid CSRF token"}, status=403)
        feature = next((name for prefix, name in PRO_PATHS.items() if path.startswith(prefix)), "")
        if feature and not world.pro:
            return web.json_response({"error": "Pro license required", "feature": feature}, status=403)
        return await handler(request)

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        file = STATIC / request.match_info["path"]
        if request.method == "GET" and file.is_file():
            kind = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}.get(file.suffix)
            return web.FileResponse(file, headers={"Content-Type": kind} if kind else {})
        if request.path.endswith("/thumbnail"):
            return web.Response(
                body=mock_media.jpegs()[int(request.path.split("/")[2]) % 30], content_type="image/jpeg"
            )
        if one := re.fullmatch(r"/events/(\d+)", request.path):
            found = next((event for event in self.world.events if event["eventId"] == int(one[1])), None)
            return web.json_response(found or {"error": "No such event"}, status=200 if found else 404)
        body = await request.json() if request.can_read_body and request.content_type == "application/json" else {}
        answer = ROUTES.get((request.method, request.path))
        if answer is None:
            return web.json_response({"error": "Not found"}, status=404)
        result = answer(self, request, body)
        return result if isinstance(result, web.Response) else web.json_response(result)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=frame"})
        await response.prepare(request)
        await response.write(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n")
        index = 0
        while self.world.streaming and not self._done.is_set():
            await response.write(mock_media.jpegs()[index % 30] + b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n")
            index += 1
            await asyncio.sleep(1 / mock_media.FPS)
        return response

    async def _ws(self, request: web.Request) -> web.StreamResponse:
        if self.world.refuse:
            self.world.refuse -= 1
            return web.json_response({"error": "Invalid origin"}, status=403)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.world.auth and not self.world.authenticated:
            await socket.send_json({"type": "auth_required", "timestamp": now_ms()})
            await socket.close(code=4401)
            return socket
        for message in self._snapshot():
            await socket.send_json(message)
        self.sockets.add(socket)
        async for incoming in socket:
            if incoming.type is WSMsgType.TEXT:
                await self._command(socket, json.loads(incoming.data))
        for group in (self.sockets, self.watching, self.listening):
            group.discard(socket)
        return socket

    def _snapshot(self) -> Iterator[dict[str, Any]]:
        yield {"type": "connected", "authenticated": True, "timestamp": now_ms()}
        yield {"type": "status", **self.world.status()}
        yield {"type": "system_info", **self.world.system_info()}
        broker = {"brokerUrl": "192.168.1.20", "port": 1883, "topicPrefix": "ipcamera"}
        yield {
            "type": "mqtt_status",
            "enabled": self.world.pro,
            "connected": self.world.pro,
            **broker,
            "lastError": None,
        }
        yield {"type": "rtsp_status", **self._rtsp()}

    def _rtsp(self) -> dict[str, Any]:
        on, stored = self.world.pro, self.world.settings
        return {"enabled": on, "running": on, "port": stored["rtspPort"], "path": stored["rtspPath"], "clients": 1}

    async def _command(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        self.world.received.append(message)
        match message["type"]:
            case "ping":
                await socket.send_json({"type": "pong", "timestamp": now_ms(), "clientTimestamp": message["timestamp"]})
            case "enableH264" if not message["enable"]:
                self.watching.discard(socket)
            case "enableH264" if not self.world.h264:
                await socket.send_json({"type": "h264_ack", "success": False, "enabled": False, "error": "no encoder"})
            case "enableH264":
                self._sequence = 0
                about = {"codec": mock_media.CODEC, "width": 640, "height": 360, "quality": 60, "bitrateKbps": 812}
                await socket.send_json({"type": "h264_ack", "success": True, "enabled": True, "generation": 1, **about})
                self.watching.add(socket)
            case "stream_control":
                self.world.streaming = message["action"] == "start"
                self.watching.clear()
                await self._tell({"type": "status", **self.world.status()})
            case "capture":
                await self._tell(
                    {"type": "capture_ready", "url": "/capture", "width": 640, "height": 360, "timestamp": now_ms()}
                )
            case "audio_subscribe":
                (self.listening.add if message["enabled"] else self.listening.discard)(socket)
                await socket.send_json({"type": "audio_ack", "success": True, "subscribed": message["enabled"]})

    async def _tell(self, message: dict[str, Any]) -> None:
        for socket in tuple(self.sockets):
            await socket.send_json(message)

    async def _media(self) -> None:
        units = mock_media.access_units()
        while True:
            await asyncio.sleep(1 / mock_media.FPS)
            index = self._sequence % len(units)
            head = V1_HEADER.pack(
                1, 3 if index == 0 else 0, 1, self._sequence, self._sequence * 66_667, time.time_ns() // 1000
            )
            self._sequence += 1
            for socket in tuple(self.watching):
                with contextlib.suppress(ConnectionError):
                    await socket.send_bytes(head + units[index])
            for socket in tuple(self.listening):
                with contextlib.suppress(ConnectionError):
                    await socket.send_json({"type": "audio", "data": mock_media.tone_chunk(), "seq": 1, "level": -21.0})


# ---------------------------------------------------------------- REST
def _login(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    world = mock.world
    if world.locked_until > time.monotonic():
        left = round(world.locked_until - time.monotonic()) + 1
        return web.json_response(
            {"success": False, "error": "Too many attempts", "lockout": True, "lockoutRemaining": left}, status=429
        )
    if body.get("password") != world.password:
        world.failures += 1
        if world.failures % 5 == 0:
            world.locked_until = time.monotonic() + 3
        return web.json_response({"success": False, "error": "Invalid password"}, status=401)
    world.authenticated = True
    return {"success": True, "token": "t", "csrfToken": CSRF}


def _auth_status(mock: MockServer, *_: Any) -> Any:
    on = mock.world.authenticated or not mock.world.auth
    known = {"authenticated": True, "csrfToken": CSRF, "role": mock.world.role}
    return {"enabled": mock.world.auth, "configured": True} | (known if on else {})


def _logout(mock: MockServer, *_: Any) -> Any:
    mock.world.authenticated = False
    return {"success": True}


def _change(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    errors, blocked = mock.world.change(body)
    if errors:
        return web.json_response({"success": False, "errors": errors}, status=400)
    mock.tell_soon({"type": "settings", "data": mock.world.all_settings(), "changed": list(body), "source": "http"})
    mock.tell_soon({"type": "status", **mock.world.status()})
    return {"success": True} | ({"proBlocked": blocked} if blocked else {})


def _replay(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    """One alarm of motion for each step of sensitivity."""
    noon = (time.time_ns() // 86_400_000_000_000) * 86_400_000 + 43_200_000
    steps = body["settings"].get("motionSensitivity", mock.world.settings["motionSensitivity"])
    alarms = [
        {"type": "MOTION", "timestamp": noon + step * 60_000, "confidence": None, "zones": []} for step in range(steps)
    ]
    return {"day": body["day"], "start": noon, "end": noon + 3_600_000, "counts": {"MOTION": steps}, "alarms": alarms}


def _torch(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    mock.world.settings["torchEnabled"] = body["enabled"]
    mock.tell_soon(
        {"type": "settings", "data": mock.world.all_settings(), "changed": ["torchEnabled"], "source": "http"}
    )
    return {"torchEnabled": body["enabled"]}


def _events(mock: MockServer, request: web.Request, _body: Any) -> Any:
    query = request.query
    since, until = int(query.get("since", 0)), int(query.get("until", now_ms()))
    system = query.get("type") == "SYSTEM"
    found = [
        e for e in mock.world.events if since <= e["timestamp"] <= until and e["type"].startswith("SYSTEM") == system
    ]
    if "bucketMs" in query:
        size, buckets = int(query["bucketMs"]), {}
        for event in found:
            counts = buckets.setdefault(event["timestamp"] // size * size, {})
            counts[event["type"]] = counts.get(event["type"], 0) + 1
        rows = [{"timestamp": at, "counts": counts} for at, counts in sorted(buckets.items())]
        return {"buckets": rows, "bucketMs": size, "timeRange": {"start": since, "end": until}}
    counts = {}
    for event in found:
        counts[event["type"]] = counts.get(event["type"], 0) + 1
    summary = [{"type": kind, "count": count, "lastTimestamp": until} for kind, count in counts.items()]
    shown = sorted(found, key=lambda e: e["timestamp"])[-int(query.get("limit", 1000)) :]
    return {"serverNow": now_ms(), "dayStart": since, "events": shown, "summary": summary}


def _clips(mock: MockServer, request: web.Request, _body: Any) -> Any:
    query = request.query
    since, until, continuous = int(query["since"]), int(query["until"]), query.get("type") == "CONTINUOUS"
    found = [
        clip
        for clip in mock.world.clips
        if clip["end"] >= since and clip["start"] <= until and (clip["kind"] == "continuous") == continuous
    ]
    return {"serverNow": now_ms(), "clips": found[-int(query["limit"]) :]}


def _clear(mock: MockServer, _request: web.Request, _body: Any) -> Any:
    mock.world.cleared, mock.world.events = len(mock.world.events), []
    return {"success": True, "cleared": mock.world.cleared}


def _range(mock: MockServer, *_: Any) -> Any:
    times = [event["timestamp"] for event in mock.world.events]
    return {
        "minTimestamp": min(times, default=None),
        "maxTimestamp": max(times, default=None),
        "totalEvents": len(times),
    }


def _storage(mock: MockServer, *_: Any) -> Any:
    sizes = {"databaseSize": "2.5 MB", "deviceStorageTotal": "64.0 GB", "deviceStorageAvailable": "32.5 GB"}
    return {"totalEvents": len(mock.world.events), "minTimestamp": now_ms() - 86_400_000 * 12, **sizes}


def _certificate(*_: Any) -> Any:
    year = 31_536_000_000
    print_ = "".join(f"{(n * 37 + 11) % 256:02x}" for n in range(32))
    return {
        "subject": "CN=IP Camera, O=Local Network, C=US",
        "notBefore": now_ms() - year // 2,
        "notAfter": now_ms() + year // 2,
        "serialNumber": "a1b2c3d4e5f6",
        "status": "valid",
        "downloadUrl": "/cert",
        "fingerprintSha256": print_,
        "subjectAltNames": ["192.168.1.100", "hallway.local", "localhost"],
        "trustFingerprintSha256": print_[::-1],
        "trustNotAfter": now_ms() + 9 * year,
    }


def _capabilities(*_: Any) -> Any:
    cameras = [
        {"id": "0", "name": "USB camera", "resolutions": ["640x360", "1280x720"]},
        {"id": "1", "name": "Door", "resolutions": []},
    ]
    sizes = ["640x360", "1280x720", "1920x1080"]
    return {
        "cameraIds": ["0", "1"],
        "resolutions": sizes,
        "frameRates": [15, 30],
        "maxFrameRate": 30,
        "cameras": cameras,
        "torch": True,
    }


def _qr(_mock: MockServer, request: web.Request, _body: Any) -> web.Response:
    return web.Response(body=drawing(request.query["text"]), content_type="image/svg+xml")


def _picture(*_: Any) -> web.Response:
    return web.Response(body=mock_media.jpegs()[0], content_type="image/jpeg")


def _sessions(mock: MockServer, *_: Any) -> Any:
    now = now_ms()
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    login = {"kind": "login", "role": "owner", "name": "", "created": now, "lastUsed": now, "expires": now + 10**8}
    mine = {"id": "aa", "address": "192.0.2.7", "agent": agent, "current": True, **login}
    other = {"id": "bb", "address": "192.0.2.8", "agent": "curl/8.5", "current": False, **login}
    return {"sessions": [other, mine, *mock.world.tokens]}


def _onvif(*_: Any) -> Any:
    times = {"seconds": 3725, "expiresInSec": 500, "delivered": 42, "dropped": 0}
    subscriber = {"client": "192.0.2.9", "userAgent": "Zeep/4.3.3", "kind": "pull point", **times}
    return {"enabled": True, "running": True, "port": 8000, "lastError": None, "subscribers": [subscriber]}


def _make_token(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    now = now_ms()
    made = {"id": f"t{len(mock.world.tokens)}", "kind": "token", "role": body["role"], "name": body["name"]}
    times = {"created": now, "lastUsed": now, "expires": None}
    mock.world.tokens.append({**made, **times, "address": "", "agent": "", "current": False})
    url = {"streamUrl": f"{mock.url}stream?token=5e5e", "snapshotUrl": f"{mock.url}snapshot?token=5e5e"}
    return {"success": True, "token": "5e5e", **made} | (url if body["role"] == "media" else {})


def _end_session(mock: MockServer, *_: Any) -> Any:
    mock.world.tokens.clear()
    return {"success": True}


def _notifications(*_: Any) -> Any:
    phone = {"id": "c1", "kind": "push", "name": "Firefox on Android", "target": "updates.push.services.mozilla.com"}
    mail = {"id": "c2", "kind": "apprise", "name": "Family", "target": "mailtos://…"}
    rule = {"types": ["OBJECT_PERSON", "BABY_CRY"], "channels": ["c1", "c2"], "days": ["sat", "sun"]}
    span = {"from": "22:00", "to": "06:30", "everyMin": 5, "unwatched": True, "zones": []}
    return {
        "enabled": True,
        "publicKey": "BNc",
        "channels": [
            {**phone, "lastDelivered": now_ms() - 60_000, "lastError": None},
            {**mail, "lastDelivered": None, "lastError": "Connection refused"},
        ],
        "rules": [{"id": "r1", "name": "At night", "enabled": True, **rule, **span}],
        "waiting": 0,
        "types": list(TYPES),
        "freeTypes": ["MOTION"],
    }


def _fine(*_: Any) -> Any:
    return {"success": True, "latencyMs": 12, "cleared": 0}


def _new_rtsp_login(mock: MockServer, *_: Any) -> Any:
    mock.tell_soon({**RTSP_ON, "newLogin": False})
    return {"login": {"username": "viewer", "password": "made-up-1"}}


def _controls(mock: MockServer, *_: Any) -> Any:
    return {"controls": mock.world.controls}


def _set_control(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    for control in mock.world.controls:
        if not body["name"]:
            control["value"] = control["default"]
        elif control["name"] == body["name"]:
            control["value"] = body["value"]
    mock.world.controls[1]["active"] = mock.world.controls[0]["value"] == 1
    return {"controls": mock.world.controls}


def _models(mock: MockServer, *_: Any) -> Any:
    return {"models": mock.world.models()}


def _fetch_models(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    mock.world.fetch(body["detector"])
    return {"models": mock.world.models()}


def _issue(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    if body["code"].replace("-", "") != mock.world.code.replace("-", ""):
        return web.json_response({"error": "This is not the code that the device printed"}, status=403)
    mock.loop.call_soon(mock.become_pro)
    return {"success": True}


def _protect(mock: MockServer, _request: web.Request, body: dict[str, Any]) -> Any:
    if body["code"] != mock.world.code:
        return web.json_response({"error": "This is not the code that the device printed"}, status=403)
    mock.world.auth, mock.world.password = True, body["new"]
    return {"success": True}


RTSP_ON = {"type": "rtsp_status", "enabled": True, "running": True, "port": 8554, "path": "/stream", "clients": 0}
ROUTES: dict[tuple[str, str], Any] = {
    ("POST", "/api/rtsp/new-login"): _new_rtsp_login,
    ("GET", "/api/models"): _models,
    ("GET", "/api/camera/controls"): _controls,
    ("POST", "/api/camera/controls"): _set_control,
    ("POST", "/api/models/fetch"): _fetch_models,
    ("POST", "/api/license/issue"): _issue,
    ("POST", "/auth/protection"): _protect,
    ("POST", "/auth"): _login,
    ("GET", "/auth/status"): _auth_status,
    ("POST", "/auth/logout"): _logout,
    ("POST", "/auth/password"): _fine,
    ("GET", "/cert/info"): _certificate,
    ("POST", "/cert/regenerate"): _fine,
    ("GET", "/settings"): lambda mock, *_: mock.world.all_settings(),
    ("POST", "/settings"): _change,
    ("GET", "/api/settings/schema"): lambda *_: {"groups": form()},
    ("GET", "/capabilities"): _capabilities,
    ("POST", "/torch"): _torch,
    ("POST", "/api/detection/replay"): _replay,
    ("GET", "/snapshot"): _picture,
    ("GET", "/capture"): _picture,
    **{("GET", f"/api/cameras/{number}/preview"): _picture for number in (0, 1)},
    ("GET", "/events"): _events,
    ("GET", "/events/range"): _range,
    ("GET", "/clips"): _clips,
    ("POST", "/events/clear"): _clear,
    ("GET", "/api/storage/stats"): _storage,
    ("GET", "/api/actors"): lambda mock, *_: {"actors": mock.world.actors()},
    ("GET", "/api/qr"): _qr,
    ("GET", "/api/sessions"): _sessions,
    ("GET", "/api/onvif/status"): _onvif,
    ("GET", "/api/notifications"): _notifications,
    ("POST", "/api/tokens"): _make_token,
    ("DELETE", "/api/sessions/t0"): _end_session,
    **{("POST", f"/api/rtsp/{action}"): _fine for action in ("start", "stop", "restart", "apply-settings")},
    **{("POST", f"/api/mqtt/{action}"): _fine for action in ("test", "apply-settings")},
}
