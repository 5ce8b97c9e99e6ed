import pytest

from models.http.handshake import GATES, START, TRANSITIONS, Close, Event, SocketState, refusal
from models.http.schema import CLIENT

MOVES = [event for event in Event if event not in START]


@pytest.mark.parametrize("state", list(SocketState))
@pytest.mark.parametrize("event", MOVES)
def test_every_state_has_an_answer_to_every_event(state: SocketState, event: Event) -> None:
    following, close = TRANSITIONS[state][event]
    assert (following is SocketState.CLOSED and state is not SocketState.CLOSED) == (close is not None)


def test_how_it_begins_and_ends() -> None:
    assert START == {Event.CREDENTIAL: SocketState.READY, Event.NO_CREDENTIAL: SocketState.WAITING}
    assert TRANSITIONS[SocketState.WAITING][Event.TIMED_OUT] == (SocketState.CLOSED, Close.UNAUTHENTICATED)
    assert TRANSITIONS[SocketState.READY][Event.TIMED_OUT] == (SocketState.READY, None)
    assert TRANSITIONS[SocketState.READY][Event.REVOKED] == (SocketState.CLOSED, Close.UNAUTHENTICATED)


def test_every_message_has_a_gate() -> None:
    assert set(CLIENT) < set(GATES)


@pytest.mark.parametrize(
    ("kind", "state", "pro", "code"),
    [
        ("ping", SocketState.WAITING, False, ""),
        ("auth", SocketState.WAITING, False, ""),
        ("setting", SocketState.WAITING, True, "AUTH_REQUIRED"),
        ("audio", SocketState.WAITING, False, "AUTH_REQUIRED"),
        ("setting", SocketState.READY, False, ""),
        ("audio_subscribe", SocketState.READY, False, ""),
        ("audio", SocketState.READY, False, "PRO_REQUIRED"),
        ("tts", SocketState.READY, False, "PRO_REQUIRED"),
        ("tts", SocketState.READY, True, ""),
    ],
)
def test_the_gates(kind: str, state: SocketState, pro: bool, code: str) -> None:
    assert refusal(kind, state, pro) == code
