"""``ipcamera settings``: show and change settings, whether the server is running or not."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from actors.license.license_store import LicenseStore
from actors.runtime.control import Control
from actors.settings.settings_store import SettingsStore, open_settings_store
from config.boot_load import load_boot
from config.command import command
from config.places import make_private
from config.setting import Setting, Value
from config.settings import REGISTRY, defaults, validate
from models.errors import ServerError
from models.messages.settings import SETTINGS, ChangeSettings, GetSettings, SetCredentials
from scripts.ipcamera import rtsp
from scripts.ipcamera.console import AsJson, DataDir, data_dir_of, fail, find_control, running

app = typer.Typer(help="Show and change settings.", no_args_is_help=True)
_WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


@app.command("get")
def get(key: str, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the value of one setting."""
    values = _stored(data_dir_of(data_dir))
    if key not in values:
        fail(f"{key}: Unknown setting; `{command('settings list', data_dir_of(data_dir))}` shows all")
    typer.echo(json.dumps(values[key]) if as_json else _shown(values[key]))


@app.command("list")
def list_all(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List all settings with their values."""
    values = _stored(data_dir_of(data_dir))
    if as_json:
        typer.echo(json.dumps(values, indent=1))
        return
    group = ""
    for setting in sorted(REGISTRY.values(), key=lambda one: _groups().index(one.group)):
        if setting.group != group:
            group = setting.group
            typer.echo(f"\n{group}")
        typer.echo(f"  {setting.key:<34}{_shown(values[setting.key]):<26}{_range(setting)}")


@app.command("set")
def set_values(
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...")], data_dir: DataDir = None
) -> None:
    """Change one or more settings: all of them, or none if one is invalid."""
    request = _request(assignments)
    place = data_dir_of(data_dir)
    control = find_control(place)
    if control is None:
        _set_offline(place, request)
        return
    with control:
        _set_online(control, place, request)


@app.command("credentials")
def credentials(
    owner: Annotated[str, typer.Argument(metavar="rtsp|mqtt")],
    username: Annotated[str | None, typer.Option(help='User name; "" removes it.')] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Set the user name and password of RTSP or of the MQTT broker. An empty password removes it."""
    if owner not in ("rtsp", "mqtt"):
        fail("choose rtsp or mqtt")
    with running(data_dir) as control:
        secret = sys.stdin.readline().rstrip("\n") if password_stdin else typer.prompt("Password", "", hide_input=True)
        control.ask(SETTINGS, SetCredentials(owner, username, secret))
    typer.echo("Saved.")


def _set_online(control: Control, place: Path, request: dict[str, object]) -> None:
    try:
        result = control.ask(SETTINGS, ChangeSettings(request, "cli"), 10)
    except ServerError as error:
        fail(error.detail)
    if result.errors:
        fail("\nipcamera: ".join(result.errors))
    for key in result.applied:
        typer.echo(f"{key} = {_shown(result.view.stored[key])}")
    if result.pro_blocked:
        fail(f"not switched on, because this needs Pro: {', '.join(result.pro_blocked)}")
    if any(key.startswith("rtsp") for key in result.applied):
        _say_rtsp(control, place)


def _say_rtsp(control: Control, place: Path) -> None:
    for line in rtsp.lines(control, place):
        typer.echo(f"RTSP: {line}")


def _set_offline(data_dir: Path, request: dict[str, object]) -> None:
    """Change the file. The camera's capabilities are unknown now; it uses the nearest values when it starts."""
    checked = validate(request, confirmed=True)
    if checked.errors:
        fail("\nipcamera: ".join(checked.errors))
    make_private(data_dir)
    settings_store = _settings_store(data_dir)
    settings_store.change(checked.values)
    for key in checked.values:
        typer.echo(f"{key} = {_shown(settings_store.stored[key])}")
    typer.echo("The server is not running: this takes effect at its next start.")
    pro = [key for key, value in checked.values.items() if REGISTRY[key].pro and value is True]
    if pro and not LicenseStore(load_boot({"data_dir": data_dir}, os.environ)).view().is_pro:
        typer.echo(f"Has no effect without Pro: {', '.join(pro)}")


def _stored(data_dir: Path) -> dict[str, Value]:
    control = find_control(data_dir)
    if control is None:
        return _settings_store(data_dir).stored if data_dir.is_dir() else defaults()
    with control:
        try:
            return control.ask(SETTINGS, GetSettings()).stored
        except ServerError as error:
            fail(error.detail)


def _settings_store(data_dir: Path) -> SettingsStore:
    settings_store = open_settings_store(data_dir)
    for note in settings_store.load():
        typer.echo(f"ipcamera: {note}", err=True)
    return settings_store


def _request(assignments: list[str]) -> dict[str, object]:
    """``key=value``, or a key and a value as two words."""
    if len(assignments) == 2 and "=" not in assignments[0]:
        assignments = ["=".join(assignments)]
    request: dict[str, object] = {}
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        if not separator:
            fail(f"{assignment!r}: write KEY=VALUE")
        request[key.strip()] = _value(key.strip(), text.strip())
    return request


def _value(key: str, text: str) -> object:
    """The text converted to the key's type; unchanged if it does not fit, so that the validator reports the error."""
    kind = REGISTRY[key].kind if key in REGISTRY else "string"
    if kind == "boolean":
        return _WORDS.get(text.lower(), text)
    digits = text.removeprefix("-")
    return int(text) if kind == "int" and digits.isascii() and digits.isdigit() and len(digits) < 19 else text


def _groups() -> list[str]:
    return list(dict.fromkeys(setting.group for setting in REGISTRY.values()))


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _range(setting: Setting) -> str:
    if setting.read_only:
        return "read-only"
    if setting.kind == "boolean":
        return f"true, false{' (Pro)' if setting.pro else ''}"
    if setting.choices:
        return ", ".join(str(choice) for choice in setting.choices)
    if setting.kind == "string":
        return ""
    return f"{setting.minimum}–{setting.maximum} {setting.unit}".rstrip()
