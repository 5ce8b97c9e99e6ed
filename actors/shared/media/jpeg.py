"""I420 to JPEG."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from models.media.i420 import planes, to_full_range
from models.media.jpeg import huffman_tables


def encode(flat: NDArray[np.uint8], width: int, height: int, quality: int, full_range: bool) -> bytes:
    """One JPEG (4:2:0, full range as required by JFIF) of a flat I420 picture."""
    source = flat if full_range else to_full_range(flat, width, height)
    y, u, v = planes(source, width, height)
    return bytes(simplejpeg.encode_jpeg_yuv_planes(y, u, v, quality))


# libjpeg writes the typical tables of T.81 annex K by default, which cameras without tables rely on.
STANDARD_TABLES = huffman_tables(encode(np.zeros(16 * 16 * 3 // 2, np.uint8), 16, 16, 50, True))
