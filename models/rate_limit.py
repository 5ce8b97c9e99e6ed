"""Counting what a client does. Time is a number: seconds of any steady clock."""

from collections import OrderedDict, deque


class TokenBucket:
    """``rate`` a second, at most ``burst`` at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._tokens = float(burst)
        self._at: float | None = None

    def ready(self, now: float) -> bool:
        """Whether ``take`` would succeed."""
        if self._at is not None:
            self._tokens = min(float(self.burst), self._tokens + (now - self._at) * self.rate)
        self._at = now
        return self._tokens >= 1.0

    def take(self, now: float) -> bool:
        """Take one, if there is one."""
        if not self.ready(now):
            return False
        self._tokens -= 1.0
        return True

    def wait_s(self) -> float:
        """Seconds from the last ``take`` until the next one would succeed."""
        return max(0.0, (1.0 - self._tokens) / self.rate)


class Window:
    """How often something happened in the last ``seconds``."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._times: deque[float] = deque(maxlen=limit)

    def full(self, now: float) -> bool:
        """Count one more; True when that makes ``limit`` of them within the window."""
        self._times.append(now)
        return len(self._times) == self.limit and now - self._times[0] <= self.seconds

    def clear(self) -> None:
        self._times.clear()


class Buckets:
    """One bucket per client, of the ``most`` that were here last; a forgotten one is full again."""

    def __init__(self, rate: float, burst: int, most: int) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._of: OrderedDict[str, TokenBucket] = OrderedDict()

    def __getitem__(self, client: str) -> TokenBucket:
        bucket = self._of.setdefault(client, TokenBucket(self._rate, self._burst))
        self._of.move_to_end(client)
        while len(self._of) > self._most:
            self._of.popitem(last=False)
        return bucket
