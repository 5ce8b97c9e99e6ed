"""What the pool has measured: of each camera, and of all answers of late. ``now`` is any steady clock."""

from collections import Counter, deque
from dataclasses import dataclass, field
from math import ceil

from pool import limits


@dataclass(slots=True)
class CameraFigures:
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by reason
    times: deque[float] = field(default_factory=lambda: deque(maxlen=limits.MEASURED))


class Figures:
    def __init__(self) -> None:
        self.cameras: dict[str, CameraFigures] = {}
        self._took_ms: deque[float] = deque(maxlen=limits.MEASURED)
        self._batches: deque[int] = deque(maxlen=limits.MEASURED)

    def _of(self, camera: str) -> CameraFigures:
        return self.cameras.setdefault(camera, CameraFigures())

    def answered(self, camera: str, took_s: float, batch: int, now: float) -> None:
        one = self._of(camera)
        one.answered += 1
        one.times.append(now)
        self._took_ms.append(took_s * 1000)
        self._batches.append(batch)

    def refused(self, camera: str, why: str) -> None:
        self._of(camera).refused[why] += 1

    def keep(self, cameras: set[str]) -> None:
        """Forget the others."""
        self.cameras = {name: one for name, one in self.cameras.items() if name in cameras}

    def as_values(self, now: float) -> dict[str, object]:
        cameras = {
            name: {
                "perSecond": round(sum(now - at <= limits.RATE_S for at in one.times) / limits.RATE_S, 2),
                "answered": one.answered,
                "refused": dict(one.refused),
            }
            for name, one in sorted(self.cameras.items())
        }
        return {
            "cameras": cameras,
            "p50Ms": _quantile(self._took_ms, 0.5),
            "p99Ms": _quantile(self._took_ms, 0.99),
            "batch": {str(size): count for size, count in sorted(Counter(self._batches).items())},
        }


def _quantile(values: deque[float], part: float) -> float | None:
    if not values:
        return None
    return round(sorted(values)[ceil(part * len(values)) - 1], 1)
