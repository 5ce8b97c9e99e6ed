"""Sources of sound. Each delivers chunks of s16 mono 16 kHz with the time of their first sample."""

import os

# The ALSA in PyAV's wheel looks for its configuration where it was built; this must come before the import of av.
os.environ.setdefault("ALSA_CONFIG_DIR", "/usr/share/alsa")

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import av.audio.resampler
import av.container
import av.error
import numpy as np
from numpy.typing import NDArray

from actors.shared.media.container import NothingInsideError, SourceError, in_words, open_input
from actors.shared.media.loop_clock import NS, LoopClock, shared_clock
from models.media.pcm import RATE, SAMPLE_NS
from models.media.source_address import MediaAddress

LONGEST_WAIT_S = 0.25
LATE_S = 2.0
TONE_HZ = 440.0
TONE_DB = -20.0
TONE_PIECE = 320
EMPTY_LOOPS = 3


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """``samples``: (n,) int16. ``pts``: CLOCK_MONOTONIC ns of the first one."""

    samples: NDArray[np.int16]
    pts: int


class SoundSource(Protocol):
    title: str
    may_be_mute: bool  # silence of any length is not an error

    def read(self) -> list[AudioChunk]:
        """The next chunks; empty after about a quarter of a second without. Raises ``SourceError`` at the end."""
        ...

    def close(self) -> None: ...


class ToneSource:
    """A sine of ``hertz`` at −20 dBFS."""

    may_be_mute = False

    def __init__(self, hertz: float) -> None:
        self.title = f"tone of {hertz:g} Hz"
        self._step = 2 * np.pi * hertz / RATE
        self._amplitude = 32767 * 10 ** (TONE_DB / 20) * np.sqrt(2)
        self._epoch = time.monotonic_ns()
        self._sample = 0

    def read(self) -> list[AudioChunk]:
        due = self._epoch + (self._sample + TONE_PIECE) * SAMPLE_NS
        now = time.monotonic_ns()
        if now < due:
            time.sleep((due - now) / NS)
        elif now - due > LATE_S * NS:  # the machine slept
            self._epoch += now - due
        phase = self._step * (np.arange(TONE_PIECE) + self._sample)
        pts = self._epoch + self._sample * SAMPLE_NS
        self._sample += TONE_PIECE
        return [AudioChunk((self._amplitude * np.sin(phase)).astype(np.int16), pts)]

    def close(self) -> None:
        """Nothing is open."""


class Resampler:
    """Any decoded sound to s16 mono 16 kHz; the format may change at any time."""

    def __init__(self) -> None:
        self._kind: tuple[str, str, int] | None = None
        self._resampler = self._make()

    def _make(self) -> av.audio.resampler.AudioResampler:
        return av.audio.resampler.AudioResampler(format="s16", layout="mono", rate=RATE)

    def samples(self, frames: list[av.AudioFrame]) -> NDArray[np.int16]:
        parts = []
        for frame in frames:
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            if kind != self._kind:
                self._kind, self._resampler = kind, self._make()
            frame.pts = None  # otherwise gaps in the source's clock would be filled
            parts += [resampled.to_ndarray().reshape(-1) for resampled in self._resampler.resample(frame)]
        return np.concatenate(parts).astype(np.int16, copy=False) if parts else np.zeros(0, np.int16)


class CardSound:
    """A sound card by ALSA: stamped on arrival, less its own length."""

    may_be_mute = False

    def __init__(self, address: MediaAddress) -> None:
        name = address.target or "default"
        self.title = f"microphone {name}"
        options = {"sample_rate": str(RATE), "channels": "1"}
        self._container = open_input(MediaAddress("alsa", name), "alsa", options)
        if not self._container.streams.audio:
            self._container.close()
            raise NothingInsideError(f"{address.shown} has no sound")
        self._stream = self._container.streams.audio[0]
        self._packets = self._container.demux(self._stream)
        self._resampler = Resampler()

    def read(self) -> list[AudioChunk]:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self.title)) from None
        if packet is None:
            raise SourceError(f"{self.title} has ended")
        now = time.monotonic_ns()
        samples = self._resampler.samples(decoded(self._stream.codec_context, packet))
        return [AudioChunk(samples, now - samples.size * SAMPLE_NS)] if samples.size else []

    def close(self) -> None:
        self._container.close()


def decoded(context: av.AudioCodecContext, packet: "av.Packet[Any]") -> list[av.AudioFrame]:
    try:
        return list(context.decode(packet)) if packet.size else []
    except av.error.FFmpegError:
        return []  # one damaged packet; the worker detects a silence of seconds


class FileSound:
    """The sound of a file, looped in step with its pictures."""

    may_be_mute = False

    def __init__(self, path: str, run_dir: Path) -> None:
        name = os.path.basename(path)
        self.title = f"sound of file {name}"
        self._container = open_input(MediaAddress("file", path))
        duration = self._container.duration
        if not self._container.streams.audio or not duration:
            self._container.close()
            raise NothingInsideError(f"{name} has no sound")
        self._stream = self._container.streams.audio[0]
        self._clock: LoopClock = shared_clock(run_dir, path, duration * 1000)
        self._start = self._container.start_time or 0
        self._empty_loops = 0
        self._waiting: AudioChunk | None = None
        self._begin(self._clock.loop(time.monotonic_ns()), self._clock.position(time.monotonic_ns()))

    def _begin(self, loop: int, position: int) -> None:
        self._loop, self._from = loop, position
        self._resampler = Resampler()
        try:
            self._container.seek(self._start + position // 1000, backward=True)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self.title)) from None
        self._stream.codec_context.flush_buffers()
        self._packets = self._container.demux(self._stream)

    def read(self) -> list[AudioChunk]:
        piece = self._waiting or self._next()
        self._waiting = piece
        if piece is None:
            return []
        # A piece is "heard" when its last sample is over, as from a microphone.
        due = piece.pts + piece.samples.size * SAMPLE_NS
        now = time.monotonic_ns()
        if now < due:
            time.sleep(min((due - now) / NS, LONGEST_WAIT_S))
            if time.monotonic_ns() < due:
                return []
        self._waiting = None
        if now - due > LATE_S * NS:
            self._begin(self._clock.loop(now), self._clock.position(now))
            return []
        return [piece]

    def _next(self) -> AudioChunk | None:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self.title)) from None
        if packet is None or packet.size == 0:
            self._empty_loops += 1
            if self._empty_loops > EMPTY_LOOPS:
                raise SourceError(f"{self.title} is empty")
            self._begin(self._loop + 1, 0)
            return None
        frames = decoded(self._stream.codec_context, packet)
        if not frames:
            return None
        first = frames[0]
        position = int((first.pts or 0) * first.time_base * NS) - self._start * 1000 if first.time_base else 0
        samples = self._resampler.samples(frames)
        self._empty_loops = 0
        if position + samples.size * SAMPLE_NS <= self._from or not samples.size:
            return None  # before the place that was sought
        return AudioChunk(samples, self._clock.when(self._loop, position))

    def close(self) -> None:
        self._container.close()
