"""A common clock for a file that two processes, camera and microphone, play in a loop, also after a restart.

The process that opens the file first writes down when its loop began. Both then play what belongs to "now".
"""

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LoopClock:
    """``epoch``: CLOCK_MONOTONIC ns at which the first loop began. ``duration``: ns of one loop."""

    epoch: int
    duration: int

    def loop(self, now: int) -> int:
        """Number of the loop at ``now``."""
        return (now - self.epoch) // self.duration

    def position(self, now: int) -> int:
        """Ns since the beginning of the file at ``now``."""
        return (now - self.epoch) % self.duration

    def when(self, loop: int, position: int) -> int:
        """CLOCK_MONOTONIC ns of a position in a loop."""
        return self.epoch + loop * self.duration + position


def shared_clock(run_dir: Path, file: str, duration: int) -> LoopClock:
    """The clock of ``file`` in this run of the program; made by the first caller."""
    directory = run_dir / "loops"
    directory.mkdir(parents=True, exist_ok=True)
    real = os.path.realpath(file)
    path = directory / f"{hashlib.sha256(real.encode()).hexdigest()[:16]}.json"
    own = directory / f".{path.name}.{os.getpid()}"
    own.write_text(json.dumps({"epoch": time.monotonic_ns(), "duration": duration}))
    with contextlib.suppress(FileExistsError):
        os.link(own, path)  # atomic, and only the first one succeeds
    own.unlink()
    agreed = json.loads(path.read_text())
    return LoopClock(int(agreed["epoch"]), int(agreed["duration"]))
