"""The ``ipcamera`` command."""

import importlib
import importlib.util
import io
import json
import platform
import sys
from typing import Annotated

import typer

from config.boot_load import BootError, program_version
from config.places import PlaceError
from models.errors import ServerError
from scripts.ipcamera import argv_secrets, doctor, events, run, settings, status
from scripts.ipcamera.console import FAILED, AsJson

ROOMS = tuple(
    name
    for name in ("password", "sessions", "license", "cert", "models", "pool", "notifications", "clips")
    if importlib.util.find_spec(f"scripts.ipcamera.{name}") is not None
)
app = typer.Typer(
    help="A camera server for this device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run.run)
app.command()(status.status)
app.command()(status.restart)
app.command()(events.events)
app.command()(doctor.doctor)
app.add_typer(settings.app, name="settings")


@app.command()
def version(
    as_json: AsJson = False,
    components: Annotated[
        bool, typer.Option("--components", help="List all its packages and models as CycloneDX JSON.")
    ] = False,
) -> None:
    """Show the program's version."""
    if components:
        from scripts.ipcamera.components import bill_of_materials  # reads the metadata of every package

        typer.echo(json.dumps(bill_of_materials(), indent=1, ensure_ascii=False))
        return
    about = {"version": program_version(), "python": platform.python_version(), "machine": platform.machine()}
    line = f"ipcamera {about['version']} (Python {about['python']}, {about['machine']})"
    typer.echo(json.dumps(about) if as_json else line)


def mount_rooms() -> None:
    """Add the sub-commands that `run` does not need."""
    for name in ROOMS:
        app.add_typer(importlib.import_module(f"scripts.ipcamera.{name}").app, name=name)
    backup = importlib.import_module("scripts.ipcamera.backup")
    app.command()(backup.backup)
    app.command()(backup.restore)
    app.command()(importlib.import_module("scripts.ipcamera.drill").drill)
    app.command()(importlib.import_module("scripts.ipcamera.clips").timelapse)


def main() -> None:
    """The entry point: an expected error is one line, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an ASCII-only terminal still shows the rest
    argv_secrets.hide()
    # Everything that `run` imports is in every actor's process, so it imports only what it needs.
    if sys.argv[1:2] != ["run"]:
        mount_rooms()
    try:
        app()
    except (BootError, PlaceError, ServerError) as error:
        typer.echo(f"ipcamera: {error}", err=True)
        sys.exit(FAILED)
    except BrokenPipeError:  # the reader of our output is gone, e.g. `| head`
        sys.stderr.close()
        sys.exit(FAILED)
