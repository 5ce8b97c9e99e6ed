"""Reduction of the frame rate at even intervals."""

from dataclasses import dataclass

NS = 1_000_000_000
SLACK = 0.3  # share of an interval by which a picture may be early: sources jitter


@dataclass(slots=True)
class Decimator:
    """Selects about ``fps`` pictures a second; 0 selects every picture."""

    fps: float = 0.0
    _due: int = 0

    def wants(self, pts: int) -> bool:
        """``pts`` in ns, rising. A jump (a loop, a standby) starts afresh."""
        if self.fps <= 0:
            return True
        interval = int(NS / self.fps)
        if pts < self._due - int(interval * SLACK):
            if self._due - pts > 2 * interval:  # the clock went back
                self._due = pts + interval
                return True
            return False
        self._due = self._due + interval if pts - self._due < interval else pts + interval
        return True


@dataclass(slots=True)
class RateMeter:
    """Events per second over the last ``window_s`` seconds, and their bytes.

    Times are those of the events, not of their arrival: what a source catches up on at its beginning arrives all
    at once. They may come a little out of order, as pictures do that are decoded before they are shown.
    """

    window_s: float = 2.0
    _events: list[tuple[float, int]] | None = None

    def add(self, now: float, size: int = 0) -> None:
        events = self._events = self._events or []
        events.append((now, size))
        while events and now - events[0][0] > self.window_s:
            events.pop(0)

    def forget_from(self, moment: float) -> None:
        """What happened from ``moment`` on will be added again."""
        self._events = [event for event in self._events or () if event[0] < moment]

    def rate(self, now: float) -> float:
        """Events per second; 0 if the whole window had none."""
        recent = [at for at, _ in self._events or () if now - at <= self.window_s]
        if len(recent) < 2:
            return 0.0
        span = max(recent) - min(recent)
        return (len(recent) - 1) / span if span > 0 else 0.0

    def kbps(self, now: float) -> float:
        """Thousand bits per second."""
        recent = [(at, size) for at, size in self._events or () if now - at <= self.window_s]
        if len(recent) < 2 or recent[-1][0] <= recent[0][0]:
            return 0.0
        return sum(size for _, size in recent[1:]) * 8 / 1000 / (recent[-1][0] - recent[0][0])
