from models.rtp.packet import PACKET_MAX, PAYLOAD_MAX, parse_header
from models.rtp.track import Track


def split_interleaved(framed: bytes) -> list[tuple[int, bytes]]:
    packets, at = [], 0
    while at < len(framed):
        assert framed[at] == 0x24
        size = int.from_bytes(framed[at + 2 : at + 4], "big")
        packets.append((framed[at + 1], framed[at + 4 : at + 4 + size]))
        at += 4 + size
    return packets


def test_numbers_stamps_and_marker() -> None:
    track = Track(96, ssrc=0xCAFEBABE, sequence_number=0xFFFF)
    unit = track.pack([(b"one",), (b"t", b"wo")], timestamp=1234, pts=5)
    assert [packet.hex() for packet in unit.packets] == [
        "8060ffff000004d2cafebabe" + b"one".hex(),
        "80e00000000004d2cafebabe" + b"two".hex(),
    ]
    assert (track.sequence_number, track.packets, track.octets) == (1, 2, 6)


def test_speech_codecs_carry_no_marker() -> None:
    unit = Track(0, ssrc=1, sequence_number=0, marker=False).pack([(b"x",)], 0, 0)
    header = parse_header(next(unit.packets))
    assert header is not None
    assert not header.marker


def test_interleaved_once_for_all() -> None:
    unit = Track(96, 1, 0).pack([(b"one",), (b"two",)], 0, 0)
    framed = unit.interleaved(2)
    assert unit.interleaved(2) is framed
    assert split_interleaved(framed) == [(2, packet) for packet in unit.packets]


def test_a_session_that_skipped_sees_no_hole() -> None:
    unit = Track(96, 1, 3).pack([(b"one",), (b"two",)], 0, 0)
    numbers = [parse_header(packet) for _, packet in split_interleaved(unit.renumbered(0, 5))]
    assert [header.sequence_number for header in numbers if header] == [0xFFFE, 0xFFFF]
    assert [p[12:] for _, p in split_interleaved(unit.renumbered(0, 5))] == [b"one", b"two"]


def test_runs_for_segmentation_offload_cut_into_the_same_packets() -> None:
    payloads = [(b"stap",)] + [(b"x" * PAYLOAD_MAX,)] * 100 + [(b"end",)]
    unit = Track(96, 1, 0).pack(payloads, 0, 0)
    segments = [run[at : at + PACKET_MAX] for run in unit.runs() for at in range(0, len(run), PACKET_MAX)]
    assert segments == list(unit.packets)
    assert max(map(len, unit.runs())) <= 65_507


def test_unusual_channels_cost_no_memory() -> None:
    unit = Track(96, 1, 0).pack([(b"one",)], 0, 0)
    for channel in range(0, 40, 2):
        assert unit.interleaved(channel)[1] == channel
    assert unit.interleaved(0) is unit.interleaved(0)
    assert unit.interleaved(38) is not unit.interleaved(38)
