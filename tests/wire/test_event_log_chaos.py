"""The event log is killed again and again while events come in: nothing is lost, nothing is twice."""

import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from actors.event_log.actor import EventLog
from actors.runtime import limits
from actors.runtime.child_spec import ChildSpec
from actors.runtime.control import Control
from actors.runtime.launcher import launch
from config.boot import Boot, LicenseBoot
from models.errors import ServerError
from models.events import Detection, Event
from models.messages.event_log import EventsAfter, RecordEvent
from tests.actors.conftest import boot  # noqa: F401 — a fixture
from tests.actors.runtime.conftest import Running
from tests.wire.server import end_with_us

pytestmark = [pytest.mark.system, pytest.mark.chaos, pytest.mark.timeout(600)]

KILLS = 20
PER_S = 50
EPOCH = 1_700_000_000_000


class Tireless(EventLog):
    """The real one is critical: killed so often within seconds, it would end the program."""

    max_restarts = KILLS


TREE = (
    ChildSpec("settings", "actors.settings.actor:Settings", 0),
    ChildSpec("license", "actors.license.actor:License", 1),
    ChildSpec("event_log", f"{__name__}:Tireless", 1),
)


class Sender(threading.Thread):
    """Fifty events a second; each is sent until it is answered, as a detector does."""

    def __init__(self, boot: Boot) -> None:  # noqa: F811
        super().__init__(daemon=True)
        self._boot = boot
        self.stopping = threading.Event()
        self.answers: list[Event] = []
        self.sent = 0

    def run(self) -> None:
        began = time.monotonic()
        with Control(self._boot.run_dir) as control:
            while not self.stopping.is_set():
                self._insist(control, Detection(secrets.token_hex(16), "MOTION", EPOCH + self.sent))
                self.sent += 1
                self.stopping.wait(max(0.0, began + self.sent / PER_S - time.monotonic()))

    def _insist(self, control: Control, detection: Detection) -> None:
        while True:
            try:
                self.answers.append(control.ask("event_log", RecordEvent(detection), 5.0))
            except ServerError:
                time.sleep(0.05)
            else:
                return


def _without_pauses(boot: Boot, tree: tuple[ChildSpec, ...]) -> None:  # noqa: F811
    os.setsid()
    end_with_us()
    limits.RESTART_DELAYS_S = (0.0,)
    raise SystemExit(launch(boot, tree))


@pytest.fixture
def running(boot: Boot) -> Iterator[Running]:  # noqa: F811
    running = Running(replace(boot, license=LicenseBoot(override="pro")), TREE, _without_pauses)
    yield running
    running.stop()


def test_kill_under_load(running: Running) -> None:
    sender = Sender(running.boot)
    sender.start()
    for kill in range(KILLS):
        row = running.rows()["event_log"]
        answered = len(sender.answers)
        os.kill(row.pid, signal.SIGKILL)
        running.wait_for(
            lambda kill=kill, answered=answered: (
                running.rows()["event_log"].restarts == kill + 1 and len(sender.answers) > answered + 10
            ),
            30,
        )
    sender.stopping.set()
    sender.join(30)
    assert not sender.is_alive()
    stored = [event for event in _all(running) if event.timestamp < EPOCH + 10**9]
    assert [event.timestamp - EPOCH for event in stored] == list(range(sender.sent))
    assert [event.event_id for event in stored] == sorted({event.event_id for event in stored})
    assert [event.event_id for event in sender.answers] == [event.event_id for event in stored]


def _all(running: Running) -> list[Event]:
    found: list[Event] = []
    while page := running.control.ask("event_log", EventsAfter(found[-1].event_id if found else 0, 1000)).events:
        found += page
    return found
