"""``ipcamera run``: reads and checks the configuration, and starts the launcher."""

import contextlib
import errno
import os
import resource
from pathlib import Path
from typing import Annotated

import typer

from actors.runtime.control import Control
from config import atomic_replace
from config.boot import Boot
from config.boot_load import load_boot
from config.network.sockets import listening
from config.places import make_private
from scripts.ipcamera.console import fail, find_control
from scripts.ipcamera.welcome import welcome

DESCRIPTORS = 8192  # far more than all connections that the limits allow


def run(
    data_dir: Annotated[Path | None, typer.Option(help="Directory of all stored data.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file instead of ipcamera.toml in the data directory.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="auto, v4l2:DEV, rtsp://…, http(s)://…, a file, or pattern:")
    ] = None,
    audio_source: Annotated[str | None, typer.Option(help="auto, alsa:NAME, a file, tone:, or none")] = None,
    speaker: Annotated[str | None, typer.Option(help="auto, alsa:NAME, wav:DIR, or none")] = None,
    https_port: Annotated[str | None, typer.Option(help="0 for any free port (default 8443).")] = None,
    http_port: Annotated[str | None, typer.Option(help="0 for any free port (default 8080).")] = None,
    bind: Annotated[list[str] | None, typer.Option(help="Address to listen on; may be repeated.")] = None,
    auth: Annotated[str | None, typer.Option(help="Password protection: on or off.")] = None,
    license_override: Annotated[str | None, typer.Option(help="Run as pro or free, whatever the licence says.")] = None,
    models_dir: Annotated[Path | None, typer.Option(help="Where to look for models before downloading them.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning, or error")] = None,
    log_format: Annotated[str | None, typer.Option(help="auto, console, or json")] = None,
) -> None:
    """Start the camera server; it runs until Ctrl-C."""
    given = {
        "data_dir": data_dir,
        "source": source,
        "audio_source": audio_source,
        "speaker": speaker,
        "https_port": https_port,
        "http_port": http_port,
        "bind": ",".join(bind) if bind else None,
        "auth": auth,
        "license.override": license_override,
        "models_dir": models_dir,
        "log_level": log_level,
        "log_format": log_format,
    }
    boot = load_boot(given, os.environ, config)
    _prepare(boot)
    _raise_descriptors()
    from actors.runtime.launcher import launch
    from actors.tree import tree

    raise typer.Exit(launch(boot, tree(boot), _say_welcome))


def _say_welcome(boot: Boot, control: Control) -> None:
    with contextlib.suppress(OSError):  # nothing reads our output: no reason to stop
        typer.echo(welcome(boot, control))


def _prepare(boot: Boot) -> None:
    """Check everything that can be checked before a process is started."""
    if (control := find_control(boot.data_dir)) is not None:
        control.close()
        fail(f"a camera server is already using {boot.data_dir}; stop it, or choose another --data-dir")
    make_private(boot.data_dir)
    atomic_replace.finish(boot.data_dir)  # of a restore that was killed
    make_private(boot.run_dir)
    for name, port in (("https", boot.https_port), ("http", boot.http_port)):
        for address in boot.bind if port else ():
            if problem := port_problem(address, port):
                fail(f"{problem}; choose another port with --{name}-port")


def _raise_descriptors() -> None:
    """Raise the limit of open files for all processes; the usual soft limit of 1024 dates from select()."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def port_problem(address: str, port: int) -> str:
    """Why we cannot listen there; "" if we can. A missing address family of a wildcard address is no problem."""
    try:
        listening(address, port).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"port {port} is in use by another program"
        if error.errno == errno.EACCES:
            return f"port {port} is reserved for the administrator (ports below 1024)"
        if address == "::" and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return ""  # a host without IPv6
        return f"cannot listen on {address} port {port}: {error.strerror}"
    return ""
