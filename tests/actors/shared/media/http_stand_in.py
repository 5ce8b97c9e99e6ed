"""A stand-in for HTTP cameras with their habits, in threads of the test: faults to order."""

import base64
import contextlib
import hashlib
import re
import socket
import threading
from dataclasses import dataclass

BOUNDARY = "frame"


@dataclass
class Habits:
    """What is odd about this camera."""

    fps: float = 20.0
    content_type: str = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
    part_type: str = "image/jpeg"
    dashes: str = "--"  # before the boundary
    first_boundary: bool = True
    length: int | None = 0  # how wrong Content-Length is; None: it is not sent
    chunked: bool = False
    still: bool = False  # one JPEG for each request
    close_after: bool = False  # the connection, after a still
    login: str = ""  # basic, MD5, SHA-256
    raw: bool = False  # JPEGs one after another, nothing between them
    body: bytes = b""  # sent as it is, in place of pictures
    moved: bool = False  # /video is at /moved


class HttpStandIn:
    def __init__(self, pictures: list[bytes], **habits: object) -> None:
        self.pictures, self.habits = pictures, Habits(**habits)  # type: ignore[arg-type]
        self.requests: list[str] = []
        self.logins = self.connections = 0
        self._stopped = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/video"

    def __enter__(self) -> "HttpStandIn":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            buffer = b""
            while not self._stopped.is_set():
                while b"\r\n\r\n" not in buffer:
                    data = sock.recv(4096)
                    if not data:
                        return
                    buffer += data
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                if not self._answer(sock, head.decode()):
                    return

    def _answer(self, sock: socket.socket, head: str) -> bool:
        """Whether the connection goes on."""
        method, path, _ = head.split("\r\n")[0].split(" ")
        self.requests.append(path)
        shown = re.search(r"(?i)\r\nauthorization: (.*)", head)
        self.logins += shown is not None
        if self.habits.moved and path == "/video":
            return self._send(sock, "302 Found", "Location: /moved", b"")
        if self.habits.login and not (shown and self._let_in(method, shown[1])):
            kind = 'Basic realm="cam"'
            if self.habits.login != "basic":
                kind = f'Digest realm="cam", qop="auth", nonce="n1", algorithm={self.habits.login}'
            return self._send(sock, "401 Unauthorized", f"WWW-Authenticate: {kind}", b"")
        if self.habits.still:
            picture = self.pictures[len(self.requests) % len(self.pictures)]
            return self._send(sock, "200 OK", "Content-Type: image/jpeg", picture) and not self.habits.close_after
        self._stream(sock)
        return False

    def _send(self, sock: socket.socket, status: str, header: str, body: bytes) -> bool:
        sock.sendall(f"HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return True

    def _let_in(self, method: str, shown: str) -> bool:
        if self.habits.login == "basic":
            return shown == "Basic " + base64.b64encode(b"admin:secret").decode()
        said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', shown)}

        def hashed(text: str) -> str:
            return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[self.habits.login], text.encode()).hexdigest()

        middle = ":".join(said.get(part, "") for part in ("nonce", "nc", "cnonce", "qop"))
        secret, request = hashed("admin:cam:secret"), hashed(f"{method}:{said.get('uri')}")
        return said.get("response") == hashed(f"{secret}:{middle}:{request}")

    def _stream(self, sock: socket.socket) -> None:
        habits, eol = self.habits, "\r\n"
        encoding = f"Transfer-Encoding: chunked{eol}" if habits.chunked else f"Connection: close{eol}"
        sock.sendall(f"HTTP/1.1 200 OK{eol}Content-Type: {habits.content_type}{eol}{encoding}{eol}".encode())

        def send(data: bytes) -> None:
            sock.sendall(b"%x\r\n%b\r\n" % (len(data), data) if habits.chunked else data)

        number = 0
        while not self._stopped.wait(1 / habits.fps if number else 0):
            if habits.body:
                piece = habits.body[number * 4096 : number * 4096 + 4096]
                if not piece:
                    return
                send(piece)
            else:
                send(self._part(number))
            number += 1

    def _part(self, number: int) -> bytes:
        habits, picture = self.habits, self.pictures[number % len(self.pictures)]
        if habits.raw:
            return picture
        lines = [] if number == 0 and not habits.first_boundary else [f"{habits.dashes}{BOUNDARY}"]
        lines.append(f"Content-Type: {habits.part_type}")
        if habits.length is not None:
            lines.append(f"Content-Length: {len(picture) + habits.length}")
        return "\r\n".join([*lines, "", ""]).encode() + picture + b"\r\n"
