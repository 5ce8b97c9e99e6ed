"""All sockets, and what is told to all of them when the actors have news."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable

import structlog

from api.context import Context
from api.live import messages
from api.live.machine import Machine
from api.live.messages import Message
from api.live.pictures import Pictures
from api.live.socket import LiveSocket
from api.live.sound import Sound
from api.now import Now
from config.device import device_id
from models.errors import ServerError
from models.http import limits
from models.http.handshake import Close, Event, State
from models.http.live import text
from models.messages import News
from models.messages.auth import SessionsRevoked, WhoIs
from models.messages.camera import CameraChanged, CapabilitiesChanged, CaptureReady
from models.messages.detector import DetectionFrame, DetectorChanged, Level
from models.messages.encoder import VideoChanged
from models.messages.event_log import EventRecorded
from models.messages.facade import ViewersView
from models.messages.license import LicenseChanged
from models.messages.mqtt import MqttChanged
from models.messages.rtsp import RtspChanged
from models.messages.settings import SettingsChanged
from models.messages.speaker import SpeakingChanged
from models.messages.supervisor import ActorChanged, ActorRow, GetActors

log = structlog.get_logger("facade")

NAME = "IP Camera"
EVERY_S = {
    "settings": limits.SETTINGS_EVERY_S,
    "status": limits.STATUS_EVERY_S,
    "levels": limits.LEVELS_EVERY_S,
}
TICK_S = 1.0
ACTORS_S = 1.5
WELL = frozenset({"up", "starting", "stopped"})


class Hub:
    """``viewers``: counts of the whole surface. ``watchers``: addresses with an open /stream."""

    def __init__(
        self, context: Context, now: Now, viewers: Callable[[], ViewersView], watchers: Callable[[], frozenset[str]]
    ) -> None:
        self.context, self.now = context, now
        self.pictures, self.sound = Pictures(context, now), Sound(context)
        self._viewers, self._watchers = viewers, watchers
        self._sockets: set[LiveSocket] = set()
        self._device = device_id(context.boot.data_dir)
        self._machine = Machine(context.boot.version)
        self._started = time.monotonic()
        self._actors: tuple[ActorRow, ...] = ()
        self._actors_at = float("-inf")
        self._unwell: set[str] = set()
        self._told_at: dict[str, float] = {}
        self._marked: set[str] = set()
        self._changed_keys: dict[str, None] = {}
        self._changed_by = "system"
        self._levels: dict[str, Level] = {}
        self.changed: Callable[[], None] = lambda: None  # set by the front
        self.pictures.changed = lambda: self.changed()

    # ---------------------------------------------------------------- sockets
    def __len__(self) -> int:
        """Those that are authenticated."""
        return sum(socket.ready for socket in self._sockets)

    def room_for(self, address: str) -> bool:
        counts = Counter(socket.caller.address for socket in self._sockets)
        return len(self._sockets) < limits.SOCKETS and counts[address] < limits.SOCKETS_PER_ADDRESS

    def join(self, socket: LiveSocket) -> None:
        self._sockets.add(socket)

    def leave(self, socket: LiveSocket) -> None:
        self.pictures.drop(socket)
        self.sound.drop(socket)
        self._sockets.discard(socket)
        self.changed()

    async def welcome(self, socket: LiveSocket) -> None:
        """connected, status, system_info, mqtt_status, rtsp_status: in one piece, with nothing between."""
        if self.now.settings is None:
            await self.now.refresh(self.context, "settings")
        await self._ask_actors(limits.SYSTEM_INFO_EVERY_S)
        if self.context.license.is_pro or socket.caller.dashboard:
            socket.step(Event.AUTHENTICATED)  # first, so that wsClients counts it
        else:  # the licence ended while we were asking
            return socket.step(Event.PRO_NEEDED)
        pro = self.context.license.is_pro
        snapshot = (
            messages.connected(NAME, self.context.boot.version, self._device, pro),
            self._status(),
            self._system_info(),
            messages.mqtt_status(self.now.mqtt, pro),
            messages.rtsp_status(self.now.rtsp, self.now.settings.stored if self.now.settings else {}),
        )
        socket.outbox.open([text(message) for message in snapshot])
        socket.wake()
        self.changed()

    async def close(self) -> None:
        """The program stops: 1001 to everybody."""
        for socket in tuple(self._sockets):
            socket.end(Close.GOING_AWAY)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.CLOSE_S / 2):
                await asyncio.gather(*(socket.ended.wait() for socket in self._sockets))

    # ---------------------------------------------------------------- once a second
    async def tick(self) -> None:
        """Heartbeats, time-outs, and what is told at intervals. For ever."""
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            for socket in tuple(self._sockets):
                await self._look_after(socket, now)
            if len(self) and now - self._actors_at >= limits.SYSTEM_INFO_EVERY_S:
                await self._ask_actors(0.0)
                self._state("system_info", self._system_info())

    async def _look_after(self, socket: LiveSocket, now: float) -> None:
        if socket.pipe.closing:
            return
        if not socket.ready and now - socket.opened_at > limits.AUTH_S:
            socket.answer(messages.error("Authentication timed out", "AUTH_TIMEOUT"))
            socket.step(Event.TIMED_OUT)
        elif now - socket.seen_at > limits.DEAD_AFTER_S:
            socket.end(Close.IDLE)
        elif now - socket.pinged_at > limits.PING_EVERY_S and socket.pipe.backlog() <= limits.SOCKET_BACKLOG:
            socket.pinged_at = now
            await socket.ws.ping()
        used = socket.seen_at > socket.refreshed_at
        if socket.ready and used and now - socket.refreshed_at > limits.REFRESH_SESSION_S:
            socket.refreshed_at = now
            socket.spawn(self._refresh(socket))

    async def _refresh(self, socket: LiveSocket) -> None:
        """Traffic keeps a session alive; one that has run out meanwhile ends its sockets."""
        caller = socket.caller
        try:
            identity = await self.context.ask("auth", WhoIs(caller.carrier, caller.token, caller.address))
        except ServerError as error:
            log.info("a session was not refreshed", reason=error.detail)
            return
        if not identity.authenticated:
            socket.step(Event.REVOKED)

    async def _ask_actors(self, older_than_s: float) -> None:
        if time.monotonic() - self._actors_at < older_than_s:
            return
        self._actors_at = time.monotonic()
        try:
            self._actors = (await self.context.ask("supervisor", GetActors(), ACTORS_S)).rows
        except ServerError as error:
            log.info("the actor table is not at hand", reason=error.detail)

    # ---------------------------------------------------------------- news
    def news(self, news: News) -> None:
        """``now`` has taken it already."""
        pro = self.context.license.is_pro
        match news:
            case SettingsChanged(changed=changed, source=source):
                self._changed_keys |= dict.fromkeys(changed)
                self._changed_by = source
                self.mark("settings", "status")
                if "audioEnabled" in changed and not self.context.settings.get("audioEnabled", True):
                    self._audio_off()
            case LicenseChanged(license=license):
                self._state("license:changed", messages.license_changed(license))
                self._state("mqtt_status", messages.mqtt_status(self.now.mqtt, pro))
                self._changed_by = "license"
                self.mark("settings", "status")
                if not pro:
                    self._close_direct()
            case CameraChanged(camera=camera):
                if not camera.streaming:
                    self.pictures.stop_all()
                self.mark("status")
            case CapabilitiesChanged(capabilities=capabilities):
                self._state("capabilitiesChanged", messages.capabilities_changed(capabilities))
            case RtspChanged(rtsp=rtsp):
                stored = self.now.settings.stored if self.now.settings else {}
                self._state("rtsp_status", messages.rtsp_status(rtsp, stored))
            case MqttChanged(mqtt=mqtt):
                self._state("mqtt_status", messages.mqtt_status(mqtt, pro))
            case CaptureReady(capture=capture):
                self._event(messages.capture_ready(capture))
            case EventRecorded(event=event):
                self._event(messages.event(event))
            case DetectionFrame():
                self._boxes(news)
            case Level(key=key):
                self._levels[key] = news
                self.mark("levels")
            case SpeakingChanged(speaking=speaking, until_ms=until_ms):
                self._wanted("talk_state", {"type": "talk_state", "speaking": speaking, "untilMs": until_ms})
            case SessionsRevoked(session_ids=session_ids):
                self._revoke(session_ids)
            case ActorChanged():
                self._actor(news)
            case DetectorChanged() | VideoChanged():
                self.mark("status")

    def _actor(self, news: ActorChanged) -> None:
        (self._unwell.discard if news.state in WELL else self._unwell.add)(news.name)
        about = {"actor": news.name, "state": news.state, "text": news.text, "timestamp": messages.now_ms()}
        self._wanted("actor_event", {"type": "actor_event", **about})
        self.mark("status")

    def _audio_off(self) -> None:
        for socket in self.sound:
            self.sound.drop(socket)
            socket.answer(messages.audio_ack(False, "AUDIO_DISABLED", "Audio is switched off"))

    def _close_direct(self) -> None:
        for socket in tuple(self._sockets):
            if socket.ready and not socket.caller.dashboard:
                socket.answer(messages.pro_required("api_access", dashboard=False))
                socket.step(Event.PRO_NEEDED)

    def _revoke(self, session_ids: tuple[str, ...]) -> None:
        """Empty: every session, and with it every socket."""
        for socket in tuple(self._sockets):
            if not session_ids or socket.caller.session_id in session_ids:
                socket.step(Event.REVOKED)

    # ---------------------------------------------------------------- telling
    def mark(self, *kinds: str) -> None:
        """Tell this state soon: at once, or when its interval since the last time is over."""
        loop = asyncio.get_running_loop()
        for kind in kinds:
            if kind not in self._marked:
                self._marked.add(kind)
                due = self._told_at.get(kind, float("-inf")) + EVERY_S[kind] - time.monotonic()
                loop.call_later(max(0.0, due), self._tell, kind)

    def _tell(self, kind: str) -> None:
        self._marked.discard(kind)
        self._told_at[kind] = time.monotonic()
        if kind == "status":
            self._state("status", self._status())
        elif kind == "levels":
            self._wanted("levels", messages.levels(self._levels.values()))
            self._levels = {}
        elif self.now.settings is not None:
            changed, self._changed_keys = tuple(self._changed_keys), {}
            view, license = self.now.settings, self.context.license
            self._state("settings", messages.settings(view, license, changed, self._changed_by))

    def _status(self) -> Message:
        return messages.status(self.now, self._viewers(), self.context.license, bool(self._unwell))

    def _system_info(self) -> Message:
        return self._machine.info(self._actors, self.now.video, self._started)

    def _state(self, kind: str, message: Message) -> None:
        frame = text(message)
        for socket in self._sockets:
            if socket.state is not State.CLOSED:
                socket.outbox.state(kind, frame)
                socket.wake()

    def _event(self, message: Message | None) -> None:
        if message is None:
            return
        frame = text(message)
        for socket in tuple(self._sockets):
            if socket.ready:
                socket.frame(frame)

    def _wanted(self, what: str, message: Message) -> None:
        frame = text(message)
        for socket in tuple(self._sockets):
            if not socket.ready or what not in socket.wants:
                continue
            if what == "actor_event":
                socket.frame(frame)
            else:
                socket.outbox.state(what, frame)
                socket.wake()

    def _boxes(self, seen: DetectionFrame) -> None:
        watchers, frame = self._watchers(), text(messages.detection_frame(seen))
        for socket in self._sockets:
            if socket.ready and (socket.watching or socket.caller.address in watchers):
                socket.outbox.boxes(frame)
                socket.wake()
