"""What a socket may do: the handshake and the gate of each message, both as tables."""

from enum import Enum, auto

from models.security.roles import OWNER, VIEWER_MESSAGES


class SocketState(Enum):
    WAITING = auto()  # auth_required was sent; the client has ten seconds
    READY = auto()  # the snapshot was sent
    CLOSED = auto()


class Event(Enum):
    CREDENTIAL = auto()  # a valid one came with the upgrade, or protection is off
    NO_CREDENTIAL = auto()
    AUTHENTICATED = auto()  # in band
    FAILED_LAST = auto()  # the last allowed attempt failed
    TIMED_OUT = auto()
    PRO_NEEDED = auto()  # a direct caller, and there is no Pro licence (any more)
    REVOKED = auto()


class Close(int, Enum):
    """RFC 6455 §7.4.1 and our own."""

    NORMAL = 1000
    GOING_AWAY = 1001
    BINARY = 1003
    MALFORMED = 1008
    TOO_LARGE = 1009
    OVERLOADED = 1013
    UNAUTHENTICATED = 4401
    PRO_REQUIRED = 4403
    IDLE = 4408


START: dict[Event, SocketState] = {Event.CREDENTIAL: SocketState.READY, Event.NO_CREDENTIAL: SocketState.WAITING}

TRANSITIONS: dict[SocketState, dict[Event, tuple[SocketState, Close | None]]] = {
    SocketState.WAITING: {
        Event.AUTHENTICATED: (SocketState.READY, None),
        Event.FAILED_LAST: (SocketState.CLOSED, Close.UNAUTHENTICATED),
        Event.TIMED_OUT: (SocketState.CLOSED, Close.UNAUTHENTICATED),
        Event.PRO_NEEDED: (SocketState.CLOSED, Close.PRO_REQUIRED),
        Event.REVOKED: (SocketState.WAITING, None),
    },
    SocketState.READY: {
        Event.AUTHENTICATED: (SocketState.READY, None),  # a newer credential
        Event.FAILED_LAST: (SocketState.CLOSED, Close.UNAUTHENTICATED),
        Event.TIMED_OUT: (SocketState.READY, None),  # the timer lost the race
        Event.PRO_NEEDED: (SocketState.CLOSED, Close.PRO_REQUIRED),
        Event.REVOKED: (SocketState.CLOSED, Close.UNAUTHENTICATED),
    },
    SocketState.CLOSED: {
        event: (SocketState.CLOSED, None) for event in Event if event not in {Event.CREDENTIAL, Event.NO_CREDENTIAL}
    },
}


class Gate(Enum):
    OPEN = auto()  # before authentication too
    READY = auto()
    TALK = auto()  # and Pro (two_way_audio)


TALK_FEATURE = "two_way_audio"
GATES: dict[str, Gate] = {
    "auth": Gate.OPEN,
    "ping": Gate.OPEN,
    "setting": Gate.READY,  # Pro is decided per key
    "settings_batch": Gate.READY,
    "capture": Gate.READY,
    "enableH264": Gate.READY,
    "requestKeyframe": Gate.READY,
    "h264_quality": Gate.READY,
    "stream_control": Gate.READY,
    "audio_subscribe": Gate.READY,
    "audio": Gate.TALK,
    "tts": Gate.TALK,
    "hello": Gate.READY,  # extension
}


def refusal(kind: str, state: SocketState, pro: bool, role: str = OWNER) -> str:
    """The error code that answers a message of this type now; "" where it may pass."""
    gate = GATES[kind]
    if gate is Gate.OPEN:
        return ""
    if state is not SocketState.READY:
        return "AUTH_REQUIRED"
    if role != OWNER and kind not in VIEWER_MESSAGES:
        return "FORBIDDEN"
    return "PRO_REQUIRED" if gate is Gate.TALK and not pro else ""
