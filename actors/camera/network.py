"""Network cameras: one connection for picture and sound, RTSP or anything over HTTP."""

import time
from collections import deque

import av
import av.error

from actors.camera.geometry import Geometry, geometry_of
from actors.camera.source import INTRA_CODECS, SourceInfo, SourcePacket
from actors.shared.media.container import SourceError
from actors.shared.media.http_feed import open_http
from actors.shared.media.playout import Playout, ScheduledSample
from actors.shared.media.rtsp_feed import open_rtsp
from models.media import sizes
from models.media.rate import ASSUMED_FPS, rate_of
from models.media.source_address import MediaAddress

WORDS = {"rtsp": "RTSP camera", "http": "HTTP camera"}
FIRST_PICTURE_S = 10.0
RATE_PICTURES = 8  # enough to measure the rate
RATE_S = 0.5
PIECE_S = 0.25


class NetworkSource:
    def __init__(self, address: MediaAddress) -> None:
        name = f"{WORDS[address.kind]} {address.shown}"
        feed = open_rtsp(address, name) if address.kind == "rtsp" else open_http(address, name)
        if feed.picture is None:
            feed.close()
            raise SourceError(f"{name} has no picture")
        self._track, self.sound = feed.picture, feed.sound
        self._playout = Playout(feed, name)
        self._playout.leaves_out = self._track.codec in INTRA_CODECS
        self._first: deque[ScheduledSample] = deque()
        try:
            context, shape = self._look_at_beginning(name)
        except BaseException:
            self._playout.close()
            raise
        stamps = sorted(played.sample.media for played in self._first if not played.sample.sound)
        fps = rate_of(stamps) or self._track.fps or ASSUMED_FPS
        self.info = SourceInfo(
            kind=address.kind,
            title=name,
            codec=self._track.codec,
            size=shape.size,
            fps=fps,
            sizes=sizes.ladder(shape.upright),
            rates=sizes.rates(fps),
            reordered=bool(context.has_b_frames),
            aspect=shape.aspect,
            turned=shape.turned,
        )

    def _look_at_beginning(self, name: str) -> tuple[av.VideoCodecContext, Geometry]:
        """Read until size and rate are known; what was read is still played."""
        context = self._track.decoder()
        frame: av.VideoFrame | None = None
        began = time.monotonic()
        first_at = 0.0
        pictures = 0
        while pictures < RATE_PICTURES and not (first_at and time.monotonic() - first_at > RATE_S):
            if time.monotonic() - began > FIRST_PICTURE_S:
                why = "did not report its picture size" if pictures else "gives no picture"
                raise SourceError(f"{name} {why}")
            played = self._playout.take(PIECE_S)
            if played is None:
                continue
            self._first.append(played)
            if played.sample.sound:
                continue
            pictures += 1
            frame = frame or _try(context, played.sample.data)
            if context.width and not first_at:
                first_at = time.monotonic()
            elif not context.width:
                pictures = min(pictures, RATE_PICTURES - 1)
        return context, geometry_of(context, frame)

    def read(self) -> SourcePacket | None:
        played = self._first.popleft() if self._first else self._playout.take(PIECE_S)
        if played is None:
            return None
        sample = played.sample
        return SourcePacket(played.pts, sample.data, sample.key, sound=sample.sound)

    @property
    def depth_ms(self) -> int:
        return self._playout.depth_ms

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return True  # scaled and decimated by the outputs

    def codec_context(self) -> av.VideoCodecContext | None:
        return self._track.decoder()

    def close(self) -> None:
        self._playout.close()


def _try(context: av.VideoCodecContext, data: bytes) -> av.VideoFrame | None:
    """Decode to learn the geometry; a picture that cannot be decoded is ignored."""
    try:
        return next(iter(context.decode(av.Packet(data))), None)
    except av.error.FFmpegError:
        return None
