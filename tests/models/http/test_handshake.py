import pytest

from models.http.handshake import GATES, START, TRANSITIONS, Close, Event, State, refusal
from models.http.schema import CLIENT

MOVES = [event for event in Event if event not in START]


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", MOVES)
def test_every_state_has_an_answer_to_every_event(state: State, event: Event) -> None:
    following, close = TRANSITIONS[state][event]
    assert (following is State.CLOSED and state is not State.CLOSED) == (close is not None)


def test_how_it_begins_and_ends() -> None:
    assert START == {Event.CREDENTIAL: State.READY, Event.NO_CREDENTIAL: State.WAITING}
    assert TRANSITIONS[State.WAITING][Event.TIMED_OUT] == (State.CLOSED, Close.UNAUTHENTICATED)
    assert TRANSITIONS[State.READY][Event.TIMED_OUT] == (State.READY, None)
    assert TRANSITIONS[State.READY][Event.REVOKED] == (State.CLOSED, Close.UNAUTHENTICATED)


def test_every_message_has_a_gate() -> None:
    assert set(CLIENT) < set(GATES)


@pytest.mark.parametrize(
    ("kind", "state", "pro", "code"),
    [
        ("ping", State.WAITING, False, ""),
        ("auth", State.WAITING, False, ""),
        ("setting", State.WAITING, True, "AUTH_REQUIRED"),
        ("audio", State.WAITING, False, "AUTH_REQUIRED"),
        ("setting", State.READY, False, ""),
        ("audio_subscribe", State.READY, False, ""),
        ("audio", State.READY, False, "PRO_REQUIRED"),
        ("tts", State.READY, False, "PRO_REQUIRED"),
        ("tts", State.READY, True, ""),
    ],
)
def test_the_gates(kind: str, state: State, pro: bool, code: str) -> None:
    assert refusal(kind, state, pro) == code
