"""The facts that the answers contain: the device, its network, its tiers, and the address the client used."""

from dataclasses import dataclass

VIDEO_SOURCE, VIDEO_SOURCE_CONFIGURATION = "video_source", "VideoSourceToken"
AUDIO_SOURCE, AUDIO_SOURCE_CONFIGURATION = "audio_source", "audio_source_configuration"
ANALYTICS = "detection"
MANUFACTURER, MODEL = "IP Camera", "IP Camera"
SNAPSHOT_PATH = "/onvif/snapshot"

# Of each service: its namespace's prefix, its path, its version.
SERVICES = (
    ("tds", "/onvif/device_service", (24, 12)),
    ("trt", "/onvif/media_service", (24, 12)),
    ("tr2", "/onvif/media2_service", (24, 12)),
    ("tev", "/onvif/event_service", (24, 12)),
    ("tmd", "/onvif/deviceio_service", (24, 12)),
)
PATHS = {prefix: path for prefix, path, _ in SERVICES}
SUBSCRIPTION_PATH = "/onvif/subscription/"


@dataclass(frozen=True, slots=True)
class Interface:
    name: str
    mac: str
    address: str  # IPv4
    prefix: int
    mtu: int = 1500


@dataclass(frozen=True, slots=True)
class TierFacts:
    """One size of the picture, as it is served now."""

    token: str  # main, sub
    path: str  # of RTSP
    width: int
    height: int
    fps: int
    kbps: int
    gop: int  # pictures
    quality: int  # 0–100
    h264_profile: str = "Main"  # Baseline, Main, High


@dataclass(frozen=True, slots=True)
class Facts:
    """``base``: "http://host:port", as this client reaches us."""

    base: str
    host: str  # as in a URL: an IPv6 address in brackets
    name: str
    version: str
    serial: str
    uuid: str  # urn:uuid:…
    hardware: str
    hostname: str
    rtsp_port: int
    http_port: int
    user: str  # "" where no login is asked for
    username_token: bool
    tiers: tuple[TierFacts, ...]
    interfaces: tuple[Interface, ...]
    gateway: str
    dns: tuple[str, ...]
    now: float  # Unix time
    sound: bool
    sound_codec: str = "aac"  # aac, opus, pcmu

    def address(self, prefix: str) -> str:
        return self.base + PATHS[prefix]
