"""A network camera over RTSP (RFC 2326): one session for picture and sound, over TCP, or UDP if TCP is refused."""

import contextlib
import select
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from actors.shared.media.container import SourceError
from actors.shared.media.container_feed import ContainerFeed
from actors.shared.media.limits import (
    DATAGRAMS_AT_ONCE,
    KEEP_ALIVE_MOST_S,
    REDIRECTS_MAX,
    UDP_BUFFER_BYTES,
)
from actors.shared.media.network_feed import VIDEO_AXIS, Feed, PictureTrack, Sample
from actors.shared.media.rtsp_connection import PIECE_S, Response, RtspConnection
from actors.shared.media.rtsp_formats import picture_format, sound_format
from config.network.sockets import udp_pair
from models.media.network_address import NetworkAddress, parse_network
from models.media.sound_track import SoundTrack
from models.media.source_address import MediaAddress
from models.rtp.depacketise import Depacketiser
from models.rtp.receiver import MediaSync, Receiver
from models.rtsp import sdp_parser
from models.rtsp.header_numbers import whole

NS = 1_000_000_000
SESSION_S = 60  # RFC 2326 §12.37
REFUSED = {
    403: "denies access",
    404: "has no such path",
    453: "is already serving another client and allows no further session",
    454: "has ended the session",
    503: "is already serving another client, or is busy",
}


class NotSpokenError(SourceError):
    """The camera's video codec is not depacketised here."""


@dataclass(slots=True)
class _Channel:
    """One track that was set up."""

    sound: bool
    depacketiser: Depacketiser
    receiver: Receiver
    pair: tuple[socket.socket, socket.socket] | None = None  # RTP, RTCP over UDP


def open_rtsp(address: MediaAddress, title: str) -> Feed:
    """Raises ``SourceError``."""
    try:
        return RtspFeed(address.target, title)
    except NotSpokenError:
        return ContainerFeed(address, title)  # FFmpeg supports more codecs, but fewer cameras


class RtspFeed:
    depth_max = NS
    paced = False

    def __init__(self, url: str, title: str) -> None:
        self._title = title
        self._line, self._base, description, self._methods = _describe(parse_network(url), title)
        self._channels: dict[int, _Channel] = {}
        self._relation = MediaSync()
        self.picture: PictureTrack | None = None
        self.sound: SoundTrack | None = None
        self._aggregate = _joined(self._base, description.control)
        self._tcp = True
        try:
            self._set_up(description)
            self._play()
        except BaseException:
            self._drop()
            raise

    # ---------------------------------------------------------------- set up
    def _set_up(self, description: sdp_parser.Description) -> None:
        video = description.first("video")
        if video is not None:
            made = picture_format(video)
            if made is None:
                raise NotSpokenError(f"{self._title} sends {video.encoding or 'a picture'}, which is not supported")
            self.picture, depacketiser = made
            self._set_up_track(video, _Channel(False, depacketiser, Receiver(video.payload_type, video.rate)))
        audio = description.first("audio")
        heard = sound_format(audio) if audio is not None else None
        if audio is not None and heard is not None:
            with contextlib.suppress(SourceError):  # without sound there is still a picture
                channel = _Channel(True, heard[1], Receiver(audio.payload_type, heard[2]))
                self._set_up_track(audio, channel)
                self.sound = heard[0]
        if not self._channels:
            raise SourceError(f"{self._title} has neither picture nor sound in a supported format")

    def _set_up_track(self, track: sdp_parser.Track, channel: _Channel) -> None:
        url = _joined(self._base, track.control)
        number = 2 * len(self._channels)
        if self._tcp:
            answer = self._ask_for(url, f"RTP/AVP/TCP;unicast;interleaved={number}-{number + 1}")
            if answer.status == 461 and not self._channels:
                self._tcp = False
            else:
                number = _interleaved(answer.get("transport"), number)
        if not self._tcp:
            channel.pair = _udp_pair(self._line.local_address)
            port = channel.pair[0].getsockname()[1]
            answer = self._ask_for(url, f"RTP/AVP;unicast;client_port={port}-{port + 1}")
            _open_the_way(channel.pair, self._line.peer_address, answer.get("transport"))
        if answer.status != 200:
            for one in channel.pair or ():
                one.close()
            raise SourceError(f"{self._title} {REFUSED.get(answer.status, f'answers with status {answer.status}')}")
        session, _, parameters = answer.get("session").partition(";")
        self._line.session = self._line.session or session.strip()
        self._keep_alive_s = min(_timeout_of(parameters) / 2, KEEP_ALIVE_MOST_S)
        self._channels[number] = channel

    def _ask_for(self, url: str, transport: str) -> Response:
        return self._line.ask("SETUP", url, (("Transport", transport),))

    def _play(self) -> None:
        answer = self._line.ask("PLAY", self._aggregate, (("Range", "npt=0.000-"),))
        if answer.status != 200:
            raise SourceError(f"{self._title} {REFUSED.get(answer.status, f'answers with status {answer.status}')}")
        self._asked_at = time.monotonic()

    # ---------------------------------------------------------------- read
    def read(self) -> Iterable[Sample]:
        self._keep_alive()
        if self._tcp:
            if not self._line.media:
                self._line.receive(PIECE_S)
        else:
            self._receive_datagrams()
        samples: list[Sample] = []
        while self._line.media:
            number, packet, arrival = self._line.media.popleft()
            channel = self._channels.get(number & ~1)
            if channel is None:
                continue
            if number & 1:
                self._report(channel, packet)
            else:
                samples += self._samples(channel, packet, arrival)
        self._line.answers.clear()
        return samples

    def _samples(self, channel: _Channel, packet: bytes, arrival: int) -> list[Sample]:
        taken = channel.receiver.take(packet)
        if taken is None:
            return []
        payload, ticks, marker, follows = taken
        samples = []
        for frame in channel.depacketiser.feed(payload, ticks, marker, follows):
            media, axis = channel.receiver.media(frame.ticks), VIDEO_AXIS
            if channel.sound and self.picture is not None:
                media, axis = self._relation.shifted(media)
            samples.append(Sample(channel.sound, frame.data, media, arrival, frame.key, axis=axis))
        return samples

    def _report(self, channel: _Channel, packet: bytes) -> None:
        base = channel.receiver.report(packet)
        if base is not None:
            self._relation.learn(channel.sound, base)

    def _receive_datagrams(self) -> None:
        by_socket = {
            one: number + index
            for number, channel in self._channels.items()
            for index, one in enumerate(channel.pair or ())
        }
        waiting: list[RtspConnection | socket.socket] = [self._line, *by_socket]
        ready = select.select(waiting, [], [], PIECE_S)[0]
        if self._line in ready:
            self._line.receive(0)
        arrival = time.monotonic_ns()
        for one, number in by_socket.items():
            for _ in range(DATAGRAMS_AT_ONCE if one in ready else 0):
                try:
                    packet, sender = one.recvfrom(65_536)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # a closed port at the camera: reported once for each packet we send
                if sender[0] == self._line.peer_address:
                    self._line.media.append((number, packet, arrival))

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._asked_at < self._keep_alive_s:
            return
        self._asked_at = now
        self._line.send("GET_PARAMETER" if "GET_PARAMETER" in self._methods else "OPTIONS", self._aggregate)

    def interrupt(self) -> None:
        """Nothing to do: no call here blocks for long."""

    def close(self) -> None:
        with contextlib.suppress(SourceError):
            self._line.send("TEARDOWN", self._aggregate)
        self._drop()

    def _drop(self) -> None:
        self._line.close()
        for channel in self._channels.values():
            for one in channel.pair or ():
                one.close()


# ---------------------------------------------------------------- the beginning of a session
def _describe(address: NetworkAddress, title: str) -> tuple[RtspConnection, str, sdp_parser.Description, str]:
    """(connection, base URL, description, methods)"""
    for _ in range(REDIRECTS_MAX + 1):
        line = RtspConnection(address, title)
        try:
            options = line.ask("OPTIONS", address.url)
            if options.protocol == "HTTP" and address.scheme == "rtsp":
                line.close()
                address = replace(address, scheme="rtsp+http")
                continue
            answer = line.ask("DESCRIBE", address.url, (("Accept", "application/sdp"),))
            if 300 <= answer.status < 400 and answer.get("location"):
                line.close()
                address = _redirected(address, answer.get("location"))
                continue
            if answer.status != 200:
                raise SourceError(f"{title} {REFUSED.get(answer.status, f'answers with status {answer.status}')}")
            base = answer.get("content-base") or answer.get("content-location") or address.url
            description = sdp_parser.parse(answer.body.decode("utf-8", "replace"))
            return line, base, description, options.get("public")
        except BaseException:
            line.close()
            raise
    raise SourceError(f"{title} redirects too many times")


def _redirected(address: NetworkAddress, location: str) -> NetworkAddress:
    try:
        target = parse_network(urljoin(address.url, location))
    except ValueError:
        raise SourceError("the camera redirects to an invalid address") from None
    same_host = target.host == address.host
    if target.user is None and same_host:  # the password is only for this camera
        return replace(target, user=address.user, password=address.password)
    return target


def _joined(base: str, control: str) -> str:
    """RFC 2326 C.1.1 as cameras interpret it: a relative URL is appended, whatever the base ends with."""
    if not control or control == "*":
        return base
    if urlsplit(control).scheme in ("rtsp", "rtsps"):
        return control
    return base + ("" if base.endswith("/") else "/") + control.lstrip("/")


def _interleaved(transport: str, asked: int) -> int:
    """The channels chosen by the camera: some do not accept ours."""
    _, found, rest = transport.partition("interleaved=")
    text = rest.partition(";")[0].partition("-")[0].strip()
    return channel & ~1 if found and 0 <= (channel := whole(text)) < 256 else asked


def _timeout_of(parameters: str) -> float:
    _, found, rest = parameters.partition("timeout=")
    text = rest.partition(";")[0].strip()
    return float(seconds) if found and (seconds := whole(text)) > 0 else SESSION_S


def _udp_pair(local: str) -> tuple[socket.socket, socket.socket]:
    try:
        pair = udp_pair(local)
    except OSError as error:
        raise SourceError(f"no UDP ports: {error.strerror}") from error
    for one in pair:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER_BYTES)
    return pair


def _open_the_way(pair: tuple[socket.socket, socket.socket], peer: str, transport: str) -> None:
    """Send a small datagram to the camera's ports, so that our firewall lets its packets in."""
    _, found, rest = transport.partition("server_port=")
    text = rest.partition(";")[0].partition("-")[0].strip()
    port = whole(text) if found else -1
    if not 0 < port < 65_535:
        return
    for offset, one in enumerate(pair):
        with contextlib.suppress(OSError):
            one.sendto(b"\x80\xc9\0\1\0\0\0\0", (peer, port + offset))  # an empty receiver report
