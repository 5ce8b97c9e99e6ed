"""Whether the kernel has killed processes because memory ran out: in our control group, or on the whole device.

Counters: ``oom_kill`` in memory.events of the group (the kernel's cgroup-v2.rst) or memory.oom_control (v1), and in
/proc/vmstat. A device without any of them is assumed to have enough memory.
"""

from collections.abc import Iterable
from pathlib import Path

OWN_CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")
VMSTAT = Path("/proc/vmstat")
LINGERS_S = 5.0


def counters(own_cgroup: Path = OWN_CGROUP) -> tuple[Path, ...]:
    """The files with a line "oom_kill N" that concern this process (cgroups(7), /proc/PID/cgroup)."""
    found = [VMSTAT]
    try:
        lines = own_cgroup.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found.append(CGROUPS / path.removeprefix("/") / "memory.events")
        elif "memory" in controllers.split(","):
            found.append(CGROUPS / "memory" / path.removeprefix("/") / "memory.oom_control")
    return tuple(found)


class OutOfMemory:
    """Counts the kills so far, and attributes them to processes."""

    def __init__(self, files: Iterable[Path] | None = None) -> None:
        self._files = tuple(files) if files is not None else counters()
        self._seen = [_count(path) for path in self._files]
        self._unexplained = 0  # kills by the kernel whose victims we have not seen end yet
        self._at = 0.0

    def struck(self, now: float) -> bool:
        """Whether a process that was just killed may be attributed to it. ``now``: monotonic seconds.

        A kill shows in the counters of the group and of the device, so the larger increase counts; a kill that ended
        none of our processes within ``LINGERS_S`` hit another program.
        """
        before, self._seen = self._seen, [_count(path) for path in self._files]
        kills = max((now_ - then for then, now_ in zip(before, self._seen, strict=True)), default=0)
        if now - self._at > LINGERS_S:
            self._unexplained = 0
        if kills > 0:
            self._unexplained += kills
            self._at = now
        if not self._unexplained:
            return False
        self._unexplained -= 1
        return True


def _count(path: Path) -> int:
    try:
        text = path.read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("oom_kill ")), 0)
