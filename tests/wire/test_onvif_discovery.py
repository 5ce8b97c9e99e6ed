"""WS-Discovery over real multicast: a camera with two networks, and somebody who looks for it in each."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from models.messages.onvif import ONVIF, GetOnvif
from models.messages.settings import SETTINGS, ChangeSettings
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
Run = Callable[..., RunningServer]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def networks() -> Iterator[tuple[str, str, str]]:
    """A namespace for the camera (10.99.1.1 and 10.99.2.1), and one in each of its networks (10.99.1.2, 10.99.2.2)."""
    if os.getuid() or subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("takes root, and the right to make network namespaces")
    mark = secrets.token_hex(2)
    names = tuple(f"onvif{mark}{n}" for n in range(3))
    with ExitStack() as stack:
        for name in names:
            ip("netns", "add", name)
            stack.callback(ip, "netns", "delete", name)
            ip("-n", name, "link", "set", "lo", "up")
        for n, name in ((1, names[1]), (2, names[2])):
            near, far = f"v{mark}{n}", f"w{mark}{n}"
            ip("link", "add", near, "netns", names[0], "type", "veth", "peer", "name", far, "netns", name)
            for where, device, host in ((names[0], near, 1), (name, far, 2)):
                ip("-n", where, "addr", "add", f"10.99.{n}.{host}/24", "dev", device)
                ip("-n", where, "link", "set", device, "up")
            ip("-n", name, "route", "add", "default", "dev", far)
        yield names  # type: ignore[misc]


class Seeker:
    """Somebody who looks for cameras in a network."""

    def __init__(self, where: str, stack: ExitStack) -> None:
        command = ["ip", "netns", "exec", where, sys.executable, "-m", "tests.wire.wsdiscovery_user"]
        pipe = subprocess.PIPE
        self._process = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        stack.callback(self._process.kill)
        self.until("ready")

    def until(self, what: str) -> list[dict[str, Any]]:
        """All that is heard up to a line of this kind."""
        assert self._process.stdout is not None
        heard: list[dict[str, Any]] = []
        for line in self._process.stdout:
            heard.append(json.loads(line))
            if what in heard[-1]:
                return heard
        raise AssertionError(f"{what} was not heard: {heard}")

    def search(self) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        self._process.stdin.write("search\n")
        self._process.stdin.flush()
        return [one for one in self.until("searched") if "found" in one]


def change(server: RunningServer, **values: Any) -> None:
    assert server.ask(SETTINGS, ChangeSettings(dict(values), "cli", internal=True)).errors == ()


def test_hello_probe_and_bye_on_each_interface(run: Run, networks: tuple[str, str, str]) -> None:
    home, *others = networks
    server = run(bind="0.0.0.0", within=("ip", "netns", "exec", home))
    with ExitStack() as stack:
        seekers = [Seeker(other, stack) for other in others]
        change(server, rtspOpen=True, rtspEnabled=True, onvifEnabled=True)
        server.wait_for(lambda: server.rows()["onvif"].state == "up" and server.ask(ONVIF, GetOnvif()).running)
        for n, seeker in enumerate(seekers, 1):
            here = [f"http://10.99.{n}.1:8000/onvif/device_service"]
            hello = seeker.until("hello")[-1]
            assert hello["at"] == here
            [found] = [one for one in seeker.search() if one["found"] == hello["hello"]]
            assert found["at"] == here, "the address of the network in which it was asked"
            assert any(scope.startswith("onvif://www.onvif.org/name/") for scope in found["scopes"])
        change(server, onvifEnabled=False)
        for seeker in seekers:
            assert seeker.until("bye")[-1]["bye"] == hello["hello"]
            assert seeker.search() == []
