"""A real Home Assistant adds the camera by its onvif integration, and has its picture and its sensors."""

import json
import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.actors.onvif.onvif_kit import PASSWORD, USER
from tests.models.mqtt.test_home_assistant import PYTHON, VARIABLE
from tests.ports import free_port
from tests.wire.server import RunningServer
from tests.wire.test_onvif import Camera

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not PYTHON, reason=f"{VARIABLE} names no Python that has the homeassistant package"),
]
SCRIPT = Path(__file__).parent / "home_assistant_onvif.py"


class HomeAssistant:
    def __init__(self, directory: Path, camera: Camera, stack: ExitStack) -> None:
        directory.mkdir()
        own = ("127.0.0.1", str(free_port()))
        arguments = [str(directory), "127.0.0.1", str(camera.port), USER, PASSWORD, *own]
        pipe, log = subprocess.PIPE, stack.enter_context(directory.with_suffix(".log").open("w"))
        command = [PYTHON, str(SCRIPT), *arguments]
        environment = {**os.environ, "PYTHONPATH": ""}
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=environment)
        self._process = stack.enter_context(process)
        stack.callback(self._process.kill)
        self.sensors: dict[str, tuple[str, float]] = {}

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        heard = json.loads(next(self._process.stdout))
        if "name" in heard:
            self.sensors[heard["name"].removeprefix("binary_sensor.camera_")] = heard["state"], heard["at"]
        return heard  # type: ignore[no-any-return]


def test_it_has_a_camera_and_seven_sensors_that_follow(server: RunningServer, tmp_path: Path) -> None:
    camera = Camera(server)
    with ExitStack() as stack:
        home = HomeAssistant(tmp_path / "home", camera, stack)
        made = home.hear()
        assert made["camera"] == ["camera.camera_main"], "sub is there, and left to the user to be enabled"
        assert made["stream"] == [f"rtsp://{USER}:{PASSWORD}@127.0.0.1:{camera.rtsp_port}/stream"]
        assert made["snapshot"] > 1000
        while len(home.sensors) < 7:
            home.hear()
        assert {state for state, _ in home.sensors.values()} == {"off"}
        camera.set(motionEnabled=True)
        while home.sensors["cell_motion_detection"][0] != "on":
            home.hear()
        camera.set(motionEnabled=False)
        while home.sensors["cell_motion_detection"][0] != "off":
            home.hear()
