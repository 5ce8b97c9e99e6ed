"""The outgoing queue of one socket and its order.

answers and events   in order, never dropped; too many of them and the socket must be closed
state                the newest of each kind, never before the answer it follows from
pictures             a ``ViewerQueue``
sound, boxes         the oldest is dropped
"""

from collections import deque

from models.http.limits import QUEUED_MESSAGES, QUEUED_SOUND
from models.http.viewer_queue import ViewerQueue


class Outbox:
    """The frames of one socket. Nothing but answers passes before ``open``."""

    def __init__(self) -> None:
        self.video: ViewerQueue | None = None
        self._first: deque[bytes] = deque()
        self._events: deque[bytes] = deque()  # before the snapshot is out
        self._state: dict[str, bytes] = {}
        self._sound: deque[bytes] = deque(maxlen=QUEUED_SOUND)
        self._boxes: bytes | None = None
        self._held = 0
        self._opened = False

    def answer(self, frame: bytes) -> bool:
        """Returns False if the client does not read: close the socket (1013)."""
        self._first.append(frame)
        return len(self._first) + len(self._events) <= QUEUED_MESSAGES

    def event(self, frame: bytes) -> bool:
        """Like ``answer``, but held back until the snapshot was sent."""
        (self._first if self._opened else self._events).append(frame)
        return len(self._first) + len(self._events) <= QUEUED_MESSAGES

    def state(self, kind: str, frame: bytes) -> None:
        self._state.pop(kind, None)  # to the end: what changed last goes last
        self._state[kind] = frame

    def sound(self, frame: bytes) -> None:
        self._sound.append(frame)

    def boxes(self, frame: bytes) -> None:
        self._boxes = frame

    def silence(self) -> None:
        self._sound.clear()

    def open(self, snapshot: list[bytes]) -> None:
        """Send the snapshot in one piece. From now on, everything may follow."""
        self._first.extend(snapshot)
        self._first.extend(self._events)
        self._events.clear()
        self._opened = True

    def hold(self) -> None:
        """A request is in progress: state changes wait for its answer. ``let_go`` ends this."""
        self._held += 1

    def let_go(self) -> None:
        self._held -= 1

    def take_answer(self) -> bytes | None:
        """The next answer or event. A closing socket is sent nothing else."""
        return self._first.popleft() if self._first else None

    def take(self) -> bytes | None:
        """The next frame to write, None if nothing may be sent now."""
        if self._first:
            return self._first.popleft()
        if not self._opened:
            return None
        if self._state and not self._held:
            return self._state.pop(next(iter(self._state)))
        if self.video is not None and (frame := self.video.take()) is not None:
            return frame
        if self._sound:
            return self._sound.popleft()
        boxes, self._boxes = self._boxes, None
        return boxes
