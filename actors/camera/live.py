"""What USB and network cameras have in common: packets that are stamped when they arrive."""

import time

import av
import av.container
import av.error

from actors.camera.source import Shot
from actors.media.container import SourceError, in_words


class LiveSource:
    sound = None
    depth_ms = 0

    def __init__(self, name: str, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._name = name
        self._container = container
        self._stream = stream
        self._stream.thread_type = "SLICE"  # frame threads would hold pictures back
        self._packets = container.demux(stream)

    def read(self) -> Shot | None:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        if packet is None:
            raise SourceError(f"{self._name} gives no more pictures")
        # Copied, and the packet dropped: one that outlives a V4L2 device is a crash in FFmpeg.
        return Shot(time.monotonic_ns(), bytes(packet), packet.is_keyframe) if packet.size else None

    def codec_context(self) -> av.VideoCodecContext | None:
        return self._stream.codec_context

    def close(self) -> None:
        self._container.close()
