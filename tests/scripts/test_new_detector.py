"""docs/detection.md, "A new detector", done as it is written: one file and one line in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("actors", "api", "config", "docs", "models", "pool", "scripts", "tests", "pyproject.toml", "CHANGELOG.md")
TESTS = (
    "tests/models/detect/test_contract.py",
    "tests/models/mqtt",
    "tests/models/onvif",
    "tests/models/notify",
    "tests/config/test_registry.py",
    "tests/config/test_settings_manual.py",
    "tests/api/test_events.py",
    "tests/api/test_settings_routes.py",
)
PROGRAM = """
import sys
from pathlib import Path
from tests.wire.server import RunningServer
server = RunningServer(Path(sys.argv[1]), source=sys.argv[2], settings={"darknessDetectionEnabled": True})
try:
    def found():
        return server.get("/events?since=1&type=DARKNESS")[1]["events"]
    [event] = server.wait_for(found, 60)[-1:]
    assert event["luma"] < 32, event
    status, answer = server.post("/api/detection/replay", {"changes": {}})
    assert status == 200, answer
    assert {row.restarts for row in server.rows().values()} == {0}
finally:
    server.stop()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "artifacts"))
        else:
            shutil.copy(ROOT / part, copy)
    manual = (ROOT / "docs" / "detection.md").read_text(encoding="utf-8").partition("## A new detector")[2]
    module, line = re.findall(r"```python\n(.*?)```", manual, re.DOTALL)
    (copy / "models" / "detect" / "darkness.py").write_text(module)
    table = copy / "models" / "event_kinds.py"
    empty = "OWN: tuple[Kind, ...] = ()\n"
    assert empty in table.read_text()
    table.write_text(table.read_text().replace(empty, line))
    _run(copy, "scripts/manual")
    return copy


def _run(tree: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=tree, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


@pytest.mark.timeout(300)  # four hundred tests
def test_everything_that_holds_for_detectors_holds_for_it(tree: Path) -> None:
    _run(tree, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS)


def test_it_is_as_ours_are_written(tree: Path) -> None:
    files = ("models/detect/darkness.py", "models/event_kinds.py")
    _run(tree, "-m", "ruff", "check", *files)
    _run(tree, "-m", "ruff", "format", "--check", *files)
    _run(tree, "-m", "mypy", "--config-file", "pyproject.toml", *files)


def test_the_program_tells_when_it_gets_dark(tree: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", 10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(80):
            plane = np.full((120, 160), 180 if number < 40 else 17, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(plane, format="gray").reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    _run(tree, "-c", PROGRAM, str(tmp_path / "data"), str(film))
