"""Sensors of this machine. A value that cannot be read is None, never 0 and never an exception.

Containers, virtual machines and small kernels lack /sys/class/power_supply, thermal zones or parts of /proc, and psutil
answers with whatever its parsing runs into.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import psutil
import structlog

log = structlog.get_logger()
T = TypeVar("T")
UNREADABLE = (OSError, ValueError, LookupError, AttributeError, RuntimeError, psutil.Error)
# Sensors of CPUs, the best first; a disk or a wireless card may be hotter, but is irrelevant.
PROCESSORS = ("cpu_thermal", "coretemp", "k10temp", "zenpower", "soc_thermal", "cpu-thermal", "acpitz")
HWMON = Path("/sys/class/hwmon")


class Memory(NamedTuple):
    percent: float
    used: int  # bytes
    total: int


class Battery(NamedTuple):
    percent: int
    charging: bool | None


def cpu() -> float | None:
    """Per cent of all processors since the last call in this process; the first one only begins the measurement."""
    return _read(lambda: psutil.cpu_percent(None))


def memory() -> Memory | None:
    def look() -> Memory:
        found = psutil.virtual_memory()
        return Memory(found.percent, found.total - found.available, found.total)

    return _read(look)


def temperature(others: bool = True) -> float | None:
    """°C: the hottest reading of the processor's sensors; ``others``: of another one where there are none of it."""

    def look() -> float | None:
        found = psutil.sensors_temperatures()
        names = [name for name in PROCESSORS if found.get(name)] or list(found)[: 1 if others else 0]
        readings = [reading.current for name in names for reading in found[name]]
        return round(float(max(readings)), 1) if readings else None

    return _read(look)


def battery() -> Battery | None:
    def look() -> Battery | None:
        found = psutil.sensors_battery()
        return None if found is None else Battery(round(found.percent), found.power_plugged)

    return _read(look)


def disk_free(path: Path) -> int | None:
    """Bytes that an ordinary user may still write there."""
    return _read(lambda: int(psutil.disk_usage(str(path)).free))


def undervoltage() -> bool:
    """The Raspberry Pi's alarm."""
    return bool(_read(_undervoltage))


def _undervoltage() -> bool:
    for monitor in HWMON.glob("*/name"):
        try:
            if monitor.read_text().strip() == "rpi_volt":
                return (monitor.parent / "in0_lcrit_alarm").read_text().strip() == "1"
        except OSError:
            continue  # a sensor that went away
    return False


def _read(look: Callable[[], T]) -> T | None:
    try:
        return look()
    except UNREADABLE as error:
        log.debug("a figure cannot be read", reason=str(error))
        return None
