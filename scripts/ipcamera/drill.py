"""``ipcamera drill``: breaks every part on purpose and checks that the guarantees hold."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.errors import ServerError
from scripts.ipcamera.console import FAILED, AsJson, DataDir, data_dir_of, fail, running

if TYPE_CHECKING:
    from scripts.ipcamera.drills.plan import Drill
    from scripts.ipcamera.drills.program import Program
    from scripts.ipcamera.drills.verdict import Promise, Seen, Verdict
    from scripts.ipcamera.drills.viewers import Watch

CONNECT_S = 10.0
QUESTION = (
    "This kills and stops every part of the camera server in {place}, one after the other, for some minutes: viewers "
    "see short gaps and are cut off twice, and about {events} entries are added to the history. Continue?"
)
FAULTS = {"faults", "skipped"}  # these fields of ``Seen`` are part of the verdict
LIKE = {"PASS": "green", "FAIL": "bold red", "SKIP": "yellow"}


@dataclass(frozen=True, slots=True)
class Result:
    promise: "Promise"
    seen: "Seen"
    verdict: "Verdict"


def drill(
    data_dir: DataDir = None,
    private: Annotated[
        bool, typer.Option("--private", help="Drill a separate program in a temporary directory.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Stop only camera, encoder and facade; fewer events.")] = False,
    factor: Annotated[float, typer.Option(min=1.0, help="Multiplies all time limits, for slow or busy devices.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Break each part on purpose and check that the guarantees hold. The exit code is 1 if one does not."""
    results = _private(quick, factor, as_json) if private else _running(data_dir, yes, quick, factor, as_json)
    if as_json:
        typer.echo(json.dumps(_for_programs(results), indent=1))
    else:
        Console().print(_table(results))
    failed = sum(one.verdict.mark == "FAIL" for one in results)
    if not as_json:
        typer.echo(f"{failed} of {len(results)} failed." if failed else "All guarantees held.")
    raise typer.Exit(FAILED if failed else 0)


def _private(quick: bool, factor: float, quiet: bool) -> list[Result]:
    from scripts.ipcamera.drills.plan import drills  # OpenCV and aiohttp, so other commands do not import it
    from scripts.ipcamera.drills.private import DrillError, private_program
    from scripts.ipcamera.drills.program import watching

    try:
        with private_program(factor) as (program, world, log), watching(program) as watch:
            _wait_for_pictures(watch, factor)
            results = list(_each(program, watch, drills(program, watch, world, quick), factor, quiet))
            if any(one.verdict.mark == "FAIL" for one in results):
                _keep(log)
            return results
    except (DrillError, ServerError, OSError) as error:
        fail(str(error))


def _running(given: Path | None, yes: bool, quick: bool, factor: float, quiet: bool) -> list[Result]:
    from scripts.ipcamera.drills.plan import EVENTS_RUNNING, drills
    from scripts.ipcamera.drills.program import Program, watching

    place = data_dir_of(given)
    with running(given) as control:
        if not yes:
            typer.confirm(QUESTION.format(place=place, events=2 * EVENTS_RUNNING), abort=True, err=True)
        program = Program(place, control, factor, private=False)
        with watching(program) as watch:
            _wait_for_pictures(watch, factor)
            return list(_each(program, watch, drills(program, watch, None, quick), factor, quiet))


def _wait_for_pictures(watch: "Watch", factor: float) -> None:
    watch.sees_more(1, CONNECT_S * factor)
    if watch.refused:
        typer.echo(f"There is no picture, so gaps are not measured: {watch.refused}", err=True)


def _each(
    program: "Program", watch: "Watch", drills: "Iterator[Drill]", factor: float, quiet: bool
) -> Iterator[Result]:
    from scripts.ipcamera.drills.actor_faults import settle
    from scripts.ipcamera.drills.verdict import judge

    for one in drills:
        settle(program, watch)
        watched = not watch.refused
        seen = one.do()
        verdict = judge(one.promise, seen, factor, watched)
        typer.echo(_line(one.promise, seen, verdict), err=quiet)
        yield Result(one.promise, seen, verdict)


def _line(promise: "Promise", seen: "Seen", verdict: "Verdict") -> str:
    deleted = f" ({seen.events_deleted} of {seen.events_sent} events made room)" if seen.events_deleted else ""
    return (
        f"{time.strftime('%H:%M:%S')}  {verdict.mark}  {promise.name}: {promise.words}{deleted}"
        f"{f' – {verdict.why}' if verdict.why else ''}"
    )


def _keep(log: Path) -> None:
    kept = Path.cwd() / f"drill-{time.strftime('%Y%m%d-%H%M%S')}.log"
    kept.write_bytes(log.read_bytes())
    typer.echo(f"The private program's log is kept: {kept}", err=True)


def _for_programs(results: list[Result]) -> dict[str, object]:
    return {
        "passed": not any(one.verdict.mark == "FAIL" for one in results),
        "drills": [
            {
                "name": one.promise.name,
                "promise": one.promise.words,
                "result": one.verdict.mark,
                "why": one.verdict.why,
                "promised": {key: value for key, value in asdict(one.promise).items() if key not in ("name", "words")},
                "seen": {key: _rounded(value) for key, value in asdict(one.seen).items() if key not in FAULTS},
            }
            for one in results
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _table(results: list[Result]) -> Table:
    table = Table("DRILL", box=None, pad_edge=False)
    for heading in ("NOTICED", "BACK", "GAP", "CUT OFF", "EVENTS"):
        table.add_column(heading, justify="right")
    table.add_column("RESULT")
    for one in results:
        table.add_row(one.promise.name, *_cells(one), f"[{LIKE[one.verdict.mark]}]{one.verdict.mark}[/]")
    table.caption = (
        "NOTICED and BACK: seconds after the fault. GAP: the longest of a viewer, in seconds. Each: seen / promised. "
        "CUT OFF: connections of the drill itself. EVENTS: lost + duplicated / sent."
    )
    table.caption_justify = "left"
    return table


def _cells(one: Result) -> tuple[str, ...]:
    seen, promise = one.seen, one.promise
    return (
        _seconds(seen.notice_s, promise.notice_s),
        _seconds(seen.recover_s, promise.recover_s),
        _seconds(seen.gap_s, promise.gap_s),
        "–" if seen.skipped else f"{seen.connections_lost} / {promise.connections}",
        f"{seen.events_lost} + {seen.events_doubled} / {seen.events_sent}" if seen.events_sent else "–",
    )


def _seconds(seen: float | None, promised: float | None) -> str:
    """Seen / promised; a dash if there is neither. Limits are shown before they are multiplied."""
    if seen is None:
        return "–"
    return f"{seen:.2f}" if promised is None else f"{seen:.2f} / {promised:.0f}"
