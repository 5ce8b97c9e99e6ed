"""A small RTSP client that shows every byte: for what real players do not do."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Answer:
    status: int
    headers: dict[str, list[str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return self.headers[name.lower()][0]


@dataclass
class Client:
    port: int
    path: str = "/stream"
    host: str = "127.0.0.1"
    source: str = "127.0.0.1"
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    session: str = ""
    cseq: int = 0

    @property
    def url(self) -> str:
        return f"rtsp://{self.host}:{self.port}{self.path}"

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port, local_addr=(self.source, 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def write(self, method: str, url: str = "", **headers: str) -> None:
        self.cseq += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self.cseq}"]
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())

    async def ask(self, method: str, url: str = "", **headers: str) -> Answer:
        self.write(method, url, **headers)
        return await self.answer()

    async def answer(self) -> Answer:
        """The next response; frames that come before it are kept."""
        while (first := await self.reader.readexactly(1)) == b"$":
            await self._frame()
        head = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(": ")
                headers.setdefault(name.lower(), []).append(value)
        body = await self.reader.readexactly(int(headers.get("content-length", ["0"])[0]))
        return Answer(int(lines[0].split()[1]), headers, body)

    async def _frame(self) -> None:
        channel, high, low = await self.reader.readexactly(3)
        self.frames.append((channel, await self.reader.readexactly(high << 8 | low)))

    async def collect(self, count: int) -> list[tuple[int, bytes]]:
        """Frames, until there are ``count``."""
        while len(self.frames) < count:
            assert await self.reader.readexactly(1) == b"$"
            await self._frame()
        return self.frames

    async def collect_while(self, other: Awaitable[T]) -> T:
        """Go on reading until ``other`` is done: a client that does not read is disconnected in the end."""
        task = asyncio.ensure_future(other)
        while not task.done():
            await self.collect(len(self.frames) + 1)
        return task.result()

    async def set_up(self, track: int = 0, transport: str = "") -> Answer:
        channels = f"RTP/AVP/TCP;unicast;interleaved={2 * track}-{2 * track + 1}"
        answer = await self.ask("SETUP", f"{self.url}/trackID={track}", Transport=transport or channels)
        if answer.status == 200:
            self.session = answer["session"].partition(";")[0]
        return answer


def rtp_info(answer: Answer) -> dict[int, tuple[int, int]]:
    """(seq, rtptime) by track."""
    found = re.findall(r"trackID=(\d);seq=(\d+);rtptime=(\d+)", answer["rtp-info"])
    return {int(track): (int(seq), int(time)) for track, seq, time in found}
