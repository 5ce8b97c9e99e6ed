"""How busy and how hot the device is."""

from pathlib import Path

import psutil

from models.media.throttle import Load

# Sensors of processors; a disk or a wireless card may be hotter and says nothing about us.
PROCESSORS = ("cpu_thermal", "coretemp", "k10temp", "zenpower", "soc_thermal", "cpu-thermal", "acpitz")
HWMON = Path("/sys/class/hwmon")


def read_load() -> Load:
    """CPU since the last call, the hottest processor sensor, and the Raspberry Pi's under-voltage alarm."""
    return Load(psutil.cpu_percent(None), _temperature(), _undervoltage())


def _temperature() -> float | None:
    sensors = psutil.sensors_temperatures()
    readings = [reading.current for name in PROCESSORS for reading in sensors.get(name, ())]
    return max(readings, default=None)


def _undervoltage() -> bool:
    for monitor in HWMON.glob("*/name"):
        try:
            if monitor.read_text().strip() == "rpi_volt":
                return (monitor.parent / "in0_lcrit_alarm").read_text().strip() == "1"
        except OSError:
            continue  # a sensor that went away
    return False
