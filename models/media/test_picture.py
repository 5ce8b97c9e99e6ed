"""The moving test picture: colour bars, a ball that goes round, the time of day and a frame counter."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.media.i420 import planes, size_of

# 75 % colour bars, ITU-R BT.601 limited range: Y, Cb, Cr
BARS = ((180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58), (84, 184, 198), (65, 100, 212), (35, 212, 114))
BLACK, WHITE, GREY = 16, 235, 48
BALL_TURN_FRAMES = 120


@lru_cache(maxsize=2)
def _background(width: int, height: int) -> NDArray[np.uint8]:
    flat = np.empty(size_of(width, height), np.uint8)
    y, u, v = planes(flat, width, height)
    y[:], u[:], v[:] = GREY, 128, 128
    lower = height * 2 // 3 // 2 * 2
    for index, (luma, blue, red) in enumerate(BARS):
        left, right = (width * index // len(BARS) // 2 * 2, width * (index + 1) // len(BARS) // 2 * 2)
        right = width if index == len(BARS) - 1 else right
        y[:lower, left:right] = luma
        u[: lower // 2, left // 2 : right // 2] = blue
        v[: lower // 2, left // 2 : right // 2] = red
    y[lower : lower + height // 16] = np.linspace(BLACK, WHITE, width).astype(np.uint8)
    flat.flags.writeable = False
    return flat


def draw(
    flat: NDArray[np.uint8], width: int, height: int, counter: int, unix_ns: int, caption: str = "TEST PATTERN"
) -> None:
    """Fill a flat I420 buffer (limited range) with picture number ``counter`` of the moment ``unix_ns``."""
    np.copyto(flat, _background(width, height))
    y, _, _ = planes(flat, width, height)
    angle = 2 * np.pi * counter / BALL_TURN_FRAMES
    centre = (round(width * (0.5 + 0.35 * np.cos(angle))), round(height * (0.33 + 0.22 * np.sin(angle))))
    cv2.circle(y, centre, max(4, height // 14), WHITE, -1)
    cv2.circle(y, centre, max(2, height // 24), BLACK, -1)
    seconds, rest = divmod(unix_ns, 1_000_000_000)
    hour, minute, second = seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
    clock = f"{hour:02d}:{minute:02d}:{second:02d}.{rest // 1_000_000:03d} UTC  {counter:06d}"
    scale = height / 480
    stroke = max(1, round(2 * scale))
    for text, line in ((caption, 26), (clock, 29)):
        cv2.putText(y, text, (width // 20, height * line // 32), cv2.FONT_HERSHEY_SIMPLEX, scale, WHITE, stroke)
