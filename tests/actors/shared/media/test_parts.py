"""The smaller parts of the media actors, each alone."""

import multiprocessing
import os
import time
from pathlib import Path

import av
import numpy as np
import pytest

from actors.camera.capture_store import KEPT, CaptureStore
from actors.camera.file import FileSource
from actors.camera.run_state import RunState
from actors.camera.usb import choose_mode, choose_rate
from actors.camera.usb_devices import KNOWN_MAX, CameraNumbers, Identity
from actors.camera.v4l2 import Mode
from actors.encoder.h264 import H264Encoder, Shape, best_encoder
from actors.microphone.network import Decoder
from actors.microphone.source import Resampler
from actors.runtime.rings import RingReader, RingWriter
from actors.shared.media import shared_ring
from actors.shared.media.audio_encoder import CODECS, AudioEncoder
from actors.shared.media.container import SourceError
from actors.shared.media.generation import next_number
from actors.shared.media.jpeg import encode
from actors.shared.media.loop_clock import shared_clock
from models.media import annexb, test_picture
from models.media.i420 import size_of
from models.media.pcm import SAMPLE_NS
from models.media.sound_track import SoundTrack, parse_head, split
from tests.actors.shared.media.peers import ffmpeg

SECOND = 1_000_000_000


def count(path: str, times: int) -> None:
    for _ in range(times):
        next_number(Path(path))


def test_generations_are_never_given_out_twice(tmp_path: Path) -> None:
    path = tmp_path / "n"
    workers = [multiprocessing.get_context("fork").Process(target=count, args=(str(path), 20)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert next_number(path) == 81
    path.write_text("garbage")
    assert next_number(path) == 1


def test_two_processes_agree_on_one_clock(tmp_path: Path) -> None:
    first = shared_clock(tmp_path, "/clips/a.mp4", 4 * SECOND)
    second = shared_clock(tmp_path, "/clips/../clips/a.mp4", 5 * SECOND)
    assert first == second
    now = first.epoch + 9 * SECOND
    assert (first.loop(now), first.position(now), first.when(2, SECOND)) == (2, SECOND, now)
    assert not [name for name in os.listdir(tmp_path / "loops") if name.startswith(".")]


def test_memory_survives_the_process_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "camera.json"
    memory = RunState.load(path)
    memory.commit("usb-1")
    memory.stalled()
    again = RunState.load(path)
    assert (again.committed, again.stalls, again.lost) == ("usb-1", 1, True)
    assert again.closed_until > time.monotonic()
    path.write_text('{"committed": 1}')
    assert RunState.load(path).committed == ""


def number_of(numbers: CameraNumbers, name: str) -> str:
    return numbers.numbers([Identity(name)])[0]


def test_cameras_keep_their_numbers(tmp_path: Path) -> None:
    numbers = CameraNumbers(tmp_path / "cameras.json")
    assert [number_of(numbers, name) for name in ("front", "back", "front")] == ["0", "1", "0"]
    assert number_of(CameraNumbers(tmp_path / "cameras.json"), "back") == "1"


def test_a_full_list_forgets_a_camera_that_is_away(tmp_path: Path) -> None:
    numbers = CameraNumbers(tmp_path / "cameras.json")
    for number in range(KNOWN_MAX):
        number_of(numbers, f"camera {number}")
    again = CameraNumbers(tmp_path / "cameras.json")
    present = ["camera 0", f"camera {KNOWN_MAX - 1}"]
    before = [number_of(again, name) for name in present]
    assert number_of(again, "new") == "1"
    assert [number_of(again, name) for name in present] == before


def test_a_ring_that_the_other_one_replaced_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_ring, "LOOK_EVERY_S", 0.0)

    def make(name: str, largest: int, records: int, slots: int) -> RingWriter:
        return RingWriter(tmp_path, tmp_path, name, largest, records, slots)

    camera, encoder = (shared_ring.SharedRing(make, "jpeg", 2, 8) for _ in range(2))
    reader = RingReader(tmp_path, tmp_path, "jpeg")
    assert camera.renewed(100)
    assert encoder.renewed(100)  # it had not heard yet that the camera fills the ring now
    encoder.put(b"encoder", 1, 1)
    encoder.close()
    assert camera.renewed(100)
    assert not camera.renewed(100)
    camera.put(b"camera", 2, 2)
    entry = reader.peek()
    assert entry is not None
    assert entry.data == b"camera"
    assert camera.renewed(200)
    reader.close()


MODES = (
    Mode("mjpeg", (1280, 720), (30.0, 15.0)),
    Mode("yuyv422", (1280, 720), (10.0,)),
    Mode("yuyv422", (640, 480), (30.0,)),
    Mode("h264", (1920, 1080), (30.0,)),
)


@pytest.mark.parametrize(
    ("size", "fps", "format_name"),
    [((1280, 720), 30, "mjpeg"), ((640, 480), 30, "yuyv422"), ((1920, 1080), 60, "h264")],
)
def test_choice_of_a_usb_mode(size: tuple[int, int], fps: float, format_name: str) -> None:
    assert choose_mode(MODES, size, fps).format == format_name


@pytest.mark.parametrize(("fps", "rate"), [(10, 15.0), (20, 30.0), (60, 30.0)])
def test_choice_of_a_rate(fps: float, rate: float) -> None:
    assert choose_rate((30.0, 15.0), fps) == rate


def test_stills_are_few_and_survive_the_process(tmp_path: Path) -> None:
    stills = CaptureStore(tmp_path)
    picture = encode(np.full(size_of(64, 48), 90, np.uint8), 64, 48, 80, True)
    for _ in range(KEPT + 3):
        view = stills.add(picture, 64, 48)
    assert stills.newest() == view
    assert len(list(tmp_path.iterdir())) == KEPT
    (tmp_path / "capture-9999999999999-half.jpg").write_bytes(picture[:20])
    assert CaptureStore(tmp_path).newest() == view
    for path in tmp_path.iterdir():
        path.rename(path.with_name("capture-1000-old.jpg"))
    assert CaptureStore(tmp_path).newest() is None
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------------ files as cameras
def test_a_file_is_played_in_real_time_and_in_a_loop(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:r=20", "-t", "1", "-c:v", "libx264", "-bf", "2", str(clip))
    source = FileSource(str(clip), tmp_path)
    shots = []
    while len(shots) < 45:
        if (source_packet := source.read()) is not None:
            shots.append(source_packet)
    source.close()
    assert sum(source_packet.restart for source_packet in shots) >= 2
    steps = np.diff(sorted(source_packet.pts for source_packet in shots[:40]))
    assert set(np.round(steps / 1e6)) <= {50.0, 100.0}  # 100: where the loop began between two pictures
    assert abs(time.monotonic_ns() - shots[-1].pts) < 2 * SECOND


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.mp4", None, "does not exist"),
        ("noise.mp4", b"\x00\x01noise" * 500, "is not a picture, video or sound"),
        ("empty.mp4", b"", "is not a picture, video or sound"),
    ],
)
def test_files_that_are_no_video(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        FileSource(str(path), tmp_path)


def test_a_sound_file_has_no_picture(tmp_path: Path) -> None:
    sound = tmp_path / "sound.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=440", "-t", "1", str(sound))
    with pytest.raises(SourceError, match=r"sound\.wav has no picture"):
        FileSource(str(sound), tmp_path)


def test_a_still_picture_is_a_slow_video(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=322x242", "-frames:v", "1", str(still))
    source = FileSource(str(still), tmp_path)
    shots = []
    while len(shots) < 3:
        if (source_packet := source.read()) is not None:
            shots.append(source_packet)
    assert len({source_packet.data for source_packet in shots}) == 1
    source.close()


# ------------------------------------------------------------------------------------------------ encoders
def test_the_bit_rate_changes_live() -> None:
    shape = Shape(640, 360, 30, full_range=False)
    encoder = H264Encoder(shape, 300_000, best_encoder(), "ultrafast")
    noise = np.random.default_rng(1).integers(-20, 20, size_of(640, 360))
    number = 0

    def kbps(pictures: int) -> float:
        nonlocal number
        size = 0
        for _ in range(pictures):
            flat = np.empty(size_of(640, 360), np.uint8)
            test_picture.draw(flat, 640, 360, number, number)
            moving = np.clip(flat + np.roll(noise, number * 777), 0, 255).astype(np.uint8)
            unit = encoder.encode(moving, number * SECOND // 30, key=False)
            assert unit is not None
            size += len(unit.data)
            number += 1
        return size * 8 * 30 / pictures / 1000

    kbps(30)
    assert kbps(60) == pytest.approx(300, rel=0.35)
    encoder.set_target(1_500_000)
    kbps(20)
    assert kbps(60) == pytest.approx(1500, rel=0.35)


def test_a_key_is_an_idr_with_its_parameter_sets_and_the_range_is_told() -> None:
    encoder = H264Encoder(Shape(322, 242, 25, full_range=True), 200_000)
    grey = np.full(size_of(322, 242), 100, np.uint8)
    units = [encoder.encode(grey, number * 40_000_000, key=number in (0, 5)) for number in range(8)]
    assert [unit.key for unit in units if unit] == [True, False, False, False, False, True, False, False]
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    [frame] = [*decoder.decode(av.Packet(units[5].data if units[5] else b"")), *decoder.decode(None)]
    assert (frame.width, frame.height, int(frame.color_range)) == (322, 242, 2)
    assert encoder.codec.startswith("avc1.")
    assert annexb.has_idr(units[5].data if units[5] else b"")


@pytest.mark.parametrize(("rate", "told"), [(10.2, 10), (0.0, 25), (29.97, 25)])
def test_players_are_told_how_many_pictures_come(rate: float, told: int) -> None:
    encoder = H264Encoder(Shape(322, 242, 25, full_range=False), 200_000, rate=rate)
    unit = encoder.encode(np.full(size_of(322, 242), 100, np.uint8), 0, key=True)
    assert unit is not None
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    assert [*decoder.decode(av.Packet(unit.data)), *decoder.decode(None)]
    assert decoder.framerate == told


@pytest.mark.parametrize(("name", "milliseconds"), [("aac", 64), ("opus", 20), ("pcmu", 20)])
def test_sound_is_encoded_with_even_time_stamps(name: str, milliseconds: int) -> None:
    encoder = AudioEncoder(name)
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(320 * 100) / 16_000)).astype(np.int16)
    start = 50 * SECOND
    frames = []
    for at in range(0, tone.size, 320):
        assert encoder.continues(start + at * SAMPLE_NS)
        frames += encoder.feed(tone[at : at + 320], start + at * SAMPLE_NS)
    steps = np.diff([frame.pts for frame in frames]) / 1e6
    assert steps == pytest.approx(milliseconds, abs=0.01)
    assert abs(frames[0].pts - start) < 70_000_000  # a codec may begin before the first sample
    assert not encoder.continues(start + 5 * SECOND)
    decoder = av.CodecContext.create(CODECS[name].encoder.replace("libopus", "opus"), "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate, decoder.layout = CODECS[name].rate, "mono"
    if name == "aac":
        decoder.extradata = bytes((0x14, 0x08))  # AAC LC, 16 kHz, mono: ISO/IEC 14496-3 §1.6.2.1
    decoded = [frame for packet in frames for frame in decoder.decode(av.Packet(packet.data))]
    loud = np.concatenate([frame.to_ndarray().reshape(-1).astype(float) for frame in decoded[5:]])
    loud /= 32768 if decoded[0].format.name.startswith("s16") else 1
    assert np.sqrt(np.mean(loud**2)) == pytest.approx(8000 / 32768 / np.sqrt(2), rel=0.12)


# ------------------------------------------------------------------------------------------------ sound
def test_sound_may_change_its_kind_at_any_time() -> None:
    resampler, seconds = Resampler(), 0.0
    for layout, rate, channels in (("mono", 8000, 1), ("stereo", 48_000, 2), ("mono", 16_000, 1), ("5.1", 44_100, 6)):
        for _ in range(10):
            frame = av.AudioFrame.from_ndarray(np.full((1, rate // 10 * channels), 900, np.int16), "s16", layout)
            frame.sample_rate = rate
            seconds += resampler.samples([frame]).size / 16_000
    assert 3.9 < seconds < 4.01


@pytest.mark.parametrize(
    ("track", "packet"),
    [
        (SoundTrack("pcm_mulaw", 8000), b"\xff" * 160),
        (SoundTrack("pcm_s16be", 44_100, 2), b"\0\1" * 1764),
        (SoundTrack("g726le", 8000, 1, bits=4), b"\x11" * 80),
        (SoundTrack("adpcm_g722", 16_000), b"\x11" * 160),
    ],
    ids=lambda given: given.codec if isinstance(given, SoundTrack) else "",
)
def test_plain_sound_of_cameras_is_decoded(track: SoundTrack, packet: bytes) -> None:
    assert parse_head(track.head()) == track
    assert split(track.head() + packet) == (track.head(), packet)
    decoder = Decoder(track)
    samples = sum(piece.samples.size for number in range(50) for piece in decoder.pieces(packet, number * 20_000_000))
    assert 15_000 < samples < 17_000  # about a second
