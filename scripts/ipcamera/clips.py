"""``ipcamera clips`` and ``ipcamera timelapse``: list, export and delete recordings, and make time-lapse videos."""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from actors.runtime.control import Control
from models.clips import CONTINUOUS, Clip
from models.events import EVENT_TYPES
from models.messages.event_log import CLIPS_MAX, EVENT_LOG, DeleteClip, GetClip, QueryClips
from scripts.ipcamera.console import AsJson, DataDir, data_dir_of, fail, running

RATE = 25
app = typer.Typer(help="List, export and delete clips.", no_args_is_help=True)


@app.command("list")
def list_(
    data_dir: DataDir = None,
    as_json: AsJson = False,
    kind: Annotated[str, typer.Option("--type", help=f"{', '.join(EVENT_TYPES)}, MANUAL, CONTINUOUS.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=CLIPS_MAX, help="Number of clips to show.")] = 20,
) -> None:
    """List the newest clips, oldest first, and the space that clips take up."""
    with running(data_dir) as control:
        page = control.ask(EVENT_LOG, QueryClips(types=(kind,) if kind else (), limit=limit))
    if as_json:
        return typer.echo(json.dumps({"clips": [asdict(clip) for clip in page.clips], "space": asdict(page.space)}))
    for clip in page.clips:
        typer.echo(line(clip))
    space = page.space
    written = f"; {_mb(space.written[-1][1])} written on {space.written[-1][0]}" if space.written else ""
    typer.echo(f"{space.clips} clips, {_mb(space.used)} of {_mb(space.allowed)}{written}")


def line(clip: Clip) -> str:
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(clip.start / 1000))
    about = f"{clip.duration_ms / 1000:6.1f} s  {_mb(clip.bytes):>9}  {','.join(clip.types) or clip.kind}"
    return f"{moment}  {clip.id}  {about}{'  kept' if clip.keep else ''}"


def _mb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.1f} MB"


@app.command()
def export(
    clip_id: Annotated[str, typer.Argument(help="Its ID, as shown by `ipcamera clips list`.")],
    target: Annotated[Path, typer.Argument(help="File or directory to copy it to.")] = Path(),
    data_dir: DataDir = None,
) -> None:
    """Copy the video of a clip."""
    with running(data_dir) as control:
        clip = control.ask(EVENT_LOG, GetClip(clip_id))
    path = target / f"clip-{clip.id}.mp4" if target.is_dir() else target
    try:
        shutil.copyfile(data_dir_of(data_dir) / clip.path, path)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
    typer.echo(path)


@app.command()
def delete(clip_ids: Annotated[list[str], typer.Argument(help="One or more IDs.")], data_dir: DataDir = None) -> None:
    """Delete clips, even those marked to be kept."""
    with running(data_dir) as control:
        for clip_id in clip_ids:
            control.ask(EVENT_LOG, DeleteClip(clip_id))
            typer.echo(f"{clip_id} was deleted.")


# -------------------------------------------------------------------- time-lapse
def timelapse(
    day: Annotated[str, typer.Argument(help="YYYY-MM-DD, today or yesterday.")],
    target: Annotated[Path | None, typer.Argument(help="File to write.")] = None,
    data_dir: DataDir = None,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="Length of the video in seconds.")] = 60,
) -> None:
    """Make a time-lapse video of a day: of its continuous recording or, without one, of its clips."""
    since = _midnight(day)
    with running(data_dir) as control:
        clips = _of_day(control, since, (CONTINUOUS,)) or _of_day(control, since, ())
    if not clips:
        fail(f"nothing was recorded on {since:%Y-%m-%d}")
    path = target or Path(f"timelapse-{since:%Y-%m-%d}.mp4")
    bar = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*bar) as progress:
        task = progress.add_task(f"{len(clips)} recordings", total=sum(clip.duration_ms for clip in clips))
        pictures = _lapse(clips, data_dir_of(data_dir), path, seconds, lambda ms: progress.advance(task, ms))
    typer.echo(f"{path}: {pictures} pictures, {pictures / RATE:.0f} s")


def _midnight(day: str) -> datetime:
    today = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return {"today": today, "yesterday": today - timedelta(days=1)}.get(day) or datetime.strptime(day, "%Y-%m-%d")
    except ValueError:
        fail(f"{day} is not a date: write it like {today:%Y-%m-%d}")


def _of_day(control: Control, since: datetime, types: tuple[str, ...]) -> list[Clip]:
    begin, end = (int(moment.timestamp() * 1000) for moment in (since, since + timedelta(days=1)))
    found: list[Clip] = []
    while True:
        page = control.ask(EVENT_LOG, QueryClips(begin, end, types)).clips
        found = [*page, *found]
        if len(page) < CLIPS_MAX:
            return found
        end = page[0].start - 1


def _lapse(clips: list[Clip], data_dir: Path, path: Path, seconds: int, done: Callable[[int], object]) -> int:
    """One picture for every so many ms of recording, always a keyframe. Returns the number of pictures."""
    import av  # takes seconds on a small device, so other commands do not import it

    step_ms = max(1, sum(clip.duration_ms for clip in clips) // (seconds * RATE))
    first, pictures, wanted_ms, begun_ms = clips[0], 0, 0, 0
    partial = path.with_name(f".{path.name}.part")
    try:
        with av.open(str(partial), "w", format="mp4", options={"movflags": "faststart"}) as made:
            video = made.add_stream("libx264", RATE, options={"preset": "fast", "crf": "23"})
            video.width, video.height, video.pix_fmt = first.width, first.height, "yuv420p"
            for clip in clips:
                with contextlib.suppress(FileNotFoundError), av.open(str(data_dir / clip.path)) as given:
                    given.streams.video[0].codec_context.skip_frame = "NONKEY"
                    for frame in given.decode(video=0):
                        if begun_ms + round(1000 * (frame.time or 0)) < wanted_ms:
                            continue
                        picture = frame.reformat(first.width, first.height, "yuv420p")
                        picture.pts, picture.time_base, pictures = pictures, Fraction(1, RATE), pictures + 1
                        made.mux(video.encode(picture))
                        wanted_ms += step_ms
                begun_ms += clip.duration_ms
                done(clip.duration_ms)
            made.mux(video.encode(None))
        os.replace(partial, path)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
    finally:
        partial.unlink(missing_ok=True)
    return pictures
