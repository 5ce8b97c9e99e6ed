"""Reduces the frame rate in steps while the device is overloaded or too hot, and restores it in steps."""

from dataclasses import dataclass

STEPS = (1.0, 0.75, 0.5, 0.33)  # shares of the wanted frame rate
LEAST_FPS = 5.0  # load never reduces the rate below this
BUSY_PERCENT, CALM_PERCENT = 95.0, 80.0
HOT_C, COOL_C = 80.0, 72.0
DOWN_AFTER_S = 10.0
UP_AFTER_S = 20.0


@dataclass(frozen=True, slots=True)
class Load:
    """``cpu_percent`` of the whole device, 0–100; ``temperature_c`` None where there is no sensor."""

    cpu_percent: float
    temperature_c: float | None = None
    undervoltage: bool = False

    @property
    def strain(self) -> str:
        """The reason to slow down: undervoltage, thermal, cpu, or ""."""
        if self.undervoltage:
            return "undervoltage"
        if self.temperature_c is not None and self.temperature_c >= HOT_C:
            return "thermal"
        return "cpu" if self.cpu_percent >= BUSY_PERCENT else ""

    @property
    def relaxed(self) -> bool:
        cool = self.temperature_c is None or self.temperature_c <= COOL_C
        return cool and not self.undervoltage and self.cpu_percent <= CALM_PERCENT


@dataclass(slots=True)
class Throttle:
    """One step down after ``DOWN_AFTER_S`` of strain without a break, one up after ``UP_AFTER_S`` of calm."""

    reason: str = "none"  # none, cpu, thermal, undervoltage
    _step: int = 0
    _strained_since: float | None = None
    _relaxed_since: float | None = None

    @property
    def share(self) -> float:
        return STEPS[self._step]

    def fps(self, wanted: float) -> float:
        """The frame rate that is allowed now."""
        return wanted if self._step == 0 else max(wanted * self.share, min(wanted, LEAST_FPS))

    def feed(self, now: float, load: Load) -> bool:
        """Take one sample of the load; True if the step or the reason has changed."""
        before = (self._step, self.reason)
        strain = load.strain
        self._strained_since = (self._strained_since if self._strained_since is not None else now) if strain else None
        self._relaxed_since = (
            (self._relaxed_since if self._relaxed_since is not None else now) if load.relaxed else None
        )
        if strain and self._strained_since is not None and now - self._strained_since >= DOWN_AFTER_S:
            self._step = min(self._step + 1, len(STEPS) - 1)
            self._strained_since = now
            self.reason = strain
        elif self._step and self._relaxed_since is not None and now - self._relaxed_since >= UP_AFTER_S:
            self._step -= 1
            self._relaxed_since = now
            self.reason = self.reason if self._step else "none"
        return (self._step, self.reason) != before
