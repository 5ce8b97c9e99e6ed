"""A network camera over HTTP: JPEGs in any framing, one JPEG per request, or anything that FFmpeg can demultiplex."""

import contextlib
import http.client
import secrets
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urljoin

from actors.shared.media.container import LoginRefusedError, SourceError, in_words
from actors.shared.media.container_feed import ContainerFeed
from actors.shared.media.limits import CONNECT_S, HTTP_READ_S, PICTURE_BYTES_MAX, REDIRECTS_MAX, STILL_EVERY_S
from actors.shared.media.network_feed import Feed, PictureTrack, Sample
from models.media.jpeg import Splitter
from models.media.network_address import NetworkAddress, parse_network
from models.media.sound_track import SoundTrack
from models.media.source_address import MediaAddress
from models.security.http_auth import Authorization, challenges

FIRST_BYTES = 4096
REFUSED = {403: "denies access", 404: "has no such path", 503: "is busy"}
PLAYLISTS = ("mpegurl", "dash+xml")
JPEG_KINDS = ("multipart/", "image/jpeg", "image/jpg", "video/x-motion-jpeg", "video/x-jpeg")


def open_http(address: MediaAddress, title: str) -> Feed:
    """Raises ``SourceError``."""
    line = HttpStream(parse_network(address.target), title)
    try:
        first = line.first_bytes()
        kind = line.content_type
        jpeg = kind.startswith(JPEG_KINDS) or b"\xff\xd8\xff" in first[:512]
        if jpeg:
            return JpegFeed(line, first)
        if not any(word in kind for word in PLAYLISTS) and not first.startswith(b"#EXTM3U") and line.endless:
            return ContainerFeed(address, title, line.as_file(first))
    except BaseException:
        line.close()
        raise
    line.close()
    return ContainerFeed(address, title)


class HttpStream:
    """One GET whose answer is read as it arrives; ``again`` repeats it, over the same connection if possible."""

    def __init__(self, address: NetworkAddress, title: str) -> None:
        self.title = title
        self._address = address
        self._authorization: Authorization | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._response = self._get()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.host, self._address.port
        if self._address.scheme == "https":
            context = ssl.create_default_context()  # cameras have self-signed certificates
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=CONNECT_S, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=CONNECT_S)
        connection.connect()
        self._socket = connection.sock
        return connection

    def _get(self) -> http.client.HTTPResponse:
        redirects = attempts = 0
        while True:
            response = self._ask()
            if response.status == 401:
                attempts += 1
                self._learn(response, attempts)
            elif response.status in (301, 302, 303, 307, 308) and response.getheader("location"):
                redirects += 1
                if redirects > REDIRECTS_MAX:
                    raise SourceError(f"{self.title} redirects too many times")
                self._address = _redirected(self._address, str(response.getheader("location")))
            elif response.status == 200:
                return response
            else:
                why = REFUSED.get(response.status, f"answers with status {response.status}")
                raise SourceError(f"{self.title} {why}")
            self.close()

    def _ask(self) -> http.client.HTTPResponse:
        headers = {"User-Agent": "ipcamera", "Accept": "*/*"}
        if self._authorization is not None:
            headers["Authorization"] = self._authorization.header("GET", self._address.path)
        fresh = self._connection is None
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request("GET", self._address.path, headers=headers)
            response = self._connection.getresponse()
            if self._socket is not None:
                self._socket.settimeout(HTTP_READ_S)
            return response
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if not fresh and isinstance(error, (OSError, http.client.RemoteDisconnected)):
                return self._ask()  # the kept connection was closed meanwhile
            raise SourceError(in_words(error, self.title)) from None

    def _learn(self, response: http.client.HTTPResponse, attempts: int) -> None:
        if self._address.user is None:
            raise LoginRefusedError(f"{self.title} requires a user name and a password")
        offered = challenges(response.msg.get_all("www-authenticate", []))
        stale = any(one.fields.get("stale", "").lower() == "true" for one in offered) and attempts <= REDIRECTS_MAX
        if self._authorization is not None and not stale:
            raise LoginRefusedError(f"{self.title} rejects this user name and password")
        if not offered:
            raise SourceError(f"{self.title} requires a login method that is not supported")
        self._authorization = Authorization(
            offered[0], self._address.user, self._address.password, secrets.token_hex(8)
        )

    @property
    def content_type(self) -> str:
        return (self._response.getheader("content-type") or "").strip().lower()

    @property
    def endless(self) -> bool:
        """Whether it has no length: a live stream."""
        return self._response.length is None

    def first_bytes(self) -> bytes:
        data = b""
        while len(data) < FIRST_BYTES and (piece := self.read()):
            data += piece
            if b"\xff\xd8\xff" in data:
                break
        return data

    def read(self) -> bytes:
        """The available bytes; b"" at the end."""
        try:
            return self._response.read1(65_536)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SourceError(in_words(error, self.title)) from None

    def again(self) -> None:
        if self._response.will_close or not self._response.isclosed():
            self.close()
        self._response = self._get()

    def as_file(self, first: bytes) -> "_Readable":
        return _Readable(self, first)

    def interrupt(self) -> None:
        """From another thread: a reader gets the end."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Readable:
    """The answer as a file that FFmpeg reads."""

    def __init__(self, line: HttpStream, first: bytes) -> None:
        self._line, self._rest = line, first

    def read(self, count: int) -> bytes:
        data = self._rest or self._line.read()
        self._rest = data[count:]
        return data[:count]

    def interrupt(self) -> None:
        self._line.interrupt()

    def close(self) -> None:
        self._line.close()


class JpegFeed:
    """Stamped when complete: JPEGs over HTTP carry no clock of the camera."""

    picture: PictureTrack | None = PictureTrack("mjpeg")
    sound: SoundTrack | None = None
    depth_max = 0
    paced = False

    def __init__(self, line: HttpStream, first: bytes) -> None:
        self._line = line
        self._splitter = Splitter(PICTURE_BYTES_MAX)
        self._first = first
        self._pictures = 0  # of the current answer
        self._asked_at = time.monotonic()

    def read(self) -> Iterable[Sample]:
        data, self._first = self._first or self._line.read(), b""
        if data:
            pictures = self._splitter.feed(data)
            self._pictures += len(pictures)
            now = time.monotonic_ns()
            return [Sample(False, picture, now, now) for picture in pictures]
        if self._pictures != 1:
            raise SourceError(f"{self._line.title} has ended")
        self._pictures = 0  # one picture per request: request the next one
        time.sleep(max(0.0, self._asked_at + STILL_EVERY_S - time.monotonic()))
        self._asked_at = time.monotonic()
        self._line.again()
        return []

    def interrupt(self) -> None:
        self._line.interrupt()

    def close(self) -> None:
        self._line.close()


def _redirected(address: NetworkAddress, location: str) -> NetworkAddress:
    try:
        target = parse_network(urljoin(address.url, location))
    except ValueError:
        raise SourceError("the camera redirects to an invalid address") from None
    if target.user is None and target.host == address.host:  # the password is only for this camera
        return replace(target, user=address.user, password=address.password)
    return target
