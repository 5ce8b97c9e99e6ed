"""The running program as a fixture."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.wire.server import RunningServer


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """``run(source=…, pro=…, auth=…)`` starts a server that is stopped after the test."""
    started: list[RunningServer] = []

    def begin(**how: object) -> RunningServer:
        server = RunningServer(tmp_path / f"data{len(started)}", **how)  # type: ignore[arg-type]
        started.append(server)
        return server

    yield begin
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """On the test pattern with a tone, Pro and protected; shared by the tests of a module, which leave it as it was."""
    running = RunningServer(tmp_path_factory.mktemp("server") / "data", audio_source="tone:")
    yield running
    running.stop()
