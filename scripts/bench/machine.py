"""What every bench prints first: the machine that the figures are from."""

import contextlib
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path


def describe() -> str:
    """One line: processor, cores, memory, kernel, Python."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model", "Hardware")):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


def spread(values: Sequence[float], unit: str = "ms", scale: float = 1000.0) -> str:
    """Median, and the range around it."""
    scaled = sorted(value * scale for value in values)
    return f"{statistics.median(scaled):.1f} {unit} (from {scaled[0]:.1f} to {scaled[-1]:.1f}, n={len(scaled)})"


def processes(root: int) -> dict[int, str]:
    """The program's processes and their names: launcher, Thespian's, supervisor, actors."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in sorted(found)}


def cpu_seconds(pid: int) -> float:
    """Of all threads, to the nanosecond."""
    with contextlib.suppress(OSError):
        return (
            sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9
        )
    return 0.0
