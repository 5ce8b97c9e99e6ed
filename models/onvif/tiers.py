"""The current tiers of the picture: as encoded now, else as configured."""

from collections.abc import Mapping

from models.media.quality import bitrate
from models.media.sizes import Size, fitted
from models.messages.camera import CameraView
from models.messages.encoder import VideoView
from models.onvif.device_info import TierFacts
from models.rtsp.url import SUB_SUFFIX

KEYFRAME_S = 2  # between two IDRs of our encoder
PROFILES = {"42": "Baseline", "4D": "Main", "58": "Extended", "64": "High"}  # profile_idc in RFC 6381's "avc1.4D401F"
Value = str | int | bool


def tiers(
    settings: Mapping[str, Value],
    camera: CameraView | None,
    videos: tuple[VideoView | None, VideoView | None],
    path: str,
) -> tuple[TierFacts, ...]:
    """The large one first. ``videos``: of main and sub. ``path``: of RTSP."""
    size = _size(str(settings["resolution"]))
    if camera is not None and camera.width:
        size = camera.width, camera.height
    fps = max(1, int(settings["frameRate"]))
    main = _tier("main", path, size, fps, int(settings["h264Quality"]), videos[0])
    small = fitted((main.width, main.height), _size(str(settings["subResolution"])))
    sub_fps = min(fps, int(settings["subFrameRate"]))
    return main, _tier("sub", path + SUB_SUFFIX, small, sub_fps, int(settings["subQuality"]), videos[1])


def _tier(token: str, path: str, wanted: Size, fps: int, quality: int, video: VideoView | None) -> TierFacts:
    running = video if video is not None and video.running and video.width else None
    width, height = (running.width, running.height) if running is not None else wanted
    kbps = round(running.target_kbps or running.bitrate_kbps) if running is not None else 0
    profile = PROFILES.get(running.codec[5:7].upper(), "Main") if running is not None else "Main"
    kbps = kbps or bitrate(width, height, fps, quality) // 1000
    return TierFacts(token, path, width, height, fps, kbps, fps * KEYFRAME_S, quality, profile)


def _size(text: str) -> Size:
    width, _, height = text.partition("x")
    return int(width), int(height)
