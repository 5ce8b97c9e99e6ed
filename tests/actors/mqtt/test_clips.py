"""The last clip, as it stands at the broker: retained per type, with its picture, and as entities."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from models.clips import Clip
from models.errors import Unavailable
from models.messages.event_log import ClipPage, ClipReady, ClipSpace, GetThumbnail, QueryClips, Thumbnail
from tests.actors.mqtt.broker import Broker, Listener
from tests.actors.mqtt.inprocess import Kit

Start = Callable[..., Awaitable[Kit]]
Listen = Callable[..., Listener]


def clip(clip_id: str, start: int, *types: str) -> Clip:
    about = (clip_id, "event", start, 9000, 4000, start + 4000, types, (7,))
    return Clip(*about, 1000, 640, 360, "avc1.4D401F", True, f"clips/{clip_id}.mp4")  # type: ignore[arg-type]


async def test_the_last_clip_of_each_type_is_retained(
    broker: Broker, start: Start, listen: Listen, tmp_path: Path
) -> None:
    picture = tmp_path / "7.jpg"
    picture.write_bytes(b"a JPEG")
    actor = await start(broker, clipsEnabled=True)
    actor.answers |= {GetThumbnail: Thumbnail(str(picture))}
    await actor.connected()
    for news in (clip("a1", 1000, "MOTION"), clip("b2", 9000, "DOG_BARK", "MOTION"), clip("c3", 5000, "OBJECT_PERSON")):
        actor.news(ClipReady(news), "event_log")
    listener = listen(broker, "ipcamera/events/clip/#")
    ids = {"": "b2", "/motion": "b2", "/dog_bark": "b2", "/person": "c3"}

    def there() -> bool:
        found = {topic: json.loads(payload)["clipId"] for topic, payload, _ in listener.heard}
        return found == {f"ipcamera/events/clip{rest}": clip_id for rest, clip_id in ids.items()}

    await actor.until(there)
    assert all(retained for _, _, retained in listen(broker, "ipcamera/events/clip/#").heard)
    pictures = listen(broker, "ipcamera/image/clip")
    await actor.until(lambda: pictures.payloads("ipcamera/image/clip") == ["a JPEG"])
    announced = listen(broker, "homeassistant/device/#")
    await actor.until(lambda: announced.heard)
    components = json.loads(announced.heard[-1][1])["components"]
    assert (components["clip"]["state_topic"], components["clip_picture"]["image_topic"]) == (
        "ipcamera/events/clip",
        "ipcamera/image/clip",
    )


async def test_an_event_log_that_is_away_is_asked_for_one_picture_only(broker: Broker, start: Start) -> None:
    actor = await start(broker, clipsEnabled=True)
    actor.answers |= {GetThumbnail: Unavailable("event_log is not running within 5 s")}
    await actor.connected()
    actor.news(ClipReady(replace(clip("a1", 1000, "MOTION"), events=(7, 8, 9))), "event_log")
    await actor.until(lambda: broker.retained("ipcamera/events/clip"))
    assert sum(isinstance(asked, GetThumbnail) for _, asked in actor.asked) == 1


async def test_after_a_restart_the_newest_are_known(broker: Broker, start: Start, listen: Listen) -> None:
    page = ClipPage((clip("a1", 1000, "MOTION"),), ClipSpace(1, 1000, 0, 1 << 30, 1 << 30, ()))
    actor = await start(broker, answers={QueryClips: page})
    await actor.connected()
    listener = listen(broker, "ipcamera/events/clip")
    await actor.until(lambda: [json.loads(payload)["clipId"] for _, payload, _ in listener.heard] == ["a1"])
