"""``ipcamera events``: shows and follows events."""

import contextlib
import json
import time
from typing import Annotated

import typer

from actors.runtime.control import Control
from models.errors import Unavailable
from models.events import Event
from models.messages.event_log import EVENT_LOG, EventsAfter, QueryEvents
from scripts.ipcamera.console import AsJson, DataDir, running

POLL_S = 1.0
EVER = 1  # Unix ms: since=0 would mean today


def events(
    data_dir: DataDir = None,
    as_json: AsJson = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep showing new events until Ctrl-C.")] = False,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="Number of past events to show first.")] = 20,
    system: Annotated[bool, typer.Option("--system", help="Also the server's own events, such as restarts.")] = False,
) -> None:
    """Show the newest events, oldest first."""
    with running(data_dir) as control:
        page = control.ask(EVENT_LOG, QueryEvents(EVER, limit=max(limit, 1), system=system))
        for event in page.events[-limit:] if limit else ():
            typer.echo(line(event, as_json))
        if follow:
            last = max((event.event_id for event in page.events), default=0)
            with contextlib.suppress(KeyboardInterrupt):
                _follow(control, last, as_json, system)


def _follow(control: Control, last: int, as_json: bool, system: bool) -> None:
    while True:
        time.sleep(POLL_S)
        try:
            page = control.ask(EVENT_LOG, EventsAfter(last, system=system))
        except Unavailable as error:
            if error.code == Unavailable.code:  # the server has ended, not just this one actor
                raise
            continue
        for event in page.events:
            typer.echo(line(event, as_json))
            last = max(last, event.event_id)


def line(event: Event, as_json: bool) -> str:
    if as_json:
        own = {"eventId": event.event_id, "timestamp": event.timestamp, "type": event.type}
        confidence = {} if event.confidence is None else {"confidence": event.confidence}
        return json.dumps({**own, **event.details, **confidence}, ensure_ascii=False)
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.timestamp / 1000))
    return f"{moment}  {event.event_id:>6}  {event.type:<20}{_words(event)}".rstrip()


def _words(event: Event) -> str:
    if text := event.details.get("text"):  # of the server's own history
        return f"{event.details['actor']}: {text}" if "actor" in event.details else str(text)
    shown = {**event.details, **({} if event.confidence is None else {"confidence": f"{event.confidence} %"})}
    return ", ".join(f"{key} {value}" for key, value in shown.items())
