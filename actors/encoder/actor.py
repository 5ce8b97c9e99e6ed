"""The encoder: JPEG, H.264 and sound, each once for everybody, and only while somebody wants it."""

import asyncio
import secrets
import time
from dataclasses import fields
from functools import partial

from actors.encoder.audio_worker import AudioWorker
from actors.encoder.device_load import read_load
from actors.encoder.h264 import best_encoder
from actors.encoder.passthrough_follower import PassthroughFollower
from actors.encoder.tier_encoders import TierEncoders
from actors.runtime.actor import handles
from actors.runtime.rings import forget_pictures
from actors.shared.media.generation import next_number
from actors.shared.ring_owner import RingOwner
from config.clock import unix_ms
from models.errors import Invalid, ServerError
from models.media.throttle import Throttle
from models.media.tier import FRAMES, JPEG, VIDEO, Tier
from models.messages import Ok
from models.messages.camera import CameraView
from models.messages.encoder import ForgetPictures, GetVideo, RequestKeyframe, SetVideoQuality, VideoView
from models.messages.event_log import EVENT_LOG, RecordSystem
from models.messages.settings import SETTINGS, ChangeSettings

LOAD_EVERY_S = 2.0
WHY = {
    "cpu": "the processor is too busy",
    "thermal": "the device is too hot",
    "undervoltage": "the power supply is too weak",
}


class Encoder(RingOwner):
    async def on_start(self) -> None:
        if self.boot.rtsp.audio_codec not in ("aac", "opus", "pcmu"):
            raise Invalid("rtsp.audio_codec: use aac, opus or pcmu")
        self._throttle = Throttle()
        self._own: tuple[str, ...] = ()  # rings that the camera fills itself
        self._told: dict[Tier, VideoView] = {}
        self._executor = self.executor()
        name = await self._executor.run(best_encoder)
        self.log.info("h264 encoder", encoder=name)
        generations = self.boot.data_dir / "stream-generation"
        self._tiers = {
            tier: TierEncoders(
                tier,
                self.ring_reader,
                self.ring_writer,
                lambda: next_number(generations),
                name,
                partial(self._on_video, tier),
            )
            for tier in Tier
        }
        self._audio = AudioWorker(self.ring_reader("pcm"), self.ring_writer, self.boot.rtsp.audio_codec)
        self._passed = PassthroughFollower(self.ring_reader("video"))
        self._apply_settings()
        for worker in (*self._tiers[Tier.MAIN].workers, self._audio, self._passed):
            self.start_worker(worker)
        self._sub_hired = False
        self.begin_steering()
        self.start_task(self._watch_load())

    async def on_settings(self, changed: frozenset[str]) -> None:
        self._apply_settings()

    def _apply_settings(self) -> None:
        jpeg, video, fps = (int(self.settings[key]) for key in ("jpegQuality", "h264Quality", "frameRate"))
        quality, sub_fps = int(self.settings["subQuality"]), int(self.settings["subFrameRate"])
        self._tiers[Tier.MAIN].configure(jpeg, video, fps)
        self._tiers[Tier.SUB].configure(quality, quality, min(fps, sub_fps))
        self._limit_rate()

    def _limit_rate(self) -> None:
        for tier in self._tiers.values():
            tier.limit(self._throttle)

    # ---------------------------------------------------------------- demand
    @handles(CameraView)
    def _camera_changed(self, _: CameraView | None, camera: CameraView) -> None:
        if camera.passthrough != self._own:
            self._own = camera.passthrough
            self.steer()
        for tier in self._tiers.values():
            tier.camera_gives(camera.fps, camera.declared_fps)

    def steer(self) -> None:
        """Pass every lease on to what fills the ring: one of our threads, or the camera."""
        jpeg, video, audio = (self.leases.wanted(ring) for ring in ("jpeg", "video", "audio"))
        own_jpeg, own_video = "jpeg" in self._own, "video" in self._own
        main, sub = self._tiers[Tier.MAIN], self._tiers[Tier.SUB]
        main.jpeg.own, main.video.own = not own_jpeg, not own_video
        main.jpeg.wanted, main.video.wanted = jpeg and not own_jpeg, video and not own_video
        sub.jpeg.wanted, sub.video.wanted = (self.leases.wanted(Tier.SUB.ring(kind)) for kind in (JPEG, VIDEO))
        if sub.wanted and not self._sub_hired:  # start threads only on first use
            self._sub_hired = True
            for worker in sub.workers:
                self.start_worker(worker)
        self._audio.wanted, self._passed.wanted = audio, video and own_video
        self.hold("camera", "jpeg", jpeg and own_jpeg)
        self.hold("camera", "video", video and own_video)
        for tier in (main, sub):
            self.hold("camera", tier.tier.ring(FRAMES), tier.wanted)
        self.hold("microphone", "pcm", audio)

    async def on_tick(self) -> None:
        self.steer()
        self._tell_views()

    # ---------------------------------------------------------------- throttle
    async def _watch_load(self) -> None:
        read_load()  # the first CPU value is meaningless
        while True:
            await asyncio.sleep(LOAD_EVERY_S)
            before = self._throttle.reason
            if not self._throttle.feed(time.monotonic(), read_load()):
                continue
            self._limit_rate()
            reason = self._throttle.reason
            self.log.warning("frame rate", share=self._throttle.share, reason=reason)
            if reason != before:
                await self._record(f"Frame rate lowered: {WHY[reason]}" if reason in WHY else "Full frame rate again")
            self._tell_views()

    async def _record(self, text: str) -> None:
        try:
            await self.actor(EVENT_LOG).ask(RecordSystem(secrets.token_hex(16), "THROTTLE", unix_ms(), self.name, text))
        except ServerError as error:
            self.log.warning("could not be recorded", reason=error.detail)

    # ---------------------------------------------------------------- views
    def _on_video(self, tier: Tier) -> None:
        state = self._tiers[tier].state
        if state.running:
            about = {"generation": state.generation, "codec": state.codec, "kbps": state.target // 1000}
            self.log.info("h264 stream", tier=tier, **about)
        self._tell_views()

    def _view(self, tier: Tier) -> VideoView:
        now = time.monotonic()
        holders = (self.leases.holders(tier.ring(kind)) for kind in (JPEG, VIDEO))
        readers = tuple(sorted({name for names in holders for name in names}))
        if tier == Tier.SUB or "video" not in self._own:
            return self._tiers[tier].view(now, self._throttle.reason, readers)
        passed = self._passed
        return VideoView(
            running=passed.wanted,
            encoder="passthrough",
            codec=passed.codec,
            width=passed.size[0],
            height=passed.size[1],
            fps=round(passed.meter.rate(now), 1),
            quality=self._tiers[tier].video.quality,
            bitrate_kbps=round(passed.meter.kbps(now)),
            target_kbps=0,
            generation=passed.generation,
            frames_encoded=passed.units,
            frames_dropped=0,
            readers=readers,
        )

    def _tell_views(self) -> None:
        for tier in self._tiers:
            view, told = self._view(tier), self._told.get(tier)
            if told is None or _lasting(view) != _lasting(told):
                self._told[tier] = view
                self.publish_state(view)

    @handles(GetVideo)
    def _get(self, message: GetVideo) -> VideoView:
        return self._view(Tier(message.tier))

    @handles(RequestKeyframe)
    def _keyframe(self, message: RequestKeyframe) -> None:
        self._tiers[message.tier].video.keyframe_wanted = True

    @handles(
        ForgetPictures, max_concurrency=1
    )  # its own lane: the settings actor, which asks this, may be asked meanwhile
    async def _forget(self, _: ForgetPictures) -> Ok:
        await self._executor.run(self._forget_all)
        return Ok()

    def _forget_all(self) -> None:
        for tier in self._tiers.values():
            tier.jpeg.forget()
            tier.video.forget()
        forget_pictures(self.boot.shm_dir)

    @handles(SetVideoQuality)
    async def _set_quality(self, message: SetVideoQuality) -> VideoView:
        result = await self.actor(SETTINGS).ask(ChangeSettings({"h264Quality": message.quality}, "ws", internal=True))
        if result.errors:
            raise Invalid(result.errors[0])
        self._tiers[Tier.MAIN].video.quality = message.quality
        return self._view(Tier.MAIN)


def _lasting(view: VideoView) -> tuple[object, ...]:
    """The part of a view whose changes are published."""
    measured = ("fps", "bitrate_kbps", "frames_encoded", "frames_dropped")
    return tuple(getattr(view, field.name) for field in fields(view) if field.name not in measured)
