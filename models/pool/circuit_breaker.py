"""Whether a pool is asked: a circuit breaker. Time is a number, seconds of any steady clock.

Closed: the pool is asked. After ``MISSES`` questions in a row that it did not answer, or one answer that says that it
never will, the breaker opens, and the pool has to prove itself by probes. One that is lost again soon after it came
back has to prove more each time, so that a pool on the brink does not make its cameras change places all day.
"""

from models.pool import limits


class Breaker:
    """Open at first: nobody has answered yet."""

    def __init__(self) -> None:
        self.closed = False
        self.why = "it has not been asked yet"
        self._misses = 0
        self._proofs = 0
        self._needed = 1  # the first time there is nothing to go back and forth between
        self._closed_at = float("-inf")

    def hit(self) -> None:
        """The pool answered."""
        self._misses = 0

    def miss(self, why: str, now: float, final: bool = False) -> bool:
        """It did not, or nothing that can be used; whether the breaker opened. ``final``: asking again is no use."""
        self.why = why
        self._misses += 1
        if not self.closed or (self._misses < limits.MISSES and not final):
            return False
        soon = now - self._closed_at < limits.RELAPSE_S
        self._needed = min(limits.PROOFS_MOST, 2 * self._needed) if soon else limits.PROOFS
        self.closed, self._proofs = False, 0
        return True

    def proven(self, now: float) -> bool:
        """A probe was answered; whether that closed the breaker."""
        self._proofs += 1
        if self.closed or self._proofs < self._needed:
            return False
        self.closed, self.why, self._misses, self._closed_at = True, "", 0, now
        return True

    def disproven(self, why: str) -> None:
        """A probe was not answered."""
        self._proofs, self.why = 0, why

    @property
    def probe_in_s(self) -> float:
        """How long to wait until the next probe."""
        return limits.PROOF_EVERY_S if self._proofs else limits.PROBE_EVERY_S
