"""Where sound goes: a sound card, WAV files, or nowhere. PCM s16le mono 16 kHz."""

import os

os.environ.setdefault("ALSA_CONFIG_DIR", "/usr/share/alsa")  # before av: see actors.microphone.source

import contextlib
import time
import wave
from pathlib import Path
from typing import Protocol

import av
import av.container
import av.error
import numpy as np

from actors.shared.media.container import SourceError, in_words
from models.media.pcm import RATE
from models.media.source_address import MediaAddress

ALSA_DEVICES = Path("/dev/snd")
FILES_KEPT = 100


class Sink(Protocol):
    """One utterance: ``begin``, ``write`` in the pace of the sound, ``end``."""

    title: str

    def begin(self) -> None:
        """Raises ``SourceError`` with the reason in words."""
        ...

    def write(self, pcm: bytes) -> None: ...
    def end(self) -> None: ...


class AlsaSink:
    def __init__(self, name: str) -> None:
        self.title = f"sound card {name}"
        self._name = name
        self._container: av.container.OutputContainer | None = None

    def begin(self) -> None:
        try:
            self._container = av.open(self._name, "w", format="alsa")
            self._stream = self._container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._container = None
            raise SourceError(in_words(error, self.title)) from None

    def write(self, pcm: bytes) -> None:
        if self._container is None or not pcm:
            return
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        try:
            self._container.mux(self._stream.encode(frame))  # waits until the card has room
        except (av.error.FFmpegError, OSError) as error:
            self._container = None
            raise SourceError(in_words(error, self.title)) from None

    def end(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            with contextlib.suppress(av.error.FFmpegError, OSError):  # it was pulled out: nothing left to close
                container.close()


class WavSink:
    """A file for each utterance, written at the speed at which it would be heard."""

    def __init__(self, directory: Path) -> None:
        self.title = f"WAV files in {directory}"
        self._directory = directory
        self._file: wave.Wave_write | None = None
        self._due = 0.0
        self._count = 0

    def begin(self) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._tidy()
            self._count += 1
            path = self._directory / f"{time.time_ns() // 1_000_000}-{self._count:04d}.wav"
            self._file = wave.open(str(path), "wb")  # noqa: SIM115
        except OSError as error:
            raise SourceError(in_words(error, str(self._directory))) from None
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE)
        self._due = time.monotonic()

    def _tidy(self) -> None:
        files = sorted(self._directory.glob("*.wav"))
        for path in files[: max(0, len(files) - FILES_KEPT + 1)]:
            path.unlink(missing_ok=True)

    def write(self, pcm: bytes) -> None:
        if self._file is None:
            return
        self._file.writeframes(pcm)
        self._due = max(self._due, time.monotonic() - 0.1) + len(pcm) / (2 * RATE)
        time.sleep(max(0.0, self._due - time.monotonic()))

    def end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def open_sink(address: MediaAddress) -> Sink | None:
    """The sink that the boot configuration names; None where there is nothing to hear it."""
    if address.kind == "wav":
        return WavSink(Path(address.target).expanduser())
    if address.kind == "alsa":
        return AlsaSink(address.target or "default")
    if address.kind == "auto" and any(ALSA_DEVICES.glob("pcm*p")):
        return AlsaSink("default")
    return None
