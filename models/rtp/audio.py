"""Sound in RTP: AAC (RFC 3640, AAC-hbr), Opus (RFC 7587), PCMU (RFC 3551). One frame is one packet."""

import struct
from dataclasses import dataclass

from models.media.ring import FORMAT_AAC, FORMAT_OPUS, FORMAT_PCMU
from models.rtp.packetise import Payload

AAC_SAMPLES = 1024
OPUS_RATE = 48_000  # RFC 7587 §4.1: whatever the encoder was fed with
PCMU_RATE = 8_000
AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
AAC_LC = 2

# Samples of one Opus frame at 48 kHz by the configuration number of the TOC byte, RFC 6716 table 2.
_OPUS_SAMPLES = ((480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960))


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What the SDP says of the audio track."""

    payload_type: int
    encoding: str  # as in a=rtpmap
    rate: int  # of the RTP clock
    channels: int
    fmtp: str


def audio_format(ring_format: int, rate: int, channels: int) -> AudioFormat | None:
    """The track for records of ``ring_format`` (``models.media.ring``); None without a payload format for it."""
    if ring_format == FORMAT_AAC and rate in AAC_RATES and 1 <= channels <= 7:
        config = aac_config(rate, channels).hex().upper()
        fmtp = (
            "streamtype=5;profile-level-id=1;mode=AAC-hbr;"
            f"sizelength=13;indexlength=3;indexdeltalength=3;config={config}"
        )
        return AudioFormat(97, "mpeg4-generic", rate, channels, fmtp)
    if ring_format == FORMAT_OPUS:
        return AudioFormat(98, "opus", OPUS_RATE, 2, f"sprop-stereo={int(channels > 1)}")  # always "/48000/2"
    if ring_format == FORMAT_PCMU:
        return AudioFormat(0, "PCMU", PCMU_RATE, 1, "")
    return None


def aac_config(rate: int, channels: int) -> bytes:
    """AudioSpecificConfig of AAC-LC: object type (5 bits), rate index (4), channels (4), three zeros (ISO 14496-3)."""
    return struct.pack("!H", AAC_LC << 11 | AAC_RATES.index(rate) << 7 | channels << 3)


def packetise(ring_format: int, frame: bytes) -> Payload:
    """The payload of one encoded frame."""
    if ring_format == FORMAT_AAC:
        # AU-headers-length in bits, then one AU-header: size (13 bits) and index (3), RFC 3640 §3.2.1
        return (struct.pack("!HH", 16, (len(frame) & 0x1FFF) << 3), frame)
    return (frame,)


def frame_samples(ring_format: int, frame: bytes) -> int:
    """How many ticks of the RTP clock one frame lasts."""
    if ring_format == FORMAT_AAC:
        return AAC_SAMPLES
    if ring_format == FORMAT_OPUS:
        return _opus_samples(frame)
    return len(frame)


def _opus_samples(frame: bytes) -> int:
    if not frame:
        return 0
    configuration, code = frame[0] >> 3, frame[0] & 3
    if configuration < 12:
        samples = _OPUS_SAMPLES[0][configuration % 4]
    elif configuration < 16:
        samples = _OPUS_SAMPLES[1][configuration % 2]
    else:
        samples = _OPUS_SAMPLES[2][configuration % 4]
    count = (1, 2, 2, (frame[1] & 0x3F) if len(frame) > 1 else 0)[code]
    return samples * count
