"""The thread that plays. A talker interrupts a spoken sentence: people come first."""

import threading
import time
from collections.abc import Callable

from actors.runtime.worker import Worker
from actors.shared.media.container import SourceError
from actors.speaker.sinks import Sink
from models.media.pcm import BLOCK_BYTES
from models.media.talk_back import LOCK_S, JitterBuffer

IDLE_S = 0.5
TURN_S = 0.01


class SpeakerWorker(Worker):
    """``on_state``: ready, speaking or talking; ``on_failure``: the reason why nothing could be played."""

    def __init__(self, sink: Sink, on_state: Callable[[str], object], on_failure: Callable[[str], object]) -> None:
        super().__init__("speaker")
        self._sink = sink
        self._on_state = on_state
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._talk = JitterBuffer()
        self._talk_at = 0.0  # when the last chunk came
        self._talking = False
        self._speech = b""

    # ---------------------------------------------------------------- called in the actor's loop
    def talk(self, pcm: bytes, end: bool) -> None:
        with self._lock:
            self._talk.put(pcm, end)
            self._talk_at = time.monotonic()
            self._talking = True
        self._wake.set()

    def speak(self, pcm: bytes) -> None:
        with self._lock:
            self._speech = pcm
        self._wake.set()

    # ---------------------------------------------------------------- the thread
    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            if self._talking:
                self._utter("talking", self._play_talk)
            elif self._speech:
                self._utter("speaking", self._play_speech)
            else:
                self._wake.wait(IDLE_S)
                self._wake.clear()

    def _utter(self, state: str, play: Callable[[], None]) -> None:
        self.post(self._on_state, state)
        try:
            self._sink.begin()
            play()
        except SourceError as error:
            self.post(self._on_failure, str(error))
            self._forget()
        finally:
            self._sink.end()
            self.post(self._on_state, "ready")

    def _forget(self) -> None:
        with self._lock:
            self._talk.clear()
            self._talking, self._speech = False, b""

    def _play_talk(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            with self._lock:
                piece = self._talk.take(BLOCK_BYTES)
                over = self._talk.drained or time.monotonic() - self._talk_at > LOCK_S
                if not piece and over:
                    self._talk.clear()
                    self._talking = False
                    return
            if piece:
                self._sink.write(piece)
            else:
                time.sleep(TURN_S)

    def _play_speech(self) -> None:
        with self._lock:
            speech, self._speech = self._speech, b""
        for at in range(0, len(speech), BLOCK_BYTES):
            if self._talking or self.stopping.is_set():
                return
            self.beat()
            self._sink.write(speech[at : at + BLOCK_BYTES])
