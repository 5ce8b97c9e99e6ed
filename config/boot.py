"""The boot configuration: what is fixed for one run of the program.

The command line takes precedence over the environment, that over the TOML file, and that over the defaults. Everything
that can change while the program runs is a setting (``config.settings``) instead.
"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RtspBoot:
    session_actors: int = 1
    max_sessions: int = 50  # maximum of the settings rtspMaxClients and rtspMaxClientsPerIp
    max_sessions_per_address: int = 50
    audio_codec: str = "aac"  # aac, opus, pcmu
    video_codec: str = "source"  # source: the camera's own H.265 is passed through; h264: it is re-encoded


@dataclass(frozen=True, slots=True)
class LicenseBoot:
    trusted_issuers: tuple[str, ...] = ()  # Ed25519 public keys, base64
    allow_local_issuer: bool = True
    override: str = ""  # "pro", "free": DEBUG_OVERRIDE


@dataclass(frozen=True, slots=True)
class CertificateBoot:
    certificate: str = ""  # PEM files of the owner's own certificate
    key: str = ""
    auto_regenerate: bool = True


@dataclass(frozen=True, slots=True)
class DetectionBoot:
    object_model: str = "yolox_nano"  # or picodet_s_416
    object_needs_motion: bool = False
    pool: str = ""  # what `ipcamera pool invite` printed; "" for none
    model_mirror: str = ""  # base URL or directory that is tried before the pinned URLs


@dataclass(frozen=True, slots=True)
class Boot:
    """See README.md, "Configure"."""

    data_dir: Path
    run_dir: Path  # sockets, lock, state of this run; removed at a clean stop
    shm_dir: Path  # rings; removed at a clean stop
    version: str = "0.0.0"
    source: str = "auto"
    audio_source: str = "auto"
    speaker: str = "auto"
    https_port: int = 8443
    http_port: int = 8080
    bind: tuple[str, ...] = ("0.0.0.0", "::")  # noqa: S104 - a camera server is meant to be reached
    auth: bool = True
    models_dir: Path | None = None
    log_level: str = "info"
    log_format: str = "auto"
    rtsp: RtspBoot = field(default_factory=RtspBoot)
    license: LicenseBoot = field(default_factory=LicenseBoot)
    certificate: CertificateBoot = field(default_factory=CertificateBoot)
    detection: DetectionBoot = field(default_factory=DetectionBoot)
