"""One open source and its rings, fed by hand."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.camera import open_source
from actors.camera.open_source import OpenSource
from actors.camera.outputs import JpegPassthrough, VideoPassthrough, frames_outputs
from actors.camera.source import SourceInfo, SourcePacket
from actors.runtime.rings import RingReader, RingWriter
from actors.shared.media import jpeg
from actors.shared.media.container import SourceError
from models.media import annexb, ring, test_picture
from models.media.i420 import size_of
from models.media.sizes import Size
from models.media.stall_detector import StallDetector

WIDTH, HEIGHT, GOP = 320, 240, 10
FRAME_NS = 40_000_000


def drawn(number: int) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    flat = np.empty(size_of(WIDTH, HEIGHT), np.uint8)
    test_picture.draw(flat, WIDTH, HEIGHT, number, number)
    return flat


def h264_shots(count: int, gop: int = GOP) -> list[SourcePacket]:
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt, context.time_base = WIDTH, HEIGHT, "yuv420p", Fraction(1, 25)
    context.gop_size, context.thread_count = gop, 1
    context.options = {"preset": "ultrafast", "tune": "zerolatency"}
    shots = []
    for number in range(count):
        frame = av.VideoFrame.from_numpy_buffer(drawn(number).reshape(-1, WIDTH), "yuv420p")
        frame.pts = number
        [packet] = context.encode(frame)
        shots.append(SourcePacket((number + 1) * FRAME_NS, bytes(packet), packet.is_keyframe))
    return shots


def jpeg_shot(number: int) -> SourcePacket:
    return SourcePacket((number + 1) * FRAME_NS, jpeg.encode(drawn(number), WIDTH, HEIGHT, 80, True))


class HandSource:
    """A source whose shots are given by the test."""

    sound = None
    depth_ms = 0

    def __init__(self, codec: str, kind: str = "rtsp", fps: float = 25, reordered: bool = False) -> None:
        size = (WIDTH, HEIGHT)
        sizes = ((160, 120), size)
        self.info = SourceInfo(kind, "hand", codec, size, fps, sizes, (25,), kind != "file", reordered)
        context = av.CodecContext.create(codec, "r")
        assert isinstance(context, av.VideoCodecContext)
        self._context = context

    def read(self) -> SourcePacket | None:
        return None

    def fits(self, size: Size | None, fps: float) -> bool:
        return True

    def codec_context(self) -> av.VideoCodecContext:
        return self._context

    def close(self) -> None:
        """Nothing is open."""


class Counted:
    """A decoder, and how many packets it was given."""

    def __init__(self, context: av.VideoCodecContext) -> None:
        self._context, self.packets = context, 0

    def decode(self, packet: av.Packet | None) -> list[av.VideoFrame]:
        self.packets += 1
        return self._context.decode(packet)

    def flush_buffers(self) -> None:
        self._context.flush_buffers()


MakeRing = Callable[[str, int, int, int], RingWriter]


@pytest.fixture
def make_ring(tmp_path: Path) -> MakeRing:
    return lambda name, largest, records, slots: RingWriter(tmp_path, tmp_path, name, largest, records, slots)


def session_of(source: HandSource, make_ring: MakeRing) -> OpenSource:
    generations = iter(range(1, 100))
    return OpenSource(source, frames_outputs(make_ring), make_ring, lambda: next(generations), StallDetector())


FRAMES, VIDEO, JPEG = frozenset({"frames"}), frozenset({"video"}), frozenset({"jpeg"})
NOBODY: frozenset[str] = frozenset()


def test_who_begins_to_look_in_the_middle_sees_a_picture_at_once(make_ring: MakeRing, tmp_path: Path) -> None:
    session = session_of(HandSource("h264"), make_ring)
    shots = h264_shots(GOP + 8)
    for source_packet in shots[:-1]:
        session.take(source_packet, NOBODY, None, 30, 0)
    session.take(shots[-1], FRAMES, None, 30, 0)
    reader = RingReader(tmp_path, tmp_path, "frames")
    first, entry = reader.take_next(), reader.peek()
    assert first is not None
    assert entry is not None
    assert first.flags & ring.DISCONTINUITY
    assert entry.pts == shots[-1].pts
    luma = np.frombuffer(entry.data, np.uint8)[: WIDTH * HEIGHT].astype(int)
    newest, oldest = drawn(GOP + 7)[: luma.size].astype(int), drawn(GOP)[: luma.size].astype(int)
    assert np.abs(luma - newest).mean() < np.abs(luma - oldest).mean()


def test_a_group_of_half_a_minute_is_kept_whole(make_ring: MakeRing, tmp_path: Path) -> None:
    session = session_of(HandSource("h264", fps=30), make_ring)
    shots = h264_shots(900, 900)
    for source_packet in shots[:-1]:
        session.take(source_packet, NOBODY, None, 30, 0)
    session.take(shots[-1], FRAMES, None, 30, 0)
    newest = RingReader(tmp_path, tmp_path, "frames").peek()
    assert newest is not None
    assert newest.pts == shots[-1].pts


@pytest.mark.parametrize(("gop", "lingers"), [(GOP, False), (6 * GOP, True)])
def test_who_asks_again_need_not_wait_for_a_long_group(
    gop: int, lingers: bool, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = HandSource("h264")
    session = session_of(source, make_ring)
    counted = session.decoder._context = Counted(source.codec_context())  # type: ignore[assignment]
    shots = iter(h264_shots(12 * GOP, gop))

    def decoded(packets: int, demand: frozenset[str]) -> int:
        before = counted.packets
        for _ in range(packets):
            session.take(next(shots), demand, None, 30, 0)
        return counted.packets - before

    assert decoded(gop - 1, NOBODY) == 0, "nobody has looked yet"
    assert decoded(1, FRAMES) == gop, "from the key on"
    assert decoded(15, NOBODY) == (15 if lingers else 0)
    assert decoded(1, FRAMES) == (1 if lingers else 6), "what has not been decoded yet of the group that runs"
    monkeypatch.setattr(open_source, "LINGER_S", 0.0)
    assert decoded(15, NOBODY) == 0


def test_the_ring_holds_the_group_of_pictures_before_anybody_looks(make_ring: MakeRing, tmp_path: Path) -> None:
    session = session_of(HandSource("h264"), make_ring)
    shots = h264_shots(4 * GOP)
    for number, source_packet in enumerate(shots[3:], 3):
        session.take(source_packet, NOBODY if number < 3 * GOP else VIDEO, None, 30, 0)
    reader = RingReader(tmp_path, tmp_path, "video")
    entries = []
    while (entry := reader.take_next()) is not None:
        entries.append(entry)
    assert [entry.pts // FRAME_NS - 1 for entry in entries] == list(range(GOP, 4 * GOP))
    assert [entry.pts // FRAME_NS - 1 for entry in entries if entry.flags & ring.DISCONTINUITY] == [GOP]
    assert [entry.pts // FRAME_NS - 1 for entry in entries if entry.key] == [GOP, 2 * GOP, 3 * GOP]


@pytest.mark.parametrize(
    ("source", "size", "fps", "rotation", "rings"),
    [
        (HandSource("h264"), None, 30, 0, ("video",)),
        (HandSource("h264"), (160, 120), 30, 0, ()),
        (HandSource("h264"), None, 15, 0, ()),
        (HandSource("h264"), None, 30, 90, ()),
        (HandSource("h264", reordered=True), None, 30, 0, ()),
        (HandSource("h264", kind="file"), None, 30, 0, ()),
        (HandSource("mjpeg"), None, 15, 0, ("jpeg",)),
        (HandSource("mjpeg"), None, 30, 180, ()),
        (HandSource("hevc"), None, 30, 0, ("hevc",)),
    ],
)
def test_when_packets_are_passed_through(
    source: HandSource, size: Size | None, fps: int, rotation: int, rings: tuple[str, ...], make_ring: MakeRing
) -> None:
    assert session_of(source, make_ring).passthrough(size, fps, rotation) == rings


def test_jpegs_pass_untouched_and_thinned_out(make_ring: MakeRing, tmp_path: Path) -> None:
    session = session_of(HandSource("mjpeg"), make_ring)
    shots = [jpeg_shot(number) for number in range(50)]
    for source_packet in shots:
        session.take(source_packet, JPEG, None, 5, 0)
    reader, passed = RingReader(tmp_path, tmp_path, "jpeg"), []
    while (entry := reader.take_next()) is not None:
        passed.append(entry.data)
    assert set(passed) <= {source_packet.data for source_packet in shots}
    assert 9 <= len(passed) <= 11


@pytest.mark.parametrize("codec", ["mjpeg", "h264"])
def test_a_source_that_only_gives_garbage_is_given_up(codec: str, make_ring: MakeRing) -> None:
    session = session_of(HandSource(codec), make_ring)
    random = np.random.default_rng(2)

    def feed() -> None:
        for number in range(500):
            session.take(SourcePacket(number * FRAME_NS + 1, random.bytes(400)), FRAMES, None, 30, 0)

    with pytest.raises(SourceError, match="cannot be decoded"):
        feed()


@settings(max_examples=60, deadline=None)
@given(packets=st.lists(st.binary(max_size=300), max_size=5), extradata=st.binary(max_size=60))
def test_noise_never_stops_the_pass_through(
    packets: list[bytes], extradata: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("rings")

    def make(name: str, largest: int, records: int, slots: int) -> RingWriter:
        return RingWriter(directory, directory, name, largest, records, slots)

    info = HandSource("h264").info
    video, pictures = VideoPassthrough(make, info, extradata, lambda: 1), JpegPassthrough(make, info)
    for number, data in enumerate(packets):
        for prefix in (b"", annexb.START_CODE + b"\x65", b"\xff\xd8\xff\xda"):
            video.put(SourcePacket(number, prefix + data))
            pictures.put(SourcePacket(number, prefix + data))
    video.close()
    pictures.close()
