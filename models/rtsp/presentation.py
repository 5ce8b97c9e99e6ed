"""The presentation (RFC 2326 §1.3): a picture track and a sound track, made from ring entries, once for all sessions.

It keeps the last group of pictures, so that a new viewer begins with an IDR picture at once.
"""

from dataclasses import dataclass

from models.media import hevc
from models.media.annexb import PPS, SPS, nal_type, nal_units
from models.media.ring import DISCONTINUITY, FORMAT_AAC, FORMAT_H265, Entry
from models.rtp import audio, h264, h265
from models.rtp.audio import AudioFormat
from models.rtp.clock import SECOND_NS, AudioClock, VideoClock
from models.rtp.packet import PAYLOAD_MAX
from models.rtp.track import Track, Unit
from models.rtsp.sdp import VideoFormat
from models.rtsp.url import AUDIO, VIDEO

GOP_BYTES_MAX = 7 * 1024 * 1024  # fits what a client may have waiting
GOP_UNITS_MAX = 2000  # 25 s with sound
AUDIO_RATE = 16_000  # of entries that do not say theirs

Sent = tuple[int, Unit]  # the track (VIDEO, AUDIO) and what goes out on it


@dataclass(frozen=True, slots=True)
class Seeds:
    """Random numbers for the beginning (RFC 3550 §5.1): SSRC, first sequence number, first timestamp of each track."""

    video: tuple[int, int, int]
    audio: tuple[int, int, int]


def hurried(group: list[Sent], longest_s: float) -> list[Sent]:
    """A kept group in which the pictures follow each other faster, so that it lasts ``longest_s`` at most.

    Players keep the distance to the first picture: after a group of 20 s they would stay 20 s behind. Sound from before
    that time is left out.
    """
    pictures = [unit for kind, unit in group if kind == VIDEO]
    span = pictures[-1].pts - pictures[0].pts if pictures else 0
    longest = int(longest_s * SECOND_NS)
    if span <= longest:
        return list(group)
    last = pictures[-1]
    quick: list[Sent] = []
    for kind, unit in group:
        if kind == VIDEO:
            before = (last.pts - unit.pts) * longest // span
            stamp = last.timestamp - before * h264.CLOCK_RATE // SECOND_NS
            quick.append((kind, unit.stamped(stamp, last.pts - before)))
        elif last.pts - unit.pts <= longest:
            quick.append((kind, unit))
    return quick


class Presentation:
    """Numbering, SSRC and timestamps continue when the camera, microphone or encoder restarts."""

    def __init__(self, seeds: Seeds) -> None:
        self.video = Track(h264.PAYLOAD_TYPE, seeds.video[0], seeds.video[1])
        self.video_clock = VideoClock(h264.CLOCK_RATE, seeds.video[2])
        self.video_format: VideoFormat | None = None
        self.audio: Track | None = None
        self.audio_clock = AudioClock(AUDIO_RATE, seeds.audio[2])
        self.audio_format: AudioFormat | None = None
        self.version = 1  # of the description
        self.gop: list[Sent] = []
        self._gop_bytes = 0
        self._audio_seeds = seeds.audio
        self._last = (0, 0)  # epoch and sequence of the picture before
        self._broken = True  # pictures up to the next IDR cannot be decoded

    # ---------------------------------------------------------------- pictures
    def feed_video(self, entry: Entry) -> Unit | None:
        """The packets of one access unit; None for one that no decoder could use."""
        follows = (entry.epoch, entry.sequence - 1) == self._last and not entry.flags & DISCONTINUITY
        self._last = (entry.epoch, entry.sequence)
        if not follows and not entry.key:
            self._broken = True
        if self._broken and not entry.key:
            self._forget_gop()
            return None
        self._broken = False
        units = list(nal_units(entry.data))
        if entry.key:
            self._learn_video(units, entry)
        packetise = h265.packetise if entry.format == FORMAT_H265 else h264.packetise
        payloads = packetise(units, PAYLOAD_MAX)
        if not payloads:
            return None
        unit = self.video.pack(payloads, self.video_clock.next(entry.pts), entry.pts, entry.key)
        if entry.key:
            self._forget_gop()
        self._keep(VIDEO, unit, len(entry.data))
        return unit

    @property
    def waits_for_key(self) -> bool:
        """Whether pictures are dropped until the next IDR."""
        return self._broken

    @property
    def gop_pts(self) -> int | None:
        """Capture time of the IDR that the kept group begins with."""
        return self.gop[0][1].pts if self.gop else None

    def pause(self) -> None:
        """No viewers: the next picture does not continue the previous ones."""
        self._forget_gop()
        self._broken = True
        self.video_format = None
        self.audio_format = None

    def _learn_video(self, units: list[bytes], entry: Entry) -> None:
        kind = hevc.nal_type if entry.format == FORMAT_H265 else nal_type
        wanted = hevc.SETS if entry.format == FORMAT_H265 else (SPS, PPS)
        sets = [next((unit for unit in units if kind(unit) == one), b"") for one in wanted]
        if min(map(len, sets)) == 0 or len(sets[-2]) < 4:
            return
        vps = sets[0] if entry.format == FORMAT_H265 else b""
        described = VideoFormat(sets[-2], sets[-1], entry.width, entry.height, vps=vps)
        if described != self.video_format:
            self.version += 1
            self.video_format = described

    # ---------------------------------------------------------------- sound
    def feed_audio(self, entry: Entry) -> Unit | None:
        """The packet of one audio frame; None for a format that has no payload format."""
        rate, channels = entry.width or AUDIO_RATE, entry.height or 1
        described = audio.audio_format(entry.format, rate, channels)
        samples = audio.frame_samples(entry.format, entry.data)
        if described is None or samples == 0:
            return None
        if described != self.audio_format:
            self._learn_audio(described, entry.format)
        assert self.audio is not None
        timestamp = self.audio_clock.next(entry.pts, samples)
        unit = self.audio.pack([audio.packetise(entry.format, entry.data)], timestamp, entry.pts)
        if self.gop:
            self._keep(AUDIO, unit, len(entry.data))
        return unit

    def _learn_audio(self, described: AudioFormat, ring_format: int) -> None:
        self.version += 1
        self.audio_format = described
        if self.audio is None or self.audio.payload_type != described.payload_type:
            ssrc, sequence_number, base = self._audio_seeds
            marker = ring_format == FORMAT_AAC  # RFC 7587 §4.2, RFC 3551 §4.1: else it marks a talkspurt's beginning
            self.audio = Track(described.payload_type, ssrc, sequence_number, marker, channel=2 * AUDIO)
            self.audio_clock = AudioClock(described.rate, base)

    # ---------------------------------------------------------------- the last group of pictures
    def _keep(self, track: int, unit: Unit, size: int) -> None:
        if track == VIDEO and not unit.key and not self.gop:
            return  # the group exceeds its bounds
        self.gop.append((track, unit))
        self._gop_bytes += size
        if self._gop_bytes > GOP_BYTES_MAX or len(self.gop) > GOP_UNITS_MAX:
            self._forget_gop()

    def _forget_gop(self) -> None:
        self.gop.clear()
        self._gop_bytes = 0

    # ---------------------------------------------------------------- reports
    def timestamp(self, track: int, pts: int) -> int:
        """The RTP timestamp of the moment ``pts`` on a track."""
        return (self.video_clock if track == VIDEO else self.audio_clock).at(pts)

    def track(self, track: int) -> Track | None:
        return self.video if track == VIDEO else self.audio

    def sender_report(self, track: int, pts: int, wall_ns: int, cname: str) -> bytes:
        """The report for the moment ``pts`` (monotonic ns), which is ``wall_ns`` (Unix ns); b"" without a track."""
        numbered = self.track(track)
        return numbered.sender_report(wall_ns, self.timestamp(track, pts), cname) if numbered else b""
