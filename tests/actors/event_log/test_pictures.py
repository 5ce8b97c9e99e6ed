"""Thumbnails: from planes to a small JPEG, and their budget on disk."""

from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from actors.event_log import limits
from actors.event_log.thumbnail import thumbnail
from actors.event_log.thumbnail_store import ThumbnailStore
from models.media.ring import FORMAT_I420, FULL_RANGE, Entry


def entry(width: int, height: int, luma: int = 120, flags: int = FULL_RANGE) -> Entry:
    planes = np.concatenate((np.full(width * height, luma, np.uint8), np.full(width * height // 2, 128, np.uint8)))
    return Entry(1, 1, 0, 0, flags, width, height, FORMAT_I420, 0, planes.tobytes())


@pytest.mark.parametrize(
    "size", [(1280, 720), (1920, 1080), (768, 432), (640, 480), (64, 48), (320, 180), (722, 404), (2, 2)]
)
def test_any_size_becomes_a_small_picture(size: tuple[int, int]) -> None:
    jpeg = thumbnail(entry(*size))
    height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg)
    assert width <= limits.THUMBNAIL_WIDTH
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)
    assert len(jpeg) < 30_000


def test_black_and_white_of_limited_range() -> None:
    for luma, shown in ((16, 0), (235, 255)):
        image = simplejpeg.decode_jpeg(thumbnail(entry(640, 480, luma, flags=0)), "GRAY")
        assert int(image.mean()) == pytest.approx(shown, abs=2)


def test_the_album_keeps_its_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "THUMBNAILS_MAX_BYTES", 1000)
    monkeypatch.setattr(limits, "TRIM_ROWS", 2)
    thumbnails = ThumbnailStore(tmp_path / "thumbnails")
    thumbnails.open()
    for event_id in range(1, 21):
        assert thumbnails.save(event_id, b"x" * 100)
    left = sorted(int(path.stem) for path in (tmp_path / "thumbnails").iterdir())
    assert left[-1] == 20
    assert 8 <= len(left) <= 10


def test_the_album_is_found_again(tmp_path: Path) -> None:
    thumbnails = ThumbnailStore(tmp_path / "thumbnails")
    thumbnails.open()
    for event_id in (1, 2, 10):
        thumbnails.save(event_id, b"x")
    (tmp_path / "thumbnails" / "11.part").write_bytes(b"half")
    again = ThumbnailStore(tmp_path / "thumbnails")
    again.open()
    again.drop_before(3)
    assert [path.name for path in (tmp_path / "thumbnails").iterdir()] == ["10.jpg"]
    again.clear()
    assert not list((tmp_path / "thumbnails").iterdir())


def test_a_thumbnail_that_cannot_be_written_is_left_out(tmp_path: Path) -> None:
    thumbnails = ThumbnailStore(tmp_path / "thumbnails")
    thumbnails.open()
    (tmp_path / "thumbnails").rmdir()
    assert not thumbnails.save(1, b"x")
