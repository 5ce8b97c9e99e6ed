"""Round circles and upright people: a picture with a white disc on black, stored in odd ways."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from actors.camera.file import FileSource
from actors.camera.network import NetworkSource
from actors.camera.open_source import OpenSource
from actors.camera.outputs import frames_outputs
from actors.camera.source import Source
from actors.runtime.rings import RingReader, RingWriter
from models.media.sizes import Size
from models.media.source_address import parse_picture_source
from models.media.stall_detector import StallDetector
from tests.actors.shared.media.clips import clip
from tests.actors.shared.media.http_stand_in import HttpStandIn
from tests.actors.shared.media.peers import ffmpeg
from tests.actors.shared.media.rtsp_stand_in import StandIn

DISC = "geq=lum='if(lt(hypot(X-W/2,(Y-H/2)*{aspect}),H*{aspect}*0.3),235,16)':cb=128:cr=128"
WITHIN_S = 30.0
Watch = Callable[..., "Watched"]


class Watched:
    """A source with somebody who looks at its pictures."""

    def __init__(self, source: Source, directory: Path, wanted: Size | None, rotation: int) -> None:
        def ring(name: str, largest: int, records: int, slots: int) -> RingWriter:
            return RingWriter(directory, directory, name, largest, records, slots)

        numbers = itertools.count(1)
        self.session = OpenSource(source, frames_outputs(ring), ring, lambda: next(numbers), StallDetector())
        self.wanted, self.rotation = wanted, rotation
        self._reader = RingReader(directory, directory, "frames")

    def luma(self, until: Callable[[], bool] = lambda: True) -> NDArray[np.uint8]:
        """Of the next picture once ``until`` holds."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            source_packet = self.session.source.read()
            if source_packet is not None:
                self.session.take(source_packet, frozenset({"frames"}), self.wanted, 60, self.rotation)
            entry = self._reader.take_newest()
            if entry is not None and until():
                flat = np.frombuffer(entry.data, np.uint8)
                return flat[: entry.width * entry.height].reshape(entry.height, entry.width)
        raise AssertionError("no such picture")


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    opened: list[Watched] = []

    def begin(source: Source, wanted: Size | None = None, rotation: int = 0) -> Watched:
        directory = tmp_path / f"rings{len(opened)}"
        directory.mkdir()
        opened.append(Watched(source, directory, wanted, rotation))
        return opened[-1]

    yield begin
    for one in opened:
        one.session.close()


def extent(luma: NDArray[np.uint8]) -> tuple[int, int]:
    """Width and height of the disc."""
    ys, xs = np.nonzero(luma > 120)
    return int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1


def disc(path: Path, *options: str, aspect: float = 1.0, size: str = "320x240") -> Path:
    picture = f"color=black:s={size}:r=25,format=yuv420p,{DISC.format(aspect=aspect)}"
    ffmpeg("-f", "lavfi", "-i", picture, "-t", "0.4", *options, str(path))
    return path


H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")


@pytest.mark.parametrize(("aspect", "size"), [("16/11", (464, 240)), ("8/9", (320, 270))])
@pytest.mark.parametrize("rotation", [0, 90])
def test_pixels_that_are_no_squares(watch: Watch, tmp_path: Path, aspect: str, size: Size, rotation: int) -> None:
    pixels = int(aspect.split("/")[0]) / int(aspect.split("/")[1])
    path = disc(tmp_path / "wide.mp4", "-vf", f"setsar={aspect}", *H264, aspect=1 / pixels)
    watched = watch(FileSource(str(path), tmp_path), None, rotation)
    assert watched.session.info.sizes[-1] == size
    luma = watched.luma()
    assert luma.shape == (size if rotation else size[::-1])
    width, height = extent(luma)
    assert abs(width - height) <= 3


def test_a_film_that_was_taken_on_its_side_stands_upright(watch: Watch, tmp_path: Path) -> None:
    lying = tmp_path / "lying.mp4"
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "color=black:s=320x240:r=25,drawbox=w=160:h=240:t=fill:c=white",
        "-t",
        "0.4",
        *H264,
        str(lying),
    )
    turned = tmp_path / "turned.mp4"
    ffmpeg("-i", str(lying), "-c", "copy", "-metadata:s:v", "rotate=90", str(turned))
    watched = watch(FileSource(str(turned), tmp_path))
    luma = watched.luma()
    assert luma.shape == (320, 240)
    assert (int(luma[20, 120]), int(luma[300, 120])) == (16, 235)  # what was left is below, as ffmpeg shows it too


def test_interlaced_pictures_are_made_whole(watch: Watch, tmp_path: Path) -> None:
    path = tmp_path / "fields.mp4"
    moving = "testsrc2=s=320x240:r=50,tinterlace=interleave_top,fieldorder=tff"
    ffmpeg("-f", "lavfi", "-i", moving, "-t", "1", "-flags", "+ilme+ildct", *H264, str(path))

    def combs(luma: NDArray[np.uint8]) -> float:
        rows = luma.astype(float)
        return float(np.abs(rows[1:-1:2] - (rows[0:-2:2] + rows[2::2]) / 2).mean())

    as_stored = av_luma(path)
    assert combs(watch(FileSource(str(path), tmp_path)).luma()) < 0.75 * combs(as_stored)


def av_luma(path: Path) -> NDArray[np.uint8]:
    with closing(av.open(str(path))) as container:
        frames = list(itertools.islice(container.decode(video=0), 6))
    return frames[-1].to_ndarray(format="gray")


def test_a_camera_that_changes_its_size_is_offered_as_it_is_now(watch: Watch) -> None:
    night, day = clip(pictures=25), clip(pictures=75, size=(320, 180))
    with StandIn(night, day, sets_in_description=False) as camera:
        watched = watch(NetworkSource(parse_picture_source(camera.url)), (320, 180))
        assert watched.luma().shape == (120, 160)
        assert watched.luma(lambda: watched.session.info.size == (320, 180)).shape == (180, 320)
        assert watched.session.info.sizes == ((320, 180),)
        assert watched.session.passthrough((320, 180), 60, 0) == ("video",)


def test_larger_jpegs_than_those_before_are_shown(watch: Watch) -> None:
    small, large = clip("mjpeg", 10).units, clip("mjpeg", 10, (640, 480)).units
    with HttpStandIn([unit.data for unit in (*small, *large)]) as camera:
        watched = watch(NetworkSource(parse_picture_source(camera.url)))
        assert watched.luma(lambda: watched.session.info.size == (640, 480)).shape == (480, 640)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("still.jpg", ("-frames:v", "1")),
        ("still.png", ("-frames:v", "1")),
        ("bare.h264", ("-c:v", "libx264", "-bf", "2", "-pix_fmt", "yuv420p")),
        ("bare.h265", ("-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p")),
        ("film.ts", H264),
    ],
)
def test_files_of_every_kind_are_shown_and_looped(watch: Watch, tmp_path: Path, name: str, options: tuple[str]) -> None:
    watched = watch(FileSource(str(disc(tmp_path / name, *options)), tmp_path))
    seen = [extent(watched.luma()) for _ in range(3 if "still" in name else 12)]  # more than one loop
    assert all(abs(width - height) <= 3 and width > 130 for width, height in seen)


def test_a_transport_stream_whose_time_jumps_is_played_through(watch: Watch, tmp_path: Path) -> None:
    first = disc(tmp_path / "a.ts", *H264)
    later = disc(tmp_path / "b.ts", "-output_ts_offset", "50000", *H264, size="160x120")
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + later.read_bytes())
    watched = watch(FileSource(str(both), tmp_path))
    assert watched.luma(lambda: watched.session.info.size == (160, 120)).shape == (120, 160)
    assert watched.luma(lambda: watched.session.info.size == (320, 240)).shape == (240, 320)  # and again


def test_the_cover_is_not_the_film(watch: Watch, tmp_path: Path) -> None:
    cover, film = disc(tmp_path / "cover.png", "-frames:v", "1"), disc(tmp_path / "film.mp4", *H264, size="160x120")
    path = tmp_path / "covered.mkv"
    maps = ("-map", "0:v", "-map", "1:v", "-c:v:0", "mjpeg", "-c:v:1", "copy", "-disposition:v:0", "attached_pic")
    ffmpeg("-i", str(cover), "-i", str(film), *maps, str(path))
    assert watch(FileSource(str(path), tmp_path)).luma().shape == (120, 160)
