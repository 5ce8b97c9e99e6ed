"""The film of ``scripts.bench.clips``, as each kind of source brings it.

Each picture carries its number as a bar code; at each whole second it turns white and a tone begins.
"""

import contextlib
import itertools
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from actors.shared.media.loop_clock import shared_clock
from config.places import run_dir
from tests.actors.shared.media.clips import Clip, Unit
from tests.actors.shared.media.peers import FAKE_CAMERA
from tests.actors.shared.media.rtsp_stand_in import StandIn

RATE, SECONDS, SIZE, BITS = 25, 40, (320, 240), 16
COUNT = SECONDS * RATE
USB_SIZE = (1280, 720)  # the default setting
LASTS = 5  # pictures and a fifth of a second
NS = 1_000_000_000


def picture(number: int) -> NDArray[np.uint8]:
    made = np.full((SIZE[1], SIZE[0]), 235 if number % RATE < LASTS else 16, np.uint8)
    for bit in range(BITS):
        made[:40, bit * 20 : bit * 20 + 20] = 235 if number >> bit & 1 else 16
    return made


def number_of(shown: NDArray[np.uint8]) -> int:
    """Of a picture of any size."""
    height, width = shown.shape
    bars = [
        shown[height // 24 : height // 8, (4 * bit + 1) * width // 64 : (4 * bit + 3) * width // 64]
        for bit in range(BITS)
    ]
    return sum((bar.mean() > 128) << bit for bit, bar in enumerate(bars))


def _frame(number: int, kind: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture(number), format="gray").reformat(format=kind)
    frame.pts, frame.time_base = number, Fraction(1, RATE)
    return frame


def camera(group_s: int) -> StandIn:
    """A network camera that sends H.264 with an IDR every so many seconds."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = SIZE
    context.time_base, context.framerate, context.pix_fmt = Fraction(1, RATE), Fraction(RATE), "yuv420p"
    group = {"g": str(group_s * RATE), "keyint_min": str(group_s * RATE), "sc_threshold": "0"}
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", **group}
    packets = [packet for number in range(COUNT) for packet in context.encode(_frame(number, "yuv420p"))]
    units = [Unit(bytes(one), n / RATE, n / RATE, one.is_keyframe) for n, one in enumerate(packets)]
    return StandIn(Clip("h264", tuple(units)), sound=True, beep_s=LASTS / RATE)


def film(path: Path) -> Path:
    """A file: Motion JPEG with sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", RATE)
        video.width, video.height = SIZE
        video.pix_fmt = "yuvj420p"
        audio = container.add_stream("aac", 16_000, layout="mono")
        for number in range(COUNT):
            container.mux(video.encode(_frame(number, "yuvj420p")))
        time_s = np.arange(SECONDS * 16_000) / 16_000
        wave = 0.5 * np.sin(2 * np.pi * 1000 * time_s) * (time_s % 1 < LASTS / RATE)
        for at in range(0, wave.size - 1023, 1024):
            piece = av.AudioFrame.from_ndarray(wave[at : at + 1024].astype(np.float32).reshape(1, -1), "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = 16_000, at, Fraction(1, 16_000)
            container.mux(audio.encode(piece))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


def _jpeg(number: int) -> bytes:
    large = picture(number).repeat(USB_SIZE[1] // SIZE[1], 0).repeat(USB_SIZE[0] // SIZE[0], 1)
    return bytes(simplejpeg.encode_jpeg(large[:, :, None].repeat(3, 2), 90, colorsubsampling="420"))


class UsbCamera:
    """A USB camera that gives Motion JPEG, without a kernel driver: the sensor behind ``/dev/video0`` of a library.

    It has no sound of its own; the program's microphone is the sound of ``film``, whose clock the pictures keep.
    """

    def __init__(self, folder: Path, data_dir: Path) -> None:
        library, self._address = folder / "fakev4l2.so", str(folder / "sensor")
        flags = ("-O2", "-w", "-D_FORTIFY_SOURCE=0", "-shared", "-fPIC")
        subprocess.run(["gcc", *flags, "-o", library, FAKE_CAMERA / "fakev4l2.c", "-ldl"], check=True)
        self.environment = {"LD_PRELOAD": str(library), "FAKEV4L2_SOCK": self._address}
        self.film = film(folder / "film.mov")
        with av.open(str(self.film)) as container:
            assert container.duration is not None
            self._duration = container.duration * 1000
        self._run_dir = run_dir(data_dir, os.environ)
        self._pictures: list[bytes] = []

    def __enter__(self) -> "UsbCamera":
        self._pictures = [_jpeg(number) for number in range(COUNT)]
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._address)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                device, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(device,), daemon=True).start()

    def _serve(self, device: socket.socket) -> None:
        with device, contextlib.suppress(OSError):
            _, _, width, height = struct.unpack("<4I", device.recv(16, socket.MSG_WAITALL).ljust(16, b"\0"))
            asked_for_pictures = (width, height) == USB_SIZE  # else opened to be asked what it can
            for data in self._in_time() if asked_for_pictures else ():
                device.sendall(struct.pack("<I", len(data)) + data)

    def _in_time(self) -> Iterator[bytes]:
        clock = shared_clock(self._run_dir, str(self.film), self._duration)
        for loop in itertools.count(clock.loop(time.monotonic_ns())):
            for number, data in enumerate(self._pictures):
                wait = clock.when(loop, number * NS // RATE) - time.monotonic_ns()
                if wait > -NS // RATE:
                    time.sleep(max(0, wait) / NS)
                    yield data
