"""One picture of a camera that is not in use, to help users choose one.

``python -m actors.camera.preview PATH`` opens the device, writes a JPEG to its output and ends. It is a separate
process, because a device that hangs in its driver can only be released by killing the process that uses it.
"""

import asyncio
import os
import sys
import time
from contextlib import suppress

import numpy as np

from actors.camera import v4l2
from actors.camera.decoder import Decoder
from actors.camera.usb import open_usb
from actors.runtime.process import die_with_parent
from actors.shared.media import jpeg
from actors.shared.media.container import SourceError
from models.errors import Unavailable
from models.media import i420

SIZE = (640, 360)
RATE = 15
SETTLE_S = 0.5  # for the exposure to settle
GIVE_UP_S = 5.0
LONGEST_S = 10.0  # of the whole process
KILLED_S = 1.0  # longer: the driver hangs
QUALITY = 70
COMMAND = (sys.executable, "-m", "actors.camera.preview")


class Previews:
    """Previews in progress."""

    def __init__(self) -> None:
        self._processes: set[asyncio.subprocess.Process] = set()

    async def take(self, path: str) -> bytes:
        """A JPEG of the camera at ``path``.

        Raises:
            Unavailable: there is no picture; the text says why.
        """
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *COMMAND, path, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment
        )
        self._processes.add(process)
        try:
            async with asyncio.timeout(LONGEST_S):
                picture, complaint = await process.communicate()
        except TimeoutError:
            raise Unavailable(f"{path} does not answer") from None
        finally:
            self._processes.discard(process)
            await _end(process)
        if process.returncode:
            last = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            raise Unavailable(last[0][:200])
        return picture

    async def end(self) -> None:
        """Release the cameras, because one of them is about to be opened."""
        await asyncio.gather(*map(_end, self._processes))


async def _end(process: asyncio.subprocess.Process) -> None:
    """When this returns, its device is free, or its driver hangs."""
    if process.returncode is None:
        process.kill()
        with suppress(TimeoutError):
            async with asyncio.timeout(KILLED_S):
                await process.wait()


def take(path: str) -> bytes:
    """Raises ``SourceError`` or ``OSError``."""
    device = v4l2.query(path)
    if device is None:
        raise SourceError(f"{path} is not a camera")
    source = open_usb(device, SIZE, RATE)
    decoder = Decoder(source.info, source.codec_context())
    began, seen = time.monotonic(), list[i420.Picture]()
    while time.monotonic() - began < (SETTLE_S if seen else GIVE_UP_S):
        if (source_packet := source.read()) is not None:
            seen = list(decoder.pictures(source_packet)) or seen
    source.close()
    if not seen:
        raise SourceError(f"{path} gives no picture")
    last = seen[-1]
    scale = min(1.0, SIZE[0] / last.width, SIZE[1] / last.height)
    size = i420.even(last.width * scale), i420.even(last.height * scale)
    flat = np.empty(i420.size_of(*size), np.uint8)
    i420.write(last, flat, *size, 0)
    return jpeg.encode(flat, *size, QUALITY, last.full_range)


if __name__ == "__main__":
    die_with_parent()
    try:
        sys.stdout.buffer.write(take(sys.argv[1]))
    except (SourceError, OSError) as error:
        sys.exit(str(error))
