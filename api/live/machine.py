"""``system_info``: what this device and each actor spend. A sensor that is not there is null, never 0."""

import platform
import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psutil
import structlog

from api.live.messages import now_ms
from models.messages.encoder import VideoView
from models.messages.supervisor import ActorRow

R = TypeVar("R")
log = structlog.get_logger("facade")

TEMPERATURES = ("cpu_thermal", "coretemp", "k10temp", "soc_thermal", "acpitz")  # the processor's first


class Machine:
    def __init__(self, version: str) -> None:
        self._about = {"device": socket.gethostname(), "os": _os_name(), "version": version}
        _read(lambda: psutil.cpu_percent(None))  # the first call only begins the measurement

    def info(self, actors: tuple[ActorRow, ...], video: VideoView | None, started: float) -> dict[str, Any]:
        """``started``: CLOCK_MONOTONIC seconds at which the program was started."""
        memory = _read(psutil.virtual_memory)
        return {
            "type": "system_info",
            "cpu": _read(lambda: psutil.cpu_percent(None)),
            "memory": memory and memory.percent,
            "memoryUsedBytes": memory and memory.total - memory.available,
            "memoryTotalBytes": memory and memory.total,
            **_battery(),
            "temperature": _read(temperature),
            "cpuProcess": round(sum(row.cpu_percent for row in actors), 1),
            "throttle": video.throttle if video else "none",
            "uptimeSec": int(time.monotonic() - started),
            **self._about,
            "stream": _stream(video),
            "actors": [_row(row) for row in actors],
            "timestamp": now_ms(),
        }


def _read(figure: Callable[[], R]) -> R | None:
    """None where it cannot be read: no sensor, no descriptor left, no such file in this kernel."""
    try:
        return figure()
    except (OSError, RuntimeError, ValueError) as error:
        log.debug("a figure cannot be read", reason=str(error))
        return None


def temperature() -> float | None:
    """Degrees Celsius of the processor."""
    found = psutil.sensors_temperatures()
    for name in (*TEMPERATURES, *found):
        if found.get(name):
            return round(float(found[name][0].current), 1)
    return None


def _battery() -> dict[str, Any]:
    battery = _read(psutil.sensors_battery)
    if battery is None:
        return {"battery": None, "batteryCharging": None, "batteryTemp": None}
    return {"battery": round(battery.percent), "batteryCharging": battery.power_plugged, "batteryTemp": None}


def _stream(video: VideoView | None) -> dict[str, Any]:
    if video is None:
        return {}
    return {
        "codec": "h264",
        "encoder": video.encoder,
        "width": video.width,
        "height": video.height,
        "fps": round(video.fps, 1),
        "bitrateKbps": round(video.bitrate_kbps, 1),
        "framesEncoded": video.frames_encoded,
        "framesDropped": video.frames_dropped,
    }


def _row(row: ActorRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": row.state,
        "pid": row.pid,
        "uptimeSec": int(row.uptime_s),
        "restarts": row.restarts,
        "lastReason": row.last_reason,
        "cpuPercent": round(row.cpu_percent, 1),
        "pssBytes": row.pss_bytes,
        "queue": row.queue,
        "detail": row.detail,
    }


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
