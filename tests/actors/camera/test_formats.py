"""The pixel formats of USB cameras: white on the left, red on the right, as the rings carry it."""

import av
import numpy as np
import pytest

from actors.camera import v4l2
from actors.camera.decoder import picture_of

RAW = sorted(set(v4l2.FORMATS.values()) - {"mjpeg", "h264"})
WHITE, RED = (235, 128, 128), (81, 90, 240)  # BT.601, limited range
GREY_OF_RED = (82, 128, 128)
FULL = {"gray", "gray16le"}


@pytest.mark.parametrize("name", RAW)
def test_colours(name: str) -> None:
    card = np.zeros((64, 96, 3), np.uint8)
    card[:, :48], card[:, 48:, 0] = 255, 255
    frame = av.VideoFrame.from_ndarray(card, "rgb24").reformat(format=name)
    raw = av.CodecContext.create("rawvideo", "r")
    assert isinstance(raw, av.VideoCodecContext)
    raw.width, raw.height, raw.pix_fmt = 96, 64, name
    packed = b"".join(_rows(frame, plane) for plane in frame.planes)
    [seen] = raw.decode(av.Packet(packed))
    picture = picture_of(seen, 1)
    found = [(int(picture.y[32, x]), int(picture.u[16, x // 2]), int(picture.v[16, x // 2])) for x in (20, 80)]
    expected = [WHITE, GREY_OF_RED if name in FULL else RED]
    assert np.abs(np.array(found) - np.array(expected)).max() <= 3, found


def _rows(frame: av.VideoFrame, plane: av.video.plane.VideoPlane) -> bytes:
    """Without padding."""
    per_pixel = {"rgb24": 3, "bgr24": 3, "yuyv422": 2, "yvyu422": 2, "uyvy422": 2, "gray16le": 2}
    semiplanar = frame.format.name in ("nv12", "nv21")
    width = frame.width if semiplanar else plane.width * per_pixel.get(frame.format.name, 1)
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, :width].tobytes()
