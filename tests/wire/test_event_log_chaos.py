"""The event log is killed again and again while events come in: nothing is lost, nothing is twice."""

import secrets
import threading
import time
from collections.abc import Callable

import pytest

from actors.runtime.control import Control
from models.errors import ServerError
from models.events import Detection, Event
from models.messages.event_log import EventsAfter, RecordEvent
from tests.wire.server import RunningServer

pytestmark = [pytest.mark.system, pytest.mark.chaos, pytest.mark.timeout(600)]

KILLS = 20
PER_S = 50
EPOCH = 1_700_000_000_000


class Sender(threading.Thread):
    """Fifty events a second; each is sent until it is answered, as a detector does."""

    def __init__(self, server: RunningServer) -> None:
        super().__init__(daemon=True)
        self._server = server
        self.stopping = threading.Event()
        self.answers: list[Event] = []
        self.sent = 0

    def run(self) -> None:
        began = time.monotonic()
        with Control(self._server.run_dir) as control:
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


def test_kill_under_load(run: Callable[..., RunningServer]) -> None:
    server = run()
    sender = Sender(server)
    sender.start()
    for _ in range(KILLS):
        restarts = server.rows()["event_log"].restarts
        server.kill("event_log")
        server.wait_for(lambda restarts=restarts: server.back_again("event_log", restarts), 30)  # type: ignore[misc]
        time.sleep(0.2)
    sender.stopping.set()
    sender.join(30)
    assert not sender.is_alive()
    stored = [event for event in _all(server) if event.timestamp < EPOCH + 10**9]
    assert [event.timestamp - EPOCH for event in stored] == list(range(sender.sent))
    assert [event.event_id for event in stored] == sorted({event.event_id for event in stored})
    assert [event.event_id for event in sender.answers] == [event.event_id for event in stored]


def _all(server: RunningServer) -> list[Event]:
    found: list[Event] = []
    while page := server.ask("event_log", EventsAfter(found[-1].event_id if found else 0, 1000)).events:
        found += page
    return found
