"""The thread that opens, reads and closes the sound source."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from actors.microphone.opener import NoSoundError, NotYetError, SoundOpener
from actors.microphone.source import SoundSource
from actors.runtime.rings import RingWriter
from actors.shared.media.container import SourceError
from actors.shared.media.source_worker import SourceWorker
from config.clock import wall_of
from models.media import ring
from models.media.pcm import BLOCK_BYTES, SILENCE_DB, Blocks, level_db, spare_of

SILENT_S = 5.0  # without a single sample
LEVEL_BLOCKS = 5  # 100 ms
RECORDS = 250  # 5 s
LOOK_AGAIN_S = 30.0  # for a sound card, where there was none


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """``state``: running, off, waiting, none."""

    state: str
    title: str = ""
    reason: str = ""


class MicrophoneWorker(SourceWorker[SoundSource, SourceStatus]):
    def __init__(
        self, opener: SoundOpener, make_ring: Callable[[], RingWriter], on_report: Callable[[SourceStatus], object]
    ) -> None:
        super().__init__("microphone capture", on_report)
        self._opener = opener
        self._make_ring = make_ring
        self._ring: RingWriter | None = None
        self._blocks = Blocks()
        self._heard_at = 0.0
        self._recent: deque[bytes] = deque(maxlen=LEVEL_BLOCKS)

    @property
    def level_db(self) -> float:
        """Over the last 100 ms; -100 while nothing comes."""
        recent = list(self._recent)
        return level_db(np.frombuffer(b"".join(recent), np.int16)) if recent else SILENCE_DB

    def closed(self) -> SourceStatus:
        return SourceStatus("off")

    def lost(self, reason: str) -> SourceStatus:
        return SourceStatus("waiting", reason=reason)

    def open(self) -> SoundSource | None:
        try:
            source = self._opener.open()
        except NotYetError:
            return None
        except NoSoundError as none:
            self.retry_after(LOOK_AGAIN_S)
            self.say(SourceStatus("none", reason=str(none)))
            return None
        self._heard_at = time.monotonic()
        self._blocks = Blocks()
        return source

    def read(self, source: SoundSource) -> SourceStatus | None:
        pieces = source.read()
        now = time.monotonic()
        if pieces:
            self._heard_at = now
        elif now - self._heard_at > SILENT_S and not source.may_be_mute:
            raise SourceError(f"{source.title} delivers no more sound")
        for piece in pieces:
            for block in self._blocks.feed(piece.samples, piece.pts):
                self._put(block.data, block.pts, block.level_db, block.gap)
        return SourceStatus("running", source.title) if pieces or source.may_be_mute else None

    def close(self) -> None:
        super().close()
        self._recent.clear()

    def _put(self, data: bytes, pts: int, level: float, gap: bool) -> None:
        if self._ring is None:
            self._ring = self._make_ring()
        self._recent.append(data)
        flags = ring.DISCONTINUITY if gap else 0
        self._ring.put(data, pts, wall_of(pts), flags=flags, format=ring.FORMAT_S16, spare=spare_of(level))


def pcm_ring(make: Callable[[str, int, int, int], RingWriter]) -> RingWriter:
    """The ``pcm`` ring: five seconds of blocks."""
    return make("pcm", BLOCK_BYTES, RECORDS, RECORDS + 6)
