"""``ipcamera notifications``: list channels and rules, and test channels."""

import json
import time
from typing import Annotated

import typer

from models.errors import SwitchedOff
from models.messages.notifier import NOTIFIER, GetNotifications, TestChannel
from models.notify import limits
from scripts.ipcamera.console import FAILED, AsJson, DataDir, fail, running

app = typer.Typer(help="Show and test notification channels and rules.", no_args_is_help=True)
OFF = "notifications are switched off: ipcamera settings set notificationsEnabled=true"


@app.command("list")
def list_notifications(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List rules and channels, without secrets."""
    with running(data_dir) as control:
        try:
            view = control.ask(NOTIFIER, GetNotifications())
        except SwitchedOff:
            fail(OFF)
    if as_json:
        about = {"rules": view.rules, "channels": view.channels, "waiting": view.waiting}
        typer.echo(json.dumps(about, indent=1))
        return
    if not view.channels:
        typer.echo("There is no channel yet: add one in the dashboard, under Settings → Notifications.")
    for one in view.channels:
        trouble = f"  last error: {one['lastError']}" if one["lastError"] else ""
        typer.echo(f"{one['id']}  {one['kind']:7}  {one['name']}  {one['target']}  last: {_when(one)}{trouble}")
    for rule in view.rules:
        span = "all day" if rule["from"] == rule["to"] else f"{rule['from']}–{rule['to']}"
        off = "" if rule["enabled"] else "  (off)"
        typer.echo(
            f"{rule['id']}  rule     {rule['name']}: {_words(rule['types'])}, {span} → {_words(rule['channels'])}{off}"
        )
    if view.waiting:
        typer.echo(f"{view.waiting} waiting to be delivered")


@app.command("test")
def send_test(
    channel: Annotated[str, typer.Argument(help="Its ID, as shown by `ipcamera notifications list`.")],
    data_dir: DataDir = None,
) -> None:
    """Send a test notification to a channel and show the answer."""
    with running(data_dir) as control:
        try:
            tested = control.ask(NOTIFIER, TestChannel(channel), limits.TEST_S)
        except SwitchedOff:
            fail(OFF)
    if not tested.success:
        fail(tested.answer, FAILED)
    typer.echo(f"Delivered in {tested.latency_ms} ms: {tested.answer}")


def _words(value: object) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else ""


def _when(channel: dict[str, object]) -> str:
    moment = channel["lastDelivered"]
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment / 1000)) if isinstance(moment, int) else "none yet"
