"""The encoder: JPEG, H.264 and sound, each once for everybody, and only while somebody wants it."""

import asyncio
import secrets
import time

from actors.encoder.audio_worker import AudioWorker
from actors.encoder.follower import PassthroughFollower
from actors.encoder.h264 import best_encoder
from actors.encoder.jpeg_worker import JpegWorker
from actors.encoder.load import read_load
from actors.encoder.video_worker import VideoState, VideoWorker
from actors.media.clock import unix_ms
from actors.media.counter import next_number
from actors.runtime.actor import Actor, handles
from actors.runtime.leases import Leases
from actors.runtime.rings import forget_pictures
from models.errors import Invalid, ServerError
from models.media.throttle import Throttle
from models.messages import Ok
from models.messages.camera import CameraView
from models.messages.encoder import ForgetPictures, GetVideo, RequestKeyframe, SetVideoQuality, VideoView
from models.messages.event_log import EVENT_LOG, RecordSystem
from models.messages.media import Lease, MediaOwner
from models.messages.settings import SETTINGS, ChangeSettings

TICK_S = 0.5
LOAD_EVERY_S = 2.0
NEW_RATE_SHARE = 0.15  # a smaller change of the camera's frame rate leaves the bit rate alone
WHY = {"cpu": "the processor is too busy", "thermal": "the device is too hot", "undervoltage": "the power is too weak"}


class Encoder(Actor):
    async def on_start(self) -> None:
        if self.boot.rtsp.audio_codec not in ("aac", "opus", "pcmu"):
            raise Invalid("rtsp.audio_codec: use aac, opus or pcmu")
        self._holders = Leases()
        self._throttle = Throttle()
        self._own: tuple[str, ...] = ()  # rings that the camera fills itself
        self._told: VideoView | None = None
        self._state = VideoState()
        self._bench = self.bench("bench")
        name = await self._bench.do(best_encoder)
        self.log.info("h264 encoder", encoder=name)
        generations = self.boot.data_dir / "stream-generation"
        frames = self.ring_reader
        self._jpeg = JpegWorker(frames("frames"), self.ring_writer)
        self._video = VideoWorker(
            frames("frames"), self.ring_writer, lambda: next_number(generations), name, self._on_video
        )
        self._audio = AudioWorker(frames("pcm"), self.ring_writer, self.boot.rtsp.audio_codec)
        self._passed = PassthroughFollower(frames("video"))
        self._apply_settings()
        for worker in (self._jpeg, self._video, self._audio, self._passed):
            self.hire(worker)
        self.start_task(self._tick())
        self.start_task(self._watch_load())

    async def on_settings(self, changed: frozenset[str]) -> None:
        self._apply_settings()

    def _apply_settings(self) -> None:
        self._jpeg.quality = int(self.settings["jpegQuality"])
        self._video.quality = int(self.settings["h264Quality"])
        self._video.nominal_fps = int(self.settings["frameRate"])
        self._limit_rate()

    def _limit_rate(self) -> None:
        wanted = float(int(self.settings["frameRate"]))
        allowed = self._throttle.fps(wanted)
        self._jpeg.fps = self._video.fps = allowed if allowed < wanted else 0.0

    # ---------------------------------------------------------------- demand
    @handles(Lease)
    def _lease(self, lease: Lease) -> None:
        self._holders.take(lease)
        self._steer()

    @handles(CameraView)
    def _camera_changed(self, _: CameraView | None, camera: CameraView) -> None:
        if camera.passthrough != self._own:
            self._own = camera.passthrough
            self._steer()
        known = self._video.source_fps
        if camera.fps > 0 and abs(camera.fps - known) > NEW_RATE_SHARE * known:
            self._video.source_fps = camera.fps
        declared = camera.declared_fps
        true = abs(camera.fps - declared) <= NEW_RATE_SHARE * declared
        self._video.told_fps = (declared if true else camera.fps) if camera.fps > 0 else 0.0

    def _steer(self) -> None:
        """Pass every wish on to whoever fills it: a thread of ours, or the camera."""
        jpeg, video, audio = (self._holders.wanted(ring) for ring in ("jpeg", "video", "audio"))
        own_jpeg, own_video = "jpeg" in self._own, "video" in self._own
        self._jpeg.own, self._video.own = not own_jpeg, not own_video
        self._jpeg.wanted, self._video.wanted = jpeg and not own_jpeg, video and not own_video
        self._audio.wanted, self._passed.wanted = audio, video and own_video
        self._want("camera", "jpeg", jpeg and own_jpeg)
        self._want("camera", "video", video and own_video)
        self._want("camera", "frames", self._jpeg.wanted or self._video.wanted)
        self._want("microphone", "pcm", audio)

    def _want(self, owner: MediaOwner, ring: str, wanted: bool) -> None:
        if wanted:
            self.lease(owner, ring)
        else:
            self.release(owner, ring)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._steer()
            self._tell_view()

    # ---------------------------------------------------------------- throttle
    async def _watch_load(self) -> None:
        read_load()  # the first figure of the processor means nothing
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
            self._tell_view()

    async def _record(self, text: str) -> None:
        try:
            await self.actor(EVENT_LOG).ask(RecordSystem(secrets.token_hex(16), "THROTTLE", unix_ms(), self.name, text))
        except ServerError as error:
            self.log.warning("could not be recorded", reason=error.detail)

    # ---------------------------------------------------------------- views
    def _on_video(self, state: VideoState) -> None:
        self._state = state
        if state.running:
            self.log.info("h264 stream", generation=state.generation, codec=state.codec, kbps=state.target // 1000)
        self._tell_view()

    def _view(self) -> VideoView:
        now = time.monotonic()
        if "video" in self._own:
            passed = self._passed
            return VideoView(
                running=passed.wanted,
                encoder="passthrough",
                codec=passed.codec,
                width=passed.size[0],
                height=passed.size[1],
                fps=round(passed.meter.rate(now), 1),
                quality=self._video.quality,
                bitrate_kbps=round(passed.meter.kbps(now)),
                target_kbps=0,
                generation=passed.generation,
                frames_encoded=passed.units,
                frames_dropped=0,
            )
        state = self._state
        return VideoView(
            running=state.running,
            encoder=state.encoder or self._video.encoder_name,
            codec=state.codec,
            width=state.width,
            height=state.height,
            fps=round(self._video.meter.rate(now), 1),
            quality=self._video.quality,
            bitrate_kbps=round(self._video.meter.kbps(now)),
            target_kbps=state.target // 1000,
            generation=state.generation,
            frames_encoded=self._video.encoded,
            frames_dropped=self._video.dropped,
            throttle=self._throttle.reason,
        )

    def _tell_view(self) -> None:
        view, told = self._view(), self._told
        if told is None or _lasting(view) != _lasting(told):
            self._told = view
            self.publish_state(view)

    @handles(GetVideo)
    def _get(self, _: GetVideo) -> VideoView:
        return self._view()

    @handles(RequestKeyframe)
    def _keyframe(self, _: RequestKeyframe) -> None:
        self._video.keyframe_wanted = True

    @handles(ForgetPictures, max_concurrency=1)  # a lane of its own: settings, which ask, may be asked meanwhile
    async def _forget(self, _: ForgetPictures) -> Ok:
        await self._bench.do(self._forget_all)
        return Ok()

    def _forget_all(self) -> None:
        for worker in (self._jpeg, self._video):
            worker.forget()
        forget_pictures(self.boot.shm_dir)

    @handles(SetVideoQuality)
    async def _set_quality(self, message: SetVideoQuality) -> VideoView:
        result = await self.actor(SETTINGS).ask(ChangeSettings({"h264Quality": message.quality}, "ws", internal=True))
        if result.errors:
            raise Invalid(result.errors[0])
        self._video.quality = message.quality
        return self._view()


def _lasting(view: VideoView) -> tuple[object, ...]:
    """The part of a view whose change is news."""
    measured = ("fps", "bitrate_kbps", "frames_encoded", "frames_dropped")
    return tuple(getattr(view, name) for name in view.__slots__ if name not in measured)
