"""An RTSP player, with FFmpeg over TCP, that keeps its connection and decodes nothing."""

import contextlib
import threading

import av
import av.error

OPEN_S, READ_S = 5.0, 10.0
AGAIN_S = 0.2
CLOSE_WITHIN_S = 2.0
OPTIONS = {"rtsp_transport": "tcp"}


class Player:
    """Plays in its own thread until it is closed; ``lost`` counts connections that ended unexpectedly."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ending = threading.Event()
        self.lost = 0
        self.packets = 0
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """A read that waits ends with the process."""
        self._ending.set()
        self._thread.join(CLOSE_WITHIN_S)

    def _run(self) -> None:
        while not self._ending.wait(AGAIN_S):
            with contextlib.suppress(av.error.FFmpegError):  # not there (yet): again
                self._play()

    def _play(self) -> None:
        with av.open(self._url, options=OPTIONS, timeout=(OPEN_S, READ_S)) as container:
            try:
                for _ in container.demux():
                    self.packets += 1
                    if self._ending.is_set():
                        return
            finally:
                self.lost += not self._ending.is_set()
