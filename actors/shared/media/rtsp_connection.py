"""One RTSP connection as bytes: plain, over TLS, or tunnelled through HTTP. Requests out; answers and media in."""

import base64
import secrets
import select
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass

from actors.shared.media.container import LoginRefusedError, SourceError, in_words
from actors.shared.media.limits import ANSWER_S, BODY_BYTES_MAX, CONNECT_S, HEAD_BYTES_MAX, SESSION_S
from models.media.network_address import NetworkAddress
from models.rtsp.header_numbers import whole
from models.security.http_auth import Authorization, challenges

PIECE_S = 0.25
RECEIVE_BYTES = 65_536
USER_AGENT = "ipcamera"
BEGINNINGS = (b"RTSP/", b"HTTP/", b"OPTIONS ", b"ANNOUNCE ", b"GET_PARAMETER ", b"SET_PARAMETER ", b"REDIRECT ")


@dataclass(frozen=True, slots=True)
class Response:
    protocol: str  # RTSP, HTTP
    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: bytes = b""

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


class RtspConnection:
    """Raises ``SourceError``, naming ``title``, if communication with the camera fails."""

    def __init__(self, address: NetworkAddress, title: str) -> None:
        self.address = address
        self.title = title
        self.session = ""
        self.media: deque[tuple[int, bytes, int]] = deque()  # channel, packet, arrival
        self.answers: deque[Response] = deque()
        self._deadline = time.monotonic() + SESSION_S
        self._sequence = 0
        self._authorization: Authorization | None = None
        self._buffer = bytearray()
        self._out: socket.socket | None = None  # of a tunnel: requests are sent there, in base64
        self._socket = self._connect()
        if address.scheme == "rtsp+http":
            self._tunnel()

    # ---------------------------------------------------------------- connection
    def _connect(self) -> socket.socket:
        try:
            plain = socket.create_connection((self.address.host, self.address.port), CONNECT_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.address.scheme != "rtsps":
                return plain
            context = ssl.create_default_context()  # cameras have self-signed certificates
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context.wrap_socket(plain, server_hostname=self.address.host)
        except (OSError, UnicodeError) as error:
            raise SourceError(in_words(error, self.title)) from None

    def _tunnel(self) -> None:
        """Two connections with one cookie (QuickTime's RTSP over HTTP): GET receives, POST sends."""
        cookie = secrets.token_hex(11)
        common = f"Host: {self.address.authority}\r\nUser-Agent: {USER_AGENT}\r\nx-sessioncookie: {cookie}\r\n"
        tunnelled = "application/x-rtsp-tunnelled"
        answer = self._open_tunnel(common, tunnelled, "")
        if answer.status == 401:
            self._learn(answer)
            assert self._authorization is not None
            self._socket.close()
            self._socket = self._connect()
            login = f"Authorization: {self._authorization.header('GET', self.address.path)}\r\n"
            answer = self._open_tunnel(common, tunnelled, login)
            if answer.status == 401:
                raise LoginRefusedError(f"{self.title} rejects this user name and password")
        if answer.status != 200:
            raise SourceError(f"{self.title} has no RTSP over HTTP (status {answer.status})")
        self._out = self._connect()
        login = ""
        if self._authorization is not None:
            login = f"Authorization: {self._authorization.header('POST', self.address.path)}\r\n"
        kind = f"Content-Type: {tunnelled}\r\nContent-Length: 32767\r\n"
        head = f"POST {self.address.path} HTTP/1.0\r\n{common}{login}{kind}\r\n"
        self._send_all(self._out, head.encode())
        self._authorization = None  # RTSP has a separate login

    def _open_tunnel(self, common: str, tunnelled: str, login: str) -> Response:
        self._buffer.clear()
        head = f"GET {self.address.path} HTTP/1.0\r\n{common}{login}Accept: {tunnelled}\r\n\r\n"
        self._send_all(self._socket, head.encode())
        return self._await_answer(bodies=False)

    def _send_all(self, target: socket.socket, data: bytes) -> None:
        try:
            target.settimeout(ANSWER_S)
            target.sendall(data)
        except OSError as error:
            raise SourceError(in_words(error, self.title)) from None

    @property
    def local_address(self) -> str:
        return str(self._socket.getsockname()[0])

    @property
    def peer_address(self) -> str:
        return str(self._socket.getpeername()[0])

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        for one in (self._socket, self._out):
            if one is not None:
                one.close()

    # ---------------------------------------------------------------- requests
    def send(self, method: str, url: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", f"User-Agent: {USER_AGENT}"]
        if self.session:
            lines.append(f"Session: {self.session}")
        if self._authorization is not None:
            lines.append(f"Authorization: {self._authorization.header(method, url)}")
        lines += [f"{name}: {value}" for name, value in headers]
        data = "\r\n".join([*lines, "", ""]).encode()
        if self._out is not None:
            self._send_all(self._out, base64.b64encode(data))
        else:
            self._send_all(self._socket, data)

    def ask(self, method: str, url: str, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        """The answer, after a login if required: a password is tried once per nonce."""
        self.send(method, url, headers)
        answer = self._await_answer()
        if answer.status != 401:
            return answer
        stale = self._authorization is not None
        self._learn(answer)
        assert self._authorization is not None
        if stale and self._authorization.challenge.fields.get("stale", "").lower() != "true":
            raise LoginRefusedError(f"{self.title} rejects this user name and password")
        self.send(method, url, headers)
        answer = self._await_answer()
        if answer.status == 401:
            raise LoginRefusedError(f"{self.title} rejects this user name and password")
        return answer

    def _learn(self, answer: Response) -> None:
        if self.address.user is None:
            raise LoginRefusedError(f"{self.title} requires a user name and a password")
        offered = challenges(answer.all("www-authenticate"))
        if not offered:
            raise SourceError(f"{self.title} requires a login method that is not supported")
        self._authorization = Authorization(offered[0], self.address.user, self.address.password, secrets.token_hex(8))

    def _await_answer(self, bodies: bool = True) -> Response:
        deadline = min(time.monotonic() + ANSWER_S, self._deadline)
        while not self.answers:
            if time.monotonic() > deadline:
                raise SourceError(f"{self.title} does not answer")
            self.receive(PIECE_S, bodies=bodies)
        return self.answers.popleft()

    # ---------------------------------------------------------------- receiving
    def receive(self, timeout_s: float, bodies: bool = True) -> None:
        """Wait for bytes at most this long, and sort complete messages into ``answers`` and ``media``."""
        try:
            pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
            if not pending and not select.select([self._socket], [], [], timeout_s)[0]:
                return
            self._socket.settimeout(ANSWER_S)
            data = self._socket.recv(RECEIVE_BYTES)
            # Cameras with Nagle's algorithm wait for our acknowledgement before the end of a picture: 40 ms.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except (OSError, ValueError) as error:
            raise SourceError(in_words(error, self.title)) from None
        if not data:
            raise SourceError(f"{self.title} has closed the connection")
        self._buffer += data
        arrival = time.monotonic_ns()
        while self._take_one(arrival, bodies):
            continue

    def _take_one(self, arrival: int, bodies: bool) -> bool:
        buffer = self._buffer
        if not buffer:
            return False
        if buffer[0] == 0x24:  # "$"
            if len(buffer) < 4:
                return False
            end = 4 + int.from_bytes(buffer[2:4], "big")
            if len(buffer) < end:
                return False
            self.media.append((buffer[1], bytes(buffer[4:end]), arrival))
            del buffer[:end]
            return True
        if any(begin.startswith(buffer[: len(begin)]) for begin in BEGINNINGS):
            return self._take_message(bodies)
        return self._resynchronise()

    def _take_message(self, bodies: bool) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_BYTES_MAX:
                raise SourceError(f"{self.title} does not speak RTSP")
            return False
        lines = bytes(self._buffer[:end]).decode("utf-8", "replace").split("\r\n")
        pairs = [line.partition(":") for line in lines[1:]]
        headers = tuple((name.strip().lower(), value.strip()) for name, colon, value in pairs if colon)
        length_text = next((value for name, value in headers if name == "content-length"), "0")
        length = whole(length_text, 0) if bodies else 0
        if length > BODY_BYTES_MAX:
            raise SourceError(f"{self.title} does not speak RTSP")
        if len(self._buffer) < end + 4 + length:
            return False
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        words = lines[0].split(" ", 2)
        if words[0][4:5] == "/" and len(words) > 1 and (status := whole(words[1], 0)):
            self.answers.append(Response(words[0][:4], status, headers, body))
        return True  # otherwise a request of the camera (OPTIONS, ANNOUNCE), which needs no answer

    def _resynchronise(self) -> bool:
        """Unexpected bytes: continue at the next "$" (some cameras send more than the length they state)."""
        following = self._buffer.find(b"$")
        del self._buffer[: following if following >= 0 else len(self._buffer)]
        return bool(self._buffer)
