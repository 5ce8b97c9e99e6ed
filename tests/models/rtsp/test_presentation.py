from hypothesis import given
from hypothesis import strategies as st

from models.media.annexb import START_CODE
from models.media.ring import DISCONTINUITY, FORMAT_AAC, FORMAT_H264, FORMAT_JPEG, FORMAT_OPUS, KEY, Entry
from models.rtp.packet import parse_header
from models.rtsp.presentation import GOP_BYTES_MAX, Presentation, Seeds, hurried
from models.rtsp.url import AUDIO, VIDEO

SEEDS = Seeds((0x1111, 100, 0), (0x2222, 200, 0))
SPS, PPS = b"\x67\x42\xc0\x1f\x01", b"\x68\xce\x3c\x80"
S = 1_000_000_000


def picture(number: int, key: bool = False, epoch: int = 1, size: int = 50, sps: bytes = SPS) -> Entry:
    units = [sps, PPS, b"\x65" + b"\x01" * size] if key else [b"\x41" + b"\x01" * size]
    data = b"".join(START_CODE + unit for unit in units)
    return Entry(epoch, number, number * S // 30, 0, KEY if key else 0, 640, 480, FORMAT_H264, 1, data)


def sound(number: int, data: bytes = b"aac", ring_format: int = FORMAT_AAC) -> Entry:
    return Entry(1, number, number * 64_000_000, 0, 0, 0, 0, ring_format, 0, data)


def fed(*entries: Entry) -> Presentation:
    presentation = Presentation(SEEDS)
    for entry in entries:
        presentation.feed_video(entry)
    return presentation


def test_nothing_goes_out_before_the_first_key_picture() -> None:
    presentation = Presentation(SEEDS)
    assert presentation.feed_video(picture(1)) is None
    assert presentation.waits_for_key
    unit = presentation.feed_video(picture(2, key=True))
    assert unit is not None
    assert (unit.sequence_number, unit.key) == (100, True)
    assert presentation.video_format is not None
    assert (presentation.video_format.sps, presentation.video_format.pps) == (SPS, PPS)


def test_the_last_group_of_pictures_is_kept_with_its_sound() -> None:
    presentation = fed(picture(1, key=True), picture(2))
    presentation.feed_audio(sound(1))
    presentation.feed_video(picture(3))
    assert [track for track, _ in presentation.gop] == [VIDEO, VIDEO, AUDIO, VIDEO]
    presentation.feed_video(picture(4, key=True))
    assert [unit.key for _, unit in presentation.gop] == [True]


def test_a_hole_is_closed_by_the_next_key_picture_only() -> None:
    presentation = fed(picture(1, key=True), picture(3))
    assert presentation.waits_for_key
    assert presentation.gop == []
    assert presentation.feed_video(picture(4)) is None
    unit = presentation.feed_video(picture(5, key=True))
    assert unit is not None
    assert unit.sequence_number == 102, "what was not sent has no numbers"


def test_numbers_and_times_go_on_over_another_life_of_the_encoder() -> None:
    presentation = fed(picture(1, key=True), picture(2))
    assert presentation.feed_video(picture(3, epoch=2)._replace(flags=DISCONTINUITY)) is None
    unit = presentation.feed_video(picture(4, key=True, epoch=2))
    assert unit is not None
    assert (unit.sequence_number, unit.timestamp) == (103, 4 * 3000)
    assert presentation.video.ssrc == 0x1111


def test_other_parameter_sets_are_another_version_of_the_description() -> None:
    presentation = fed(picture(1, key=True))
    version = presentation.version
    presentation.feed_video(picture(2, key=True))
    assert presentation.version == version
    presentation.feed_video(picture(3, key=True, sps=SPS + b"\x02"))
    assert presentation.version == version + 1


def test_the_kept_group_is_bounded() -> None:
    presentation = fed(picture(1, key=True, size=GOP_BYTES_MAX // 2), *(picture(n, size=100_000) for n in range(2, 40)))
    assert presentation.gop == []
    assert not presentation.waits_for_key
    presentation.feed_video(picture(40))
    assert presentation.gop == [], "a group without its beginning is of no use"


def test_pause_forgets_what_was() -> None:
    presentation = fed(picture(1, key=True))
    presentation.pause()
    assert presentation.gop == []
    assert presentation.video_format is None
    assert presentation.feed_video(picture(2)) is None


def test_sound() -> None:
    presentation = Presentation(SEEDS)
    assert presentation.track(AUDIO) is None
    assert presentation.sender_report(AUDIO, S, S, "c") == b""
    unit = presentation.feed_audio(sound(1))
    assert unit is not None
    assert next(unit.packets)[12:] == bytes.fromhex("00100018") + b"aac"
    assert presentation.feed_audio(sound(2, ring_format=FORMAT_JPEG)) is None
    assert presentation.sender_report(AUDIO, S, S, "c")[1] == 200
    opus = Presentation(SEEDS)
    assert opus.feed_audio(sound(1, b"\x48", FORMAT_OPUS)) is not None
    assert opus.audio_clock.rate == 48_000


@given(st.lists(st.tuples(st.binary(max_size=200), st.booleans(), st.integers(0, 5))))
def test_nothing_from_a_source_raises(pieces: list[tuple[bytes, bool, int]]) -> None:
    presentation = Presentation(SEEDS)
    for number, (data, key, ring_format) in enumerate(pieces):
        entry = Entry(1, number, number, 0, KEY if key else 0, 2, 2, ring_format, 0, data)
        presentation.feed_video(entry)
        presentation.feed_audio(entry)


def test_a_long_group_is_sent_so_that_nobody_stays_behind() -> None:
    presentation = Presentation(SEEDS)
    presentation.feed_video(picture(1, key=True))
    for number in range(2, 601):  # twenty seconds
        presentation.feed_video(picture(number))
        if number % 2:
            presentation.feed_audio(sound(number // 2))
    group = hurried(presentation.gop, 1.0)
    pictures = [unit for kind, unit in group if kind == VIDEO]
    stamps = [parse_header(next(iter(unit.packets))).timestamp for unit in pictures]  # type: ignore[union-attr]
    assert stamps == [unit.timestamp for unit in pictures] == sorted(stamps)
    assert stamps[-1] - stamps[0] == 90_000
    before = [unit for kind, unit in presentation.gop if kind == VIDEO]
    assert [unit.sequence_number for unit in pictures] == [unit.sequence_number for unit in before]
    assert (stamps[-1], pictures[-1].pts) == (before[-1].timestamp, before[-1].pts)
    assert 0 < sum(kind == AUDIO for kind, _ in group) <= 17
    short = presentation.gop[-20:]
    assert hurried(short, 1.0) == short
