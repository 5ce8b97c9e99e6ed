"""``ipcamera cert``: show, export and renew the HTTPS certificate."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.json_forms import certificate_shape
from config.boot import Boot
from config.boot_load import load_boot
from config.command import command
from config.places import make_private
from config.tls import certificate
from models.errors import ServerError
from models.messages.facade import FACADE, RegenerateCertificate
from scripts.ipcamera.console import AsJson, DataDir, data_dir_of, fail, find_control

ANSWER_S = 15.0

app = typer.Typer(help="The HTTPS certificate.", no_args_is_help=True)


@app.command()
def show(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show its names, its validity, and its fingerprint to compare with what the browser shows."""
    view, trusted = certificate.view(_pem(data_dir)), certificate.view(_pem(data_dir, certificate.trust_pem))
    if as_json:
        typer.echo(json.dumps(certificate_shape(view, trusted), indent=1))
        return
    typer.echo(f"Subject   {view.subject}\nIssuer    {view.issuer}")
    typer.echo(f"Valid     {_day(view.not_before)} to {_day(view.not_after)}: {view.status}")
    typer.echo(f"Names     {', '.join(view.subject_alt_names)}")
    typer.echo(f"Serial    {view.serial_number}\nSHA-256   {certificate.in_pairs(view.fingerprint_sha256)}")
    typer.echo(f"Install   {trusted.subject}, valid until {_day(trusted.not_after)}")
    typer.echo(f"SHA-256   {certificate.in_pairs(trusted.fingerprint_sha256)}")


@app.command()
def export(
    output: Annotated[Path | None, typer.Argument(help="Output file; standard output if omitted.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write the device's certificate authority as PEM, to install where the dashboard is opened. Never a key."""
    pem = _pem(data_dir, certificate.trust_pem)
    if output is None:
        typer.echo(pem, nl=False)
        return
    try:
        output.write_text(pem)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}")


@app.command()
def regenerate(data_dir: DataDir = None) -> None:
    """Make a new certificate. Open connections stay, and it is trusted where the authority is installed."""
    place = data_dir_of(data_dir)
    control = find_control(place)
    try:
        if control is not None:
            with control:
                control.ask(FACADE, RegenerateCertificate(), ANSWER_S)
        else:
            make_private(place)
            certificate.regenerate(_boot(data_dir))
    except ServerError as error:
        fail(error.detail)
    except OSError as error:
        fail(f"{place} cannot be written: {error.strerror}")
    typer.echo(f"SHA-256   {certificate.in_pairs(certificate.view(_pem(data_dir)).fingerprint_sha256)}")


def _boot(given: Path | None) -> Boot:
    return load_boot({"data_dir": data_dir_of(given)}, os.environ)


def _pem(given: Path | None, of: Callable[[certificate.CertificateFiles], str] = certificate.public_pem) -> str:
    files = certificate.files_of(_boot(given))
    try:
        return of(files)
    except FileNotFoundError:
        make = command("cert regenerate", data_dir_of(given))
        fail(f"there is no certificate yet: the first start makes one, or run `{make}`")
    except (OSError, ValueError) as error:
        fail(f"{files.certificate} cannot be read: {error}")


def _day(moment_ms: int) -> str:
    return f"{datetime.fromtimestamp(moment_ms / 1000, UTC):%Y-%m-%d}"
