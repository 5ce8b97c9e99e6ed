"""Pictures from the ring, with a lease only as long as one is taken."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from actors.mqtt.pictures import NO_EVENT
from actors.runtime.rings import RingWriter
from models.messages.camera import CameraView
from models.messages.detector import DetectorView, SwitchView
from models.messages.event_log import EventsCleared, GetThumbnail, Thumbnail
from tests.actors.mqtt.broker import Broker, Listener
from tests.actors.mqtt.inprocess import Kit, motion

Start = Callable[..., Awaitable[Kit]]
Listen = Callable[..., Listener]
NOTHING_YET = NO_EVENT.read_bytes().decode(errors="replace")
RUNNING = CameraView("running", True, "pattern", "pattern", 640, 480, 30.0)


def jpeg_ring(actor: Kit) -> RingWriter:
    return RingWriter(actor.boot.shm_dir, actor.boot.run_dir, "jpeg", 10_000, 8, 16)


async def test_pictures_are_published_and_the_lease_given_back(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/image/#")
    actor = await start(broker, camera=RUNNING)
    ring = jpeg_ring(actor)
    await actor.connected()
    actor.happen(motion(1))

    def filled() -> Any:
        ring.put(b"a picture", time.monotonic_ns(), time.time_ns())
        return {"ipcamera/image/live", "ipcamera/image/event"} <= set(listener.topics())

    await actor.until(filled)
    await actor.until(lambda: broker.retained("ipcamera/image/#") == {"ipcamera/image/event": "a picture"})
    assert actor.leased == ["lease", "release"] * 2
    await actor.tell(EventsCleared(1), "event_log")
    await actor.until(lambda: listener.payloads("ipcamera/image/event")[-1] == NOTHING_YET)


async def test_the_picture_of_the_last_event_outlives_us(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/image/event")
    actor = await start(broker)
    ring = jpeg_ring(actor)
    await actor.connected()
    actor.happen(motion(1))

    def arrived() -> Any:
        ring.put(b"a picture", time.monotonic_ns(), time.time_ns())
        return "a picture" in listener.payloads("ipcamera/image/event")

    await actor.until(arrived)
    await actor.until(lambda: not actor.actor._connection_tasks.inflight.unacknowledged)
    await actor.reborn()
    await actor.connected()
    await actor.until(lambda: (connection := actor.actor._connection_loop.connection) and connection.session_present)
    await actor.until(lambda: broker.retained("ipcamera/status/online"))
    assert listener.payloads("ipcamera/image/event")[-1] == "a picture"


async def test_a_broker_that_forgot_gets_the_thumbnail_of_the_last_event(
    broker: Broker, start: Start, listen: Listen, tmp_path: Path
) -> None:
    listener = listen(broker, "ipcamera/image/event")
    thumbnail = tmp_path / "7.jpg"
    thumbnail.write_bytes(b"small")
    shown = {GetThumbnail: Thumbnail(str(thumbnail))}
    actor = await start(broker, history=[replace(motion(7), thumbnail=True)], answers=shown)
    await actor.until(lambda: listener.payloads("ipcamera/image/event") == ["small"])


async def test_a_sleeping_camera_is_not_woken_for_a_picture(broker: Broker, start: Start) -> None:
    asleep = CameraView("standby", False, "", "v4l2", 0, 0, 0.0, standby=True)
    actor = await start(broker, camera=asleep)
    await actor.connected()
    await actor.until(lambda: broker.retained("ipcamera/status/online"))
    assert actor.leased == []


async def test_an_old_picture_is_not_shown_as_new(broker: Broker, start: Start) -> None:
    actor = await start(broker, camera=RUNNING)
    jpeg_ring(actor).put(b"of yesterday", time.monotonic_ns() - 10_000_000_000, time.time_ns() - 10_000_000_000)
    await actor.connected()
    actor.happen(motion(1))
    await actor.until(lambda: actor.leased.count("release") == 2)
    assert broker.retained("ipcamera/image/#")["ipcamera/image/event"] != "of yesterday"


async def test_detections_are_on_and_off(broker: Broker, start: Start, listen: Listen) -> None:
    listener = listen(broker, "ipcamera/state/person")
    actor = await start(broker)
    await actor.connected()
    await actor.until(lambda: listener.heard)
    for active in (True, False):
        view = DetectorView("object_detector", (SwitchView("person", True, active, 0),), 2.0, 80.0)
        await actor.tell(view, "object_detector")
        await actor.until(lambda active=active: listener.heard[-1][1] == ("ON" if active else "OFF"))  # type: ignore[misc]
    assert listener.payloads("ipcamera/state/person") == ["OFF", "ON", "OFF"]
