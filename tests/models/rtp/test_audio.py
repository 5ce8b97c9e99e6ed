"""RFC 3640, RFC 7587, RFC 3551."""

import pytest

from models.media.ring import FORMAT_AAC, FORMAT_JPEG, FORMAT_OPUS, FORMAT_PCMU
from models.rtp.audio import aac_config, audio_format, frame_samples, packetise


@pytest.mark.parametrize(
    ("rate", "channels", "config"),
    [
        pytest.param(16_000, 1, "1408", id="16 kHz mono"),
        pytest.param(48_000, 2, "1190", id="48 kHz stereo, as in RFC 3640's examples of AAC-hbr"),
        pytest.param(44_100, 2, "1210", id="44.1 kHz stereo"),
    ],
)
def test_audio_specific_config(rate: int, channels: int, config: str) -> None:
    assert aac_config(rate, channels).hex() == config


def test_one_au_header_stands_before_an_aac_frame() -> None:
    assert b"".join(packetise(FORMAT_AAC, b"\xaa" * 100)) == bytes.fromhex("0010 0320") + b"\xaa" * 100


def test_formats() -> None:
    aac = audio_format(FORMAT_AAC, 16_000, 1)
    assert aac is not None
    assert (aac.payload_type, aac.encoding, aac.rate, aac.channels) == (97, "mpeg4-generic", 16_000, 1)
    opus = audio_format(FORMAT_OPUS, 16_000, 1)
    assert opus is not None
    assert (opus.encoding, opus.rate, opus.channels) == ("opus", 48_000, 2)
    pcmu = audio_format(FORMAT_PCMU, 8_000, 1)
    assert pcmu is not None
    assert (pcmu.payload_type, pcmu.rate) == (0, 8_000)
    assert audio_format(FORMAT_JPEG, 8_000, 1) is None
    assert audio_format(FORMAT_AAC, 12_345, 1) is None


@pytest.mark.parametrize(
    ("frame", "samples"),
    [
        pytest.param(bytes((15 << 3,)), 960, id="hybrid fullband 20 ms"),
        pytest.param(bytes((9 << 3,)), 960, id="SILK wideband 20 ms"),
        pytest.param(bytes((31 << 3,)), 960, id="CELT fullband 20 ms"),
        pytest.param(bytes((28 << 3 | 1,)), 240, id="two CELT frames of 2.5 ms"),
        pytest.param(bytes((31 << 3 | 3, 3)), 2880, id="three frames, counted in the second byte"),
        pytest.param(b"", 0, id="nothing"),
    ],
)
def test_opus_duration_is_read_from_the_toc(frame: bytes, samples: int) -> None:
    assert frame_samples(FORMAT_OPUS, frame) == samples


def test_other_durations() -> None:
    assert frame_samples(FORMAT_AAC, b"x") == 1024
    assert frame_samples(FORMAT_PCMU, bytes(160)) == 160
