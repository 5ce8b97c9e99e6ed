"""From the actors' news to what is told to the sockets."""

from collections import deque
from typing import TYPE_CHECKING

from api.live import messages
from models import events
from models.http.handshake import Event
from models.messages import News
from models.messages.auth import SessionsRevoked
from models.messages.camera import CameraChanged, CapabilitiesChanged, CaptureReady
from models.messages.detector import DetectionFrame, DetectorChanged, Level
from models.messages.encoder import VideoChanged
from models.messages.event_log import EventRecorded
from models.messages.license import LicenseChanged
from models.messages.mqtt import MqttChanged
from models.messages.rtsp import RtspChanged
from models.messages.settings import SettingsChanged
from models.messages.speaker import SpeakingChanged
from models.messages.supervisor import ActorChanged

if TYPE_CHECKING:
    from api.live.hub import Hub

REMEMBERED = 400  # events and ends; the event log repeats at most 200


class Newsroom:
    def __init__(self, hub: "Hub") -> None:
        self._hub, self._now, self._all = hub, hub.now, hub.all
        self._changed_keys: dict[str, None] = {}
        self._changed_by = "system"
        self._levels: dict[str, Level] = {}
        self._told: deque[tuple[int, str]] = deque(maxlen=REMEMBERED)
        self._all.tell |= {"settings": self._tell_settings, "levels": self._tell_levels}

    def take(self, news: News) -> None:
        """``now`` has taken it already."""
        match news:
            case SettingsChanged():
                self._settings(news)
            case LicenseChanged():
                self._license(news)
            case CameraChanged(camera=camera):
                if not camera.streaming:
                    self._hub.pictures.stop_all()
                self._all.mark("status")
            case DetectorChanged() | VideoChanged():
                self._all.mark("status")
            case CapabilitiesChanged(capabilities=capabilities):
                self._all.state(messages.capabilities_changed(capabilities))
            case RtspChanged():
                self._all.state(messages.rtsp_status(self._now))
            case MqttChanged():
                self._all.state(messages.mqtt_status(self._now, self._pro))
            case CaptureReady(capture=capture):
                self._all.event(messages.capture_ready(capture))
            case EventRecorded(event=event):
                if self._first_time(event) and (message := messages.event(event)) is not None:
                    self._all.event(message)
            case DetectionFrame():
                self._all.boxes(messages.detection_frame(news), self._hub.watchers())
            case Level(key=key):
                self._levels[key] = news
                self._all.mark("levels")
            case SpeakingChanged(speaking=speaking, until_ms=until_ms):
                self._all.wanted({"type": "talk_state", "speaking": speaking, "untilMs": until_ms})
            case SessionsRevoked(session_ids=session_ids):
                self._revoke(session_ids)
            case ActorChanged():
                self._actor(news)

    def _first_time(self, event: events.Event) -> bool:
        """An event log that was restarted tells its last events again: it cannot know who has heard them."""
        if (event.event_id, event.phase) in self._told:
            return False
        self._told.append((event.event_id, event.phase))
        return True

    @property
    def _pro(self) -> bool:
        return self._hub.context.license.is_pro

    def _settings(self, news: SettingsChanged) -> None:
        self._changed_keys |= dict.fromkeys(news.changed)
        self._changed_by = news.source
        self._all.mark("settings", "status")
        if "audioEnabled" in news.changed and not self._hub.context.settings.get("audioEnabled", True):
            for socket in self._hub.sound:
                self._hub.sound.drop(socket)
                socket.answer(messages.audio_ack(False, "AUDIO_DISABLED", "Audio is switched off"))

    def _tell_settings(self) -> None:
        changed, self._changed_keys = tuple(self._changed_keys), {}
        if self._now.settings is not None:
            license = self._hub.context.license
            self._all.state(messages.settings(self._now.settings, license, changed, self._changed_by))

    def _license(self, news: LicenseChanged) -> None:
        """Effective settings change with it. A direct caller needs Pro."""
        self._all.state(messages.license_changed(news.license))
        self._all.state(messages.mqtt_status(self._now, self._pro))
        self._changed_by = "license"
        self._all.mark("settings", "status")
        for socket in tuple(self._all.sockets):
            if not self._pro and socket.ready and not socket.caller.dashboard:
                socket.answer(messages.license_changed(news.license))
                socket.step(Event.PRO_NEEDED)

    def _tell_levels(self) -> None:
        levels, self._levels = self._levels, {}
        self._all.wanted(messages.levels(levels.values()))

    def _actor(self, news: ActorChanged) -> None:
        about = {"actor": news.name, "state": news.state, "text": news.text, "timestamp": messages.now_ms()}
        self._all.wanted({"type": "actor_event", **about}, as_event=True)
        self._hub.actors_changed()

    def _revoke(self, session_ids: tuple[str, ...]) -> None:
        """Empty: every session, and with it every socket."""
        for socket in tuple(self._all.sockets):
            if not session_ids or socket.caller.session_id in session_ids:
                socket.step(Event.REVOKED)
