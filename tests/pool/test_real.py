"""One host with Ray, one camera with a video: detection goes to the pool, and comes home when the pool is away."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.weights.catalogue import MN04, YAMNET, YOLOX_NANO
from models.messages.detector import DetectorView, GetDetector
from models.messages.event_log import QueryEvents
from tests.models.detect.samples import SAMPLES, WEIGHTS, weights
from tests.pool.running import RunningPool
from tests.wire.conftest import run  # noqa: F401 - a fixture
from tests.wire.server import RunningServer

pytest.importorskip("ray", reason="Ray is not installed; scripts/test installs it")
pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]
Run = Callable[..., RunningServer]


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[RunningPool]:
    weights(YAMNET.file), weights(MN04.file), weights(YOLOX_NANO.file)
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespaces here")
    pool = RunningPool(tmp_path / "pool", WEIGHTS, "--bind", "127.0.0.1", "--cpus", "2")
    yield pool
    pool.stop()


def place(server: RunningServer) -> DetectorView:
    return server.ask("object_detector", GetDetector())


def on(server: RunningServer, where: str) -> Callable[[], bool]:
    return lambda: place(server).where == where


def events(server: RunningServer, kind: str) -> list[dict[str, Any]]:
    status, body = server.get(f"/events?since=1&type={kind}")
    assert status == 200
    return list(body["events"])


def test_a_camera_goes_to_the_pool_and_comes_home(pool: RunningPool, run: Run) -> None:  # noqa: F811
    pool.wait_for(pool.status)
    line = pool.command("invite", "front", "--host", "127.0.0.1")
    video = SAMPLES / "video" / "one_by_one_1-3.mp4"
    if not video.is_file():
        pytest.skip(f"no sample {video}")
    server = run(
        source=str(video),
        settings={"objectPersonDetectionEnabled": True},
        environment={"IPCAMERA_POOL": line, "IPCAMERA_MODELS_DIR": str(WEIGHTS)},
    )
    server.wait_for(on(server, "pool"))
    server.wait_for(lambda: events(server, "OBJECT_PERSON"), 90)  # the first visit, seen by the pool alone
    status = pool.status()
    assert status is not None
    assert status["members"] == {"front": "here"}
    assert status["cameras"]["front"]["answered"] > 0

    [replica] = pool.processes("ServeReplica:objects")
    replica.kill()
    server.wait_for(on(server, "device"))  # the visit goes on
    server.wait_for(on(server, "pool"), 60)

    pool.command("revoke", "front")
    server.wait_for(on(server, "device"))
    assert "invite it again" in place(server).where_note

    told = [event["text"] for event in events(server, "SYSTEM_POOL")]
    assert len([text for text in told if "on this device" in text]) >= 2
    visits = [one for one in server.ask("event_log", QueryEvents(since=1)).events if one.type == "OBJECT_PERSON"]
    ids = [visit.metadata["trackId"] for visit in sorted(visits, key=lambda visit: visit.event_id)]
    assert ids == sorted(set(ids))  # unbroken: one life of the tracker, whoever looked
    assert server.rows()["object_detector"].restarts == 0
