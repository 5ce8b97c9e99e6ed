"""Opening files, network streams and devices with PyAV, with errors in words for a person."""

import errno
import socket
import ssl

import av
import av.container
import av.error
import av.logging

from models.media.source_address import MediaAddress

OPEN_S = 6.0  # to connect and to learn what the streams are
READ_S = 20.0  # without a packet: a playlist may be renewed that rarely; readers have a shorter limit
ANALYSE_US = 500_000  # FFmpeg would analyse a stream for 5 s to find its frame rate
ANALYSE_LONGER_US = 5_000_000  # if the picture size is still unknown

STREAM_BUFFER = 4096  # a larger one would wait until it is full

av.logging.set_level(av.logging.PANIC)  # FFmpeg logs URLs with credentials; errors are raised as exceptions


class SourceError(Exception):
    """The source cannot be opened or has ended; the text is a reason for a person, without credentials."""


class NothingInsideError(SourceError):
    """It was opened, but has no stream of the requested kind."""


class LoginRefusedError(SourceError):
    """The source rejects our login. Cameras lock accounts, so callers must retry rarely."""


_WORDS: dict[int, str] = {
    errno.ENOENT: "does not exist",
    errno.ENODEV: "is not plugged in",
    errno.ENXIO: "is not plugged in",
    errno.EACCES: "cannot be opened by this user",
    errno.EPERM: "cannot be opened by this user",
    errno.EBUSY: "is in use by another program",
    errno.ECONNREFUSED: "refuses connections",
    errno.ETIMEDOUT: "does not answer",
    errno.EHOSTUNREACH: "cannot be reached",
    errno.ENETUNREACH: "cannot be reached",
    errno.ECONNRESET: "has closed the connection",
    errno.EIO: "reports input/output errors",
    errno.EISDIR: "is a directory",
}
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "has a name that cannot be found"),
    (ssl.SSLError, "does not support our TLS versions"),
    (av.error.HTTPUnauthorizedError, "requires a user name and a password"),
    (av.error.HTTPForbiddenError, "denies access"),
    (av.error.HTTPNotFoundError, "has no such path"),
    (av.error.HTTPError, "answers with an error"),
    (av.error.ExitError, "does not answer"),  # our own time-out
    (av.error.InvalidDataError, "is not a picture, video or sound"),
    (av.error.EOFError, "has ended"),
    (TimeoutError, "does not answer"),
)


def in_words(error: Exception, name: str) -> str:
    """What went wrong with ``name``, never in FFmpeg's words, which contain the URL with its credentials."""
    for kind, text in _KINDS:
        if isinstance(error, kind):
            return f"{name} {text}"
    number = getattr(error, "errno", None)
    text = _WORDS.get(number, "") if isinstance(number, int) else ""
    if text == _WORDS[errno.EACCES] and name.startswith("/dev/"):
        text += " (add it to the group video or audio)"
    return f"{name} {text or f'cannot be opened ({type(error).__name__})'}"


def open_input(
    address: MediaAddress,
    format_name: str | None = None,
    options: dict[str, str] | None = None,
    analyse_us: int = ANALYSE_US,
) -> av.container.InputContainer:
    """Open for reading. ``analyse_us``: how long FFmpeg may analyse a live stream.

    Raises:
        SourceError: with the reason.
    """
    chosen = {"analyzeduration": str(analyse_us)} | (options or {})
    if address.kind == "rtsp":
        chosen |= {"rtsp_transport": "tcp"}
    live = address.kind in ("rtsp", "http")
    try:
        timeout = (OPEN_S, READ_S) if live else None
        return av.open(address.target, format=format_name, options=chosen, timeout=timeout)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(in_words(error, address.shown)) from None


def open_stream(stream: object, name: str) -> av.container.InputContainer:
    """Open the data of ``stream.read``. Raises ``SourceError``."""
    options = {"analyzeduration": str(ANALYSE_US)}
    try:
        return av.open(stream, "r", options=options, buffer_size=STREAM_BUFFER)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(in_words(error, name)) from None
