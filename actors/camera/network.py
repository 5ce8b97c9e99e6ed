"""Network cameras: RTSP, and MJPEG or anything else that FFmpeg understands over HTTP."""

import av
import av.container

from actors.camera.live import LiveSource
from actors.camera.source import SourceInfo
from actors.media.container import ANALYSE_LONGER_US, ANALYSE_US, SourceError, open_input
from models.media import sizes
from models.media.address import MediaAddress

ASSUMED_FPS = 25.0  # where the stream does not say
FASTEST = 120.0  # what is said beyond it is a clock rate, not a frame rate
WORDS = {"rtsp": "RTSP camera", "http": "HTTP camera"}


class NetworkSource(LiveSource):
    def __init__(self, address: MediaAddress) -> None:
        name = f"{WORDS[address.kind]} {address.shown}"
        container, stream = _open(address, name, ANALYSE_US)
        if stream.codec_context.width <= 0:
            container.close()
            container, stream = _open(address, name, ANALYSE_LONGER_US)
        context = stream.codec_context
        if context.width <= 0 or context.height <= 0:
            container.close()
            raise SourceError(f"{name} did not tell the size of its picture")
        super().__init__(name, container, stream)
        size = (context.width, context.height)
        fps = float(stream.average_rate or stream.guessed_rate or ASSUMED_FPS)
        fps = fps if 0 < fps <= FASTEST else ASSUMED_FPS
        self.info = SourceInfo(
            kind=address.kind,
            title=name,
            codec=context.name,
            size=size,
            fps=fps,
            sizes=sizes.ladder(size),
            rates=sizes.rates(fps),
            reordered=bool(context.has_b_frames),
        )

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return True  # scaled and thinned out by the outputs


def _open(address: MediaAddress, name: str, analyse_us: int) -> tuple[av.container.InputContainer, av.VideoStream]:
    container = open_input(address, analyse_us=analyse_us)
    if not container.streams.video:
        container.close()
        raise SourceError(f"{name} has no picture")
    return container, container.streams.video[0]
