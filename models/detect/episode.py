"""From hits to events: the beginning and end of an episode, and how often it is reported."""

import math

from models.detect.detector import NS


class Episode:
    """Begins with a hit and ends when there was none for ``quiet_s``.

    ``again_s``: an episode that goes on is told again so long after the last time, or after the cooldown if that is
    longer; without it, it is told once.
    """

    def __init__(self, quiet_s: float, again_s: float = math.inf) -> None:
        self.active = False
        self._quiet = int(quiet_s * NS)
        self._again = again_s
        self._told: int | None = None
        self._untold = False
        self._last_hit = 0

    def feed(self, hit: bool, pts: int, cooldown_s: float) -> bool:
        """Add a sample. Returns whether to report an event now."""
        began = hit and not self.active
        if hit:
            self.active, self._last_hit = True, pts
        elif self.active and pts - self._last_hit > self._quiet:
            self.active = False
        if not hit:
            return False
        self._untold = began or (self._untold and self.active)
        return self._may_tell(pts, cooldown_s)

    def _may_tell(self, pts: int, cooldown_s: float) -> bool:
        since = None if self._told is None else (pts - self._told) / NS
        due = since is None or since >= cooldown_s
        repeats = since is not None and since >= max(cooldown_s, self._again)
        if not (due and self._untold) and not repeats:
            return False
        self._told, self._untold = pts, False
        return True

    def reset(self) -> bool:
        """A gap in the samples: nothing is going on. The cooldown stays. Whether something was going on."""
        was_active, self.active, self._untold = self.active, False, False
        return was_active
