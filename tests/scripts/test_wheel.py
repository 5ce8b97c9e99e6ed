"""The wheel: one name in site-packages, and a program that runs from there."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.wire.server import end_with_us

ROOT = Path(__file__).parents[2]
PARTS = ("actors", "api", "config", "models", "pool", "scripts", "setup.py", "pyproject.toml", "README.md", "LICENSE")
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel holds, where nothing else of ours is."""
    source, made, unpacked = (tmp_path_factory.mktemp(name) for name in ("source", "made", "site"))
    for part in PARTS:  # a copy, as a build leaves its traces
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, source)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", made, source]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = made.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    return unpacked


def test_it_takes_one_name(site_packages: Path) -> None:
    assert [path.name for path in site_packages.iterdir() if path.suffix != ".dist-info"] == ["ipcamera"]
    assert not (site_packages / "ipcamera" / "scripts" / "bench").exists()


def test_it_has_every_file_of_the_dashboard(site_packages: Path) -> None:
    for folder in ("api", "actors"):
        ours = {path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file()}
        ours = {path for path in ours if path.suffix != ".pyc"}
        theirs = {path for path in ours if (site_packages / "ipcamera" / folder / path).is_file()}
        assert ours - theirs == set()


def test_the_program_runs_from_it(site_packages: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    environment = {**os.environ, "PYTHONPATH": str(site_packages), "IPCAMERA_PASSWORD": "correct horse battery"}
    options = ("--source", "pattern:", "--audio-source", "none", "--https-port", "0", "--http-port", "0")
    command = [sys.executable, "-P", "-m", "ipcamera", "run", "--data-dir", data_dir, "--bind", "127.0.0.1", *options]
    log = tmp_path / "log"
    with log.open("wb") as file:
        program = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=file, stderr=file, preexec_fn=end_with_us
        )
    try:
        deadline = time.monotonic() + WITHIN_S
        while not (data_dir / "run.json").exists():
            assert program.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        asked = [sys.executable, "-P", "-m", "ipcamera", "status", "--json", "--data-dir", data_dir]
        status = subprocess.run(asked, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=WITHIN_S)
        assert status.returncode == 0, status.stderr
        assert set(json.loads(status.stdout)["actors"]) >= {"camera", "encoder", "facade"}
        program.send_signal(signal.SIGINT)
        assert program.wait(15) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.kill()
