"""The microphone: it owns the sound source."""

import asyncio
import time

from actors.microphone.opener import SoundOpener, check
from actors.microphone.worker import MicrophoneWorker, SourceStatus, pcm_ring
from actors.runtime.actor import Actor, handles
from actors.runtime.leases import Leases
from models.media.source_address import parse_picture_source, parse_sound_source
from models.messages.camera import CameraView
from models.messages.media import Lease
from models.messages.microphone import GetMicrophone, MicrophoneView

TICK_S = 0.5
STANDBY_AFTER_S = 10.0


class Microphone(Actor):
    oom_score = 300

    async def on_start(self) -> None:
        sound = parse_sound_source(self.boot.audio_source)
        check(sound)
        self._holders = Leases()
        self._wanted_at = time.monotonic()
        self._report = SourceStatus("off")
        picture = parse_picture_source(self.boot.source)
        self._opener = SoundOpener(sound, picture, self.boot.run_dir, lambda: self.ring_reader("sound"))
        self._worker = MicrophoneWorker(self._opener, lambda: pcm_ring(self.ring_writer), self._on_report)
        self._steer()
        self.start_worker(self._worker)
        self.start_task(self._tick())

    async def on_settings(self, changed: frozenset[str]) -> None:
        self._steer()

    @handles(CameraView)
    def _camera_changed(self, _: CameraView | None, camera: CameraView) -> None:
        if self._opener.uses_camera and camera.sound != self._opener.camera_sound:
            self._opener.camera_sound = camera.sound
            self._worker.try_now()

    @handles(Lease)
    def _lease(self, lease: Lease) -> None:
        self._holders.take(lease)
        self._steer()

    def _steer(self) -> None:
        """Open while sound is enabled; in standby mode only while somebody listens."""
        now = time.monotonic()
        if self._holders.wanted("pcm"):
            self._wanted_at = now
        awake = not self.settings["cameraStandbyMode"] or now - self._wanted_at < STANDBY_AFTER_S
        wanted = bool(self.settings["audioEnabled"]) and awake
        if self._opener.uses_camera and wanted:
            self.lease("camera", "sound")
        else:
            self.release("camera", "sound")
        if wanted != self._worker.open:
            self._worker.open = wanted
            self._worker.wake.set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._steer()

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
