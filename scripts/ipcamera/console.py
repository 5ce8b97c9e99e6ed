"""Shared by all commands: finding the instance, reaching it, and reporting errors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from actors.runtime.control import Control
from config import places
from config.boot import Boot
from config.command import command
from models.errors import ServerError
from models.messages import Ask, Ref
from models.messages.detector import GetModelPlaces, detector

A = TypeVar("A")
R = TypeVar("R")
LOOK_S = 3.0  # how long a command that only reads waits for one actor
FAILED, NOT_RUNNING = 1, 3  # 2 is typer's, for an invalid command line

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="IPCAMERA_DATA_DIR", help="The data directory of the instance to use."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def data_dir_of(given: Path | None) -> Path:
    return given.expanduser().absolute() if given else places.default_data_dir(os.environ).absolute()


def fail(text: str, code: int = FAILED) -> NoReturn:
    """End with one line on stderr."""
    typer.echo(f"ipcamera: {text}", err=True)
    raise typer.Exit(code)


def find_control(data_dir: Path) -> Control | None:
    """The control socket of the running server; None if there is none. The caller closes it."""
    try:
        return Control(places.run_dir(data_dir, os.environ))
    except ServerError:
        return None


@contextmanager
def running(given: Path | None) -> Iterator[Control]:
    """The running server; ends the command with one line if there is none, or if it refuses."""
    data_dir = data_dir_of(given)
    control = find_control(data_dir)
    if control is None:
        fail(f"no camera server is using {data_dir}; start one with `{command('run', data_dir)}`", NOT_RUNNING)
    with control:
        try:
            yield control
        except ServerError as error:
            fail(error.detail)


def as_running(boot: Boot, control: Control | None) -> Boot:
    """``boot`` with the running server's options for models, which may differ from this command's."""
    places = ask_if_up(control, detector("object_detector"), GetModelPlaces()) if control is not None else None
    if places is None:
        return boot
    detection = replace(boot.detection, object_model=places.object_model)
    return replace(boot, models_dir=Path(places.models_dir) if places.models_dir else None, detection=detection)


def ask_if_up(control: Control, to: Ref[A], message: Ask[A, R]) -> R | None:
    """The answer of an actor that may be unavailable."""
    try:
        return control.ask(to, message, LOOK_S)
    except ServerError:
        return None
