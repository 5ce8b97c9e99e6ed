"""``ipcamera license``: look at the licence of this device, activate a key, or make one."""

import base64
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from actors.license.license_store import LicenseStore, issuer_in
from config.boot_load import load_boot
from config.clock import unix_ms
from config.paths import make_private, run_dir
from models.errors import ServerError
from models.messages import Ask
from models.messages.license import (
    LICENSE,
    ActivateLicense,
    GetLicense,
    IssueLicense,
    LicenseView,
    RevokeLicense,
    ToLicense,
)
from models.security.license import License
from models.security.license import issue as make_key
from scripts.ipcamera.console import NOT_RUNNING, AsJson, DataDir, data_dir_of, fail, find_control
from scripts.ipcamera.welcome import ORIGINS, owner_code

DAY_MS = 86_400_000

app = typer.Typer(help="Free or Pro: the licence of this device.", no_args_is_help=True)


@app.command()
def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """What holds now, and why."""
    _show(_ask(data_dir, GetLicense(), lambda store: None), as_json)


@app.command()
def activate(
    key: Annotated[str, typer.Argument(help="IPC1.… as you were given it")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check a licence key and keep it."""
    _show(_ask(data_dir, ActivateLicense(key), lambda store: store.activate(key)), as_json)


@app.command()
def issue(
    licensee: Annotated[str, typer.Option(help="Whose it is.")] = "owner",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make this device Pro with a licence signed on it; refused where the configuration trusts other issuers only."""
    _show(_ask(data_dir, IssueLicense(licensee), lambda store: store.issue(licensee)), as_json)


@app.command()
def code(data_dir: DataDir = None) -> None:
    """Show the code that makes this device Pro when it is typed on the page; a new one with each start."""
    place = data_dir_of(data_dir)
    shown = owner_code(run_dir(place, os.environ))
    if not shown:
        fail(f"no camera server is running on {place}", NOT_RUNNING)
    typer.echo(shown)


@app.command()
def revoke(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Forget the licence: the device is Free again."""
    _show(_ask(data_dir, RevokeLicense(), lambda store: store.revoke()), as_json)


@app.command()
def sign(
    issuer: Annotated[Path, typer.Argument(help="The issuer's private key; made if there is no such file.")],
    device: Annotated[str, typer.Option(help="The device's id, as its status shows it; any device without one.")] = "",
    days: Annotated[int, typer.Option(help="How long it holds; for ever without it.", min=0)] = 0,
    licensee: Annotated[str, typer.Option(help="Whose it is.")] = "",
) -> None:
    """Make a licence key for somebody else's device, as a vendor does; nothing changes on this one."""
    now_ms = unix_ms()
    license = License(licensee, device, now_ms, now_ms + days * DAY_MS if days else 0)
    try:
        private = issuer_in(issuer)
    except ServerError as error:
        fail(error.detail)
    except OSError as error:
        fail(f"{issuer} cannot be used: {error.strerror}")
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    typer.echo(f"Devices that take it have license.trusted_issuers = {public}", err=True)
    typer.echo(make_key(license, private))


def _ask(
    given: Path | None, question: Ask[ToLicense, LicenseView], offline: Callable[[LicenseStore], object]
) -> LicenseView:
    place = data_dir_of(given)
    control = find_control(place)
    try:
        if control is not None:
            with control:
                return control.ask(LICENSE, question)
        make_private(place)
        store = LicenseStore(load_boot({"data_dir": place}, os.environ))
        offline(store)
        return store.view()
    except ServerError as error:
        fail(error.detail)
    except OSError as error:
        fail(f"{place} cannot be written: {error.strerror}")


def _in_words(view: LicenseView) -> str:
    if view.state == "UNKNOWN":
        return "not known; treated as Free"
    return f"Pro, {ORIGINS.get(view.origin, 'by a licence key')}" if view.is_pro else "Free"


def _show(view: LicenseView, as_json: bool) -> None:
    expires = time.strftime("%Y-%m-%d %H:%M", time.localtime(view.expires_ms / 1000)) if view.expires_ms else "never"
    if as_json:
        shown = {
            "isPro": view.is_pro,
            "state": view.state,
            "source": view.source,
            "billing": {"available": view.billing_available, "status": view.billing_status},
            "deviceId": view.device_id,
            "licensee": view.licensee,
            "expires": view.expires_ms,
            "reason": view.reason,
            "origin": view.origin,
        }
        typer.echo(json.dumps(shown, indent=1))
        return
    typer.echo(f"Licence   {_in_words(view)}")
    if view.reason and view.origin != "flag":
        typer.echo(f"Because   {view.reason}")
    if view.licensee or view.expires_ms:
        typer.echo(f"Licensee  {view.licensee}\nExpires   {expires}")
    typer.echo(f"Device    {view.device_id}")
