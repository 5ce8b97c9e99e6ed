"""A small JPEG for an event, from a picture of the camera."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from actors.event_log import limits
from models.media.i420 import CHROMA_TO_FULL_RANGE, LUMA_TO_FULL_RANGE
from models.media.ring import FULL_RANGE, Entry


def thumbnail(entry: Entry) -> bytes:
    """JPEG at most ``THUMBNAIL_WIDTH`` wide of an I420 entry of the ring ``frames``; averaged over whole blocks."""
    width, height = entry.width, entry.height
    whole = np.frombuffer(entry.data, np.uint8)
    luma = whole[: width * height].reshape(height, width)
    chroma = whole[width * height :].reshape(2, height // 2, width // 2)
    factor = -(-width // limits.THUMBNAIL_WIDTH)
    # Whole blocks of both planes: an even number of luma pixels, whatever the size.
    across, down = width // (2 * factor), height // (2 * factor)
    y = _mean(luma[: 2 * down * factor, : 2 * across * factor], factor)
    u, v = (_mean(plane[: down * factor, : across * factor], factor) for plane in chroma)
    if not entry.flags & FULL_RANGE:
        y, u, v = LUMA_TO_FULL_RANGE[y], CHROMA_TO_FULL_RANGE[u], CHROMA_TO_FULL_RANGE[v]
    return bytes(simplejpeg.encode_jpeg_yuv_planes(y, u, v, quality=limits.THUMBNAIL_QUALITY))


def picture(entry: Entry) -> bytes:
    """JPEG of an I420 entry of the ring ``frames`` in its own size."""
    width, height = entry.width, entry.height
    whole = np.frombuffer(entry.data, np.uint8)
    y, chroma = whole[: width * height].reshape(height, width), whole[width * height :].reshape(2, height // 2, -1)
    u, v = chroma
    if not entry.flags & FULL_RANGE:
        y, u, v = LUMA_TO_FULL_RANGE[y], CHROMA_TO_FULL_RANGE[u], CHROMA_TO_FULL_RANGE[v]
    return bytes(simplejpeg.encode_jpeg_yuv_planes(y, u, v, quality=limits.PICTURE_QUALITY))


def _mean(plane: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    height, width = plane.shape
    blocks = plane.reshape(height // factor, factor, width // factor, factor)
    return np.ascontiguousarray(blocks.mean((1, 3), dtype=np.float32).astype(np.uint8))
