"""The table in docs/sources.md: codec × container × transport, and what is passed through; each cell is run."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from actors.camera.network import NetworkSource
from actors.camera.open_source import OpenSource
from actors.camera.outputs import frames_outputs
from actors.runtime.rings import RingReader, RingWriter
from models.media.source_address import parse_picture_source
from models.media.stall_detector import StallDetector
from tests.actors.shared.media.clips import Clip, clip
from tests.actors.shared.media.http_stand_in import HttpStandIn
from tests.actors.shared.media.peers import ffmpeg
from tests.actors.shared.media.rtsp_stand_in import StandIn

H264, H265, MJPEG, MPEG4 = "H.264", "H.265", "MJPEG", "MPEG-4"
RINGS = {H264: "video", H265: "hevc", MJPEG: "jpeg", MPEG4: ""}
ENCODERS = {H264: "libx264", H265: "libx265", MJPEG: "mjpeg", MPEG4: "mpeg4"}
NAMES = {H264: "h264", H265: "hevc", MJPEG: "mjpeg", MPEG4: "mpeg4"}
LIVE = ["RTSP over TCP", "RTSP over UDP", "RTSP over HTTP"]
FILES = {"MPEG-TS over HTTP": ".ts", "FLV over HTTP": ".flv", "MP4 over HTTP": ".mp4", "HLS": ".m3u8"}
CELLS = [(codec, way) for codec in (H264, H265, MJPEG, MPEG4) for way in LIVE]
CELLS += [(MJPEG, "multipart over HTTP"), (MJPEG, "one JPEG for each request")]
CELLS += [(codec, way) for codec in (H264, H265) for way in FILES if (codec, way) != (H265, "FLV over HTTP")]
WAYS = {way for _, way in CELLS}
MANUAL = Path(__file__).parents[4] / "docs" / "sources.md"
SECONDS = 6


@functools.cache
def film(codec: str) -> Clip:
    return clip(ENCODERS[codec])


@contextmanager
def camera(codec: str, way: str, root: Path) -> Iterator[str]:
    """The address of a camera that sends this codec this way."""
    if way.startswith("RTSP"):
        with StandIn(film(codec), tcp=way != "RTSP over UDP", tunnel=way == "RTSP over HTTP") as stand_in:
            yield stand_in.url
    elif codec == MJPEG:
        pictures = [unit.data for unit in film(MJPEG).units]
        with HttpStandIn(pictures, still=way == "one JPEG for each request") as stand_in_http:
            yield stand_in_http.url
    elif way in ("MPEG-TS over HTTP", "FLV over HTTP"):
        body = recorded(codec, root / f"film{FILES[way]}").read_bytes()
        kind = "video/mp2t" if FILES[way] == ".ts" else "video/x-flv"
        with HttpStandIn([], content_type=kind, body=body, fps=len(body) / 4096 / SECONDS) as stand_in_http:
            yield stand_in_http.url
    else:
        path = recorded(codec, root / f"film{FILES[way]}")
        handler = functools.partial(Quiet, directory=str(root))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/{path.name}"
            server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """To nobody."""


def recorded(codec: str, path: Path) -> Path:
    options = ("-c:v", ENCODERS[codec], "-bf", "0", "-g", "25", "-pix_fmt", "yuv420p")
    options += ("-x265-params", "log-level=none:bframes=0") if codec == H265 else ()
    options += ("-hls_time", "1", "-hls_list_size", "0") if path.suffix == ".m3u8" else ()
    options += (
        ("-movflags", "+faststart", "-tag:v", "hvc1" if codec == H265 else "avc1") if path.suffix == ".mp4" else ()
    )
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-t", str(SECONDS), *options, str(path))
    return path


@pytest.mark.parametrize(("codec", "way"), CELLS, ids=lambda text: text)
def test_each_cell(codec: str, way: str, tmp_path: Path) -> None:
    def make_ring(name: str, largest: int, records: int, slots: int) -> RingWriter:
        return RingWriter(tmp_path, tmp_path, name, largest, records, slots)

    with camera(codec, way, tmp_path) as url, closing(NetworkSource(parse_picture_source(url))) as source:
        assert (source.info.codec, source.info.size) == (NAMES[codec], (160, 120))
        session = OpenSource(source, frames_outputs(make_ring), make_ring, lambda: 1, StallDetector())
        assert session.passthrough(None, 60, 0) == ((RINGS[codec],) if RINGS[codec] else ())
        ring = RINGS[codec] or "frames"
        reader = RingReader(tmp_path, tmp_path, ring)
        stamps: list[int] = []
        while len(stamps) < 12:
            source_packet = source.read()
            if source_packet is not None:
                session.take(source_packet, frozenset({ring}), None, 60, 0)
            while (entry := reader.take_next()) is not None:
                stamps.append(entry.pts)
        reader.close()
    assert stamps == sorted(stamps)


def test_the_manual_has_the_same_table() -> None:
    lines = [
        line for line in MANUAL.read_text().splitlines() if line.startswith("| ") and " | passed through" not in line
    ]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    said = {(codec.strip(), row[0]) for row in rows if row[0] in WAYS for codec in row[1].split(",")}
    assert said == set(CELLS)
