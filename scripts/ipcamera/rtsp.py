"""RTSP in words: where it is served, who can watch, and the login that was made for it, once."""

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
    """What should be known about who can watch; "" where a login is asked for."""
    return "" if view.login else "anyone on the network can watch and listen, without a login"


def remedy(data_dir: Path) -> str:
    return f"`{command('settings credentials rtsp --username viewer', data_dir)}` sets a login"


def settled(control: Control) -> RtspView | None:
    """The state after a change, which takes a moment to come into force."""
    with contextlib.suppress(ServerError):
        control.ask(RTSP, StoreRtsp({}, "cli"), SETTLED_WITHIN_S)  # answered when what was stored before is in force
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        view = ask_if_up(control, RTSP, GetRtsp())
        if view is None or view.running == view.enabled or view.last_error or time.monotonic() > deadline:
            return view
        time.sleep(0.05)


def lines(control: Control, data_dir: Path, secret: bool = True) -> list[str]:
    """Who can watch now, and the new login if there is one, which counts as shown then. Without ``secret`` it waits."""
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
