"""The discovery message, judged by Home Assistant's own schemas."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from config.settings import REGISTRY, defaults
from models.mqtt import discovery
from models.mqtt.discovery import Device

VARIABLE = "IPCAMERA_HOMEASSISTANT_PYTHON"
PYTHON = os.environ.get(VARIABLE, "")
CHECKER = Path(__file__).parent / "home_assistant.py"


@pytest.mark.skipif(not PYTHON, reason=f"{VARIABLE} names no Python that has the homeassistant package")
def test_home_assistant_accepts_every_entity() -> None:
    options = {"resolutions": ("1280x720",), "cameraIds": ("0",)}
    full = Device("3f9a1c", "Nursery", "0.1.0", "Pi", "https://192.168.1.100:8443/", True, True, options)
    bare = Device("3f9a1c", "Nursery", "0.1.0")
    messages = [
        discovery.payload(device, "home/cam", REGISTRY.values(), defaults(), commands, ("switch.gone",))
        for device in (full, bare)
        for commands in (True, False)
    ]
    lines = "\n".join(json.dumps(message) for message in messages)
    run = subprocess.run([PYTHON, str(CHECKER)], input=lines, capture_output=True, text=True, timeout=120, check=True)
    *mistakes, summary = run.stdout.splitlines()
    assert mistakes == []
    assert int(summary.split()[1].rstrip(",")) > 150
