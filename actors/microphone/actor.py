"""The microphone: it owns the sound source."""

import asyncio
import time

from actors.microphone.opener import SoundOpener, check
from actors.microphone.worker import MicrophoneWorker, Report, pcm_ring
from actors.runtime.actor import Actor, handles
from actors.runtime.leases import Leases
from models.media.address import parse_picture_source, parse_sound_source
from models.messages.media import Lease
from models.messages.microphone import GetMicrophone, MicrophoneChanged, MicrophoneView

TICK_S = 0.5
STANDBY_AFTER_S = 10.0


class Microphone(Actor):
    async def on_start(self) -> None:
        sound = parse_sound_source(self.boot.audio_source)
        check(sound)
        self._holders = Leases()
        self._wanted_at = time.monotonic()
        self._report = Report("off")
        opener = SoundOpener(sound, parse_picture_source(self.boot.source), self.boot.run_dir)
        self._worker = MicrophoneWorker(opener, lambda: pcm_ring(self.ring_writer), self._on_report)
        self._steer()
        self.hire(self._worker)
        self.start_task(self._tick())

    async def on_settings(self, changed: frozenset[str]) -> None:
        self._steer()

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
        if wanted != self._worker.open:
            self._worker.open = wanted
            self._worker.wake.set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._steer()

    def _on_report(self, report: Report) -> None:
        self._report = report
        say = self.log.warning if report.state == "waiting" else self.log.info
        say("sound", state=report.state, source=report.title, reason=report.reason)
        self.degraded(report.reason if report.state == "waiting" else "")
        self.publish(MicrophoneChanged(self._view()))

    def _view(self) -> MicrophoneView:
        report = self._report
        return MicrophoneView(report.state, report.title, round(self._worker.level_db, 1), report.reason)

    @handles(GetMicrophone)
    def _get(self, _: GetMicrophone) -> MicrophoneView:
        return self._view()
