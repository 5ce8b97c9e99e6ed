"""The last states of the actors, as the HTTP API reads them."""

from api.context import Context
from models.detect import DETECTORS
from models.media.tier import Tier
from models.messages.auth import AuthStatus
from models.messages.camera import CameraView, Capabilities
from models.messages.detector import DetectorView
from models.messages.encoder import SubVideoView, VideoView
from models.messages.license import UNKNOWN_LICENSE, LicenseView
from models.messages.microphone import MicrophoneView
from models.messages.mqtt import MqttView
from models.messages.recorder import RecorderView
from models.messages.rtsp import RtspView
from models.messages.settings import SettingsView
from models.messages.speaker import SpeakerView
from models.messages.supervisor import ActorStates

NO_CAMERA = CameraView("waiting", False, "", "", 0, 0, 0.0, "The camera is starting")
STATES = (
    ActorStates,
    AuthStatus,
    CameraView,
    Capabilities,
    DetectorView,
    LicenseView,
    MicrophoneView,
    MqttView,
    RecorderView,
    RtspView,
    SettingsView,
    SpeakerView,
    SubVideoView,
    VideoView,
)


class LatestStates:
    """None and empty until the actor has published."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def settings(self) -> SettingsView:
        view = self._context.latest(SettingsView)
        assert view is not None  # no actor starts without its settings
        return view

    @property
    def license(self) -> LicenseView:
        return self._context.latest(LicenseView) or UNKNOWN_LICENSE

    @property
    def camera(self) -> CameraView:
        return self._context.latest(CameraView) or NO_CAMERA

    @property
    def capabilities(self) -> Capabilities | None:
        return self._context.latest(Capabilities)

    def video(self, tier: Tier = Tier.MAIN) -> VideoView | None:
        return self._context.latest(VideoView if tier == Tier.MAIN else SubVideoView)

    @property
    def microphone(self) -> MicrophoneView | None:
        return self._context.latest(MicrophoneView)

    @property
    def speaker(self) -> SpeakerView | None:
        return self._context.latest(SpeakerView)

    @property
    def recorder(self) -> RecorderView | None:
        return self._context.latest(RecorderView)

    @property
    def rtsp(self) -> RtspView | None:
        return self._context.latest(RtspView)

    @property
    def mqtt(self) -> MqttView | None:
        return self._context.latest(MqttView)

    @property
    def actors(self) -> ActorStates | None:
        return self._context.latest(ActorStates)

    @property
    def detectors(self) -> dict[str, DetectorView]:
        found = ((name, self._context.latest(DetectorView, name)) for name in DETECTORS)
        return {name: view for name, view in found if view is not None}
