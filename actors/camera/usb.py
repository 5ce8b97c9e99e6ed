"""A V4L2 camera (USB, laptop) as a source.

A device that stalls cannot be interrupted, and closing it from another thread while it is read is a crash inside
FFmpeg. The actor ends the whole process when a read does not return (``actors.camera.watch``).
"""

import time

import av
import av.error

from actors.camera import v4l2
from actors.camera.source import Shot, SourceInfo
from actors.media.container import SourceError, in_words, open_input
from models.media import sizes
from models.media.address import MediaAddress

ASSUMED_FPS = 30.0


def choose_mode(modes: tuple[v4l2.Mode, ...], size: sizes.Size, fps: float) -> v4l2.Mode:
    """The best format (in the order of ``v4l2.FORMATS``) that has this size at this rate, else the fastest one."""
    order = list(v4l2.FORMATS.values())
    fitting = sorted((mode for mode in modes if mode.size == size), key=lambda mode: order.index(mode.format))
    for mode in fitting:
        if not mode.rates or mode.rates[0] >= fps - 0.5:
            return mode
    return max(fitting, key=lambda mode: mode.rates[0] if mode.rates else 0.0)


def choose_rate(rates: tuple[float, ...], fps: float) -> float:
    """The slowest rate of the device that is fast enough; its fastest where none is."""
    enough = [rate for rate in rates if rate >= fps - 0.5]
    return min(enough) if enough else max(rates, default=ASSUMED_FPS)


class UsbSource:
    """``size`` None: the largest."""

    def __init__(self, device: v4l2.Device, size: sizes.Size | None, fps: float) -> None:
        if not device.modes:
            raise SourceError(f"{device.path} offers no picture format that can be used")
        offered = tuple(sorted({mode.size for mode in device.modes}, key=lambda s: (s[0] * s[1], s)))
        chosen = sizes.choose(size, offered)
        mode = choose_mode(device.modes, chosen, fps)
        rate = choose_rate(mode.rates, fps)
        self._name = device.path
        options = {"input_format": mode.format, "video_size": sizes.text(chosen), "framerate": f"{rate:g}"}
        self._container = open_input(MediaAddress("v4l2", device.path), "v4l2", options)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "SLICE"
        context = self._stream.codec_context
        self.info = SourceInfo(
            kind="v4l2",
            title=f"USB camera {device.card} ({device.path})",
            codec=context.name,
            size=(context.width, context.height),
            fps=float(self._stream.average_rate or rate),  # a driver may give another one than it was asked for
            sizes=offered,
            rates=sizes.rates(max(mode.rates, default=rate)),
        )
        self._rates, self._rate = mode.rates, rate
        self._packets = self._container.demux(self._stream)

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return sizes.choose(size, self.info.sizes) == self.info.size and choose_rate(self._rates, fps) == self._rate

    def read(self) -> Shot | None:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._name)) from None
        if packet is None:
            raise SourceError(f"{self._name} was unplugged")
        # Copied, and the packet dropped: one that outlives the device is a crash in FFmpeg.
        return Shot(time.monotonic_ns(), bytes(packet), packet.is_keyframe) if packet.size else None

    def codec_context(self) -> av.VideoCodecContext | None:
        return self._stream.codec_context

    def close(self) -> None:
        self._container.close()
