"""What every bench prints first: the machine that the figures are from."""

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
