import pytest

from models.media.sizes import Size, fitted


@pytest.mark.parametrize(
    ("size", "box", "expected"),
    [
        pytest.param((1280, 720), (640, 360), (640, 360), id="the same shape"),
        pytest.param((640, 480), (640, 360), (480, 360), id="4:3"),
        pytest.param((1920, 800), (640, 360), (640, 266), id="wide"),
        pytest.param((720, 1280), (640, 360), (360, 640), id="upright"),
        pytest.param((320, 240), (640, 360), (320, 240), id="never larger"),
        pytest.param((2000, 2), (640, 360), (640, 2), id="a line"),
    ],
)
def test_fitted(size: Size, box: Size, expected: Size) -> None:
    assert fitted(size, box) == expected
