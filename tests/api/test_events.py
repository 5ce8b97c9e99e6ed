"""/events, /api/storage and /api/events/export: bodies, codes and bounds, with the real store behind."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actors.event_log.queries import Queries
from actors.event_log.store import Store, WriteRequest
from api import event_query
from api.routes.storage import size_text
from models.errors import Conflict, Invalid, Missing
from models.events import DOCUMENTED, EVENT_TYPES, Detection
from models.messages.event_log import (
    ClearEvents,
    EventBuckets,
    ExportRows,
    GetEventRange,
    GetStorageStats,
    GetThumbnail,
    QueryBuckets,
    QueryEvents,
    StorageStats,
    Thumbnail,
)
from tests.api.surface import FREE, TOKEN, Served, Surface, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOW = time.time_ns() // 1_000_000
EXAMPLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("MOTION", {"changedPercent": 12.5, "width": 1280, "height": 720}),
    ("ANY_SOUND", {"db": -25.5, "rms": 0.0531}),
    ("DOG_BARK", {"className": "Dog", "confidence": 92}),
    ("OBJECT_PERSON", {"objectClass": "person", "confidence": 85, "eventType": "appeared"}),
)


@asynccontextmanager
async def log(tmp_path: Path, count: int = 1, step_ms: int = 1) -> AsyncIterator[Served]:
    """A server whose event log is a real one, holding the document's examples ``count`` times, the last just now."""
    store = Store(tmp_path)
    queries = Queries(store.path)
    total = count * len(EXAMPLES)
    orders = [
        WriteRequest(
            Detection(f"{n:032x}", kind, NOW - (total - n) * step_ms, dict(details), details.get("confidence"))
        )
        for n, (kind, details) in enumerate(EXAMPLES * count)
    ]
    for start in range(0, total, 500):
        store.record(orders[start : start + 500])
    answers: dict[type, Callable[[Any], Any]] = {
        QueryEvents: lambda m: queries.page(m, NOW + 60_000),
        QueryBuckets: lambda m: queries.buckets(m, NOW + 60_000),
        GetEventRange: lambda _: queries.range(),
        GetStorageStats: lambda _: queries.stats(),
        ExportRows: lambda m: queries.csv(m.after_id, m.limit, m.system),
        ClearEvents: lambda _: store.clear(),
    }
    async with served(lambda surface: surface.answers.update(answers)) as server:
        yield server
    store.close()
    queries.close()


async def call(server: Served, path: str, method: str = "GET") -> tuple[int, Any]:
    async with server.request(method, path, headers=BEARER) as response:
        return response.status, await response.json()


async def test_events_have_the_documents_fields(tmp_path: Path) -> None:
    async with log(tmp_path) as server:
        status, body = await call(server, "/events?since=1")
    assert status == 200
    assert list(body) == ["serverNow", "dayStart", "events", "summary"]
    assert body["dayStart"] <= body["serverNow"]
    for number, ((kind, details), event) in enumerate(zip(EXAMPLES, body["events"], strict=True), 1):
        common = {"id": number, "eventId": number, "type": kind, "timestamp": event["timestamp"]}
        assert event == common | details | {"clipId": None}
    assert body["summary"] == [
        {"type": kind, "count": 1, "lastTimestamp": event["timestamp"]}
        for (kind, _), event in zip(EXAMPLES, body["events"], strict=True)
    ]


async def test_a_visit_that_has_ended_says_when_and_how_long_it_was(tmp_path: Path) -> None:
    async with log(tmp_path) as server:
        store = Store(tmp_path)
        store.end(f"{3:032x}", NOW + 7000, {"trackId": 4}, 97)
        store.close()
        _, body = await call(server, "/events?since=1")
    assert [event.get("durationMs") for event in body["events"][:3]] == [None] * 3
    visit = body["events"][3]
    assert (visit["endTimestamp"], visit["durationMs"]) == (NOW + 7000, NOW + 7000 - visit["timestamp"])
    assert (visit["type"], visit["confidence"], visit["eventType"]) == ("OBJECT_PERSON", 97, "appeared")
    assert "trackId" not in visit


async def test_the_summary_is_of_the_whole_match_and_the_newest_are_chosen(tmp_path: Path) -> None:
    async with log(tmp_path, count=5) as server:
        _, body = await call(server, "/events?since=1&limit=3")
        _, motion = await call(server, "/events?since=1&type=MOTION&limit=2")
    assert [event["id"] for event in body["events"]] == [18, 19, 20]
    assert [row["count"] for row in body["summary"]] == [5, 5, 5, 5]
    assert [event["id"] for event in motion["events"]] == [13, 17]
    assert motion["summary"] == [{"type": "MOTION", "count": 5, "lastTimestamp": motion["events"][-1]["timestamp"]}]


async def test_ten_thousand_events_come_in_many_pages(tmp_path: Path) -> None:
    async with log(tmp_path, count=2600) as server:
        _, body = await call(server, "/events?since=1&limit=10000")
    ids = [event["id"] for event in body["events"]]
    assert ids == list(range(401, 10_401))
    assert sum(row["count"] for row in body["summary"]) == 10_400


async def test_since_zero_is_today(tmp_path: Path) -> None:
    async with log(tmp_path, count=1, step_ms=3 * 86_400_000) as server:
        _, today = await call(server, "/events?since=0")
        _, absent = await call(server, "/events")
        _, everything = await call(server, "/events?since=1")
    assert today["events"] == absent["events"] == []
    assert len(everything["events"]) == 4


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit: Value must be between 1 and 10000"),
        ("limit=10001", "limit: Value must be between 1 and 10000"),
        ("limit=ten", "limit: Expected integer"),
        ("limit=1.5", "limit: Expected integer"),
        ("limit=", "limit: Expected integer"),
        ("limit=%D9%A3", "limit: Expected integer"),
        (f"limit={'9' * 5000}", "limit: Expected integer"),
        ("since=-1", f"since: Value must be between 0 and {2**53 - 1}"),
        ("since=yesterday", "since: Expected integer"),
        ("bucketMs=59999", "bucketMs: Value must be between 60000 and 3600000"),
        ("bucketMs=3600001", "bucketMs: Value must be between 60000 and 3600000"),
        ("type=CAT", f"type: Value must be one of {', '.join(EVENT_TYPES)}"),
        ("type=motion", f"type: Value must be one of {', '.join(EVENT_TYPES)}"),
        ("type=MOTION,", f"type: Value must be one of {', '.join(EVENT_TYPES)}"),
        ("until=-5", f"until: Value must be between 0 and {2**53 - 1}"),
    ],
)
async def test_a_wrong_value_is_told(tmp_path: Path, query: str, message: str) -> None:
    async with served() as server:
        assert await call(server, f"/events?{query}") == (400, {"error": message})


@pytest.mark.parametrize("bucket", [60_000, 3_600_000])
async def test_buckets(tmp_path: Path, bucket: int) -> None:
    async with log(tmp_path) as server:
        status, body = await call(server, f"/events?since={NOW - 1000}&bucketMs={bucket}&limit=1")
    assert status == 200
    assert list(body) == ["buckets", "bucketMs", "timeRange"]
    assert body["bucketMs"] == bucket
    assert body["timeRange"]["start"] == (NOW - 1000) // bucket * bucket
    assert sum(sum(one["counts"].values()) for one in body["buckets"]) == 4
    assert all(one["timestamp"] % bucket == 0 and 0 not in one["counts"].values() for one in body["buckets"])


async def test_buckets_shape_of_the_document() -> None:
    found = EventBuckets(((1699200000000, (("MOTION", 5), ("DOG_BARK", 1))),), 1699200000000, 1699203600000)
    async with served(lambda surface: surface.answers.update({QueryBuckets: found})) as server:
        _, body = await call(server, "/events?bucketMs=60000&since=1699200000000")
    assert body == {
        "buckets": [{"timestamp": 1699200000000, "counts": {"MOTION": 5, "DOG_BARK": 1}}],
        "bucketMs": 60000,
        "timeRange": {"start": 1699200000000, "end": 1699203600000},
    }


async def test_range_and_clear(tmp_path: Path) -> None:
    async with log(tmp_path) as server:
        status, body = await call(server, "/events/range")
        assert (status, list(body)) == (200, ["minTimestamp", "maxTimestamp", "totalEvents"])
        assert body["totalEvents"] == 4
        for query in ("", "?confirm=yes", "?confirm=TRUE", "?confirm=1"):
            refused = await call(server, f"/events/clear{query}", "POST")
            assert refused == (400, {"error": "confirm=true required"})
        assert await call(server, "/events/clear?confirm=true", "POST") == (200, {"success": True, "cleared": 4})
        empty = {"minTimestamp": None, "maxTimestamp": None, "totalEvents": 0}
        assert await call(server, "/events/range") == (200, empty)


async def test_statistics_are_the_documents() -> None:
    counts = (1200, 300, 23, 5, 450, 12)
    stats = StorageStats(
        2621440, tuple(zip(DOCUMENTED, counts, strict=True)), 1234567000000, 1234567890000, 68719476736, 34896609280
    )
    async with served(lambda surface: surface.answers.update({GetStorageStats: stats})) as server:
        status, body = await call(server, "/api/storage/stats")
    assert status == 200
    assert body == {
        "databaseSize": "2.5 MB",
        "databaseSizeBytes": 2621440,
        "totalEvents": 1990,
        "motionEvents": 1200,
        "soundEvents": 328,
        "eventsByType": dict(zip(DOCUMENTED, counts, strict=True)),
        "minTimestamp": 1234567000000,
        "maxTimestamp": 1234567890000,
        "deviceStorageTotal": "64.0 GB",
        "deviceStorageAvailable": "32.5 GB",
        "deviceStorageTotalBytes": 68719476736,
        "deviceStorageAvailableBytes": 34896609280,
    }


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0.0 KB"), (512, "0.5 KB"), (1024, "1.0 KB"), (1 << 20, "1.0 MB"), (1 << 42, "4096.0 GB")]
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


async def test_export_is_streamed_whole(tmp_path: Path) -> None:
    async with (
        log(tmp_path, count=400) as server,
        server.request("GET", "/api/events/export", headers=BEARER) as response,
    ):
        text = await response.text()
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"] == 'attachment; filename="ip-camera-events.csv"'
    rows = text.split("\r\n")
    assert rows[0] == (
        "id,type,timestamp,confidence,details,cameraId,resolution,frameRate,lightLevel,motionZones,"
        "thumbnailPath,metadata"
    )
    assert [row.split(",")[0] for row in rows[1:-1]] == [str(n) for n in range(1, 1601)]
    assert rows[-1] == ""


async def test_one_export_at_a_time() -> None:
    waiting, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Surface):
        async def ask(self, to: str, message: Any, timeout_s: float = 5.0) -> Any:
            if isinstance(message, ExportRows):
                waiting.set()
                await go_on.wait()
                raise Conflict("Event history unavailable")
            return await super().ask(to, message, timeout_s)

    async with served(lambda surface: setattr(surface, "__class__", Slow)) as server:
        first = asyncio.create_task(call(server, "/api/events/export"))
        await waiting.wait()
        status, body = await call(server, "/api/events/export")
        assert (status, "error" in body) == (429, True)
        go_on.set()
        status, body = await first
        assert (status, body["error"]) == (500, "Event history unavailable")
        assert (await call(server, "/api/events/export"))[0] == 500  # and not 429: the first one has ended


async def test_a_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "7.jpg").write_bytes(b"\xff\xd8picture\xff\xd9")

    def find(message: GetThumbnail) -> Thumbnail:
        if message.event_id != 7:
            raise Missing("No thumbnail")
        return Thumbnail(str(tmp_path / "7.jpg"))

    async with served(lambda surface: surface.answers.update({GetThumbnail: find})) as server:
        async with server.request("GET", "/events/7/thumbnail", headers=BEARER) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "image/jpeg"
            assert await response.read() == b"\xff\xd8picture\xff\xd9"
        for wrong in ("8", "0x7", "-7", "%2e", "9" * 40):
            assert (await call(server, f"/events/{wrong}/thumbnail"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "feature"),
    [
        ("GET", "/events", "event_history"),
        ("GET", "/events/range", "event_history"),
        ("POST", "/events/clear?confirm=true", "event_history"),
        ("GET", "/events/1/thumbnail", "event_history"),
        ("GET", "/api/storage/stats", "storage_analytics"),
        ("GET", "/api/events/export", "event_export"),
    ],
)
async def test_pro_only(method: str, path: str, feature: str) -> None:
    def free(surface: Surface) -> None:
        surface.license = FREE

    async with served(free) as server:
        headers = {"Cookie": f"session={TOKEN}", "X-CSRF-Token": server.csrf}
        async with server.request(method, path, headers=headers) as response:
            body = await response.json()
    assert (response.status, body["error"], body["feature"]) == (403, "Pro license required", feature)


# ---------------------------------------------------------------- the day


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("Europe/Berlin", "2026-03-29T12:00:00", "2026-03-29T00:00:00"),  # 23 hours long: the clock is put forward
        ("Europe/Berlin", "2026-10-25T12:00:00", "2026-10-25T00:00:00"),  # 25 hours
        ("Asia/Kolkata", "2026-06-01T00:10:00", "2026-06-01T00:00:00"),
        ("America/New_York", "2026-06-01T23:59:59", "2026-06-01T00:00:00"),
    ],
)
def test_the_day_begins_at_local_midnight(zone: str, now: str, midnight: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        moments = [
            int(datetime.fromisoformat(t).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000) for t in (now, midnight)
        ]
        assert event_query.start_of_day(moments[0]) == moments[1]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_query_without_anything() -> None:
    query = event_query.parse({}, NOW)
    assert (query.limit, query.types, query.bucket_ms, query.system) == (1000, (), 0, False)
    assert (query.since, query.until) == (query.day_start, NOW)
    assert event_query.parse({"type": "MOTION,SYSTEM_RESTART,MOTION"}, NOW).types == ("MOTION", "SYSTEM_RESTART")
    with pytest.raises(Invalid):
        event_query.parse({"type": "MOTION;DROP TABLE event"}, NOW)
