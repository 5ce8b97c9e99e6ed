"""RFC 2326 appendix A.2, the server's side, without RECORD. Only this table changes the state."""

from enum import StrEnum

from models.rtsp.message import Method

M = Method


class SessionState(StrEnum):
    INIT = "init"  # no session yet
    READY = "ready"
    PLAYING = "playing"


TRANSITIONS: dict[SessionState, dict[M, SessionState]] = {
    SessionState.INIT: {M.SETUP: SessionState.READY, M.TEARDOWN: SessionState.INIT},
    SessionState.READY: {M.SETUP: SessionState.READY, M.PLAY: SessionState.PLAYING, M.TEARDOWN: SessionState.INIT},
    SessionState.PLAYING: {
        M.SETUP: SessionState.PLAYING,
        M.PLAY: SessionState.PLAYING,
        M.PAUSE: SessionState.READY,
        M.TEARDOWN: SessionState.INIT,
    },
}
STATELESS = frozenset({M.OPTIONS, M.DESCRIBE, M.GET_PARAMETER, M.SET_PARAMETER})
NEEDS_SESSION = frozenset({M.PLAY, M.PAUSE, M.TEARDOWN})


def after(state: SessionState, method: M) -> SessionState | None:
    """The state after ``method``; None where it is not valid in this state (455)."""
    if method in STATELESS:
        return state
    return TRANSITIONS[state].get(method)
