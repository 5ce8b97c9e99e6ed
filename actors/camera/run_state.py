"""What the camera must remember after a stalled device ended its process; kept for the run."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from config.files import write_atomically

WAIT_AFTER_STALL_S = (
    0.5,
    5.0,
    30.0,
)  # the last one for every further stall: long enough to not count towards the restart limit


@dataclass(slots=True)
class RunState:
    """``committed``: identity of the USB camera that delivered a picture in this run. ``lost``: reported as lost."""

    path: Path
    committed: str = ""
    lost: bool = False
    stalls: int = 0
    closed_until: float = 0.0  # CLOCK_MONOTONIC s; the stalled device is not opened until then
    refused_until: float = 0.0  # the same for a rejected password

    @classmethod
    def load(cls, path: Path) -> "RunState":
        try:
            known = json.loads(path.read_text())
            return cls(
                path,
                str(known["committed"]),
                bool(known["lost"]),
                int(known["stalls"]),
                float(known["closed_until"]),
                float(known.get("refused_until", 0)),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return cls(path)

    def save(self) -> None:
        values = {key: value for key, value in asdict(self).items() if key != "path"}
        write_atomically(self.path, json.dumps(values).encode())

    def stalled(self) -> None:
        """The device no longer responds, and this process is about to end because of it."""
        wait_s = WAIT_AFTER_STALL_S[min(self.stalls, len(WAIT_AFTER_STALL_S) - 1)]
        self.stalls += 1
        self.closed_until = time.monotonic() + wait_s
        self.lost = True
        self.save()

    def refused(self, wait_s: float) -> None:
        """Cameras lock accounts: the password is not tried again earlier, not even by a later process."""
        self.refused_until = time.monotonic() + wait_s
        self.save()

    def commit(self, identity: str) -> None:
        """This camera delivers pictures: from now on it is waited for rather than replaced."""
        if self.committed != identity:
            self.committed = identity
            self.save()

    def well(self) -> None:
        """It has delivered pictures for a while: the next stall counts as the first."""
        if self.stalls:
            self.stalls = 0
            self.save()
