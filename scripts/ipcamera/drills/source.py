"""The drill's network camera: MJPEG over HTTP on loopback, which can be unplugged and frozen."""

import contextlib
import http.server
import itertools
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np

from models.media import i420, test_picture

SIZE = (640, 360)
FPS = 25
PICTURES = 50  # drawn once and shown in turn
QUALITY = 80
BOUNDARY = "drill"


class DrillSource:
    """``unplug`` and ``plug_in`` again, ``freeze`` and ``thaw``. ``url`` stays the same."""

    def __init__(self) -> None:
        self._pictures = [_drawn(number) for number in range(PICTURES)]
        self._frozen = threading.Event()
        self._plugged = threading.Event()
        self._port = 0
        self.plug_in()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/video"

    def plug_in(self) -> None:
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
                self.end_headers()
                with contextlib.suppress(OSError):  # the client is gone
                    source.play(self.wfile.write)

            def log_message(self, format: str, *args: object) -> None:
                """Not on the drill's terminal."""

        self._plugged.set()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, name="source", daemon=True).start()

    def unplug(self) -> None:
        """Connections end, and new ones are refused."""
        self._plugged.clear()
        self._server.shutdown()
        self._server.server_close()

    def freeze(self) -> None:
        """Connections stay, but nothing is sent."""
        self._frozen.set()

    def thaw(self) -> None:
        self._frozen.clear()

    def play(self, write: Callable[[bytes], object]) -> None:
        """To one client, until it goes (OSError) or the source is unplugged."""
        began = time.monotonic()
        for number in itertools.count():
            time.sleep(max(0.0, began + number / FPS - time.monotonic()))
            if not self._plugged.is_set():
                return
            if self._frozen.is_set():
                continue
            jpeg = self._pictures[number % PICTURES]
            write(f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode())
            write(jpeg + b"\r\n")

    def close(self) -> None:
        if self._plugged.is_set():
            self.unplug()


def _drawn(number: int) -> bytes:
    width, height = SIZE
    flat = np.empty(i420.size_of(width, height), np.uint8)
    test_picture.draw(flat, width, height, number, number * 1_000_000_000 // FPS, "DRILL")
    done, jpeg = cv2.imencode(
        ".jpg",
        cv2.cvtColor(flat.reshape(height * 3 // 2, width), cv2.COLOR_YUV2BGR_I420),
        (cv2.IMWRITE_JPEG_QUALITY, QUALITY),
    )
    if not done:
        raise RuntimeError("the drill's picture could not be compressed")
    return bytes(jpeg)
