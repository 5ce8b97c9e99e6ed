"""The sound of a network camera: over the connection of the camera's process, or over a separate one."""

import io
from collections.abc import Callable

import av

from actors.microphone.source import AudioChunk, Resampler, decoded
from actors.runtime.rings import RingReader
from actors.shared.media.container import NothingInsideError, SourceError
from actors.shared.media.http_feed import open_http
from actors.shared.media.playout import Playout
from actors.shared.media.rtsp_feed import open_rtsp
from models.media.sound_track import SoundTrack, parse_head, split
from models.media.source_address import MediaAddress

WAIT_S = 0.25
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


class Decoder:
    """Decodes the packets of one track."""

    def __init__(self, track: SoundTrack) -> None:
        context = _context(track)
        if track.extradata:
            context.extradata = track.extradata
        if track.rate:
            context.sample_rate = track.rate
        if track.channels in LAYOUTS:
            context.layout = LAYOUTS[track.channels]
        self._context = context
        self._resampler = Resampler()

    def pieces(self, packet: bytes, pts: int) -> list[AudioChunk]:
        samples = self._resampler.samples(decoded(self._context, av.Packet(packet)))
        return [AudioChunk(samples, pts)] if samples.size else []


def _context(track: SoundTrack) -> av.AudioCodecContext:
    if not track.bits:
        context = av.CodecContext.create(track.codec, "r")
        assert isinstance(context, av.AudioCodecContext)
        return context
    # Only a demuxer tells FFmpeg's G.726 decoder the bits per sample.
    options = {"code_size": str(track.bits), "sample_rate": str(track.rate)}
    container = av.open(io.BytesIO(bytes(4096)), "r", format=track.codec, options=options)
    return container.streams.audio[0].codec_context


class CameraSound:
    """What the camera's process passes on through the ring ``sound``. ``is_open``: whether its connection has sound."""

    may_be_mute = True

    def __init__(self, reader: RingReader, title: str, is_open: Callable[[], bool | None]) -> None:
        self.title = title
        self._reader, self._is_open = reader, is_open
        self._head = b""
        self._decoder: Decoder | None = None
        reader.seek_end()

    def read(self) -> list[AudioChunk]:
        if not self._is_open():
            raise SourceError(f"{self.title} is not available")
        entry = self._reader.wait_next(WAIT_S)
        if entry is None:
            return []
        head, packet = split(entry.data)
        if self._decoder is None or head != self._head:
            self._head, self._decoder = head, Decoder(parse_head(head))
        return self._decoder.pieces(packet, entry.pts)

    def close(self) -> None:
        self._reader.close()


class NetworkSound:
    """A network source other than the camera's own."""

    may_be_mute = True

    def __init__(self, address: MediaAddress) -> None:
        self.title = f"sound of {address.shown}"
        feed = open_rtsp(address, self.title) if address.kind == "rtsp" else open_http(address, self.title)
        if feed.sound is None:
            feed.close()
            raise NothingInsideError(f"{address.shown} has no sound")
        self._decoder = Decoder(feed.sound)
        self._playout = Playout(feed, self.title)

    def read(self) -> list[AudioChunk]:
        played = self._playout.take(WAIT_S)
        if played is None or not played.sample.sound:
            return []
        return self._decoder.pieces(played.sample.data, played.pts)

    def close(self) -> None:
        self._playout.close()
