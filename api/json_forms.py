"""JSON formats that HTTP, WebSocket and the command line share, so that a client needs only one parser."""

from collections.abc import Mapping

from config.settings import DOCUMENTED, REGISTRY
from models.messages.camera import CameraView
from models.messages.facade import CertificateView, ViewersView
from models.messages.license import LicenseView
from models.messages.mqtt import MqttView
from models.messages.rtsp import RtspView
from models.messages.settings import Value
from models.messages.supervisor import ActorRow


def license_shape(license: LicenseView) -> dict[str, object]:
    """The ``license`` object of the API document."""
    return {
        "isPro": license.is_pro,
        "state": license.state,
        "source": license.source,
        "billing": {"available": license.billing_available, "status": license.billing_status},
    }


def settings_shape(stored: Mapping[str, Value], license: LicenseView) -> dict[str, object]:
    """The body of GET /settings: the document's 44 keys and ``license``, then the extension keys."""
    documented = {setting.key: stored[setting.key] for setting in DOCUMENTED}
    extensions = {key: stored[key] for key, setting in REGISTRY.items() if setting.extension}
    return {**documented, "license": license_shape(license), **extensions}


def status_shape(
    camera: CameraView, viewers: ViewersView, stored: Mapping[str, Value], license: LicenseView
) -> dict[str, object]:
    """The body of GET /status: the document's five fields, then ours."""
    return {
        "clients": viewers.clients,
        "wsClients": viewers.ws_clients,
        "streaming": bool(stored["streaming"]),
        "cameraRunning": camera.running,
        "settings": settings_shape(stored, license),
        "fps": round(camera.fps, 1),
        "source": camera.source,
        "camera": {"state": camera.state, "kind": camera.kind, "width": camera.width, "height": camera.height}
        | ({"reason": camera.reason} if camera.reason else {}),
        "state": "STANDBY" if camera.standby else "ACTIVE" if camera.running else "WARNING",
        "licenseOrigin": license.origin,
    }


def actor_shape(row: ActorRow) -> dict[str, object]:
    """One actor as /api/actors and ``system_info`` show it."""
    return {
        "name": row.name,
        "state": row.state,
        "pid": row.pid,
        "uptimeSec": round(row.uptime_s, 1),
        "restarts": row.restarts,
        "lastReason": row.last_reason,
        "cpuPercent": round(row.cpu_percent, 1),
        "pssBytes": row.pss_bytes,
        "queue": row.queue,
        "detail": row.detail,
    }


def rtsp_shape(view: RtspView) -> dict[str, object]:
    """What ``rtsp_status`` and /api/rtsp/status share: the document's fields, who can watch, and the port for TLS."""
    return {
        "enabled": view.enabled,
        "running": view.running,
        "port": view.port,
        "path": view.path,
        "clients": view.clients,
        "lastError": view.last_error or None,
        "login": view.login or None,
        "newLogin": view.new_login,
        "tlsPort": view.tls_port or None,
    }


def mqtt_shape(view: MqttView) -> dict[str, object]:
    """What ``mqtt_status`` and /api/mqtt/status share: the document's fields, then ours."""
    return {
        "enabled": view.enabled,
        "connected": view.connected,
        "brokerUrl": view.broker_url,
        "port": view.port,
        "topicPrefix": view.topic_prefix,
        "lastError": view.last_error or None,
        "reconnectInSec": view.reconnect_in_s,
    }


def certificate_shape(view: CertificateView, trusted: CertificateView) -> dict[str, object]:
    """What /cert/info and ``ipcamera cert show --json`` share. ``trusted``: what is downloaded and installed."""
    return {
        "subject": view.subject,
        "issuer": view.issuer,
        "notBefore": view.not_before,
        "notAfter": view.not_after,
        "serialNumber": view.serial_number,
        "status": view.status,
        "fingerprintSha256": view.fingerprint_sha256,
        "subjectAltNames": list(view.subject_alt_names),
        "trustFingerprintSha256": trusted.fingerprint_sha256,
        "trustNotAfter": trusted.not_after,
    }
