"""``ipcamera status`` and ``ipcamera restart``: the actors, each with its state."""

import contextlib
import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from actors.runtime.control import Control
from config.command import command
from config.places import RUN_FILE
from models.detect import DETECTORS, detector_class
from models.errors import ServerError
from models.media.tier import Tier
from models.messages.camera import CAMERA, GetCamera
from models.messages.detector import DetectorView, GetDetector, detector
from models.messages.encoder import ENCODER, GetVideo, VideoView
from models.messages.facade import FACADE, GetPorts, GetViewers, ViewersView
from models.messages.license import LICENSE, GetLicense
from models.messages.mqtt import MQTT, GetMqtt, MqttView
from models.messages.onvif import ONVIF, GetOnvif, OnvifSubscriber, OnvifView
from models.messages.rtsp import RTSP, GetRtsp, RtspSession, RtspView
from models.messages.supervisor import SUPERVISOR, ActorRow, ActorTable, GetActors, RestartActor
from scripts.ipcamera import rtsp
from scripts.ipcamera.console import NOT_RUNNING, AsJson, DataDir, ask_if_up, data_dir_of, fail, find_control, running
from scripts.ipcamera.welcome import licence, picture

WATCH_EVERY_S = 2.0
BACK_WITHIN_S, LOOK_EVERY_S = 30.0, 0.1
CLEAR = "\x1b[2J\x1b[H"  # the terminal
HEADINGS = ("ACTOR", "STATE", "PID", "UP", "RESTARTS", "CPU", "MEMORY", "QUEUE", "NOTE")
RIGHT = {2, 3, 4, 5, 6, 7}


def status(
    data_dir: DataDir = None,
    as_json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="Repeat every two seconds until Ctrl-C.")] = False,
) -> None:
    """Show what is running, and in which state."""
    place = data_dir_of(data_dir)
    with contextlib.suppress(KeyboardInterrupt):
        typer.echo(_look(place, as_json))
        while watch:
            time.sleep(WATCH_EVERY_S)
            typer.echo(f"{CLEAR if os.isatty(1) else ''}{_look(place, as_json)}")


def _look(data_dir: Path, as_json: bool) -> str:
    control = find_control(data_dir)
    if control is None:
        if as_json:
            typer.echo(json.dumps({"running": False}))
        fail(f"no camera server is using {data_dir}; start one with `{command('run', data_dir)}`", NOT_RUNNING)
    with control:
        try:
            return json.dumps(as_values(control, data_dir), indent=1) if as_json else as_table(control)
        except ServerError as error:
            fail(error.detail)


def restart(actor: str, data_dir: DataDir = None) -> None:
    """Stop one actor and start it again."""
    with running(data_dir) as control:
        former = next((row.pid for row in control.ask(SUPERVISOR, GetActors()).rows if row.name == actor), 0)
        control.ask(SUPERVISOR, RestartActor(actor), 15)
        row = _back_again(control, actor, former)
    if row.state == "degraded":
        fail(f"{actor} was restarted, but {row.detail or row.last_reason or 'it does not work properly'}")
    typer.echo(f"{actor} was restarted and is running.")


def _back_again(control: Control, actor: str, former: int) -> ActorRow:
    """Its row once its new process is up; ends the command if that does not happen."""
    row: ActorRow | None = None
    end = time.monotonic() + BACK_WITHIN_S
    while time.monotonic() < end:
        with contextlib.suppress(ServerError):
            row = next((row for row in control.ask(SUPERVISOR, GetActors()).rows if row.name == actor), None)
            if row is not None and row.pid not in (0, former) and row.state in ("up", "degraded"):
                return row
        time.sleep(LOOK_EVERY_S)
    why = f"it is {row.state}{f': {row.last_reason}' if row.last_reason else ''}" if row else "its state is not known"
    fail(f"{actor} was stopped and is not back after {BACK_WITHIN_S:.0f} s: {why}")


def as_values(control: Control, data_dir: Path) -> dict[str, Any]:
    """The live content of run.json, with all details of each actor."""
    table = control.ask(SUPERVISOR, GetActors())
    ports = ask_if_up(control, FACADE, GetPorts())
    run = _run_file(data_dir)
    return {
        "running": True,
        "pid": run.get("pid", 0),
        "https_port": ports.https if ports else run.get("https_port", 0),
        "http_port": ports.http if ports else run.get("http_port", 0),
        "version": run.get("version", ""),
        "actors": {row.name: _row_values(row) for row in table.rows},
        "pool": _pool_values(control),
        "streams": {tier: _values(ask_if_up(control, ENCODER, GetVideo(tier))) for tier in Tier},
        "rtsp": _values(ask_if_up(control, RTSP, GetRtsp())),
        "onvif": _values(ask_if_up(control, ONVIF, GetOnvif())),
    }


def _values(view: RtspView | OnvifView | VideoView | None) -> dict[str, Any]:
    return {} if view is None else dataclasses.asdict(view)


def _row_values(row: ActorRow) -> dict[str, Any]:
    return {
        "pid": row.pid,
        "state": row.state,
        "uptime_s": row.uptime_s,
        "restarts": row.restarts,
        "last_reason": row.last_reason,
        "cpu_percent": row.cpu_percent,
        "pss_bytes": row.pss_bytes,
        "memory_mb": row.memory_mb,
        "max_restarts": row.max_restarts,
        "queue": row.queue,
        "detail": row.detail,
    }


def _run_file(data_dir: Path) -> dict[str, Any]:
    try:
        content = json.loads((data_dir / RUN_FILE).read_text())
    except (OSError, ValueError):
        return {}  # still starting, or stopping
    return content if isinstance(content, dict) else {}


def as_table(control: Control) -> str:
    table = control.ask(SUPERVISOR, GetActors())
    viewers, view = ask_if_up(control, FACADE, GetViewers()), ask_if_up(control, LICENSE, GetLicense())
    ports = ask_if_up(control, FACADE, GetPorts())
    lines = [
        f"Picture  {picture(ask_if_up(control, CAMERA, GetCamera()), '')}",
        f"Ports    {f'https {ports.https}, http {ports.http}' if ports else '?'}",
        *_stream_lines(control),
        f"Viewers  {_viewers(viewers) if viewers else '?'}",
        *_rtsp_lines(ask_if_up(control, RTSP, GetRtsp())),
        *_onvif_lines(ask_if_up(control, ONVIF, GetOnvif())),
        *_mqtt_lines(ask_if_up(control, MQTT, GetMqtt())),
        *_pool_lines(control),
        f"Licence  {licence(view)}",
        "",
    ]
    return "\n".join(lines + _aligned([HEADINGS, *map(_cells, _in_trouble_last(table))]))


def _pool_lines(control: Control) -> list[str]:
    """Where the models of detectors run that can use a pool."""
    views = _placed(control)
    return [f"Pool     {view.name.replace('_', ' ')}: on {_place(view)}, {view.ms:.0f} ms" for view in views]


def _pool_values(control: Control) -> dict[str, Any]:
    return {view.name: {"where": view.where, "note": view.where_note, "ms": view.ms} for view in _placed(control)}


def _placed(control: Control) -> list[DetectorView]:
    movable = [name for name in DETECTORS if detector_class(name).movable]
    views = [ask_if_up(control, detector(name), GetDetector()) for name in movable]
    return [view for view in views if view is not None and view.where]


def _place(view: DetectorView) -> str:
    return f"the pool {view.where_note}" if view.where == "pool" else f"this device, because {view.where_note}"


def _stream_lines(control: Control) -> list[str]:
    views = {tier: ask_if_up(control, ENCODER, GetVideo(tier)) for tier in Tier}
    return [_stream_line(tier, view) for tier, view in views.items() if view is not None]


def _stream_line(tier: Tier, view: VideoView) -> str:
    """The readers of a tier, and its H.264 while it is encoded."""
    h264 = f"{view.width}×{view.height}, {view.encoder}, {view.fps:.0f} fps, {view.bitrate_kbps:.0f} kbit/s"
    readers = f"for {', '.join(view.readers)}" if view.readers else "no readers"
    return f"Stream   {tier}: {f'{h264}, ' if view.running else ''}{readers}"


def _viewers(view: ViewersView) -> str:
    return f"{view.clients}{f', {view.sub_clients} on the small stream' if view.sub_clients else ''}"


def _rtsp_lines(view: RtspView | None) -> list[str]:
    if view is None:
        return []  # its row below says why
    if not view.running:
        return [f"RTSP     {view.last_error or 'off'}"]
    about = f"RTSP     {rtsp.place(view)}, {view.clients} playing"
    return [about, *map(_rtsp_line, view.sessions), f"         who can watch: {view.who}"]


def _rtsp_line(session: RtspSession) -> str:
    about = f"{session.transport}, {session.state} for {duration(session.seconds)}, {session.bitrate_kbps:.0f} kbit/s"
    player = f"{session.client} ({session.user_agent or 'unknown player'})"
    return f"         {player}: {session.tier}, {about}, {session.loss_percent} % lost"


def _onvif_lines(view: OnvifView | None) -> list[str]:
    """Nothing while it is off."""
    if view is None:
        return []
    about = f"ONVIF    port {view.port}, {len(view.subscribers)} subscribed" if view.running else "ONVIF    not serving"
    problem = [f"         {view.last_error}"] if view.last_error else []
    return [about, *problem, *map(_onvif_line, view.subscribers)]


def _mqtt_lines(view: MqttView | None) -> list[str]:
    """Nothing while it is off."""
    if view is None or not view.enabled:
        return []
    connection = "connected" if view.connected else f"not connected: {view.last_error or 'connecting'}"
    problem = [f"         {view.last_error}"] if view.connected and view.last_error else []
    return [f"MQTT     {view.broker_url} port {view.port}, {connection}", *problem]


def _onvif_line(one: OnvifSubscriber) -> str:
    lost = f", {one.dropped} lost" if one.dropped else ""
    told = f"{one.kind} for {duration(one.seconds)}, {one.delivered} delivered{lost}"
    return f"         {one.client} ({one.agent or 'unknown client'}): {told}"


def _in_trouble_last(table: ActorTable) -> list[ActorRow]:
    """Actors with problems come last, next to the prompt."""
    return sorted(table.rows, key=lambda row: row.state not in ("up", "off"))


def _cells(row: ActorRow) -> tuple[str, ...]:
    note = row.detail or row.last_reason
    return (
        row.name,
        row.state,
        str(row.pid or "–"),
        duration(row.uptime_s),
        str(row.restarts),
        f"{row.cpu_percent:.1f} %",
        f"{row.pss_bytes / 2**20:.1f} / {row.memory_mb} MB",
        str(row.queue),
        note,
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]

    def line(row: tuple[str, ...]) -> str:
        cells = (cell.rjust(widths[n]) if n in RIGHT else cell.ljust(widths[n]) for n, cell in enumerate(row))
        return "  ".join(cells).rstrip()

    return [line(row) for row in rows]


def duration(seconds: float) -> str:
    """The two largest units: 3d 4h, 5m 6s."""
    whole = int(seconds)
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    parts = []
    for name, size in units:
        count, whole = divmod(whole, size)
        parts.append((count, name))
    while len(parts) > 1 and parts[0][0] == 0:
        parts.pop(0)
    return " ".join(f"{count}{name}" for count, name in parts[:2])
