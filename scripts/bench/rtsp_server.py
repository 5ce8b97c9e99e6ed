"""The network core alone, fed through a ring with a looped clip.

``python -m scripts.bench.rtsp_server CLIP DIRECTORY`` (where the ring may be)
"""

import asyncio
import os
import sys
import time
from multiprocessing import Process
from pathlib import Path

import av
import av.bitstream

from actors.rtsp.housekeeping import run_housekeeping
from actors.rtsp.listener import listen
from actors.rtsp.methods import answer
from actors.rtsp.server import RtspServer
from actors.runtime.rings import RingReader, RingWriter
from actors.shared.rtsp_logins import Logins
from models.media.ring import FORMAT_H264, KEY, PARAMETER_SETS
from models.media.tier import Tier
from models.messages.rtsp_session import Serving

RING = "video"


class Open:
    """Lets everybody in."""

    device_name = "bench"
    max_sessions = max_sessions_per_address = 1_000
    streaming, sound = True, False

    async def admit(self, session_id: str, address: str) -> None: ...
    def changed(self) -> None: ...
    def want_media(self, tier: Tier, wanted: bool) -> None: ...
    def obeys(self, tier: Tier) -> bool:
        return False

    def request_keyframe(self, tier: Tier) -> None: ...
    def login_failed(self, client: str, locked_for: int) -> None: ...
    def first_login(self, client: str) -> None: ...
    def failed(self, error: BaseException) -> None:
        raise error


def access_units(path: str) -> list[tuple[bytes, bool]]:
    """Annex-B units of the clip's picture track, and whether each begins with an IDR."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        annexb = av.bitstream.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [packet for packet in container.demux(stream) if packet.size]
        keys = [packet.is_keyframe for packet in packets]  # the filter empties the packets
        units = [bytes(unit) for packet in packets for unit in annexb.filter(packet)]
        return list(zip(units, keys, strict=True))


def write(directory: Path, units: list[tuple[bytes, bool]], fps: int) -> None:
    """The encoder's part, in its own process as in the product: units into the ring in real time, for ever."""
    parent = os.getppid()
    ring = RingWriter(directory, directory, RING, max(len(data) for data, _ in units), records=64, slots=128)
    begin, number = time.monotonic_ns(), 0
    while os.getppid() == parent:
        data, key = units[number % len(units)]
        pts = begin + number * 1_000_000_000 // fps
        time.sleep(max(0.0, (pts - time.monotonic_ns()) / 1e9))
        number += 1
        flags = KEY | PARAMETER_SETS if key else 0
        ring.put(data, pts, time.time_ns(), flags=flags, width=1280, height=720, format=FORMAT_H264)


async def main(clip: str, directory: str) -> None:
    house = Open()
    server = RtspServer(house, answer, Logins(house))
    sockets = listen(["127.0.0.1"], 0, shared=False)
    port = sockets[0].getsockname()[1]
    await server.serve(Serving(port, "/stream", "", ""), {port: sockets})
    reader = RingReader(Path(directory), Path(directory), RING)
    Process(target=write, args=(Path(directory), access_units(clip), 30), daemon=True).start()
    print(port, flush=True)
    feed = server.streams[Tier.MAIN].feed_video
    await asyncio.gather(reader.follow(feed, in_order=True), run_housekeeping(server))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
