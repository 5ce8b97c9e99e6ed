"""``ipcamera drill --private`` in its short form: every promise that does not depend on speed is kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.tree import tree
from config.boot import Boot
from tests.wire.server import end_with_us

pytestmark = [pytest.mark.system, pytest.mark.chaos, pytest.mark.timeout(600)]

SLOWER = 20  # times are seen, and not judged: this machine may be busy with other things
ACTORS = [child.name for child in tree(Boot(Path(), Path(), Path()))]
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
