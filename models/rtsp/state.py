"""RFC 2326 appendix A.2, the server's side, without RECORD. Only this table moves the state."""

from enum import StrEnum

from models.rtsp.message import Method

M = Method


class State(StrEnum):
    INIT = "init"  # no session yet
    READY = "ready"
    PLAYING = "playing"


TRANSITIONS: dict[State, dict[M, State]] = {
    State.INIT: {M.SETUP: State.READY, M.TEARDOWN: State.INIT},
    State.READY: {M.SETUP: State.READY, M.PLAY: State.PLAYING, M.TEARDOWN: State.INIT},
    State.PLAYING: {M.SETUP: State.PLAYING, M.PLAY: State.PLAYING, M.PAUSE: State.READY, M.TEARDOWN: State.INIT},
}
STATELESS = frozenset({M.OPTIONS, M.DESCRIBE, M.GET_PARAMETER, M.SET_PARAMETER})
NEEDS_SESSION = frozenset({M.PLAY, M.PAUSE, M.TEARDOWN})


def after(state: State, method: M) -> State | None:
    """The state after ``method``; None where it is not valid in this state (455)."""
    if method in STATELESS:
        return state
    return TRANSITIONS[state].get(method)
