"""Person and cry detection run in a network of their own, and try no address and no name outside of the device."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config.weights.catalogue import YAMNET, YOLOX_NANO
from models.messages.detector import GetDetector
from models.messages.settings import ChangeSettings
from tests.models.detect.samples import WEIGHTS, weights
from tests.wire.conftest import run  # noqa: F401 - a fixture
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
Run = Callable[..., RunningServer]

ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
ATTEMPTS = "trace=connect,sendto,sendmsg,sendmmsg,openat"
OUTWARD = re.compile(  # an address outside of this device, or anybody who would ask one for a name
    r'inet_addr\("(?!127\.|0\.0\.0\.0)|AF_INET6, "(?!::1"|::"|::ffff:127\.)|htons\(53\)'
)
SEEN_WITHIN_S = 120.0
UNPROTECTED = """
import sys, time, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
time.sleep(float(sys.argv[2]))
"""


def traced(log: Path) -> tuple[str, ...]:
    return (*ALONE, "strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", ATTEMPTS, "-o", str(log))


def outward(log: Path) -> list[str]:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [line for line in lines if OUTWARD.search(line)]


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    for tool in ("unshare", "strace", "ip"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}")
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        pytest.skip("this user may not make a network namespace")


def test_detection_tries_no_address_and_no_name(run: Run, tmp_path: Path) -> None:  # noqa: F811
    weights(YAMNET.file)
    model = weights(YOLOX_NANO.file)
    home, log, control = tmp_path / "home", tmp_path / "program.strace", tmp_path / "control.strace"
    home.mkdir()
    environment = {"HOME": str(home), "IPCAMERA_MODELS_DIR": str(WEIGHTS), "CI": "", "ORT_DISABLE_TELEMETRY": ""}
    server = run(audio_source="tone:", environment=environment, within=(*traced(log), "env", "-u", "CI"))
    changes = {"objectPersonDetectionEnabled": True, "babyCryClassificationEnabled": True, "soundEnabled": True}
    assert not server.ask("settings", ChangeSettings(dict(changes), "cli")).errors
    for name in ("object_detector", "sound_classifier"):
        server.wait_for(lambda name=name: server.ask(name, GetDetector()).rate > 0, 60)  # type: ignore[misc]

    # The library as its maker ships it, for as long as it takes to be seen: so the instrument works, and we waited.
    unset = ("env", "-u", "CI", "-u", "ORT_DISABLE_TELEMETRY", f"HOME={tmp_path}")
    command = [*traced(control), *unset, sys.executable, "-c", UNPROTECTED, str(model), str(SEEN_WITHIN_S)]
    with subprocess.Popen(command, env=os.environ) as shipped:
        try:
            server.wait_for(lambda: outward(control), SEEN_WITHIN_S)
        finally:
            shipped.kill()

    for name in ("object_detector", "sound_classifier"):
        assert server.ask(name, GetDetector()).rate > 0
    assert server.stop() == 0
    assert outward(log) == []
    assert not (home / ".cache" / "Microsoft").exists()
