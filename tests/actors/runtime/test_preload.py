"""The parent of all processes: what it holds when it forks, and what a child need not do any more."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOOK = """
import gc, json, os, sys
from pathlib import Path
from actors.runtime import preload
from actors.tree import tree
from config.boot import Boot

def held():
    paths = (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
    return sorted(os.readlink(path) for path in paths if os.path.exists(path))

before = held()
paths = [child.class_path for child in tree(Boot(Path("/x"), Path("/x"), Path("/x")))] + sys.argv[1:]
failed = preload.import_all(paths)
after = held()
print(json.dumps({
    "failed": failed,
    "threads": len(os.listdir("/proc/self/task")),
    "new": [one for one in after if one not in before],
    "children": Path(f"/proc/self/task/{os.getpid()}/children").read_text().split(),
    "frozen": gc.get_freeze_count(),
    "modules": sorted(sys.modules),
}))
"""


def warmed(*more: str) -> dict:  # type: ignore[type-arg]
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, *more], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def test_the_parent_imports_and_nothing_else() -> None:
    found = warmed()
    assert found["failed"] == {}
    assert found["threads"] == 1
    assert found["new"] == []
    assert found["children"] == []
    assert found["frozen"] > 100_000


def test_everything_that_actors_import_is_there() -> None:
    """Nothing of ours is left to be read from the disk at a restart; onnxruntime only where a model is loaded."""
    modules = set(warmed()["modules"])
    ours = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for floor in ("actors", "api", "models")
        for path in (ROOT / floor).rglob("*.py")
        if path.name != "__init__.py"
    }
    assert ours - modules <= ELSEWHERE


ELSEWHERE = {
    "actors.runtime.launcher",  # the parent itself
    "actors.runtime.supervisor",
    "actors.runtime.restart_intensity",
    "actors.runtime.child",
    "actors.runtime.control",
    "actors.runtime.out_of_memory",
    "actors.runtime.program_run",
    "actors.runtime.systemd",
    "actors.runtime.thespian_layer",
    "actors.runtime.process",
    "actors.detector.inference",  # where a model is loaded, with ONNX Runtime
    "models.detect.mobilenet_onnx",  # and where one is converted
    "models.detect.tflite_graph",
    "models.detect.pytorch_archive",
    "models.detect.yamnet_onnx",
    "api.reference",  # of the command that writes the manual
    "models.http.reference",
    "models.messages.codec",
    "actors.notifier.sender",  # a short-lived process of its own, with apprise
    "models.detect.batches",  # of the pool
    "models.pool.fair_queue",
}


def test_a_module_that_fails_is_its_actors_trouble_alone() -> None:
    found = warmed("tests.actors.runtime.no_such_module:Actor")
    assert list(found["failed"]) == ["tests.actors.runtime.no_such_module:Actor"]
    assert "No module named" in found["failed"]["tests.actors.runtime.no_such_module:Actor"]
