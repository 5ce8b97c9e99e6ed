"""What the actors said last: kept by their news, asked for once at the start and after a restart."""

import asyncio
from typing import Any

import structlog

from api.context import Context
from api.guard import Guard
from models.detect import DETECTORS
from models.errors import ServerError
from models.messages import Ask, News
from models.messages.auth import AuthChanged, AuthStatus, GetAuthStatus
from models.messages.camera import (
    CameraChanged,
    CameraView,
    Capabilities,
    CapabilitiesChanged,
    GetCamera,
    GetCapabilities,
)
from models.messages.detector import DetectorChanged, DetectorView, GetDetector
from models.messages.encoder import GetVideo, VideoChanged, VideoView
from models.messages.microphone import GetMicrophone, MicrophoneChanged, MicrophoneView
from models.messages.mqtt import GetMqtt, MqttChanged, MqttView
from models.messages.rtsp import GetRtsp, RtspChanged, RtspView
from models.messages.settings import GetSettings, SettingsChanged, SettingsView

log = structlog.get_logger("facade")

QUESTIONS: dict[str, tuple[Ask[Any], ...]] = {
    "auth": (GetAuthStatus(),),
    "settings": (GetSettings(),),
    "camera": (GetCamera(), GetCapabilities()),
    "encoder": (GetVideo(),),
    "microphone": (GetMicrophone(),),
    "rtsp": (GetRtsp(),),
    "mqtt": (GetMqtt(),),
    **dict.fromkeys(DETECTORS, (GetDetector(),)),
}
REFRESH_S = 2.0
NO_CAMERA = CameraView("waiting", False, "", "", 0, 0, 0.0, "The camera is starting")


class Now:
    """None and empty until the actor has spoken."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.settings: SettingsView | None = None
        self.camera: CameraView = NO_CAMERA
        self.capabilities: Capabilities | None = None
        self.video: VideoView | None = None
        self.microphone: MicrophoneView | None = None
        self.rtsp: RtspView | None = None
        self.mqtt: MqttView | None = None
        self.detectors: dict[str, DetectorView] = {}

    def take(self, news: News) -> None:
        """Keep what the news carries."""
        match news:
            case AuthChanged(status=status):
                self.keep(status)
            case SettingsChanged(view=view):
                self.keep(view)
            case CameraChanged(camera=camera):
                self.keep(camera)
            case CapabilitiesChanged(capabilities=capabilities):
                self.keep(capabilities)
            case VideoChanged(video=video):
                self.keep(video)
            case MicrophoneChanged(microphone=microphone):
                self.keep(microphone)
            case RtspChanged(rtsp=rtsp):
                self.keep(rtsp)
            case MqttChanged(mqtt=mqtt):
                self.keep(mqtt)
            case DetectorChanged(detector=detector):
                self.keep(detector)

    def keep(self, view: object) -> None:
        match view:
            case AuthStatus():
                self._guard.auth = view
            case SettingsView():  # an answer may come after the news that is newer than it
                if self.settings is None or view.revision >= self.settings.revision:
                    self.settings = view
            case CameraView():
                self.camera = view
            case Capabilities():
                self.capabilities = view
            case VideoView():
                self.video = view
            case MicrophoneView():
                self.microphone = view
            case RtspView():
                self.rtsp = view
            case MqttView():
                self.mqtt = view
            case DetectorView():
                self.detectors[view.name] = view

    async def refresh(self, context: Context, *actors: str) -> None:
        """Ask these actors (none named: all of them); who does not answer stays as he was."""
        questions = [(to, ask) for to in actors or QUESTIONS for ask in QUESTIONS.get(to, ())]
        await asyncio.gather(*(self._ask(context, to, question) for to, question in questions))

    async def _ask(self, context: Context, to: str, question: Ask[Any]) -> None:
        try:
            self.keep(await context.ask(to, question, REFRESH_S))
        except ServerError as error:
            log.info("not known yet", of=to, question=str(question), reason=error.detail)
