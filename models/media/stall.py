"""When a source that is open has nevertheless stopped: it says nothing, or it says the same for ever."""

from dataclasses import dataclass

SILENT_S = 3.0
REPEATING_S = 30.0
LONGEST_REPEATING_S = 960.0


@dataclass(slots=True)
class StallDetector:
    """Fed with each packet. A live sensor has noise, so packets that are equal to the last bit come from a frozen one.

    A source may be lawfully constant (a lens cap, a test card): each reconnect that brought the same picture again
    doubles the patience, so that such a source is reconnected rarely instead of for ever.
    """

    silent_s: float = SILENT_S
    repeating_s: float = REPEATING_S
    _last_at: float = 0.0
    _changed_at: float = 0.0
    _fingerprint: int | None = None

    def opened(self, now: float) -> None:
        """The source was (re)opened; what it showed before is remembered."""
        self._last_at = self._changed_at = now

    def seen(self, now: float, fingerprint: int | None) -> None:
        """A packet came; ``fingerprint`` None where equal pictures mean nothing (a file, a drawing)."""
        self._last_at = now
        if fingerprint is None or fingerprint != self._fingerprint:
            if self._fingerprint is not None and fingerprint != self._fingerprint:
                self.repeating_s = REPEATING_S
            self._changed_at = now
            self._fingerprint = fingerprint

    def verdict(self, now: float) -> str:
        """Why the source counts as stalled, in words; "" while it is well. A repeating verdict doubles the patience."""
        if now - self._last_at > self.silent_s:
            return f"no picture for {now - self._last_at:.0f} s"
        if now - self._changed_at > self.repeating_s:
            text = f"the same picture for {now - self._changed_at:.0f} s"
            self.repeating_s = min(self.repeating_s * 2, LONGEST_REPEATING_S)
            return text
        return ""
