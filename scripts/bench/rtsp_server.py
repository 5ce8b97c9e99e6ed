"""The network core alone, fed with a looped clip in real time: ``python -m scripts.bench.rtsp_server CLIP``."""

import asyncio
import sys
import time

import av
import av.bitstream

from actors.rtsp.listener import listen
from actors.rtsp.server import RtspServer
from models.media.ring import FORMAT_H264, KEY, PARAMETER_SETS, Entry
from models.messages.rtsp_session import Serving


class Open:
    """Lets everybody in."""

    device_name = "bench"
    max_sessions = max_sessions_per_address = 1_000
    streaming, sound = True, False

    async def admit(self, session_id: str, address: str) -> None: ...
    def changed(self) -> None: ...
    def want_media(self, wanted: bool) -> None: ...
    def request_keyframe(self) -> None: ...
    def login_failed(self, address: str) -> None: ...
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


async def feed(server: RtspServer, units: list[tuple[bytes, bool]], fps: int) -> None:
    """For ever, in real time."""
    begin, number = time.monotonic_ns(), 0
    while True:
        data, key = units[number % len(units)]
        pts = begin + number * 1_000_000_000 // fps
        await asyncio.sleep(max(0.0, (pts - time.monotonic_ns()) / 1e9))
        number += 1
        flags = KEY | PARAMETER_SETS if key else 0
        server.feed_video(Entry(1, number, pts, time.time_ns(), flags, 1280, 720, FORMAT_H264, 0, data))


async def main(path: str) -> None:
    units = access_units(path)
    server = RtspServer(Open())
    sockets = listen(["127.0.0.1"], 0, shared=False)
    port = sockets[0].getsockname()[1]
    await server.serve(Serving(port, "/stream", "", ""), sockets)
    print(port, flush=True)
    await asyncio.gather(feed(server, units, 30), server.keep_house())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
