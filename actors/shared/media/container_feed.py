"""Feeds that FFmpeg demultiplexes: MPEG-TS, FLV, MP4, HLS and others over HTTP, and rare codecs of RTSP cameras."""

import time
from collections.abc import Iterable
from typing import Protocol

import av
import av.container
import av.error

from actors.shared.media.container import ANALYSE_LONGER_US, ANALYSE_US, SourceError, in_words, open_input, open_stream
from actors.shared.media.network_feed import PictureTrack, Sample
from models.media.sound_track import SoundTrack
from models.media.source_address import MediaAddress

NS = 1_000_000_000
SEGMENTS_NS = 12 * NS  # HLS delivers whole segments


class Readable(Protocol):
    def read(self, count: int) -> bytes: ...
    def interrupt(self) -> None: ...
    def close(self) -> None: ...


class ContainerFeed:
    """``stream``: what to read instead of opening the address."""

    depth_max = SEGMENTS_NS

    def __init__(self, address: MediaAddress, title: str, stream: Readable | None = None) -> None:
        self._title, self._stream = title, stream
        self._container = open_stream(stream, title) if stream is not None else _open(address)
        self.picture: PictureTrack | None = None
        self.sound: SoundTrack | None = None
        chosen: list[av.stream.Stream] = []
        if video := _film(self._container):
            context = video.codec_context
            rate = float(video.average_rate or video.guessed_rate or 0)
            self.picture = PictureTrack(context.name, bytes(context.extradata or b""), rate)
            chosen.append(video)
        if self._container.streams.audio:
            audio = self._container.streams.audio[0]
            heard = audio.codec_context
            extradata = bytes(heard.extradata or b"")
            self.sound = SoundTrack(heard.name, heard.sample_rate, heard.channels, extradata)
            chosen.append(audio)
        if not chosen:
            self.close()
            raise SourceError(f"{title} has neither picture nor sound")
        self.paced = bool(self._container.duration and self._container.duration > 0) and stream is None
        self._packets = self._container.demux(chosen)

    def read(self) -> Iterable[Sample]:
        try:
            packet = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(in_words(error, self._title)) from None
        if packet is None:
            raise SourceError(f"{self._title} has ended")
        base, stamp = packet.time_base, packet.pts if packet.pts is not None else packet.dts
        if not packet.size or base is None or stamp is None:
            return []
        decode = packet.dts if packet.dts is not None else stamp
        media, decoded = int(stamp * base * NS), int(decode * base * NS)
        sound = packet.stream.type == "audio"
        return [Sample(sound, bytes(packet), media, time.monotonic_ns(), packet.is_keyframe, decoded)]

    def interrupt(self) -> None:
        if self._stream is not None:
            self._stream.interrupt()

    def close(self) -> None:
        self._container.close()
        if self._stream is not None:
            self._stream.close()


def _open(address: MediaAddress) -> av.container.InputContainer:
    container = open_input(address, analyse_us=ANALYSE_US)
    if container.streams.video and container.streams.video[0].codec_context.width <= 0:
        container.close()
        container = open_input(address, analyse_us=ANALYSE_LONGER_US)
    return container


def _film(container: av.container.InputContainer) -> av.VideoStream | None:
    """The video stream: FFmpeg's choice skips cover pictures."""
    best = container.streams.best("video")
    return best if isinstance(best, av.VideoStream) else None
