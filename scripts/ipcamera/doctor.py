"""``ipcamera doctor``: what is there, what is missing, and what to do about it."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from config.boot import Boot
from config.boot_load import BootError, load_boot
from scripts.ipcamera.checks.check_result import CheckResult
from scripts.ipcamera.console import FAILED, AsJson, DataDir, as_running, data_dir_of, find_control

MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def doctor(
    data_dir: DataDir = None,
    as_json: AsJson = False,
    models_dir: Annotated[
        Path | None, typer.Option(envvar="IPCAMERA_MODELS_DIR", help="As given to `ipcamera run`.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show only what needs attention.")] = False,
) -> None:
    """Check camera, sound, ports, disk, memory, clock, models and encoder. The exit code is 1 if something is bad."""
    findings = [found for found in examine(_boot(data_dir_of(data_dir), models_dir)) if not quiet or found.mark != "ok"]
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(found) for found in findings], indent=1, ensure_ascii=False))
    else:
        for found in findings:
            typer.echo(f"{MARKS[found.mark]}  {found.what:<12}{found.text}")
            if found.remedy:
                typer.echo(f"{'':<18}→ {found.remedy}")
    raise typer.Exit(FAILED if any(found.mark == "bad" for found in findings) else 0)


def _boot(data_dir: Path, models_dir: Path | None) -> Boot | BootError:
    try:
        return load_boot({"data_dir": data_dir, "models_dir": models_dir}, os.environ)
    except BootError as error:
        return error


def examine(boot: Boot | BootError) -> list[CheckResult]:
    """All checks; a configuration that cannot be read is a finding too."""
    if isinstance(boot, BootError):
        return [CheckResult("bad", "configuration", str(boot), "correct this")]
    from scripts.ipcamera.checks import devices, system  # heavy (OpenCV), so other commands do not import it

    control = find_control(boot.data_dir)
    try:
        return [*system.check(boot, control), *devices.check(as_running(boot, control), control)]
    finally:
        if control is not None:
            control.close()
