"""In a network of its own the program tries no address and no name outside of the device, whatever it is used for."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from config.weights.catalogue import MN04, YAMNET, YOLOX_NANO
from models.messages.detector import GetDetector
from models.messages.settings import ChangeSettings
from tests.browser.conftest import ARGUMENTS, CHROMIUM, CONNECTED, PHONE
from tests.browser.test_live import moves
from tests.models.detect.samples import WEIGHTS, weights
from tests.wire.conftest import run  # noqa: F401 - a fixture
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
Run = Callable[..., RunningServer]

ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
AT_HOME = (  # with a way out that leads nowhere
    *("unshare", "--net", "sh", "-c"),
    "ip link set lo up && ip link add home type veth peer name street && "
    "ip link set street up && ip link set home up && "
    'ip address add 192.168.77.2/24 dev home && ip route add default via 192.168.77.1 && exec "$@"',
    "sh",
)
ATTEMPTS = "trace=connect,sendto,sendmsg,sendmmsg,openat"
OUTWARD = re.compile(  # an address outside of this device, or anybody who would ask one for a name
    r'inet_addr\("(?!127\.|0\.0\.0\.0)|AF_INET6, "(?!::1"|::"|::ffff:127\.)|htons\(53\)'
)
ANNOUNCED = re.compile(  # mDNS, as the document says; and an answer to the browser, which is on the same device here
    r'htons\(5353\).*(?:inet_addr\("(?:224\.0\.0\.251|192\.168\.77\.2)"\)|"ff02::fb")'
)
SEEN_WITHIN_S = 120.0
ALL_DETECTORS = {
    f"{name}Enabled": True
    for name in (
        *("motion", "sound", "dogBarkClassification", "babyCryClassification"),
        *("objectPersonDetection", "objectDogDetection"),
    )
}
UNPROTECTED = """
import sys, time, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
time.sleep(float(sys.argv[2]))
"""


def traced(log: Path, network: tuple[str, ...] = ALONE) -> tuple[str, ...]:
    return (*network, "strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", ATTEMPTS, "-o", str(log))


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
        server.wait_for(lambda name=name: server.ask(name, GetDetector(), 30).rate > 0, 120)  # type: ignore[misc]

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


def test_a_start_the_page_and_all_detectors_speak_to_nobody(run: Run, tmp_path: Path) -> None:  # noqa: F811
    """Only the announcement in the local network goes out, and that ends with its setting."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    for model in (YAMNET, MN04, YOLOX_NANO):
        weights(model.file)
    log = tmp_path / "program.strace"
    environment = {"IPCAMERA_MODELS_DIR": str(WEIGHTS), "CI": "", "ORT_DISABLE_TELEMETRY": ""}
    within = (*traced(log, AT_HOME), "env", "-u", "CI")
    server = run(audio_source="tone:", environment=environment, bind="0.0.0.0", within=within)
    on = {**ALL_DETECTORS, "clipsEnabled": True, "notificationsEnabled": True, "rtspEnabled": True, "setupDone": True}
    assert not server.ask("settings", ChangeSettings(on, "cli"), 60).errors
    server.wait_for(lambda: any(map(ANNOUNCED.search, outward(log))), SEEN_WITHIN_S)  # so the instrument works
    look_around(server, tmp_path)
    for name in ("motion", "sound", "object_detector", "sound_classifier"):
        server.wait_for(lambda name=name: server.ask(name, GetDetector(), 30).rate > 0, 120)  # type: ignore[misc]
    assert not server.ask("settings", ChangeSettings({"mdnsEnabled": False}, "cli"), 60).errors
    server.wait_for(lambda: server.rows()["mdns"].state == "off", 60)
    assert server.stop() == 0
    assert [line for line in outward(log) if not ANNOUNCED.search(line)] == []


def look_around(server: RunningServer, place: Path) -> None:
    """On a phone in the same network: every section, the picture in both ways, the sound."""
    browser = place / "chromium"
    browser.write_text(f'#!/bin/sh\nexec nsenter --net=/proc/{server.process.pid}/ns/net {CHROMIUM} "$@"\n')
    browser.chmod(0o755)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser, args=list(ARGUMENTS)) as chromium,
    ):
        page = chromium.new_context(ignore_https_errors=True, **PHONE).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"https://192.168.77.2:{server.https_port}/")
        page.get_by_label("Password").fill(server.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(CONNECTED)
        page.get_by_role("button", name="Listen").click()
        assert moves(page, "video")
        page.get_by_role("button", name="MJPEG").click()
        assert moves(page, "mjpeg")
        for section in ("detection", "events", "system", "settings", "settings/notifications", "setup"):
            page.evaluate("(section) => { location.hash = section; }", section)
            page.wait_for_timeout(1000)
