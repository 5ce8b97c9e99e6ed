"""Visits whose end nobody can tell any more: they end all the same, and everybody hears of it."""

import secrets
import signal
import time
from collections.abc import Callable

import pytest

from models.events import Detection, Event
from models.messages.event_log import QueryEvents, RecordEvent
from tests.wire.live_client import LiveClient
from tests.wire.server import RunningServer

pytestmark = pytest.mark.system
Run = Callable[..., RunningServer]


def begin_visit(server: RunningServer) -> Event:
    """As the detector does, which then dies before the end."""
    uid, now = secrets.token_hex(16), time.time_ns() // 1_000_000
    return server.ask("event_log", RecordEvent(Detection(uid, "OBJECT_PERSON", now, {"confidence": 80}, 80)))


def ended(server: RunningServer, visit: Event) -> Event | None:
    found = {event.event_id: event for event in server.ask("event_log", QueryEvents(since=1)).events}
    event = found[visit.event_id]
    return event if "endTimestamp" in event.metadata else None


async def test_a_killed_detector_or_program_leaves_no_visit_open(run: Run) -> None:
    server = run()
    client = await LiveClient.ready(server)
    first = begin_visit(server)
    restarts = server.rows()["object_detector"].restarts
    server.kill("object_detector")
    event = server.wait_for(lambda: ended(server, first))
    assert event.metadata["endEstimated"] is True
    server.wait_for(lambda: server.back_again("object_detector", restarts))
    told = await client.until("object_detected", lambda message: message.get("eventType") == "disappeared")
    assert told["eventId"] == first.event_id
    await client.close()
    second = begin_visit(server)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    event = server.wait_for(lambda: ended(server, second))
    assert event.metadata["durationMs"] == 0  # nothing is known of what came after
