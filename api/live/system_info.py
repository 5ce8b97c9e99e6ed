"""``system_info``: the resources used by this device and each actor. A missing sensor is null, never 0."""

import platform
import socket
import time
from collections.abc import Mapping
from typing import Any

from api.json_forms import actor_shape
from config import sensors
from config.clock import unix_ms
from models.media.tier import Tier
from models.messages.encoder import VideoView
from models.messages.supervisor import ActorRow


class SystemInfo:
    def __init__(self, version: str) -> None:
        self._about = {"device": socket.gethostname(), "os": _os_name(), "version": version}
        sensors.cpu()  # the first call only begins the measurement

    def info(
        self, actors: tuple[ActorRow, ...], streams: Mapping[Tier, VideoView | None], started: float
    ) -> dict[str, Any]:
        """``started``: CLOCK_MONOTONIC seconds at which the program was started."""
        video = streams[Tier.MAIN]
        return {
            "type": "system_info",
            "cpu": sensors.cpu(),
            **_memory(),
            **_battery(),
            "temperature": sensors.temperature(),
            "cpuProcess": round(sum(row.cpu_percent for row in actors), 1),
            "throttle": video.throttle if video else "none",
            "uptimeSec": int(time.monotonic() - started),
            **self._about,
            "stream": _stream(video),
            "streams": [
                {"tier": tier, **_stream(one), "readers": list(one.readers)} for tier, one in streams.items() if one
            ],
            "actors": [actor_shape(row) | {"uptimeSec": int(row.uptime_s)} for row in actors],
            "timestamp": unix_ms(),
        }


def _memory() -> dict[str, Any]:
    memory = sensors.memory()
    if memory is None:
        return {"memory": None}
    return {"memory": memory.percent, "memoryUsedBytes": memory.used, "memoryTotalBytes": memory.total}


def _battery() -> dict[str, Any]:
    battery = sensors.battery()
    if battery is None:
        return {"battery": None, "batteryCharging": None, "batteryTemp": None}
    return {"battery": battery.percent, "batteryCharging": battery.charging, "batteryTemp": None}


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


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
