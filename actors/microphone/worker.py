"""The thread that opens, reads and closes the sound source."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from actors.microphone.opener import NoSoundError, NotYetError, SoundOpener
from actors.microphone.source import SoundSource
from actors.runtime.rings import RingWriter
from actors.runtime.worker import Worker
from actors.shared.media.container import LoginRefusedError, SourceError
from config.clock import wall_of
from models.media import ring
from models.media.backoff import Backoff
from models.media.pcm import BLOCK_BYTES, SILENCE_DB, Blocks, level_db, spare_of

REST_S = 0.5
READ_PATIENCE_S = 8.0  # FFmpeg may take twice its own time-out to end a read (``container.READ_S``)
OPEN_PATIENCE_S = 25.0
SILENT_S = 5.0  # without a single sample
REFUSED_S, REFUSED_LONGEST_S = 300.0, 3600.0
GOOD_AFTER_S = 10.0
LEVEL_BLOCKS = 5  # 100 ms
RECORDS = 250  # 5 s
LOOK_AGAIN_S = 30.0  # for a sound card, where there was none


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """``state``: running, off, waiting, none."""

    state: str
    title: str = ""
    reason: str = ""


class MicrophoneWorker(Worker):
    def __init__(
        self, opener: SoundOpener, make_ring: Callable[[], RingWriter], on_report: Callable[[SourceStatus], object]
    ) -> None:
        super().__init__("microphone capture")
        self.patience_s = READ_PATIENCE_S
        self.open = False  # what is wanted, set by the actor
        self.wake = threading.Event()
        self._opener = opener
        self._make_ring = make_ring
        self._ring: RingWriter | None = None
        self._on_report = on_report
        self._source: SoundSource | None = None
        self._blocks = Blocks()
        self._backoff = Backoff()
        self._refusals = Backoff(REFUSED_S, REFUSED_LONGEST_S)  # of our password: cameras lock accounts
        self._retry_at = 0.0
        self._opened_at = self._heard_at = 0.0
        self._said: SourceStatus | None = None
        self._recent: deque[bytes] = deque(maxlen=LEVEL_BLOCKS)

    def try_now(self) -> None:
        """What was waited for may be there."""
        self._retry_at = 0.0
        self.wake.set()

    @property
    def level_db(self) -> float:
        """Over the last 100 ms; -100 while nothing comes."""
        recent = list(self._recent)
        return level_db(np.frombuffer(b"".join(recent), np.int16)) if recent else SILENCE_DB

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.beat()
                self._once()
        finally:
            self._close()

    def _once(self) -> None:
        if not self.open:
            self._close()
            self._say(SourceStatus("off"))
            self._rest(REST_S)
        elif self._source is None:
            self._open_source()
        else:
            self._read(self._source)

    def _open_source(self) -> None:
        wait_s = self._retry_at - time.monotonic()
        if wait_s > 0:
            self._rest(min(wait_s, REST_S))
            return
        self.patience_s = OPEN_PATIENCE_S
        try:
            self._source = self._opener.open()
        except NotYetError:
            self._rest(REST_S)
            return
        except LoginRefusedError as error:
            self._lost(str(error), self._refusals.failed())
            return
        except NoSoundError as none:
            self._retry_at = time.monotonic() + LOOK_AGAIN_S
            self._say(SourceStatus("none", reason=str(none)))
            return
        except SourceError as error:
            self._lost(str(error))
            return
        finally:
            self.beat()
            self.patience_s = READ_PATIENCE_S
        self._opened_at = self._heard_at = time.monotonic()
        self._blocks = Blocks()

    def _read(self, source: SoundSource) -> None:
        try:
            pieces = source.read()
            now = time.monotonic()
            if not pieces and now - self._heard_at > SILENT_S and not source.may_be_mute:
                raise SourceError(f"{source.title} gives no sound any more")
        except SourceError as error:
            self._close()
            self._lost(str(error))
            return
        for piece in pieces:
            self._heard_at = now
            for block in self._blocks.feed(piece.samples, piece.pts):
                self._put(block.data, block.pts, block.level_db, block.gap)
        if pieces or source.may_be_mute:
            self._say(SourceStatus("running", source.title))
        if now - self._opened_at > GOOD_AFTER_S:
            self._backoff.reset()

    def _put(self, data: bytes, pts: int, level: float, gap: bool) -> None:
        if self._ring is None:
            self._ring = self._make_ring()
        self._recent.append(data)
        flags = ring.DISCONTINUITY if gap else 0
        self._ring.put(data, pts, wall_of(pts), flags=flags, format=ring.FORMAT_S16, spare=spare_of(level))

    def _lost(self, reason: str, wait_s: float = 0.0) -> None:
        self._retry_at = time.monotonic() + (wait_s or self._backoff.failed())
        self._say(SourceStatus("waiting", reason=reason))

    def _say(self, report: SourceStatus) -> None:
        if report != self._said:
            self._said = report
            self.post(self._on_report, report)

    def _close(self) -> None:
        source, self._source = self._source, None
        self._recent.clear()
        if source is not None:
            source.close()

    def _rest(self, seconds: float) -> None:
        self.wake.wait(seconds)
        self.wake.clear()


def pcm_ring(make: Callable[[str, int, int, int], RingWriter]) -> RingWriter:
    """The ``pcm`` ring: five seconds of blocks."""
    return make("pcm", BLOCK_BYTES, RECORDS, RECORDS + 6)
