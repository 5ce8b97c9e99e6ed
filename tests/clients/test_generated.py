"""Clients generated from the running server's /openapi.json: they generate, import and work."""

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.events import Detection
from models.messages.event_log import RecordEvent
from tests.wire.server import RunningServer

HERE = Path(__file__).parent
BIN = HERE.parents[1] / ".venv" / "generators" / "bin"
PYTHON = BIN / "python"
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not PYTHON.exists(), reason="the generators are not installed; scripts/test installs them"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("server") / "data")
    yield running
    running.stop()


@pytest.fixture
def document(server: RunningServer, tmp_path: Path) -> Path:
    """As the server gives it. There is one event for the client to find."""
    found = Detection(uuid.uuid4().hex, "MOTION", int(time.time() * 1000), {"changedPercent": 12.5})
    server.ask("event_log", RecordEvent(found), 30)
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(server.get("/openapi.json")[1]))
    return path


def run(*command: object, where: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=where, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.timeout(300)
def test_openapi_python_client(server: RunningServer, document: Path, tmp_path: Path) -> None:
    options = ("--path", document, "--meta", "none", "--output-path", tmp_path / "camera_a")
    said = run(BIN / "openapi-python-client", "generate", *options, where=tmp_path)
    # It knows no pictures: what remains is that their bytes are in ``sync_detailed(…).content``.
    warnings = [line for line in said.splitlines() if "Cannot parse" in line]
    assert all("Unsupported content_type" in line for line in warnings), said
    shutil.copy(HERE / "openapi_python_client_user.py", tmp_path)
    run(PYTHON, "openapi_python_client_user.py", server.url, server.token, where=tmp_path)


@pytest.mark.timeout(300)
@pytest.mark.skipif(not shutil.which("java"), reason="openapi-generator needs Java (default-jre-headless)")
def test_openapi_generator(server: RunningServer, document: Path, tmp_path: Path) -> None:
    generator = BIN / "openapi-generator-cli"
    run(generator, "validate", "-i", document, where=tmp_path)
    options = ("-g", "python", "-i", document, "-o", tmp_path, "--package-name", "camera_b")
    run(generator, "generate", *options, where=tmp_path)
    shutil.copy(HERE / "openapi_generator_user.py", tmp_path)
    run(PYTHON, "openapi_generator_user.py", server.url, server.token, where=tmp_path)
