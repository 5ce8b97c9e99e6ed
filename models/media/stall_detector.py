"""Detects that an open source has stopped: it sends nothing, or the same data for ever."""

from dataclasses import dataclass

SILENT_S = 5.0
LONGEST_SILENT_S = 60.0
INTERVALS = 2.5  # of the usual distance between two pictures that may pass without one
LEARNED = 20  # pictures in a row after which a patience that has grown is forgotten
REPEATING_S = 30.0
LONGEST_REPEATING_S = 960.0


@dataclass(slots=True)
class StallDetector:
    """Fed with each packet. A live sensor has noise, so packets that are equal to the last bit come from a frozen one.

    One detector for one address, whatever number of connections. A source may have a reason to be constant (a lens
    cap, a test card): each reconnect that brought the same picture again doubles the patience, so that such a source is
    reconnected rarely instead of for ever. So it is with one that delivers a picture only now and then.
    """

    silent_s: float = SILENT_S
    repeating_s: float = REPEATING_S
    _last_at: float = 0.0
    _changed_at: float = 0.0
    _fingerprint: int | None = None
    _seen: int = 0  # pictures since it was opened

    def opened(self, now: float) -> None:
        """The source was (re)opened; what it showed before is remembered."""
        self._last_at = self._changed_at = now
        self._seen = 0

    def seen(self, now: float, fingerprint: int | None) -> None:
        """A packet came; ``fingerprint`` None where equal pictures mean nothing (a file, a drawing)."""
        interval = now - self._last_at if self._seen else 0.0
        self._last_at, self._seen = now, self._seen + 1
        if interval * INTERVALS > self.silent_s:
            self.silent_s = min(interval * INTERVALS, LONGEST_SILENT_S)
            self._seen = 1
        elif self._seen > LEARNED:
            self.silent_s = SILENT_S
        if fingerprint is None or fingerprint != self._fingerprint:
            if self._fingerprint is not None and fingerprint != self._fingerprint:
                self.repeating_s = REPEATING_S
            self._changed_at = now
            self._fingerprint = fingerprint

    def verdict(self, now: float) -> str:
        """Why the source counts as stalled, "" while it works. A repeating verdict doubles the patience."""
        if now - self._last_at > self.silent_s:
            text = f"no picture for {now - self._last_at:.0f} s"
            if self._seen:  # it does give pictures
                self.silent_s = min(self.silent_s * 2, LONGEST_SILENT_S)
            return text
        if now - self._changed_at > self.repeating_s:
            text = f"the same picture for {now - self._changed_at:.0f} s"
            self.repeating_s = min(self.repeating_s * 2, LONGEST_REPEATING_S)
            return text
        return ""
