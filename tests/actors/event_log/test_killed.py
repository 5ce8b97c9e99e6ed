"""The store's process is killed again and again while events come in: nothing is lost, nothing is twice."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.event_log.engine import fault
from actors.event_log.queries import Queries
from actors.event_log.store import Store

# Writes one event per line of its input and answers with its id, once it is on disk.
WRITER = """
import sys
from pathlib import Path
from actors.event_log.store import WriteRequest, Store
from models.events import Detection
store = Store(Path(sys.argv[1]))
for line in sys.stdin:
    uid = line.strip()
    [written] = store.record([WriteRequest(Detection(uid, "MOTION", 1_700_000_000_000 + int(uid, 16), {}))])
    print(uid, written.event.event_id, flush=True)
"""


class Sender:
    """Sends each event until it is answered, as a detector does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.answers: dict[str, set[int]] = {}
        self.process = self._started()

    def _started(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", WRITER, str(self._folder)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, uid: str, kill: bool) -> None:
        """``kill``: at a random moment while it is being written; then it is sent to the next process."""
        while True:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            answer = ""
            try:
                self.process.stdin.write(f"{uid}\n")
                self.process.stdin.flush()
                if kill:
                    kill = False
                    subprocess.run(["sleep", str(random.uniform(0, 0.01))], check=True)
                    os.kill(self.process.pid, signal.SIGKILL)
                answer = self.process.stdout.readline()
            except BrokenPipeError:
                pass
            if answer.endswith("\n"):
                self.answers.setdefault(uid, set()).add(int(answer.split()[1]))
                return
            self.stop()
            self.process = self._started()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


@pytest.mark.chaos
def test_kill_while_writing(tmp_path: Path) -> None:
    sender = Sender(tmp_path)
    uids = [f"{number:032x}" for number in range(150)]
    for number, uid in enumerate(uids):
        sender.send(uid, kill=number % 10 == 5)
    sender.stop()
    assert fault(tmp_path / "events.db") == ""
    store = Store(tmp_path)
    events = Queries(store.path).after(0, 1000, system=False)
    assert sorted(event.timestamp - 1_700_000_000_000 for event in events) == list(range(150))
    assert [event.event_id for event in events] == sorted({event.event_id for event in events})
    stored = {f"{event.timestamp - 1_700_000_000_000:032x}": {event.event_id} for event in events}
    assert sender.answers == stored
