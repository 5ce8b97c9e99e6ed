"""``ipcamera password``: for the device's owner on the device itself; the old password is not needed."""

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from actors.auth.auth_store import StoredAuth, hash_password, load_state, save_state
from actors.runtime.control import Control
from config.command import command
from config.places import make_private, run_dir
from models.errors import ServerError
from models.messages.auth import AUTH, ChangePassword, SetProtection
from models.security.password import ENTROPY_BYTES, problem, readable
from scripts.ipcamera.console import DataDir, data_dir_of, fail, find_control
from scripts.ipcamera.welcome import first_password

ANSWER_S = 15.0  # hashing on a small board
NEXT_START = "The server is not running: this takes effect at its next start."

app = typer.Typer(help="Set the password; switch password protection on or off.", no_args_is_help=True)


@app.command("set")
def set_password(
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the password from stdin; do not ask for it twice.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Set a new password. Everyone who is logged in has to log in again."""
    new = sys.stdin.readline().rstrip("\n") if stdin else _asked_for()
    _change(data_dir_of(data_dir), new)
    typer.echo("The password is set.")


@app.command()
def first(data_dir: DataDir = None) -> None:
    """Show, once, the password that was made at the first start: a service does not print it to the journal."""
    if shown := first_password(run_dir(data_dir_of(data_dir), os.environ)):
        typer.echo(shown)
    else:
        fail(f"already shown, or you have set your own; `{command('password reset', data_dir)}` makes a new one")


@app.command()
def reset(data_dir: DataDir = None) -> None:
    """Make a new random password, show it once, and switch protection on."""
    new = readable(secrets.token_bytes(ENTROPY_BYTES))
    place = data_dir_of(data_dir)
    _change(place, new)
    typer.echo(new)
    _protect(place, True)


@app.command()
def on(data_dir: DataDir = None) -> None:
    """Switch password protection on."""
    _protect(data_dir_of(data_dir), True)


@app.command()
def off(data_dir: DataDir = None) -> None:
    """Switch password protection off: anyone who can reach this device is let in."""
    _protect(data_dir_of(data_dir), False)


def _asked_for() -> str:
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt=True))


def _change(place: Path, new: str) -> None:
    if reason := problem(new):
        fail(reason)
    control = find_control(place)
    if control is not None:
        _ask(control, lambda: control.ask(AUTH, ChangePassword(new), ANSWER_S))
        return

    def change(state: StoredAuth) -> None:
        state.password, state.sessions = hash_password(new), state.sessions.without_owners()

    _offline(place, change)


def _protect(place: Path, enabled: bool) -> None:
    control = find_control(place)
    if control is not None:
        _ask(control, lambda: control.ask(AUTH, SetProtection(enabled), ANSWER_S))
    else:

        def change(state: StoredAuth) -> None:
            if enabled and not state.password:
                fail(f"set a password first: `{command('password set', place)}`")
            state.enabled = enabled

        _offline(place, change)
    typer.echo(
        f"Password protection is {'on' if enabled else 'OFF: anyone who can reach this device sees the camera'}."
    )


def _ask(control: Control, question: Callable[[], object]) -> None:
    with control:
        try:
            question()
        except ServerError as error:
            fail(error.detail)


def _offline(place: Path, change: Callable[[StoredAuth], None]) -> None:
    make_private(place)
    state, notes = load_state(place)
    for note in notes:
        typer.echo(f"ipcamera: {note}", err=True)
    change(state)
    try:
        save_state(place, state, final=True)
    except OSError as error:
        fail(f"{place} cannot be written: {error.strerror}")
    typer.echo(NEXT_START, err=True)
