"""The microphone: it owns the sound source."""

from actors.microphone.opener import SoundOpener, check
from actors.microphone.worker import MicrophoneWorker, SourceStatus, pcm_ring
from actors.runtime.actor import handles
from actors.shared.ring_owner import RingOwner
from models.media.source_address import parse_picture_source, parse_sound_source
from models.messages.camera import CameraView
from models.messages.microphone import GetMicrophone, MicrophoneView


class Microphone(RingOwner):
    oom_score = 300

    async def on_start(self) -> None:
        sound = parse_sound_source(self.boot.audio_source)
        check(sound)
        self._report = SourceStatus("off")
        picture = parse_picture_source(self.boot.source)
        self._opener = SoundOpener(sound, picture, self.boot.run_dir, lambda: self.ring_reader("sound"))
        self._worker = MicrophoneWorker(self._opener, lambda: pcm_ring(self.ring_writer), self._on_report)
        self.begin_steering()
        self.start_worker(self._worker)

    async def on_settings(self, changed: frozenset[str]) -> None:
        self.steer()

    @handles(CameraView)
    def _camera_changed(self, _: CameraView | None, camera: CameraView) -> None:
        if self._opener.uses_camera and camera.sound != self._opener.camera_sound:
            self._opener.camera_sound = camera.sound
            self._worker.try_now()

    def steer(self) -> None:
        """Open while sound is enabled; in standby mode only while somebody listens."""
        listened = self.lately(self.leases.wanted("pcm"))
        wanted = bool(self.settings["audioEnabled"]) and (listened or not self.settings["cameraStandbyMode"])
        self.hold("camera", "sound", self._opener.uses_camera and wanted)
        self._worker.wanted = wanted

    def _on_report(self, report: SourceStatus) -> None:
        self._report = report
        say = self.log.warning if report.state == "waiting" else self.log.info
        say("sound", state=report.state, source=report.title, reason=report.reason)
        self.degraded(report.reason if report.state == "waiting" else "")
        self.publish_state(self._view())

    def _view(self) -> MicrophoneView:
        report = self._report
        return MicrophoneView(report.state, report.title, round(self._worker.level_db, 1), report.reason)

    @handles(GetMicrophone)
    def _get(self, _: GetMicrophone) -> MicrophoneView:
        return self._view()
