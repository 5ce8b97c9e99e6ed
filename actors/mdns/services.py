"""The services to announce."""

from dataclasses import dataclass

INSTANCE_MAX = 63 - len("-99")  # bytes of UTF-8, RFC 6763 §4.1.1, with room for what tells devices of one name apart
HTTPS, RTSP, OURS = "_https._tcp.local.", "_rtsp._tcp.local.", "_ipcamera._tcp.local."


@dataclass(frozen=True, slots=True)
class Service:
    """``text``: the TXT record's pairs (RFC 6763 §6)."""

    kind: str
    port: int
    text: tuple[tuple[str, str], ...]


def services(https_port: int, rtsp_port: int, rtsp_path: str, device_id: str, version: str) -> tuple[Service, ...]:
    """``rtsp_port`` 0: RTSP does not run."""
    found = [
        Service(HTTPS, https_port, (("path", "/"),)),
        Service(OURS, https_port, (("id", device_id), ("version", version), ("path", "/"))),
    ]
    if rtsp_port:
        found.append(Service(RTSP, rtsp_port, (("path", rtsp_path),)))
    return tuple(found) if https_port else ()


def instance(name: str) -> str:
    """The device's name as an instance name, cut between two characters."""
    return name.encode()[:INSTANCE_MAX].decode(errors="ignore") or "ipcamera"
