"""CPU load, temperature and under-voltage of the device."""

from config import sensors
from models.media.throttle import Load


def read_load() -> Load:
    """CPU since the last call, the hottest processor sensor, and the Raspberry Pi's under-voltage alarm."""
    return Load(sensors.cpu() or 0.0, sensors.temperature(others=False), sensors.undervoltage())
