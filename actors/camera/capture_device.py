"""A capture device that FFmpeg reads."""

import time
from collections.abc import Iterator

import av
import av.container
import av.error

from actors.camera.source import SourcePacket
from actors.shared.media.container import SourceError, in_words

NS = 1_000_000_000
LATE_NS = 2 * NS


class CaptureDeviceSource:
    sound = None
    depth_ms = 0

    def __init__(self, name: str, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._name = name
        self._container = container
        self._stream = stream
        self._stream.thread_type = "SLICE"  # frame threads would delay pictures
        self._packets: Iterator[av.Packet[av.VideoStream]] = container.demux(stream)

    def read(self) -> SourcePacket | None:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        if packet is None:
            raise SourceError(f"{self._name} delivers no more pictures")
        if not packet.size:
            return None
        # Copied, and the packet dropped: one that outlives a V4L2 device is a crash in FFmpeg.
        return SourcePacket(captured(_stamp(packet), time.monotonic_ns()), bytes(packet), packet.is_keyframe)

    def codec_context(self) -> av.VideoCodecContext | None:
        return self._stream.codec_context

    def close(self) -> None:
        self._packets = iter(())  # the demuxer's generator holds the last packet: it goes before the device, as above
        self._container.close()


def _stamp(packet: "av.Packet[av.VideoStream]") -> int:
    return int(packet.pts * packet.time_base * NS) if packet.pts is not None and packet.time_base is not None else 0


def captured(stamp: int, now: int) -> int:
    """The driver's timestamp, which is usually CLOCK_MONOTONIC; the arrival time if it is another clock, or missing."""
    return stamp if 0 <= now - stamp < LATE_NS else now
