"""How much a TCP client has not accepted yet, and for how long it has been waiting.

The kernel's send buffer grows with the connection: for a client at 300 kB/s it held 11 s of video. So what counts is
not whether ``write`` would block, but the age of the oldest byte that the peer has not acknowledged.
"""

from collections import deque

from actors.rtsp.limits import QUEUE_BYTES_MAX


class SendQueue:
    """Bytes written to one connection compared with bytes acknowledged, checked periodically."""

    def __init__(self, now: float) -> None:
        self.total = 0  # bytes written, counted by the writer
        self.progress = now  # when the peer last accepted something, or nothing was waiting
        self._taken = 0
        self._marks: deque[tuple[int, float]] = deque()  # total at each check, and its time

    def age(self, kernel: int, buffered: int, now: float) -> float:
        """Seconds that the oldest byte has waited, of those in the kernel's queue and those still in user space.

        Too small by at most the time between two checks.
        """
        queued = kernel + buffered
        taken = self.total - queued
        if taken > self._taken or queued == 0:
            self._taken = taken
            self.progress = now
        marks = self._marks
        while marks and marks[0][0] <= taken:
            marks.popleft()
        if queued and (not marks or marks[-1][0] < self.total):
            marks.append((self.total, now))
        if buffered > QUEUE_BYTES_MAX:
            return float("inf")
        return now - marks[0][1] if marks else 0.0
