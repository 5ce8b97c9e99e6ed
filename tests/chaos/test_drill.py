"""``ipcamera drill --private`` in its short form: every promise that does not depend on speed is kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.runtime.control import Control
from config.boot import Boot
from models.messages.auth import AUTH, GetSessions
from models.messages.event_log import EVENT_LOG, QueryEvents
from scripts.ipcamera.drills import verdict
from scripts.ipcamera.drills.actor_faults import settle
from scripts.ipcamera.drills.plan import EVENTS_RUNNING, drills
from scripts.ipcamera.drills.program import Program, watching
from tests.chaos.running import running
from tests.wire.server import RunningServer, end_with_us

pytestmark = [pytest.mark.system, pytest.mark.chaos, pytest.mark.timeout(600)]

SLOWER = 20  # times are seen, and not judged: this machine may be busy with other things
ACTORS = running(Boot(Path(), Path(), Path()))
SURROUNDINGS = {
    "source unplugged",
    "source frozen",
    "MQTT broker gone",
    "disk nearly full",
    "disk full",
    "shared memory full",
    "clock stepped",
}


def test_every_promise_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "scripts.ipcamera", "drill", "--private", "--quick", "--json"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    drill = subprocess.run(
        [*command, "--factor", str(SLOWER)], capture_output=True, text=True, env=environment, preexec_fn=end_with_us
    )
    assert drill.returncode in (0, 1), drill.stderr
    told = json.loads(drill.stdout)
    found = {one["name"]: one for one in told["drills"]}
    with capsys.disabled():
        for one in found.values():
            if one["result"] == "SKIP":
                print(f"\nnot drilled: {one['name']}: {one['why']}", end="")
    assert {f"{actor} killed" for actor in ACTORS} | SURROUNDINGS <= found.keys()
    assert {name: one["why"] for name, one in found.items() if one["result"] == "FAIL"} == {}, drill.stderr
    assert (drill.returncode, told["passed"]) == (0, True)
    assert all(found[f"{actor} killed"]["result"] == "PASS" for actor in ACTORS)
    assert found["event_log killed while events come"]["seen"]["events_sent"] == 200
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_the_one_that_somebody_uses(server: RunningServer) -> None:
    """Nobody's lights go on, nothing of the device is touched that is not ours, and the token is revoked."""
    with Control(server.run_dir) as control:
        program = Program(server.data_dir, control, SLOWER, private=False)
        with watching(program) as watch:
            assert watch.sees_more(1, 60), watch.refused
            plan = list(drills(program, watch, None, quick=True))
            chosen = ("camera killed", "facade killed", verdict.EVENTS.name)
            for drill in (one for one in plan if one.promise.name in chosen):
                settle(program, watch)
                assert verdict.judge(drill.promise, drill.do(), SLOWER) == verdict.Verdict("PASS", "")
            skipped = [drill.do().skipped for drill in plan if drill.promise.name in SURROUNDINGS]
        assert len(skipped) == len(SURROUNDINGS)
        assert all(skipped)
        assert not [one for one in control.ask(AUTH, GetSessions()).sessions if one.name == "drill"]
        events = control.ask(EVENT_LOG, QueryEvents(1, system=True)).events
        assert [one.type for one in events if one.details.get("actor") == "drill"] == ["SYSTEM_DRILL"] * EVENTS_RUNNING
        assert control.ask(EVENT_LOG, QueryEvents(1)).events == ()
