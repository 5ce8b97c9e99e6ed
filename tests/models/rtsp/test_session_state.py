"""Every state with every method."""

import pytest

from models.rtsp.message import Method, Request, Status
from models.rtsp.request_check import SessionFacts, refusal
from models.rtsp.session_state import SessionState, after

M = Method
I, R, P = SessionState.INIT, SessionState.READY, SessionState.PLAYING  # noqa: E741
TABLE = {
    (I, M.OPTIONS): I, (I, M.DESCRIBE): I, (I, M.SETUP): R, (I, M.PLAY): None, (I, M.PAUSE): None,
    (I, M.GET_PARAMETER): I, (I, M.SET_PARAMETER): I, (I, M.TEARDOWN): I,
    (R, M.OPTIONS): R, (R, M.DESCRIBE): R, (R, M.SETUP): R, (R, M.PLAY): P, (R, M.PAUSE): None,
    (R, M.GET_PARAMETER): R, (R, M.SET_PARAMETER): R, (R, M.TEARDOWN): I,
    (P, M.OPTIONS): P, (P, M.DESCRIBE): P, (P, M.SETUP): P, (P, M.PLAY): P, (P, M.PAUSE): R,
    (P, M.GET_PARAMETER): P, (P, M.SET_PARAMETER): P, (P, M.TEARDOWN): I,
}  # fmt: skip


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("method", M)
def test_every_pair(state: SessionState, method: M) -> None:
    assert after(state, method) == TABLE[state, method]


@pytest.mark.parametrize("state", [R, P])
@pytest.mark.parametrize("method", M)
def test_the_answer_to_every_pair(state: SessionState, method: M) -> None:
    request = Request(method, "rtsp://h/stream", "RTSP/1.0", {"cseq": "1", "session": "abc"})
    answer = refusal(request, "/stream", SessionFacts("abc", state))
    if TABLE[state, method] is None:
        assert answer is not None
        assert answer.status == Status.METHOD_NOT_VALID
        assert dict(answer.headers)["Allow"]
    else:
        assert answer is None


@pytest.mark.parametrize("method", M)
def test_without_a_session(method: M) -> None:
    answer = refusal(Request(method, "rtsp://h/stream", "RTSP/1.0", {"cseq": "1"}), "/stream", None)
    if method in (M.PLAY, M.PAUSE, M.TEARDOWN):
        assert answer is not None
        assert answer.status == Status.SESSION_NOT_FOUND
    else:
        assert answer is None
