"""Cameras that send no IDR, but refresh their pictures bit by bit."""

import av

from actors.camera.decoder import Decoder
from actors.camera.source import SourceInfo, SourcePacket
from tests.actors.shared.media.clips import RATE, Unit, clip

CYCLE = 25
INFO = SourceInfo("rtsp", "a camera", "h264", (160, 120), RATE, ((160, 120),), (RATE,))


def units() -> tuple[Unit, ...]:
    """From the second recovery point on: there was an IDR once, but nobody was there."""
    whole = clip(pictures=5 * CYCLE, g=str(CYCLE), intra_refresh="1", x264opts="repeat-headers=1").units
    begin = next(number for number, unit in enumerate(whole) if unit.key and number)
    return whole[begin:]


def test_a_picture_comes_at_once_wherever_the_cycle_is() -> None:
    shots = [SourcePacket(int(unit.pts * 1e9), unit.data, unit.key) for unit in units()]
    assert sum(source_packet.key for source_packet in shots) >= 3
    for asked in range(2 * CYCLE, 3 * CYCLE + 5, 4):
        context = av.CodecContext.create("h264", "r")
        assert isinstance(context, av.VideoCodecContext)
        decoder = Decoder(INFO, context)
        for source_packet in shots[:asked]:
            decoder.skip(source_packet)
        assert list(decoder.pictures(shots[asked])), asked
