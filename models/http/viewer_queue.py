"""Which access units one H.264 viewer is sent, and which are skipped.

A decoder cannot skip single pictures: a viewer that is too slow loses everything up to the next IDR and is informed.
"""

from collections import deque
from dataclasses import dataclass

from models.http.limits import GROUP_BYTES, OVERFLOW_WINDOW_S, OVERFLOWS, QUEUED_PICTURE_BYTES, QUEUED_PICTURES
from models.http.websocket_frames import AccessUnit
from models.media.ring import DISCONTINUITY
from models.media.tier import Tier
from models.rate_limit import Window


@dataclass(frozen=True, slots=True)
class Offered:
    """The result of offering an access unit."""

    taken: bool
    begins: bool = False  # the first of a generation: h264_ack goes before it
    need_key: bool = False  # ask the encoder for an IDR
    too_slow: bool = False  # the third overflow in half a minute


class ViewerQueue:
    """Bounded queue of one viewer, in the tier and framing that it chose."""

    def __init__(self, framing: str, tier: Tier = Tier.MAIN) -> None:
        self.framing, self.tier = framing, tier
        self.generation: int | None = None
        self._group: deque[AccessUnit] = deque()  # goes out first
        self._units: deque[tuple[AccessUnit, bool]] = deque()
        self._bytes = 0
        self._waiting = True  # for an IDR
        self._lost = False  # access units are missing before the next one
        self._last: tuple[int, int] | None = None  # epoch and sequence
        self._overflows = Window(OVERFLOWS, OVERFLOW_WINDOW_S)

    def __len__(self) -> int:
        return len(self._group) + len(self._units)

    @property
    def at_beginning(self) -> bool:
        """Whether nothing has been offered yet."""
        return self._last is None

    def begin(self, group: list[AccessUnit]) -> bool:
        """Take a whole group of pictures, the first a key, that the next offered unit continues; False: too large."""
        if sum(len(unit.entry.data) for unit in group) > GROUP_BYTES:
            return False
        self._group.extend(group)
        last = group[-1].entry
        self._last, self.generation, self._waiting = (last.epoch, last.sequence), last.spare, False
        return True

    def offer(self, unit: AccessUnit, now: float) -> Offered:
        """Take the next access unit of the stream, or refuse it; every one must be offered, in order."""
        entry = unit.entry
        broken = self._last is not None and (
            self._last != (entry.epoch, entry.sequence - 1)
            or bool(entry.flags & DISCONTINUITY)
            or self.generation not in {None, entry.spare}
        )
        self._last = (entry.epoch, entry.sequence)
        need_key = False
        if broken:
            self._lost = True
            need_key = not self._waiting and not entry.key
            self._waiting = True
        if self._waiting and not entry.key:
            return Offered(False, need_key=need_key)
        begins = entry.spare != self.generation
        if begins:
            self.generation = entry.spare
            self._clear()  # they belong to the previous configuration
        if len(self._units) >= QUEUED_PICTURES or self._bytes + len(entry.data) > QUEUED_PICTURE_BYTES:
            too_slow = self._overflow(now)
            if not entry.key or len(entry.data) > QUEUED_PICTURE_BYTES:
                self._waiting = True
                return Offered(False, need_key=True, too_slow=too_slow)
            self._keep(unit)
            return Offered(True, begins, too_slow=too_slow)
        self._keep(unit)
        return Offered(True, begins)

    def take(self) -> bytes | None:
        """The next frame to write, None if there is none."""
        if self._group:
            return self._group.popleft().frame(self.framing, False)
        if not self._units:
            return None
        unit, lost = self._units.popleft()
        self._bytes -= len(unit.entry.data)
        return unit.frame(self.framing, lost)

    def _keep(self, unit: AccessUnit) -> None:
        self._units.append((unit, self._lost))
        self._bytes += len(unit.entry.data)
        self._waiting = self._lost = False

    def _overflow(self, now: float) -> bool:
        self._clear()
        self._lost = True
        if not self._overflows.full(now):
            return False
        self._overflows.clear()
        return True

    def _clear(self) -> None:
        self._group.clear()
        self._units.clear()
        self._bytes = 0
