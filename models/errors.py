"""The errors that are raised on purpose. Their meaning in HTTP, WebSocket or RTSP is decided there."""

from typing import ClassVar


class ServerError(Exception):
    """``code`` is stable, the text is for people, ``fields`` are values that may be shown."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, **fields: str | int | bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields


class Invalid(ServerError):
    """The request itself is wrong: HTTP 400."""

    code = "invalid"


class Refused(ServerError):
    """Understood, but not allowed: HTTP 403."""

    code = "refused"


class Missing(ServerError):
    """There is no such thing: HTTP 404."""

    code = "missing"


class Conflict(ServerError):
    """Not possible in the current state: HTTP 500 with the reason (a busy port), as the API document has no 409."""

    code = "conflict"


class LimitReached(ServerError):
    """Too much or too often: HTTP 429."""

    code = "limit_reached"


class Unavailable(ServerError):
    """Not now: the actor is restarting, the camera is not available: HTTP 503."""

    code = "unavailable"


class TimedOut(Unavailable):
    """The actor did not answer in time."""

    code = "timed_out"


class SwitchedOff(Unavailable):
    """The actor has no process, because no setting needs it."""

    code = "switched_off"


class Restarted(Unavailable):
    """The actor ended before it answered; whether it carried out the ask is unknown."""

    code = "restarted"


class Overloaded(Unavailable):
    """There are already too many unanswered asks to one actor."""

    code = "overloaded"


class TooLarge(Unavailable):
    """An answer or a message over the runtime's limit: it must be requested in pages."""

    code = "too_large"


ERRORS: dict[str, type[ServerError]] = {
    kind.code: kind
    for kind in (
        ServerError,
        Invalid,
        Refused,
        Missing,
        Conflict,
        LimitReached,
        Unavailable,
        TimedOut,
        SwitchedOff,
        Restarted,
        Overloaded,
        TooLarge,
    )
}


def from_failure(code: str, detail: str, fields: dict[str, str | int | bool]) -> ServerError:
    """The error that a ``Failure`` stands for."""
    return ERRORS.get(code, ServerError)(detail, **fields)
