"""What ``ipcamera run`` prints once everything is up: the source, addresses, password, licence, and how to stop."""

import io
import os
import sys
import time
from pathlib import Path

import segno

from actors.runtime.control import Control
from config.boot import Boot
from config.command import command
from config.network.reachable import WILDCARDS, listens_at, names, outer_addresses
from config.places import FIRST_PASSWORD, OWNER_CODE
from config.tls.certificate import in_pairs
from models.messages.auth import AUTH, GetAuthStatus
from models.messages.camera import CAMERA, CameraView, GetCamera
from models.messages.facade import FACADE, GetCertificate, GetPorts, PortsView
from models.messages.license import LICENSE, GetLicense, LicenseView
from scripts.ipcamera import rtsp
from scripts.ipcamera.console import ask_if_up

OPENING_S = 4.0  # a camera may take this long to deliver its first picture
URLS_MAX = 6


def welcome(boot: Boot, control: Control) -> str:
    """The text. It contains the first password once, which is then deleted.

    The journal keeps everything and more people read it, so passwords are not printed there.
    """
    kept = goes_to_journal()
    ports = ask_if_up(control, FACADE, GetPorts())
    certificate = ask_if_up(control, FACADE, GetCertificate())
    seen = picture(_settled_camera(control), boot.source, boot.data_dir)
    lines = ["", "The camera server is ready.", "", _row("Picture", seen)]
    lines += [_row("" if at else "Dashboard", url) for at, url in enumerate(dashboard_urls(boot, ports))]
    if certificate is not None:
        lines.append(_row("Certificate", "made on this device, so browsers warn once. Compare the SHA-256 they show:"))
        lines.append(_row("", in_pairs(certificate.fingerprint_sha256)))
    lines.append(_row("Password", _password(boot, control, kept)))
    lines += [_row("" if at else "RTSP", line) for at, line in enumerate(rtsp.lines(control, boot.data_dir, not kept))]
    view = ask_if_up(control, LICENSE, GetLicense())
    lines.append(_row("Licence", licence(view)))
    if view is not None and view.state == "INACTIVE" and not view.source.startswith("DEBUG"):
        lines += [_row("", line) for line in _to_pro(boot, kept)]
    lines.append(_row("Stop", "Ctrl-C"))
    if sys.stdout.isatty() and ports is not None and ports.https:
        lines += ["", _row("Phone", "scan this code"), "", qr_code(dashboard_urls(boot, ports)[0])]
    return "\n".join([*lines, ""])


def qr_code(text: str) -> str:
    """For a terminal, two modules to a line."""
    out = io.StringIO()
    segno.make_qr(text, error="m").terminal(out, compact=True, border=2)
    return out.getvalue().rstrip("\n")


def picture(camera: CameraView | None, wanted: str, data_dir: Path | None = None) -> str:
    """The source, or why there is no picture."""
    if camera is None:
        return f"none yet: the camera's process does not answer; see `{command('status', data_dir)}`"
    if camera.state == "standby":
        return f"{camera.source}, in standby until someone watches"
    if not camera.running:
        return f"none yet from {camera.source or wanted}: {camera.reason or camera.state}; trying again"
    size = f", {camera.width}×{camera.height}" if camera.width else ""
    if camera.kind == "pattern" and wanted == "auto":
        look = command("doctor", data_dir)
        return f"no camera was found, so the test pattern is shown{size}; `{look}` helps to find out why"
    behind = f"; delayed by {camera.depth_ms} ms, because it sends in bursts" if camera.depth_ms else ""
    return f"{camera.source}{size}{behind}"


def dashboard_urls(boot: Boot, ports: PortsView | None) -> list[str]:
    """The dashboard's URLs, the most useful first."""
    if ports is None or not ports.https:
        return [f"none: the web server does not answer; see `{command('status', boot.data_dir)}`"]
    hosts = [bound for bound in boot.bind if bound not in WILDCARDS.values()]
    if len(hosts) < len(boot.bind):
        hosts += [str(one) for one in outer_addresses() if str(one) not in hosts and listens_at(one, boot.bind)]
        hosts += [name for name in names() if name.endswith(".local") and name != "localhost.local"]
        hosts.append("localhost")
    return [f"https://{_in_url(host)}:{ports.https}/" for host in hosts][:URLS_MAX]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


ORIGINS = {
    "local": "by a licence issued on this device",
    "issuer": "by a licence key",
    "flag": "forced by a start-up flag",
}


def licence(view: LicenseView | None) -> str:
    if view is None or view.state == "UNKNOWN":
        return "unknown: the licence process does not answer; running as Free"
    if view.source == "DEBUG_OVERRIDE":
        return f"{'Pro' if view.is_pro else 'Free'}, {ORIGINS['flag']}"
    if view.is_pro:
        until = time.strftime(" until %Y-%m-%d", time.localtime(view.expires_ms / 1000)) if view.expires_ms else ""
        by = f" {ORIGINS[view.origin]}" if view.origin in ORIGINS else ""
        return f"Pro{by}{f', for {view.licensee}' if view.licensee else ''}{until}"
    return f"Free. {view.reason}" if view.reason else "Free"


def _to_pro(boot: Boot, kept: bool) -> list[str]:
    """How to make the device Pro: with the code in the dashboard, or with a licence key."""
    key = f"to make it Pro, activate a licence key: `{command('license activate KEY', boot.data_dir)}`"
    if not boot.license.allow_local_issuer:
        return [key]
    if kept:
        return [f"to make it Pro: `{command('license code', boot.data_dir)}` shows the code to enter in the dashboard"]
    return [f"to make it Pro, enter the code {owner_code(boot.run_dir)} in the dashboard, under System → Licence"]


def owner_code(run_dir: Path) -> str:
    """The code that proves access to the device; "" if no server is running."""
    try:
        return (run_dir / OWNER_CODE).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def goes_to_journal() -> bool:
    """Whether our output is systemd's journal (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        output = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{output.st_dev}:{output.st_ino}"


def first_password(run_dir: Path) -> str:
    """The password of the first start, returned once and then deleted; "" if there is none."""
    path = run_dir / FIRST_PASSWORD
    try:
        first = path.read_text(encoding="utf-8").strip()
        path.unlink()
    except OSError:
        return ""
    return first


def _password(boot: Boot, control: Control, kept: bool) -> str:
    if kept and (boot.run_dir / FIRST_PASSWORD).exists():
        return f"made for this first start; `{command('password first', boot.data_dir)}` shows it, once"
    if first := first_password(boot.run_dir):
        return f"{first}   (shown only once; you can change it in the dashboard)"
    status = ask_if_up(control, AUTH, GetAuthStatus())
    if status is None:
        return "unknown: the process that checks it does not answer"
    if status.enabled:
        return "as you set it"
    code = "" if kept or not boot.auth else f"; the code {owner_code(boot.run_dir)} lets you set one in the dashboard"
    return f"none: protection is off, anyone on the network can watch{code}"


def _settled_camera(control: Control) -> CameraView | None:
    """The camera once it delivers a picture or has a reason not to."""
    deadline = time.monotonic() + OPENING_S
    while True:
        camera = ask_if_up(control, CAMERA, GetCamera())
        if camera is None or camera.state != "waiting" or camera.reason or time.monotonic() > deadline:
            return camera
        time.sleep(0.05)


def _row(title: str, text: str) -> str:
    return f"  {title:<12}{text}"
