"""Each actor is killed and stopped while somebody watches: it is back, and nobody else has noticed."""

import signal
from pathlib import Path

import pytest

from config.boot import Boot
from tests.chaos.running import running
from tests.chaos.viewer import Viewer
from tests.wire.server import RunningServer

ACTORS = running(Boot(Path(), Path(), Path()))

pytestmark = [pytest.mark.system, pytest.mark.chaos, pytest.mark.timeout(90)]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
@pytest.mark.parametrize("actor", ACTORS)
def test_it_is_back_and_nobody_else_noticed(server: RunningServer, actor: str, how: signal.Signals) -> None:
    viewer = Viewer(server)
    try:
        assert viewer.sees_more()
        before = server.rows()
        settings_before = server.get("/settings")
        server.kill(actor, how)
        row = server.wait_for(lambda: server.back_again(actor, before[actor].restarts), 40)
        assert row.last_reason.startswith("killed by signal 9" if how == signal.SIGKILL else "hung")
        others = {name: row.pid for name, row in server.rows().items() if name != actor}
        assert others == {name: row.pid for name, row in before.items() if name != actor}
        if actor == "facade":
            assert viewer.ended.wait(10)
        else:
            assert viewer.sees_more()
            assert not viewer.ended.is_set()
        assert server.wait_for(lambda: server.get("/settings")) == settings_before, (
            "the session and the settings live on"
        )
    finally:
        viewer.close()


def test_health_is_well_again(server: RunningServer) -> None:
    server.wait_for(lambda: server.get("/health", token="")[0] == 200)
