"""``ipcamera sessions``: sessions and tokens."""

import json
import time
from typing import Annotated

import typer

from models.messages.auth import AUTH, EndSession, GetSessions, IssueToken
from scripts.ipcamera.console import AsJson, DataDir, running

app = typer.Typer(help="Sessions and tokens: list, end and make them.", no_args_is_help=True)


@app.command("list")
def list_sessions(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List all sessions and tokens, the longest unused first."""
    with running(data_dir) as control:
        found = sorted(control.ask(AUTH, GetSessions()).sessions, key=lambda one: one.used)
    if as_json:
        typer.echo(json.dumps([one.as_dict() for one in found], indent=1))
    elif not found:
        typer.echo("Nobody is logged in, and there are no tokens.")
    for one in () if as_json else found:
        what = f"token {one.name}" if one.name else f"{one.client} {one.agent}".strip()
        typer.echo(f"{one.session_id}  {one.role:6}  used {_when(one.used)}  ends {_when(one.expires)}  {what}")


@app.command()
def end(
    session: Annotated[str, typer.Argument(help="Its ID, as shown by `ipcamera sessions list`.")],
    data_dir: DataDir = None,
) -> None:
    """End a session or revoke a token."""
    with running(data_dir) as control:
        control.ask(AUTH, EndSession(session))
    typer.echo("Ended.")


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    role: Annotated[str, typer.Option(help="media: pictures only; viewer: read-only; owner: everything.")] = "media",
    days: Annotated[int, typer.Option(help="Days until it expires; 0: valid until it is revoked.", min=0)] = 0,
    data_dir: DataDir = None,
) -> None:
    """Make a token and show it. It is not shown again."""
    with running(data_dir) as control:
        typer.echo(control.ask(AUTH, IssueToken(name, role, days)).token)


def _when(moment_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment_ms / 1000)) if moment_ms else "never"
