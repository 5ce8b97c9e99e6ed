"""The two encoders of one tier, JPEG and H.264, each in a thread that rests while nobody wants it."""

from collections.abc import Callable

from actors.encoder.jpeg_worker import JpegWorker
from actors.encoder.video_worker import VideoState, VideoWorker
from actors.runtime.rings import RingReader
from actors.shared.media.shared_ring import MakeRing
from models.media.throttle import Throttle
from models.media.tier import FRAMES, Tier
from models.messages.encoder import SubVideoView, VideoView

NEW_RATE_SHARE = 0.15  # a smaller change of the camera's frame rate does not change the bit rate


class TierEncoders:
    def __init__(
        self,
        tier: Tier,
        reader: Callable[[str], RingReader],
        make_ring: MakeRing,
        next_generation: Callable[[], int],
        encoder_name: str,
        on_change: Callable[[], object],
    ) -> None:
        self.tier = tier
        self.state = VideoState()
        self._on_change = on_change
        frames = tier.ring(FRAMES)
        self.jpeg = JpegWorker(reader(frames), make_ring, tier)
        self.video = VideoWorker(reader(frames), make_ring, next_generation, encoder_name, self._on_video, tier)
        self.workers = (self.jpeg, self.video)

    @property
    def wanted(self) -> bool:
        """Whether any picture has to be encoded here."""
        return self.jpeg.wanted or self.video.wanted

    def configure(self, jpeg_quality: int, video_quality: int, fps: int) -> None:
        self.jpeg.quality, self.video.quality, self.video.nominal_fps = jpeg_quality, video_quality, fps

    def limit(self, throttle: Throttle) -> None:
        wanted = float(self.video.nominal_fps)
        allowed = throttle.fps(wanted)
        self.jpeg.fps = self.video.fps = allowed if allowed < wanted else 0.0

    def camera_gives(self, fps: float, declared: float) -> None:
        """The measured and the declared pictures per second of the camera; 0: unknown."""
        known = self.video.source_fps
        if fps > 0 and abs(fps - known) > NEW_RATE_SHARE * known:
            self.video.source_fps = fps
        true = abs(fps - declared) <= NEW_RATE_SHARE * declared
        self.video.told_fps = (declared if true else fps) if fps > 0 else 0.0

    def _on_video(self, state: VideoState) -> None:
        self.state = state
        self._on_change()

    def view(self, now: float, throttle: str, readers: tuple[str, ...]) -> VideoView:
        state, video = self.state, self.video
        kind = VideoView if self.tier == Tier.MAIN else SubVideoView
        return kind(
            running=state.running,
            encoder=state.encoder or video.encoder_name,
            codec=state.codec,
            width=state.width,
            height=state.height,
            fps=round(video.meter.rate(now), 1),
            quality=video.quality,
            bitrate_kbps=round(video.meter.kbps(now)),
            target_kbps=state.target // 1000,
            generation=state.generation,
            frames_encoded=video.encoded,
            frames_dropped=video.dropped,
            throttle=throttle,
            readers=readers,
        )
