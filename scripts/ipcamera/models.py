"""``ipcamera models``: the models that detectors need, downloaded once and verified."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from actors.detector.download import DownloadError, fetch
from actors.settings.settings_store import settings_store
from config.boot import Boot
from config.boot_load import BootError, load_boot
from config.places import make_private
from config.settings import REGISTRY
from config.weights import store
from config.weights.catalogue import CATALOGUE, WeightsFile, defaults
from models.detect import DETECTORS, detector_class
from scripts.ipcamera.console import AsJson, DataDir, as_running, fail, find_control

app = typer.Typer(help="The models that detectors need.", no_args_is_help=True)
Config = Annotated[Path | None, typer.Option(help="TOML file instead of ipcamera.toml in the data directory.")]
ModelsDir = Annotated[
    Path | None,
    typer.Option(
        "--models-dir", envvar="IPCAMERA_MODELS_DIR", help="Where to look for models before downloading them."
    ),
]
Which = Annotated[list[str] | None, typer.Argument(help="Model IDs; those that this device uses if omitted.")]


@app.command("list")
def list_models(data_dir: DataDir = None, models_dir: ModelsDir = None, as_json: AsJson = False) -> None:
    """List all models and whether they are here."""
    boot = _of_running(_boot(data_dir, models_dir))
    rows = [
        {
            "id": m.id,
            "role": m.role,
            "state": store.state(boot, m),
            "bytes": m.bytes,
            "licence": m.licence,
            "urls": m.urls,
        }
        for m in CATALOGUE.values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        typer.echo(f"{row['id']:<14} {int(str(row['bytes'])) / 1e6:4.1f} MB  {row['state']:<10} {row['role']}")
        typer.echo(f"{'':<14} {row['licence']}")


@app.command("fetch")
def fetch_models(ids: Which = None, data_dir: DataDir = None, models_dir: ModelsDir = None) -> None:
    """Download and verify the missing models; an interrupted download is resumed."""
    boot = _boot(data_dir, models_dir)
    _fetch_all(boot, _chosen(boot, ids))


@app.command()
def verify(ids: Which = None, data_dir: DataDir = None, models_dir: ModelsDir = None) -> None:
    """Verify the files and load each model once. The exit code is 1 if one cannot be used."""
    from actors.detector.inference import load  # brings ONNX Runtime

    boot = _of_running(_boot(data_dir, models_dir))
    make_private(boot.data_dir)
    bad = False
    for model in _chosen(boot, ids):
        try:
            load(boot, model.id, lambda: None)
        except store.WeightsError as error:
            bad = True
            typer.echo(f"{model.id:<14} {error}")
        else:
            typer.echo(f"{model.id:<14} good: {store.loadable(boot, model)}")
    if bad:
        raise typer.Exit(1)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def needed(data_dir: DataDir = None, models_dir: ModelsDir = None, config: Config = None) -> None:
    """Fetch the models of the detectors that are switched on. Options of `ipcamera run` are accepted and ignored."""
    boot = _boot(data_dir, models_dir, config)
    missing = [model for model in _switched_on(boot) if store.state(boot, model) != "good"]
    if missing:
        _fetch_all(boot, missing)


def _switched_on(boot: Boot) -> list[WeightsFile]:
    found = settings_store(boot.data_dir).load().values.get("settings") if boot.data_dir.is_dir() else None
    stored = found if isinstance(found, dict) else {}
    values = {key: stored.get(key, setting.default) for key, setting in REGISTRY.items()}
    kinds = [detector_class(name) for name in DETECTORS]
    on = [kind for kind in kinds if any(values.get(switch.setting) for switch in kind.switches)]
    ids = dict.fromkeys(model_id for kind in on for model_id in kind.needs(boot.detection.object_model))
    return [CATALOGUE[model_id] for model_id in ids]


def _boot(data_dir: Path | None, models_dir: Path | None, config: Path | None = None) -> Boot:
    try:
        return load_boot({"data_dir": data_dir, "models_dir": models_dir}, os.environ, config)
    except BootError as error:
        fail(str(error))


def _of_running(boot: Boot) -> Boot:
    """The options of the running server, if there is one: they decide what is missing, not those of this command."""
    control = find_control(boot.data_dir)
    if control is None:
        return boot
    with control:
        seen = as_running(boot, control)
    if boot.models_dir not in (None, seen.models_dir):
        typer.echo(f"ipcamera: the running server looks in {seen.models_dir or 'no other directory'}", err=True)
    return seen


def _chosen(boot: Boot, ids: Iterable[str] | None) -> tuple[WeightsFile, ...]:
    if not ids:
        return defaults(boot.detection.object_model)
    unknown = [one for one in ids if one not in CATALOGUE]
    if unknown:
        fail(f"there is no model {unknown[0]}; there are {', '.join(CATALOGUE)}")
    return tuple(CATALOGUE[one] for one in ids)


def _fetch_all(boot: Boot, wanted: Iterable[WeightsFile]) -> None:
    make_private(boot.data_dir)
    problems = []
    columns = (TextColumn("{task.description:<14}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        for model in wanted:
            try:
                typer.echo(f"{model.id:<14} {_fetch(boot, model, bar)}")
            except (DownloadError, OSError, ValueError) as error:
                problems.append(f"{model.id}: {error}")
    if problems:
        fail("; ".join(problems))


def _fetch(boot: Boot, model: WeightsFile, bar: Progress) -> str:
    """Returns what was done, in words."""
    target = store.store(boot) / model.file
    told = "already here"
    if store.state(boot, model) != "good":
        task = bar.add_task(model.id, total=model.bytes)
        origin = fetch(model, target, boot.detection.model_mirror, lambda done: bar.update(task, completed=done))
        told = f"from {origin.split('?')[0]}"
    if model.converted and store.locate(boot, model.loads) is None:
        store.convert(model.converter, store.downloaded(boot, model), store.store(boot) / model.loads)
        told += ", converted to ONNX"
    return told
