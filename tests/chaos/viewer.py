"""A viewer of /stream that counts pictures, on a plain TLS socket."""

import socket
import ssl
import threading
import time

from tests.wire.server import INSECURE, RunningServer


class Viewer:
    """Reads until it is closed; ``pictures`` rises while the stream lives, ``ended`` is set when the server ends it."""

    def __init__(self, server: RunningServer) -> None:
        raw = socket.create_connection(("127.0.0.1", server.https_port), 10)
        self._socket: ssl.SSLSocket = INSECURE.wrap_socket(raw)
        request = f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.token}\r\n\r\n"
        self._socket.sendall(request.encode())
        self._socket.settimeout(0.5)
        self.pictures = 0
        self.head = b""  # the beginning of the answer, for when it is not a stream
        self.ended = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        tail = b""
        while not self._closing:
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not data:
                break
            self.head = (self.head + data)[:200] if len(self.head) < 200 else self.head
            self.pictures += (tail + data).count(b"\xff\xd8\xff") - tail.count(b"\xff\xd8\xff")
            tail = data[-2:]
        if not self._closing:
            self.ended.set()

    def sees_more(self, pictures: int = 5, seconds: float = 15.0) -> bool:
        """Whether so many more pictures come within the time."""
        goal, deadline = self.pictures + pictures, time.monotonic() + seconds
        while self.pictures < goal and time.monotonic() < deadline and not self.ended.is_set():
            time.sleep(0.05)
        return self.pictures >= goal

    def __repr__(self) -> str:
        return f"Viewer({self.pictures} pictures, {'ended' if self.ended.is_set() else 'open'}, {self.head!r})"

    def close(self) -> None:
        self._closing = True
        self._thread.join(5)  # first: a descriptor closed under a reader becomes the next viewer's
        self._socket.close()
