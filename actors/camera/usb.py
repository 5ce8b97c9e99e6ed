"""A V4L2 camera (USB, laptop) as a source.

A device that stalls cannot be interrupted, and closing it from another thread while it is read is a crash inside
FFmpeg. The actor ends the whole process when a read does not return (``actors.camera.actor``).
"""

from actors.camera import v4l2
from actors.camera.live import LiveSource
from actors.camera.source import SourceInfo
from actors.media.container import SourceError, open_input
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


class UsbSource(LiveSource):
    """``size`` None: the largest."""

    def __init__(self, device: v4l2.Device, size: sizes.Size | None, fps: float) -> None:
        if not device.modes:
            raise SourceError(f"{device.path} offers no picture format that can be used")
        offered = tuple(sorted({mode.size for mode in device.modes}, key=lambda s: (s[0] * s[1], s)))
        chosen = sizes.choose(size, offered)
        mode = choose_mode(device.modes, chosen, fps)
        rate = choose_rate(mode.rates, fps)
        options = {"input_format": mode.format, "video_size": sizes.text(chosen), "framerate": f"{rate:g}"}
        container = open_input(MediaAddress("v4l2", device.path), "v4l2", options)
        stream = container.streams.video[0]
        super().__init__(device.path, container, stream)
        context = stream.codec_context
        self.info = SourceInfo(
            kind="v4l2",
            title=f"USB camera {device.card} ({device.path})",
            codec=context.name,
            size=(context.width, context.height),
            fps=float(stream.average_rate or rate),  # a driver may give another one than it was asked for
            sizes=offered,
            rates=sizes.rates(max(mode.rates, default=rate)),
        )
        self._rates, self._rate = mode.rates, rate

    def fits(self, size: sizes.Size | None, fps: float) -> bool:
        return sizes.choose(size, self.info.sizes) == self.info.size and choose_rate(self._rates, fps) == self._rate
