"""Every option of the boot configuration: its names, its type and its limits. The loader and the manual read this."""

from dataclasses import dataclass
from typing import Literal

AUDIO_CODECS = ("aac", "opus", "pcmu")
VIDEO_CODECS = ("source", "h264")
OBJECT_MODELS = ("yolox_nano", "picodet_s_416")


@dataclass(frozen=True, slots=True)
class Option:
    """``name``: as in the TOML file, sections by dot. ``flag`` and ``environment``: "" where there is none."""

    name: str
    kind: Literal["text", "int", "switch", "list", "path"]
    meaning: str
    environment: str = ""
    flag: str = ""
    allowed: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 65535


OPTIONS = (
    Option(
        "data_dir",
        "path",
        "directory of all stored data (mode 0700)",
        "IPCAMERA_DATA_DIR",
        "--data-dir",
    ),
    Option("source", "text", "auto, v4l2:DEV, rtsp://…, http(s)://…, a file, pattern:", "IPCAMERA_SOURCE", "--source"),
    Option("audio_source", "text", "auto, alsa:NAME, a file, tone:, none", "IPCAMERA_AUDIO_SOURCE", "--audio-source"),
    Option("speaker", "text", "auto, alsa:NAME, wav:DIR, none", "IPCAMERA_SPEAKER", "--speaker"),
    Option("https_port", "int", "0 = any free port", "IPCAMERA_HTTPS_PORT", "--https-port"),
    Option("http_port", "int", "0 = any free port", "IPCAMERA_HTTP_PORT", "--http-port"),
    Option("bind", "list", "addresses of the public listeners", "IPCAMERA_BIND", "--bind"),
    Option("auth", "switch", "password protection", "IPCAMERA_AUTH", "--auth"),
    Option(
        "models_dir",
        "path",
        "where models are looked for before they are downloaded",
        "IPCAMERA_MODELS_DIR",
        "--models-dir",
    ),
    Option(
        "log_level",
        "text",
        "lowest level that is logged",
        "IPCAMERA_LOG_LEVEL",
        "--log-level",
        ("debug", "info", "warning", "error"),
    ),
    Option(
        "log_format",
        "text",
        "auto: console on a terminal, otherwise json",
        "IPCAMERA_LOG_FORMAT",
        "--log-format",
        ("auto", "console", "json"),
    ),
    Option(
        "license.override",
        "text",
        "run as Pro or as Free, whatever the licence says",
        "IPCAMERA_LICENSE_OVERRIDE",
        "--license-override",
        ("", "pro", "free"),
    ),
    Option("license.trusted_issuers", "list", "Ed25519 public keys (base64) whose licences are accepted"),
    Option("license.allow_local_issuer", "switch", "whether `ipcamera license issue` is allowed"),
    Option("rtsp.session_actors", "int", "number of processes that serve RTSP sessions", minimum=1, maximum=16),
    Option("rtsp.max_sessions", "int", "maximum of the setting `rtspMaxClients`", minimum=1, maximum=1000),
    Option("rtsp.max_sessions_per_address", "int", "maximum of `rtspMaxClientsPerIp`", minimum=1, maximum=1000),
    Option("rtsp.audio_codec", "text", "codec of the sound over RTSP", allowed=AUDIO_CODECS),
    Option("rtsp.video_codec", "text", "codec of the picture over RTSP", allowed=VIDEO_CODECS),
    Option("certificate.certificate", "path", "PEM file of your own certificate, with its chain"),
    Option("certificate.key", "path", "PEM file of its private key"),
    Option(
        "certificate.auto_regenerate",
        "switch",
        "renew the certificate when addresses change or it is about to expire",
    ),
    Option("detection.object_model", "text", "model that detects people and dogs", allowed=OBJECT_MODELS),
    Option("detection.object_needs_motion", "switch", "detect objects only while something moves"),
    Option("detection.pool", "text", "the line that `ipcamera pool invite` printed, see docs/pool.md", "IPCAMERA_POOL"),
    Option("detection.model_mirror", "text", "base URL or directory that is tried before the pinned URLs"),
)
BY_NAME = {option.name: option for option in OPTIONS}
