"""What waits for one socket, and in which order it goes out.

    answers and events   in order, never dropped; too many of them and the socket must be closed
    state                the newest of each kind, at most once per interval, never before the answer it follows from
    pictures             a ``ViewerQueue``
    sound, boxes         the oldest is dropped

Time is a number: seconds of any steady clock.
"""

from collections import deque

from models.http.limits import LEVELS_EVERY_S, QUEUED_MESSAGES, QUEUED_SOUND, SETTINGS_EVERY_S, STATUS_EVERY_S
from models.http.viewer import ViewerQueue

EVERY_S = {"settings": SETTINGS_EVERY_S, "status": STATUS_EVERY_S, "levels": LEVELS_EVERY_S}


class Outbox:
    """The frames of one socket. Nothing but answers passes before ``open``."""

    def __init__(self) -> None:
        self.video: ViewerQueue | None = None
        self._first: deque[bytes] = deque()
        self._state: dict[str, bytes] = {}
        self._sent_at: dict[str, float] = {}
        self._sound: deque[bytes] = deque(maxlen=QUEUED_SOUND)
        self._boxes: bytes | None = None
        self._held = 0
        self._events: deque[bytes] = deque()
        self._opened = False

    def answer(self, frame: bytes) -> bool:
        """False: the client does not read, close it (1013)."""
        self._first.append(frame)
        return len(self._first) + len(self._events) <= QUEUED_MESSAGES

    def event(self, frame: bytes) -> bool:
        """As ``answer``; before the snapshot is out it waits for it."""
        (self._first if self._opened else self._events).append(frame)
        return len(self._first) + len(self._events) <= QUEUED_MESSAGES

    def state(self, kind: str, frame: bytes) -> None:
        self._state.pop(kind, None)
        self._state[kind] = frame

    def sound(self, frame: bytes) -> None:
        self._sound.append(frame)

    def boxes(self, frame: bytes) -> None:
        self._boxes = frame

    def silence(self) -> None:
        self._sound.clear()

    def open(self, snapshot: list[bytes]) -> None:
        """Put the snapshot out in one piece; from now on everything may follow."""
        self._first.extend(snapshot)
        self._first.extend(self._events)
        self._events.clear()
        self._opened = True

    def hold(self) -> None:
        """A request is being met: the state that comes of it waits for its answer. ``let_go`` ends it."""
        self._held += 1

    def let_go(self) -> None:
        self._held -= 1

    def take(self, now: float) -> bytes | None:
        """The next frame to write, None where nothing may go now."""
        if self._first:
            return self._first.popleft()
        if not self._opened:
            return None
        if not self._held:
            for kind in self._state:
                if now >= self._due(kind):
                    self._sent_at[kind] = now
                    return self._state.pop(kind)
        if self.video is not None and (frame := self.video.take()) is not None:
            return frame
        if self._sound:
            return self._sound.popleft()
        boxes, self._boxes = self._boxes, None
        return boxes

    def wake_at(self) -> float | None:
        """When ``take`` may give a state that is held back by its interval; None: not by itself."""
        if not self._opened or self._held or not self._state:
            return None
        return min(self._due(kind) for kind in self._state)

    def _due(self, kind: str) -> float:
        sent = self._sent_at.get(kind)
        return float("-inf") if sent is None else sent + EVERY_S.get(kind, 0.0)
