"""A V4L2 camera (USB, laptop) as a source.

A device that stalls cannot be interrupted, and closing it from another thread while it is read is a crash inside
FFmpeg. The actor ends the whole process when a read does not return (``actors.camera.actor``).
"""

import time
from typing import NamedTuple

import av

from actors.camera import v4l2
from actors.camera.capture_device import CaptureDeviceSource, captured
from actors.camera.source import Source, SourceInfo, SourcePacket
from actors.camera.v4l2_stream import BITS, Stream
from actors.shared.media.container import SourceError, in_words, open_input
from models.media import sizes
from models.media.source_address import MediaAddress

ASSUMED_FPS = 30.0
PIECE_S = 0.25


def choose_mode(modes: tuple[v4l2.Mode, ...], size: sizes.Size, fps: float) -> v4l2.Mode:
    """The best format (in the order of ``v4l2.FORMATS``) with this size at this rate, otherwise the fastest one."""
    order = list(v4l2.FORMATS.values())
    fitting = sorted((mode for mode in modes if mode.size == size), key=lambda mode: order.index(mode.format))
    for mode in fitting:
        if not mode.rates or mode.rates[0] >= fps - 0.5:
            return mode
    return max(fitting, key=lambda mode: mode.rates[0] if mode.rates else 0.0)


def choose_rate(rates: tuple[float, ...], fps: float) -> float:
    """The slowest rate of the device that is fast enough; its fastest if none is."""
    enough = [rate for rate in rates if rate >= fps - 0.5]
    return min(enough) if enough else max(rates, default=ASSUMED_FPS)


class Chosen(NamedTuple):
    """What is requested of a device."""

    mode: v4l2.Mode
    rate: float
    sizes: tuple[sizes.Size, ...]


def open_usb(device: v4l2.Device, size: sizes.Size | None, fps: float) -> Source:
    """``size`` None: the largest. Raises ``SourceError``."""
    if not device.modes:
        raise SourceError(f"{device.path} offers no usable picture format")
    offered = tuple(sorted({mode.size for mode in device.modes}, key=lambda s: (s[0] * s[1], s)))
    mode = choose_mode(device.modes, sizes.choose(size, offered), fps)
    chosen = Chosen(mode, choose_rate(mode.rates, fps), offered)
    return RawSource(device, chosen) if mode.format in BITS else UsbSource(device, chosen)


def _info(device: v4l2.Device, chosen: Chosen, codec: str, size: sizes.Size, fps: float) -> SourceInfo:
    return SourceInfo(
        kind="v4l2",
        title=f"USB camera {device.card} ({device.path})",
        codec=codec,
        size=size,
        fps=fps,
        sizes=chosen.sizes,
        rates=sizes.rates(max(chosen.mode.rates, default=chosen.rate)),
    )


def _fits(info: SourceInfo, chosen: Chosen, size: sizes.Size | None, fps: float) -> bool:
    return sizes.choose(size, info.sizes) == info.size and choose_rate(chosen.mode.rates, fps) == chosen.rate


class UsbSource(CaptureDeviceSource):
    """Read by FFmpeg."""

    def __init__(self, device: v4l2.Device, chosen: Chosen) -> None:
        options = {
            "input_format": chosen.mode.format,
            "video_size": sizes.text(chosen.mode.size),
            "framerate": f"{chosen.rate:g}",
        }
        container = open_input(MediaAddress("v4l2", device.path), "v4l2", options)
        stream = container.streams.video[0]
        super().__init__(device.path, container, stream)
        context = stream.codec_context
        size = (context.width, context.height)
        fps = float(stream.average_rate or chosen.rate)  # a driver may use another one than requested
        self._chosen = chosen
        self.info = _info(device, chosen, context.name, size, fps)

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return _fits(self.info, self._chosen, size, fps)


class RawSource:
    """Pixel formats that FFmpeg does not request from a device."""

    sound = None
    depth_ms = 0

    def __init__(self, device: v4l2.Device, chosen: Chosen) -> None:
        self._path, self._chosen = device.path, chosen
        fourcc = next(code for code, name in v4l2.FORMATS.items() if name == chosen.mode.format)
        try:
            self._stream = Stream(device.path, fourcc, chosen.mode.format, chosen.mode.size, chosen.rate)
        except OSError as error:
            raise SourceError(in_words(error, device.path)) from None
        self.info = _info(device, chosen, "rawvideo", self._stream.size, chosen.rate)

    def read(self) -> SourcePacket | None:
        try:
            taken = self._stream.read(PIECE_S)
        except (OSError, ValueError) as error:
            raise SourceError(in_words(error, self._path)) from None
        if taken is None:
            return None
        data, stamp = taken
        return SourcePacket(captured(stamp, time.monotonic_ns()), data)

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return _fits(self.info, self._chosen, size, fps)

    def codec_context(self) -> av.VideoCodecContext:
        context = av.CodecContext.create("rawvideo", "r")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height = self.info.size
        context.pix_fmt = self._chosen.mode.format
        return context

    def close(self) -> None:
        self._stream.close()
