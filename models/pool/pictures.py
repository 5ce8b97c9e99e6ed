"""Pictures on their way to a pool: small JPEGs (JFIF: full range), and back into planes."""

import cv2
import numpy as np
import simplejpeg

from models.detect.detector import Picture
from models.media.i420 import CHROMA_TO_FULL_RANGE, LUMA_TO_FULL_RANGE
from models.pool import limits
from models.pool.wire_format import WireError

SMALLEST = 16  # pixels of a side


def encoded(picture: Picture) -> bytes:
    """At most ``SIDE`` pixels wide and high."""
    scale = min(1.0, limits.SIDE / max(picture.width, picture.height))
    width, height = (max(SMALLEST, round(side * scale) // 2 * 2) for side in (picture.width, picture.height))
    y = cv2.resize(picture.luma, (width, height), interpolation=cv2.INTER_AREA)
    u, v = (cv2.resize(one, (width // 2, height // 2), interpolation=cv2.INTER_AREA) for one in (picture.u, picture.v))
    if not picture.full_range:
        y, u, v = cv2.LUT(y, LUMA_TO_FULL_RANGE), cv2.LUT(u, CHROMA_TO_FULL_RANGE), cv2.LUT(v, CHROMA_TO_FULL_RANGE)
    return bytes(simplejpeg.encode_jpeg_yuv_planes(y, u, v, limits.QUALITY))


def decoded(jpeg: bytes) -> Picture:
    """Raises WireError: it is no JPEG, or too large a one; its header is read before its pixels."""
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg)
    except ValueError:
        raise WireError("a picture is no JPEG") from None
    if not (SMALLEST <= width <= limits.SIDE and SMALLEST <= height <= limits.SIDE) or width % 2 or height % 2:
        raise WireError(f"a picture has {width}×{height} pixels")
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None or bgr.shape[:2] != (height, width):
        raise WireError("a picture is damaged")
    planes = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    luma = planes[:height]
    u, v = planes[height:].reshape(2, height // 2, width // 2)
    return Picture(luma, u, v, 0, 0)
