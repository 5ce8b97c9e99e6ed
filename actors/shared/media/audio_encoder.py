"""PCM to the codecs of RTSP: AAC (without ADTS), Opus, or G.711 µ-law."""

from dataclasses import dataclass
from fractions import Fraction

import av
import av.audio.resampler
import numpy as np
from numpy.typing import NDArray

from models.media import ring
from models.media.pcm import JUMP_NS, RATE, SAMPLE_NS

BITRATE = 32_000
PCMU_RATE = 8_000
PCMU_FRAME = 160  # samples, 20 ms


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One encoded frame. ``pts``: CLOCK_MONOTONIC ns of its first sample."""

    data: bytes
    pts: int


@dataclass(frozen=True, slots=True)
class Codec:
    encoder: str  # FFmpeg's name
    sample_format: str
    rate: int
    ring_format: int
    options: dict[str, str]


CODECS: dict[str, Codec] = {
    "aac": Codec("aac", "fltp", RATE, ring.FORMAT_AAC, {"flags": "+global_header"}),
    "opus": Codec("libopus", "s16", RATE, ring.FORMAT_OPUS, {"frame_duration": "20", "application": "voip"}),
    "pcmu": Codec("pcm_mulaw", "s16", PCMU_RATE, ring.FORMAT_PCMU, {}),
}


class AudioEncoder:
    """Feed it 16 kHz mono s16; it returns frames as soon as there is enough for one."""

    def __init__(self, name: str) -> None:
        self.codec = CODECS[name]
        context = av.CodecContext.create(self.codec.encoder, "w")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate, context.layout, context.format = self.codec.rate, "mono", self.codec.sample_format
        context.time_base = Fraction(1, self.codec.rate)
        if self.codec.rate == RATE:
            context.bit_rate = BITRATE
        context.options = self.codec.options
        context.open()
        self._context = context
        self._frame_size = context.frame_size or PCMU_FRAME
        self._resampler = av.audio.resampler.AudioResampler(format="s16", layout="mono", rate=self.codec.rate)
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)
        self._sent = 0  # samples given to the codec
        self._anchor: int | None = None  # ns of sample 0
        self._expected = 0

    def continues(self, pts: int) -> bool:
        """Whether a block with this pts follows what was fed last; if not, a new encoder is needed."""
        return self._anchor is None or abs(pts - self._expected) <= JUMP_NS

    def feed(self, samples: NDArray[np.int16], pts: int) -> list[AudioFrame]:
        sample_ns = 1_000_000_000 // self.codec.rate
        fed = self._sent + self._rest.size
        self._anchor = pts - fed * sample_ns  # kept in sync with the clock of the blocks
        self._expected = pts + samples.size * SAMPLE_NS
        self._rest = np.concatenate((self._rest, self._resampled(samples)))
        frames = []
        while self._rest.size >= self._frame_size:
            piece, self._rest = self._rest[: self._frame_size], self._rest[self._frame_size :]
            for packet in self._context.encode(self._frame(piece)):
                offset = packet.pts if packet.pts is not None else self._sent - self._frame_size
                frames.append(AudioFrame(bytes(packet), self._anchor + offset * sample_ns))
        return frames

    def _resampled(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        if self.codec.rate == RATE:
            return samples
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        parts = [part.to_ndarray().reshape(-1) for part in self._resampler.resample(frame)]
        return np.concatenate(parts).astype(np.int16, copy=False) if parts else np.zeros(0, np.int16)

    def _frame(self, piece: NDArray[np.int16]) -> av.AudioFrame:
        if self.codec.sample_format == "fltp":
            data = (piece.astype(np.float32) / 32768).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(data, format="fltp", layout="mono")
        else:
            frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self.codec.rate
        frame.pts = self._sent
        self._sent += piece.size
        return frame
