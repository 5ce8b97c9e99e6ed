"""A browser of services in another process finds the camera, with what it needs to come in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from zeroconf import ServiceBrowser, Zeroconf

from actors.mdns.services import HTTPS, OURS, RTSP
from config.network import reachable
from models.messages.settings import ChangeSettings
from tests.ports import free_port
from tests.wire.server import RunningServer

OUTER = [address for address in reachable.lasting_addresses() if address.version == 4 and not address.is_loopback]
pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not OUTER, reason="this machine has no address but loopback"),
]


class Seen:
    """What is announced by this name, by kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: dict[str, Any] = {}

    def add_service(self, zeroconf: Zeroconf, kind: str, name: str) -> None:
        if name == f"{self.name}.{kind}":
            self.found[kind] = zeroconf.get_service_info(kind, name, 3000)

    update_service = add_service

    def remove_service(self, _zeroconf: Zeroconf, kind: str, name: str) -> None:
        if name == f"{self.name}.{kind}":
            self.found.pop(kind, None)


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "data", bind="0.0.0.0")
    yield running
    running.stop()


def test_it_is_found_under_its_name_and_leaves_with_a_goodbye(camera: RunningServer) -> None:
    name = f"Attic {camera.https_port}"
    camera.ask("settings", ChangeSettings({"deviceName": name}, "cli"))
    zeroconf, seen = Zeroconf(), Seen(name)
    try:
        ServiceBrowser(zeroconf, [HTTPS, OURS, RTSP], seen)
        camera.wait_for(lambda: {HTTPS, OURS} <= seen.found.keys(), 60)
        dashboard = seen.found[HTTPS]
        assert dashboard.port == camera.https_port
        assert str(OUTER[0]) in dashboard.parsed_addresses()
        assert dashboard.server.endswith(".local.")
        assert seen.found[OURS].properties[b"id"]
        assert RTSP not in seen.found
        port = free_port()
        changed = ChangeSettings({"rtspPort": port, "rtspOpen": True, "rtspEnabled": True}, "cli", internal=True)
        assert camera.ask("settings", changed).errors == ()
        camera.wait_for(lambda: RTSP in seen.found, 60)
        assert seen.found[RTSP].port == port
        camera.ask("settings", ChangeSettings({"mdnsEnabled": False}, "cli"))
        camera.wait_for(lambda: not seen.found, 60)
    finally:
        zeroconf.close()
