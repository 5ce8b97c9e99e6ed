"""``ipcamera license``: show the licence of this device, activate a key, or make one."""

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
from config.places import make_private, run_dir
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
    """Show whether this device is Free or Pro, and why."""
    _show(_ask(data_dir, GetLicense(), lambda store: None), as_json)


@app.command()
def activate(
    key: Annotated[str, typer.Argument(help="The key that you were given: IPC1.…")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check a licence key and store it."""
    _show(_ask(data_dir, ActivateLicense(key), lambda store: store.activate(key)), as_json)


@app.command()
def issue(
    licensee: Annotated[str, typer.Option(help="Name of the licensee.")] = "owner",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make this device Pro with a licence that it signs itself. Refused if only other issuers are trusted."""
    _show(_ask(data_dir, IssueLicense(licensee), lambda store: store.issue(licensee)), as_json)


@app.command()
def code(data_dir: DataDir = None) -> None:
    """Show the code that makes this device Pro when it is entered in the dashboard. It changes with every start."""
    place = data_dir_of(data_dir)
    shown = owner_code(run_dir(place, os.environ))
    if not shown:
        fail(f"no camera server is using {place}", NOT_RUNNING)
    typer.echo(shown)


@app.command()
def revoke(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Remove the licence: the device is Free again."""
    _show(_ask(data_dir, RevokeLicense(), lambda store: store.revoke()), as_json)


@app.command()
def sign(
    issuer: Annotated[Path, typer.Argument(help="File with the issuer's private key; made if it does not exist.")],
    device: Annotated[str, typer.Option(help="ID of the device; any device if omitted.")] = "",
    days: Annotated[int, typer.Option(help="Days until it expires; 0: never.", min=0)] = 0,
    licensee: Annotated[str, typer.Option(help="Name of the licensee.")] = "",
) -> None:
    """Make a licence key for another device, as a vendor does. Nothing changes on this one."""
    now_ms = unix_ms()
    license = License(licensee, device, now_ms, now_ms + days * DAY_MS if days else 0)
    try:
        private = issuer_in(issuer)
    except ServerError as error:
        fail(error.detail)
    except OSError as error:
        fail(f"{issuer} cannot be used: {error.strerror}")
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    typer.echo(f"Devices that accept it have license.trusted_issuers = {public}", err=True)
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
