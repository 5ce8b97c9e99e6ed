"""A stand-in for RTSP cameras with their habits, in threads of the test: faults to order, a record of what was asked.

``with StandIn(clip, sessions=1) as camera: … camera.url …``
"""

import base64
import contextlib
import hashlib
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from models.media.jpeg import segments
from tests.actors.shared.media.clips import Clip, Unit

PAYLOAD = 1200
TONE = bytes((0x2A, 0xAA)) * 80  # 20 ms of G.711
BEEP, SILENCE = bytes((0x2A,) * 8 + (0xAA,) * 8) * 10, bytes((0xD5,)) * 160  # of a tone that every rate can carry
NTP_EPOCH_S = 2_208_988_800


def nal_units(data: bytes) -> list[bytes]:
    return [unit for unit in re.split(b"\0\0\0?\1", data) if unit]


def jpeg_payloads(data: bytes) -> list[bytes]:
    """RFC 2435, with the quantisation tables in the first packet."""
    tables, kind, width, height, scan = b"", 1, 0, 0, b""
    for marker, begin, end in segments(data):
        body = data[begin + 4 : end]
        if marker == 0xDB:
            tables += b"".join(body[at + 1 : at + 65] for at in range(0, len(body), 65))
        if marker == 0xC0:
            height, width = struct.unpack_from(">HH", body, 1)
            kind = 0 if body[7] == 0x21 else 1
        if marker == 0xDA:
            scan = data[end:]
    payloads = []
    for at in range(0, len(scan), PAYLOAD):
        head = struct.pack(">I", at) + bytes((kind, 255, width // 8, height // 8))
        first = struct.pack(">HH", 0, len(tables)) + tables if at == 0 else b""
        payloads.append(head + first + scan[at : at + PAYLOAD])
    return payloads


@dataclass
class Habits:
    """What is odd about this camera."""

    tcp: bool = True
    sessions: int = 9
    refuse: bool = True  # one session too many; else the first one is thrown out
    login: str = ""  # basic, MD5, SHA-256
    password: str = "secret"
    burst_s: float = 0.0  # pictures are sent together, so often
    drift_ppm: float = 0.0
    sound: bool = False
    mute: bool = False  # sound is announced and never sent
    beep_s: float = 0.0  # sound at the beginning of each second only
    sound_late_s: float = 0.0  # sound is sent later than the picture of the same moment
    reports: bool = True  # RTCP
    sets_in_description: bool = True
    tunnel: bool = False  # speaks only RTSP over HTTP
    stop_after_s: float = 0.0  # then nothing is sent any more, on an open connection
    redirect: str = ""
    stamp: Callable[[float, int], float] = lambda seconds, _number: seconds
    content_base: str | None = None


@dataclass
class _Viewer:
    sock: socket.socket
    out: socket.socket
    tracks: dict[int, tuple[str, int]] = field(default_factory=dict)  # track → (tcp, channel) or (udp, port)
    playing: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    udp: socket.socket | None = None


class StandIn:
    def __init__(self, *clips: Clip, **habits: object) -> None:
        self.clips, self.habits = clips, Habits(**habits)  # type: ignore[arg-type]
        self.requests: list[str] = []  # methods
        self.logins = 0  # requests with an Authorization
        self.connections = self.most_sessions = 0
        self.viewers: list[_Viewer] = []
        self.nonce = secrets.token_hex(8)
        self._tunnels: dict[str, socket.socket] = {}
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"rtsp://127.0.0.1:{self.port}/live"

    def __enter__(self) -> "StandIn":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for viewer in list(self.viewers):
            viewer.sock.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    # ---------------------------------------------------------------- requests
    def _serve(self, sock: socket.socket) -> None:
        viewer = _Viewer(sock, sock)
        try:
            if self.habits.tunnel:
                self._tunnel(viewer)
            else:
                self._talk(viewer, bytearray(), lambda data: data)
        except OSError:
            return
        finally:
            viewer.playing = False
            if viewer in self.viewers:
                self.viewers.remove(viewer)
            if not self.habits.tunnel or viewer.out is not sock:
                sock.close()

    def _tunnel(self, viewer: _Viewer) -> None:
        buffer = bytearray()
        while b"\r\n\r\n" not in buffer:
            buffer += viewer.sock.recv(4096) or b"\r\n\r\n"
        head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
        cookie = re.search(r"x-sessioncookie: (\S+)", head.decode())
        if cookie is None:
            viewer.sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        elif head.startswith(b"GET"):
            self._tunnels[cookie[1]] = viewer.sock
            viewer.sock.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n")
            viewer.out = viewer.sock
            self._stopped.wait(60)
        else:
            viewer.out = self._tunnels[cookie[1]]
            self._talk(viewer, bytearray(base64.b64decode(rest)), base64.b64decode)

    def _talk(self, viewer: _Viewer, buffer: bytearray, decode: Callable[[bytes], bytes]) -> None:
        while not self._stopped.is_set():
            while b"\r\n\r\n" in buffer:
                head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
                buffer[:] = rest
                lines = head.decode().split("\r\n")
                pairs = [line.partition(": ") for line in lines[1:]]
                headers = {name.lower(): value for name, _, value in pairs}
                method, url, _version = lines[0].split(" ")
                self._answer(viewer, method, url, headers)
            data = viewer.sock.recv(4096)
            if not data:
                return
            buffer += decode(data)

    def _reply(self, viewer: _Viewer, status: int, headers: dict[str, str], *more: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status} X", f"CSeq: {headers['cseq']}", *more, f"Content-Length: {len(body)}", "", body]
        with viewer.lock:
            viewer.out.sendall("\r\n".join(lines).encode())

    def _answer(self, viewer: _Viewer, method: str, url: str, headers: dict[str, str]) -> None:
        self.requests.append(method)
        self.logins += "authorization" in headers
        habits = self.habits
        if method == "OPTIONS":
            return self._reply(viewer, 200, headers, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        if habits.login and not self._let_in(method, headers.get("authorization", "")):
            challenge = 'Basic realm="cam"'
            if habits.login != "basic":
                challenge = f'Digest realm="cam", qop="auth", nonce="{self.nonce}", algorithm={habits.login}'
            return self._reply(viewer, 401, headers, f"WWW-Authenticate: {challenge}")
        if method == "DESCRIBE" and habits.redirect:
            return self._reply(viewer, 302, headers, f"Location: {habits.redirect}")
        if method == "DESCRIBE":
            base = url + "/" if habits.content_base is None else habits.content_base
            more = [f"Content-Base: {base}"] if base else []
            return self._reply(viewer, 200, headers, "Content-Type: application/sdp", *more, body=self._description())
        if method == "SETUP":
            return self._set_up(viewer, url, headers)
        self._reply(viewer, 200, headers, "Session: 77")
        if method == "PLAY":
            viewer.playing = True
            threading.Thread(target=self._play, args=(viewer,), daemon=True).start()
        return None

    def _let_in(self, method: str, shown: str) -> bool:
        if self.habits.login == "basic":
            return shown == "Basic " + base64.b64encode(f"admin:{self.habits.password}".encode()).decode()
        said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', shown)}
        name = {"MD5": "md5", "SHA-256": "sha256"}[self.habits.login]

        def hashed(text: str) -> str:
            return hashlib.new(name, text.encode()).hexdigest()

        secret, request = hashed(f"admin:cam:{self.habits.password}"), hashed(f"{method}:{said.get('uri')}")
        middle = ":".join(said.get(part, "") for part in ("nonce", "nc", "cnonce", "qop"))
        return said.get("response") == hashed(f"{secret}:{middle}:{request}")

    def _set_up(self, viewer: _Viewer, url: str, headers: dict[str, str]) -> None:
        transport = headers["transport"]
        if "TCP" in transport and not self.habits.tcp:
            return self._reply(viewer, 461, headers)
        if viewer not in self.viewers:
            if len(self.viewers) >= self.habits.sessions:
                if self.habits.refuse:
                    return self._reply(viewer, 453, headers)
                self.viewers.pop(0).sock.shutdown(socket.SHUT_RDWR)
            self.viewers.append(viewer)
            self.most_sessions = max(self.most_sessions, len(self.viewers))
        track = int(url[-1])
        kind = "tcp" if "TCP" in transport else "udp"
        found = re.search(r"(?:interleaved|client_port)=(\d+)", transport)
        assert found is not None
        viewer.tracks[track] = (kind, int(found[1]))
        if kind == "udp" and viewer.udp is None:
            viewer.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        return self._reply(viewer, 200, headers, f"Transport: {transport}", "Session: 77;timeout=60")

    def _description(self) -> str:
        first = self.clips[0]
        sets = []
        if first.codec in ("h264", "hevc"):
            sets = [base64.b64encode(unit).decode() for unit in self._sets(first.units[0])]
        lines = ["v=0", "s=camera", "t=0 0", "a=control:*"]
        if first.codec == "h264":
            said = f";sprop-parameter-sets={','.join(sets)}" if self.habits.sets_in_description else ""
            lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", f"a=fmtp:96 packetization-mode=1{said}"]
        elif first.codec == "hevc":
            names = ("sprop-vps", "sprop-sps", "sprop-pps")
            said = ";".join(f"{name}={text}" for name, text in zip(names, sets, strict=True))
            lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H265/90000", f"a=fmtp:96 {said}"]
        elif first.codec == "mpeg4":
            config = first.extradata.hex()
            lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 MP4V-ES/90000", f"a=fmtp:96 config={config}"]
        else:
            lines += ["m=video 0 RTP/AVP 26"]
        lines += ["a=control:track0"]
        if self.habits.sound:
            lines += ["m=audio 0 RTP/AVP 8", "a=control:track1"]
        return "\r\n".join([*lines, ""])

    def _sets(self, unit: Unit) -> list[bytes]:
        if self.clips[0].codec == "h264":
            return [nal for nal in nal_units(unit.data) if nal[0] & 31 in (7, 8)]
        return [nal for nal in nal_units(unit.data) if nal[0] >> 1 & 63 in (32, 33, 34)]

    # ---------------------------------------------------------------- media
    def _send(self, viewer: _Viewer, track: int, packet: bytes, rtcp: bool = False) -> None:
        kind, where = viewer.tracks[track]
        if kind == "tcp":
            with viewer.lock:
                viewer.out.sendall(struct.pack(">cBH", b"$", where + rtcp, len(packet)) + packet)
        elif viewer.udp is not None:
            viewer.udp.sendto(packet, ("127.0.0.1", where + rtcp))

    def _play(self, viewer: _Viewer) -> None:
        begin = time.monotonic()
        tasks = [(self._pictures, 0)] + ([(self._sound, 1)] if self.habits.sound and not self.habits.mute else [])
        for task, track in tasks:
            if track in viewer.tracks:
                threading.Thread(target=self._guarded, args=(task, viewer, begin), daemon=True).start()

    def _guarded(self, task: Callable[[_Viewer, float], None], viewer: _Viewer, begin: float) -> None:
        with contextlib.suppress(OSError):
            task(viewer, begin)

    def _sleep_until(self, moment: float) -> bool:
        return not self._stopped.wait(max(0.0, moment - time.monotonic()))

    def _report(self, viewer: _Viewer, track: int, ssrc: int, seconds: float, ticks: int) -> None:
        """A sender report by the camera's own clock, which says 2000 seconds at the beginning."""
        if self.habits.reports:
            ntp = NTP_EPOCH_S + 2000 + seconds
            words = (0x80, 200, 6, ssrc, int(ntp), int(ntp % 1 * 2**32), ticks & 0xFFFFFFFF, 0, 0)
            self._send(viewer, track, struct.pack(">BBHIIIIII", *words), rtcp=True)

    def _pictures(self, viewer: _Viewer, begin: float) -> None:
        sequence, ssrc, base, number, offset = 65_500, 7, (1 << 32) - 90_000, 0, 0.0  # both soon wrap
        pace = 1 + self.habits.drift_ppm / 1e6
        while True:
            one = self.clips[number // len(self.clips[0].units) % len(self.clips)]
            for unit in one.units:
                at = offset + unit.dts
                if self.habits.burst_s:
                    at = (int(at / self.habits.burst_s) + 1) * self.habits.burst_s
                if not viewer.playing or not self._sleep_until(begin + at):
                    return
                if self.habits.stop_after_s and at > self.habits.stop_after_s:
                    continue
                seconds = self.habits.stamp(offset + unit.pts, number) * pace
                ticks = base + round(seconds * 90_000)
                payloads = self._payloads(one.codec, unit.data)
                for index, payload in enumerate(payloads):
                    mark = 0x80 if index == len(payloads) - 1 else 0
                    kind = 26 if one.codec == "mjpeg" else 96
                    head = struct.pack(">BBHII", 0x80, kind | mark, sequence & 0xFFFF, ticks & 0xFFFFFFFF, ssrc)
                    self._send(viewer, 0, head + payload)
                    sequence += 1
                if number % RATE_OF_REPORTS == 1:
                    self._report(viewer, 0, ssrc, seconds, ticks)
                number += 1
            offset += one.seconds

    def _payloads(self, codec: str, data: bytes) -> list[bytes]:
        if codec == "mpeg4":
            return [data[at : at + PAYLOAD] for at in range(0, len(data), PAYLOAD)]
        if codec == "mjpeg":
            return jpeg_payloads(data)
        payloads = []
        for nal in nal_units(data):
            if len(nal) <= PAYLOAD:
                payloads.append(nal)
                continue
            size = 1 if codec == "h264" else 2
            parts = [nal[at : at + PAYLOAD] for at in range(size, len(nal), PAYLOAD)]
            for index, part in enumerate(parts):
                flags = (0x80 if index == 0 else 0) | (0x40 if index == len(parts) - 1 else 0)
                if codec == "h264":
                    payloads.append(bytes((nal[0] & 0xE0 | 28, flags | nal[0] & 31)) + part)
                else:
                    payloads.append(bytes((nal[0] & 0x81 | 49 << 1, nal[1], flags | nal[0] >> 1 & 63)) + part)
        return payloads

    def _sound(self, viewer: _Viewer, begin: float) -> None:
        sequence, ssrc, base = 10, 8, 1234
        pace = 1 + self.habits.drift_ppm / 1e6
        while viewer.playing and self._sleep_until(begin + self.habits.sound_late_s + (sequence - 10) * 0.02):
            seconds = (sequence - 10) * 0.02 * pace
            ticks = base + round(seconds * 8000)
            head = struct.pack(">BBHII", 0x80, 8, sequence & 0xFFFF, ticks & 0xFFFFFFFF, ssrc)
            beep = BEEP if (sequence - 10) % 50 < self.habits.beep_s * 50 else SILENCE
            self._send(viewer, 1, head + (beep if self.habits.beep_s else TONE))
            if sequence % 50 == 11:
                self._report(viewer, 1, ssrc, seconds, ticks)
            sequence += 1


RATE_OF_REPORTS = 25  # pictures
