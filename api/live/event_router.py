"""From the actors' states and news to messages for the sockets."""

from collections import deque
from functools import partial

from api.live import messages
from api.live.hub import Hub
from config.clock import unix_ms
from config.settings import REGISTRY
from models import events
from models.http.handshake import Event
from models.http.schema import SERVER
from models.messages import News, State
from models.messages.auth import SessionsRevoked
from models.messages.camera import CameraView, Capabilities, CaptureReady
from models.messages.detector import DetectionFrame, DetectorView, Level
from models.messages.encoder import VideoView
from models.messages.event_log import ClipReady, EventRecorded
from models.messages.license import LicenseView
from models.messages.mqtt import MqttView
from models.messages.rtsp import RtspView
from models.messages.settings import SettingsView, changed_keys
from models.messages.speaker import Speaking
from models.messages.supervisor import ActorChanged

REMEMBERED = 400  # events and ends; the event log repeats at most 200


class EventRouter:
    def __init__(self, hub: Hub) -> None:
        self._hub, self._states, self._all = hub, hub.states, hub.all
        self._changed_keys: dict[str, None] = {}
        self._changed_by = "system"
        self._levels: dict[str, Level] = {}
        self._told: deque[tuple[int, str]] = deque(maxlen=REMEMBERED)
        self._clips: deque[str] = deque(maxlen=REMEMBERED)  # ids of those already sent
        self._all.tell |= {"settings": self._tell_settings, "levels": self._tell_levels}

    def state(self, old: State | None, new: State) -> None:
        """``now`` already has the newest state, which may be newer than ``new``."""
        match new:
            case SettingsView() if old is None or isinstance(old, SettingsView):
                self._settings(old, new)
            case LicenseView():
                self._license(new)
            case CameraView(streaming=streaming):
                if not streaming:
                    self._hub.pictures.stop_all()
                self._all.mark("status")
            case DetectorView() | VideoView():
                self._all.mark("status")
            case Capabilities():
                self._all.state(messages.capabilities_changed(new))
            case RtspView():
                self._all.state(messages.rtsp_status(self._states))
            case MqttView():
                self._all.state(messages.mqtt_status(self._states, self._pro))
            case DetectionFrame():
                self._all.boxes(messages.detection_frame(new), self._hub.watchers())
            case Speaking(speaking=speaking, until_ms=until_ms):
                self._all.wanted({"type": "talk_state", "speaking": speaking, "untilMs": until_ms})

    def news(self, news: News) -> None:
        match news:
            case CaptureReady(capture=capture):
                self._all.event(messages.capture_ready(capture))
            case EventRecorded(event=event):
                if self._first_time(event) and (message := messages.event(event)) is not None:
                    tell = self._all.event if message["type"] in SERVER else partial(self._all.wanted, as_event=True)
                    tell(message)
            case ClipReady(clip=clip):
                if clip.kind != "continuous" and clip.id not in self._clips:
                    self._clips.append(clip.id)
                    self._all.wanted(messages.clip_ready(clip), as_event=True)
            case Level(key=key):
                self._levels[key] = news
                self._all.mark("levels")
            case SessionsRevoked(session_ids=session_ids):
                self._revoke(session_ids)
            case ActorChanged():
                self._actor(news)

    def _first_time(self, event: events.Event) -> bool:
        """A restarted event log publishes its last events again, because it cannot know who has received them."""
        if (event.event_id, event.phase) in self._told:
            return False
        self._told.append((event.event_id, event.phase))
        return True

    @property
    def _pro(self) -> bool:
        return self._hub.context.license.is_pro

    def _settings(self, old: SettingsView | None, new: SettingsView) -> None:
        changed = changed_keys(old, new) if old is not None else frozenset()
        self._changed_keys |= dict.fromkeys(key for key in REGISTRY if key in changed)
        self._changed_by = new.source
        self._all.mark("settings", "status")
        if "audioEnabled" in changed and not new.effective.get("audioEnabled", True):
            for socket in self._hub.sound:
                self._hub.sound.drop(socket)
                socket.answer(messages.audio_ack(False, "AUDIO_DISABLED", "Audio is switched off"))

    def _tell_settings(self) -> None:
        changed, self._changed_keys = tuple(self._changed_keys), {}
        license = self._hub.context.license
        self._all.state(messages.settings(self._states.settings, license, changed, self._changed_by))

    def _license(self, license: LicenseView) -> None:
        """Effective settings change with it. Clients other than the dashboard need Pro."""
        self._all.state(messages.license_changed(license))
        self._all.state(messages.mqtt_status(self._states, self._pro))
        self._changed_by = "license"
        self._all.mark("settings", "status")
        for socket in tuple(self._all.sockets):
            if not self._pro and socket.ready and not socket.caller.dashboard:
                socket.answer(messages.license_changed(license))
                socket.step(Event.PRO_NEEDED)

    def _tell_levels(self) -> None:
        levels, self._levels = self._levels, {}
        self._all.wanted(messages.levels(levels.values()))

    def _actor(self, news: ActorChanged) -> None:
        about = {"actor": news.name, "state": news.state, "text": news.text, "timestamp": unix_ms()}
        self._all.wanted({"type": "actor_event", **about}, as_event=True)
        self._hub.actors_changed()

    def _revoke(self, session_ids: tuple[str, ...]) -> None:
        """Empty: every session, and with it every socket."""
        for socket in tuple(self._all.sockets):
            if not session_ids or socket.caller.session_id in session_ids:
                socket.step(Event.REVOKED)
