"""Questions to a long history: milliseconds and megabytes on a database of a million events.

    python -m scripts.bench.events [--events 1000000] [--folder DIR]

The database is made in a temporary folder (or kept in DIR). Times are those of the store itself; over HTTP comes the
shaping of the JSON. CPU time is this thread's, so that other programs do not count; the wall clock stands beside it.
"""

import argparse
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from actors.event_log.queries import Queries
from actors.event_log.store import Store, WriteRequest
from models.events import EVENT_TYPES, Detection, Scene
from models.messages.event_log import PAGE_MAX, QueryBuckets, QueryEvents
from scripts.bench import machine

NOW = 1_700_000_000_000
DAY = 86_400_000
SHARES = (0.60, 0.16, 0.01, 0.005, 0.22, 0.005)  # of the six types, as in the API document's example
BATCH = 2_000
HOUR, MINUTE = 3_600_000, 60_000


def fill(store: Store, count: int, days: int = 30) -> None:
    rng = np.random.default_rng(1)
    kinds = rng.choice(len(EVENT_TYPES), count, p=SHARES)
    moments = NOW - days * DAY + np.sort(rng.integers(0, days * DAY, count))
    scene = Scene("0", "1280x720", 30, 100)
    for start in range(0, count, BATCH):
        store.record([_order(int(kinds[n]), int(moments[n]), scene) for n in range(start, min(count, start + BATCH))])


def _order(kind: int, moment: int, scene: Scene) -> WriteRequest:
    details = {"changedPercent": 12.5, "width": 1280, "height": 720}
    return WriteRequest(Detection(secrets.token_hex(16), EVENT_TYPES[kind], moment, dict(details), 80, {}, scene=scene))


def pss_mb() -> float:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def measure(name: str, work: Callable[[], object], times: int = 5) -> None:
    took, worked = [], []
    for _ in range(times):
        began, cpu = time.perf_counter(), time.thread_time()
        work()
        took.append(time.perf_counter() - began)
        worked.append(time.thread_time() - cpu)
    print(f"{name:50} {statistics.median(worked) * 1000:8.1f} ms CPU, wall {machine.spread(took)}", flush=True)


def pages(queries: Queries, limit: int) -> int:
    """As the route does it: several messages for one answer."""
    page = queries.page(QueryEvents(1, limit=PAGE_MAX), NOW)
    got = len(page.events)
    while got < limit and page.events:
        first = page.events[0]
        before = (first.timestamp, first.event_id)
        page = queries.page(QueryEvents(1, limit=min(PAGE_MAX, limit - got), before=before, summary=False), NOW)
        got += len(page.events)
    return got


def export(queries: Queries) -> int:
    size, last = 0, 0
    while True:
        rows = queries.csv(last, 500, system=False)
        if not rows.last_id:
            return size
        size, last = size + len(rows.text), rows.last_id


def run(count: int, folder: Path) -> None:
    print(machine.describe())
    store = Store(folder)
    began = time.perf_counter()
    fill(store, count)
    seconds = time.perf_counter() - began
    print(f"{count} events in {seconds:.0f} s, {BATCH} to a transaction; {store.size() / 2**20:.0f} MB of database")
    one = WriteRequest(Detection(secrets.token_hex(16), "MOTION", NOW, {"changedPercent": 1.0}, None))
    fresh = (WriteRequest(Detection(secrets.token_hex(16), "MOTION", NOW, one.detection.details)) for _ in range(50))
    measure("record one event (on disk when it returns)", lambda: store.record([next(fresh)]), 50)
    queries = Queries(store.path)
    memory = pss_mb()
    measure("/events?since=1 (1,000 events, summary of all)", lambda: queries.page(QueryEvents(1), NOW))
    measure("/events (today)", lambda: queries.page(QueryEvents(NOW - DAY), NOW))
    measure("/events?type=DOG_BARK", lambda: queries.page(QueryEvents(1, types=("DOG_BARK",)), NOW))
    measure("/events?since=1&limit=10000 (10 pages)", lambda: pages(queries, 10_000))
    measure("/events?bucketMs=3600000, 30 days", lambda: queries.buckets(QueryBuckets(1, NOW, HOUR), NOW))
    measure("/events?bucketMs=60000, one day", lambda: queries.buckets(QueryBuckets(NOW - DAY, NOW, MINUTE), NOW))
    measure("/events/range", queries.range)
    measure("/api/storage/stats", queries.stats)
    measure("/api/events/export, one stretch of 500", lambda: queries.csv(count // 2, 500, system=False))
    began, cpu, size = time.perf_counter(), time.thread_time(), export(queries)
    took, worked = time.perf_counter() - began, time.thread_time() - cpu
    print(f"{'/api/events/export, all':50} {worked:8.1f} s CPU, wall {took:.1f} s, {size / 2**20:.0f} MB of CSV")
    print(f"memory added by all these questions: {pss_mb() - memory:.1f} MB")
    measure("/events/clear", store.clear, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    os.nice(5)
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        run(given.events, given.folder)
    else:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as temporary:  # a disk: /tmp may be memory
            run(given.events, Path(temporary))
