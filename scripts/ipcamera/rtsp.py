"""RTSP for people: where it is served, who can watch, and, once, the login that was created for it."""

import contextlib
import time
from pathlib import Path

from actors.runtime.control import Control
from config.command import command
from models.errors import ServerError
from models.messages.rtsp import RTSP, GetRtsp, RtspLogin, RtspView, StoreRtsp, TakeNewLogin
from scripts.ipcamera.console import ask_if_up

SETTLED_WITHIN_S = 6.0


def place(view: RtspView) -> str:
    tls = f", over TLS port {view.tls_port}" if view.tls_port else ""
    return f"port {view.port}{tls}, path {view.path}"


def warning(view: RtspView) -> str:
    """A warning about who can watch; "" if there is a login."""
    return "" if view.login else "anyone on the network can watch and listen, without a login"


def remedy(data_dir: Path) -> str:
    return f"`{command('settings credentials rtsp --username viewer', data_dir)}` sets a login"


def settled(control: Control) -> RtspView | None:
    """The state after a change, which takes a moment to take effect."""
    with contextlib.suppress(ServerError):
        control.ask(RTSP, StoreRtsp({}, "cli"), SETTLED_WITHIN_S)  # answered when earlier changes are in effect
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        view = ask_if_up(control, RTSP, GetRtsp())
        if view is None or view.running == view.enabled or view.last_error or time.monotonic() > deadline:
            return view
        time.sleep(0.05)


def lines(control: Control, data_dir: Path, secret: bool = True) -> list[str]:
    """Who can watch now, and a new login, which then counts as shown. Without ``secret`` it is not shown."""
    view = settled(control)
    if view is None or not view.enabled:
        return []
    if not view.running:
        status = command("status", data_dir)
        return [f"not running: {view.last_error or f'not yet; see `{status}`'}"]
    login = ask_if_up(control, RTSP, TakeNewLogin()) if view.new_login and secret else None
    return [f"{place(view)}. Who can watch: {view.who}", *made(login, data_dir)]


def made(login: RtspLogin | None, data_dir: Path) -> list[str]:
    if login is None or not login.password:
        return []
    return [
        f"user name {login.username}, password {login.password}   (shown only once)",
        f"`{command('settings credentials rtsp', data_dir)}` sets another",
    ]
