"""The tiers of the picture, as far as is known now: what runs, else what the settings ask for."""

from collections.abc import Mapping

from models.media.quality import bitrate
from models.messages.camera import CameraView
from models.messages.encoder import VideoView
from models.onvif.facts import Tier

KEYFRAME_S = 2  # between two IDRs of our encoder
PROFILES = {"42": "Baseline", "4D": "Main", "58": "Extended", "64": "High"}  # profile_idc in RFC 6381's "avc1.4D401F"
Value = str | int | bool


def tiers(
    settings: Mapping[str, Value], camera: CameraView | None, video: VideoView | None, path: str
) -> tuple[Tier, ...]:
    """``path``: of RTSP."""
    running = video if video is not None and video.running else None
    width, height = _size(str(settings["resolution"]))
    if camera is not None and camera.width:
        width, height = camera.width, camera.height
    if running is not None and running.width:
        width, height = running.width, running.height
    fps, quality = max(1, int(settings["frameRate"])), int(settings["h264Quality"])
    kbps = round(running.target_kbps or running.bitrate_kbps) if running is not None else 0
    profile = PROFILES.get(running.codec[5:7].upper(), "Main") if running is not None else "Main"
    wanted = bitrate(width, height, fps, quality) // 1000
    return (Tier("main", path, width, height, fps, kbps or wanted, fps * KEYFRAME_S, quality, profile),)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)
