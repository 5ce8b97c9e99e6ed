"""Network cameras: RTSP, and MJPEG or anything else that FFmpeg understands over HTTP."""

import time

import av
import av.container
import av.error

from actors.camera.source import Shot, SourceInfo
from actors.media.container import ANALYSE_LONGER_US, ANALYSE_US, SourceError, in_words, open_input
from models.media import sizes
from models.media.address import MediaAddress

ASSUMED_FPS = 25.0  # where the stream does not say
FASTEST = 120.0  # what is said beyond it is a clock rate, not a frame rate
WORDS = {"rtsp": "RTSP camera", "http": "HTTP camera"}


class NetworkSource:
    def __init__(self, address: MediaAddress) -> None:
        self._name = f"{WORDS[address.kind]} {address.shown}"
        self._container, self._stream = self._open(address, ANALYSE_US)
        if self._stream.codec_context.width <= 0:
            self._container.close()
            self._container, self._stream = self._open(address, ANALYSE_LONGER_US)
        self._stream.thread_type = "SLICE"  # frame threads would hold pictures back
        context = self._stream.codec_context
        if context.width <= 0 or context.height <= 0:
            self._container.close()
            raise SourceError(f"{self._name} did not tell the size of its picture")
        size = (context.width, context.height)
        fps = float(self._stream.average_rate or self._stream.guessed_rate or ASSUMED_FPS)
        fps = fps if 0 < fps <= FASTEST else ASSUMED_FPS
        self.info = SourceInfo(
            kind=address.kind,
            title=self._name,
            codec=context.name,
            size=size,
            fps=fps,
            sizes=sizes.ladder(size),
            rates=sizes.rates(fps),
            reordered=bool(context.has_b_frames),
        )
        self._packets = self._container.demux(self._stream)

    def _open(self, address: MediaAddress, analyse_us: int) -> tuple[av.container.InputContainer, av.VideoStream]:
        container = open_input(address, analyse_us=analyse_us)
        if not container.streams.video:
            container.close()
            raise SourceError(f"{self._name} has no picture")
        return container, container.streams.video[0]

    def read(self) -> Shot | None:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        if packet is None:
            raise SourceError(f"{self._name} has ended the stream")
        if packet.size == 0:
            return None
        return Shot(time.monotonic_ns(), bytes(packet), packet.is_keyframe)

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return True  # scaled and thinned out by the outputs

    def codec_context(self) -> av.VideoCodecContext | None:
        return self._stream.codec_context

    def close(self) -> None:
        self._container.close()
