"""Network cameras with their habits, each opened as the camera's process opens it."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from actors.camera.decoder import Decoder
from actors.camera.network import NetworkSource
from actors.camera.source import SourcePacket
from actors.shared.media.container import LoginRefusedError, SourceError
from models.media import annexb
from models.media.source_address import parse_picture_source
from tests.actors.shared.media.clips import Clip, clip
from tests.actors.shared.media.http_stand_in import HttpStandIn
from tests.actors.shared.media.peers import ffmpeg
from tests.actors.shared.media.rtsp_stand_in import StandIn

MS = 1_000_000
WITHIN_S = 30.0


def opened(url: str) -> NetworkSource:
    return NetworkSource(parse_picture_source(url))


def shots(source: NetworkSource) -> Iterator[SourcePacket]:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        source_packet = source.read()
        if source_packet is not None:
            yield source_packet
    raise AssertionError("nothing comes any more")


def pictures(source: NetworkSource, count: int) -> list[SourcePacket]:
    return list(itertools.islice((source_packet for source_packet in shots(source) if not source_packet.sound), count))


def shown(source: NetworkSource, given: list[SourcePacket]) -> list[int]:
    """The pts of the decoded pictures, in the order in which they come out."""
    decoder = Decoder(source.info, source.codec_context())
    return [picture.pts for source_packet in given for picture in decoder.pictures(source_packet)]


def steps_ms(stamps: list[int]) -> list[float]:
    return [(later - earlier) / MS for earlier, later in pairwise(stamps)]


ORDERED = clip()
LOGIN = "admin:secret@"


@pytest.mark.parametrize(
    ("film", "codec", "reordered"),
    [
        (ORDERED, "h264", False),
        (clip(bf="3", g="50", preset="fast"), "h264", True),
        (clip(bf="3", preset="fast", x264_params="open-gop=1"), "h264", True),
        (clip("libx265"), "hevc", False),
        (clip("libx265", bf="3"), "hevc", True),
    ],
    ids=["h264", "b-frames", "open-gop", "hevc", "hevc-b-frames"],
)
def test_every_picture_is_shown_at_its_own_time_and_in_order(film: Clip, codec: str, reordered: bool) -> None:
    with StandIn(film) as camera, closing(opened(camera.url)) as source:
        assert (source.info.codec, source.info.size, source.info.fps) == (codec, (160, 120), 25.0)
        assert source.info.reordered is reordered
        given = pictures(source, 48)  # one clip: where it begins anew, pictures are missing in an open group
        assert given[0].key
        stamps = shown(source, given)
    assert len(stamps) >= 44
    assert stamps == sorted(stamps)
    assert sum(39 < step < 41 for step in steps_ms(stamps)) >= len(stamps) - 6  # the first ones are being settled


def test_a_camera_that_sends_in_bursts_is_played_evenly_and_its_drift_is_followed() -> None:
    with StandIn(ORDERED, burst_s=0.4, drift_ppm=200) as camera, closing(opened(camera.url)) as source:
        given = pictures(source, 90)[30:]
        steps = steps_ms([source_packet.pts for source_packet in given])
        even = sum(37 < step < 41 for step in steps)  # 40, while it follows the drift
        assert even >= len(steps) - 4  # a busy machine may send a burst late, and be believed
        assert 300 <= source.depth_ms <= 600


def test_a_steady_camera_is_not_delayed() -> None:
    with StandIn(ORDERED, tcp=False) as camera, closing(opened(camera.url)) as source:
        pictures(source, 40)
        assert source.depth_ms <= 100  # 0 on a quiet machine: what is uneven here are we


@pytest.mark.parametrize("late_s", [0.0, 0.3])
def test_sound_keeps_the_time_that_the_sender_reports_give_it(late_s: float) -> None:
    """Both begin in the same moment of the camera; the sound is sent later."""
    with StandIn(ORDERED, sound=True, sound_late_s=late_s) as camera, closing(opened(camera.url)) as source:
        assert source.sound is not None
        assert (source.sound.codec, source.sound.rate) == ("pcm_alaw", 8000)
        taken = list(itertools.islice(shots(source), 260))
    heard = [source_packet.pts for source_packet in taken if source_packet.sound]
    seen = [source_packet.pts for source_packet in taken if not source_packet.sound]
    expected = (seen[-1] - (len(seen) - 1) * 40 * MS) - (heard[-1] - (len(heard) - 1) * 20 * MS)
    assert abs(expected) < 40 * MS


@pytest.mark.parametrize("stamp", [lambda s, n: s - 5 * (n // 40), lambda s, n: 7.0, lambda s, n: s + 900 * (n // 40)])
def test_time_stamps_that_jump_or_stand_still_do_not_stop_the_picture(stamp: Callable[[float, int], float]) -> None:
    with StandIn(ORDERED, stamp=stamp) as camera, closing(opened(camera.url)) as source:
        given = pictures(source, 80)
    assert given[-1].pts - given[55].pts > 20 * 40 * MS


@pytest.mark.parametrize(
    "habits",
    [
        {"tcp": False},
        {"tunnel": True},
        {"sets_in_description": False},
        {"content_base": ""},
        {"content_base": "rtsp://10.0.0.9:554/live/"},
        {"sound": True, "mute": True},
        {"login": "basic"},
        {"login": "MD5"},
        {"login": "SHA-256"},
        {"login": "MD5", "password": "p@ss%"},
        {"login": "MD5", "password": "p#ss/?"},
    ],
    ids=str,
)
def test_every_door_opens(habits: dict[str, object]) -> None:
    login = f"admin:{habits.get('password', 'secret')}@" if "login" in habits else ""
    with StandIn(ORDERED, **habits) as camera:
        with closing(opened(camera.url.replace("//", "//" + login))) as source:
            assert pictures(source, 3)[0].key
        assert camera.connections == (3 if habits.get("tunnel") else 1)


def test_a_redirection_is_followed() -> None:
    with (
        StandIn(ORDERED) as real,
        StandIn(ORDERED, redirect=real.url) as camera,
        closing(opened(camera.url)) as source,
    ):
        assert pictures(source, 1)


def test_a_wrong_password_is_tried_once() -> None:
    with StandIn(ORDERED, login="MD5") as camera:
        with pytest.raises(LoginRefusedError, match="rejects this user name and password"):
            opened(camera.url.replace("//", "//admin:wrong@"))
        assert camera.logins == 1
        with pytest.raises(LoginRefusedError, match="requires a user name and a password"):
            opened(camera.url)
        assert camera.logins == 1


def test_the_reason_is_said_in_words() -> None:
    with StandIn(ORDERED, sessions=0) as camera, pytest.raises(SourceError, match="allows no further session"):
        opened(camera.url)
    with pytest.raises(SourceError, match="refuses connections"):
        opened(camera.url)


JPEGS = [unit.data for unit in clip("mjpeg", 20).units]


def jpegs(source: NetworkSource, count: int) -> list[bytes]:
    return [source_packet.data for source_packet in pictures(source, count)]


@pytest.mark.parametrize(
    "habits",
    [
        {},
        {"part_type": "image/jpg"},
        {"first_boundary": False},
        {"dashes": ""},
        {"length": None},
        {"length": -100},
        {"length": 100},
        {"chunked": True},
        {"content_type": "application/octet-stream"},
        {"content_type": "video/x-motion-jpeg", "raw": True},
        {"still": True},
        {"still": True, "close_after": True},
        {"moved": True},
        {"login": "basic"},
        {"login": "MD5"},
        {"login": "SHA-256"},
        {"login": "SHA-256", "still": True},
    ],
    ids=str,
)
def test_every_framing_of_jpegs_is_taken(habits: dict[str, object]) -> None:
    with HttpStandIn(JPEGS, **habits) as camera:
        login = LOGIN if "login" in habits else ""
        with closing(opened(camera.url.replace("//", "//" + login))) as source:
            given = jpegs(source, 12)
        assert set(given) <= set(JPEGS)
        assert len(set(given)) > 6
        assert (source.info.codec, source.info.size) == ("mjpeg", (160, 120))


def test_an_http_password_is_tried_once() -> None:
    with HttpStandIn(JPEGS, login="MD5") as camera:
        with pytest.raises(LoginRefusedError, match="rejects this user name and password"):
            opened(camera.url.replace("//", "//admin:wrong@"))
        assert camera.logins == 1


def test_a_transport_stream_over_http_comes_in_real_time(tmp_path: Path) -> None:
    path = tmp_path / "film.ts"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25", "-f", "lavfi", "-i", "sine=440", "-t", "6"),
        *("-c:v", "libx264", "-bf", "0", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path)),
    )
    body = path.read_bytes()
    habits = {"content_type": "video/mp2t", "body": body, "fps": len(body) / 4096 / 6}
    with HttpStandIn([], **habits) as camera, closing(opened(camera.url)) as source:
        assert (source.info.codec, source.info.size, source.info.fps) == ("h264", (160, 120), 25.0)
        assert source.sound is not None
        assert source.sound.codec == "aac"
        given = pictures(source, 60)
        assert camera.connections == 1
    assert sum(38 < step < 42 for step in steps_ms([source_packet.pts for source_packet in given])) > 50


def test_a_stream_that_is_refreshed_bit_by_bit_is_seen_after_one_refresh() -> None:
    with StandIn(clip(pictures=150, x264_params="intra-refresh=1")) as camera, closing(opened(camera.url)) as source:
        given = pictures(source, 90)[30:]  # without its only IDR
        assert any(
            annexb.begins_without_idr(source_packet.data) for source_packet in given
        )  # so it is encoded for who joins later
        assert shown(source, given)


def test_who_is_too_slow_for_jpegs_is_not_shown_old_ones() -> None:
    with HttpStandIn(JPEGS, fps=50) as camera, closing(opened(camera.url)) as source:
        pictures(source, 12)
        time.sleep(3)  # a decoder that is busy
        [late, *_] = pictures(source, 3)
        assert time.monotonic_ns() - late.pts < 2_000 * MS
