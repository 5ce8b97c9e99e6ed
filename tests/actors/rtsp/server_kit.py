"""A camera in one process with the server under test: moving pictures by x264, a tone by the AAC encoder, real time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from actors.rtsp.housekeeping import run_housekeeping
from actors.rtsp.listener import listen
from actors.rtsp.methods import answer
from actors.rtsp.server import RtspServer
from actors.rtsp.stream import Stream
from actors.shared.rtsp_logins import Logins
from models.errors import LimitReached
from models.media.ring import FORMAT_AAC, FORMAT_H264, KEY, PARAMETER_SETS, Entry
from models.media.tier import Tier
from models.messages.rtsp_session import Serving

RATE = 16_000
WIDTH, HEIGHT = 320, 240


@dataclass
class Camera:
    """Encodes while ``running``; implements ``actors.rtsp.server.ServerHost``."""

    device_name: str = "Test camera"
    max_sessions: int = 10
    max_sessions_per_address: int = 3
    streaming: bool = True
    sound: bool = True
    fps: int = 30
    gop: int = 60
    takes_orders: bool = True  # makes an IDR when asked
    width: int = WIDTH
    height: int = HEIGHT
    bit_rate: int = 500_000
    noise: bool = False
    wanted_tiers: frozenset[Tier] = frozenset()
    always: bool = False
    failures: list[BaseException] = field(default_factory=list)
    failed_logins: list[str] = field(default_factory=list)
    first_logins: list[str] = field(default_factory=list)
    server: RtspServer = None  # type: ignore[assignment]
    key_asked: bool = False
    epoch: int = 1

    async def admit(self, session_id: str, address: str) -> None:
        quota = [session.address for session in self.server.sessions.values()]
        if len(quota) >= self.max_sessions or quota.count(address) >= self.max_sessions_per_address:
            raise LimitReached("no place")

    def changed(self) -> None: ...

    def want_media(self, tier: Tier, wanted: bool) -> None:
        self.wanted_tiers = self.wanted_tiers | {tier} if wanted else self.wanted_tiers - {tier}

    @property
    def wanted(self) -> bool:
        return bool(self.wanted_tiers)

    def obeys(self, _: Tier) -> bool:
        return self.takes_orders

    def request_keyframe(self, _: Tier) -> None:
        self.key_asked = self.takes_orders

    def first_login(self, client: str) -> None:
        self.first_logins.append(client)

    def _streams(self) -> list[Stream]:
        """The same pictures for both tiers."""
        return [stream for tier, stream in self.server.streams.items() if self.always or tier in self.wanted_tiers]

    def login_failed(self, client: str, locked_for: int) -> None:
        self.failed_logins.append(client)

    def failed(self, error: BaseException) -> None:
        self.failures.append(error)

    def open_encoder(self) -> VideoCodecContext:
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = self.width, self.height, "yuv420p"
        codec.time_base, codec.framerate, codec.gop_size = Fraction(1, 90_000), Fraction(self.fps, 1), self.gop
        codec.max_b_frames, codec.bit_rate = 0, self.bit_rate
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", "threads": "1"}
        return codec

    def frame(self, number: int) -> av.VideoFrame:
        picture = np.full((self.height * 3 // 2, self.width), 128, np.uint8)
        picture[: self.height] = (np.arange(self.width)[None, :] * 2 + number * 3) % 200 + 20
        if self.noise:
            picture[: self.height // 4] = np.random.default_rng(number).integers(0, 255, (self.height // 4, self.width))
        return av.VideoFrame.from_ndarray(picture, format="yuv420p")

    async def film(self) -> None:
        """Pictures in real time, an IDR first after each pause."""
        codec = self.open_encoder()
        number = sequence = 0
        epoch = 0
        begin = time.monotonic_ns()
        while True:
            number += 1
            pts = begin + number * 1_000_000_000 // self.fps
            await asyncio.sleep(max(0.0, (pts - time.monotonic_ns()) / 1e9))
            if not (self.wanted or self.always):
                epoch = 0
                continue
            if epoch != self.epoch:
                epoch, sequence, codec = self.epoch, 0, self.open_encoder()
            picture = self.frame(number)
            picture.pts, picture.time_base = number * 90_000 // self.fps, Fraction(1, 90_000)
            if self.key_asked:
                self.key_asked = False
                picture.pict_type = PictureType.I
            for packet in codec.encode(picture):
                sequence += 1
                flags = KEY | PARAMETER_SETS if packet.is_keyframe else 0
                data, wall = bytes(packet), time.time_ns()
                entry = Entry(epoch, sequence, pts, wall, flags, self.width, self.height, FORMAT_H264, 0, data)
                for stream in self._streams():
                    stream.feed_video(entry)

    async def hum(self) -> None:
        """A tone of 440 Hz in AAC frames of 64 ms."""
        codec = av.CodecContext.create("aac", "w")
        assert isinstance(codec, AudioCodecContext)
        codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE, "mono", "fltp", 32_000
        codec.time_base = Fraction(1, RATE)
        begin, number = time.monotonic_ns(), 0
        while True:
            pts = begin + number * 1024 * 1_000_000_000 // RATE
            await asyncio.sleep(max(0.0, (pts - time.monotonic_ns()) / 1e9))
            samples = 0.3 * np.sin(2 * np.pi * 440 * (number * 1024 + np.arange(1024)) / RATE)
            sound = av.AudioFrame.from_ndarray(samples.astype(np.float32)[None], format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = RATE, number * 1024, Fraction(1, RATE)
            number += 1
            for packet in codec.encode(sound):
                if (self.wanted or self.always) and self.sound:
                    entry = Entry(1, number, pts, time.time_ns(), 0, RATE, 1, FORMAT_AAC, 0, bytes(packet))
                    for stream in self._streams():
                        stream.feed_audio(entry)


@contextlib.asynccontextmanager
async def studio(camera: Camera, username: str = "", password: str = "", path: str = "/stream") -> AsyncIterator[int]:
    """A server that listens on loopback while the context lasts; its port."""
    server = camera.server = RtspServer(camera, answer, Logins(camera))
    sockets = listen(["127.0.0.1"], 0, shared=False)
    port = sockets[0].getsockname()[1]
    await server.serve(Serving(port, path, username, password), {port: sockets})
    tasks = [asyncio.create_task(coroutine) for coroutine in (camera.film(), camera.hum(), run_housekeeping(server))]
    try:
        yield port
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.stop()
        assert camera.failures == []
