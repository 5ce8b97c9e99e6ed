"""RFC 2326 §4, §10.12: any chunking, any rubbish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rtsp.message import Request, Response, Status
from models.rtsp.parser import BODY_BYTES_MAX, HEAD_BYTES_MAX, InterleavedFrame, Item, Malformed, Parser

OPTIONS = b"OPTIONS rtsp://h/stream RTSP/1.0\r\nCSeq: 1\r\n\r\n"
WITH_BODY = b"GET_PARAMETER rtsp://h/s RTSP/1.0\r\nCSeq: 2\r\nSession: abc;timeout=60\r\nContent-Length: 4\r\n\r\nping"
FRAME = b"$\x01\x00\x03abc"


def parse(data: bytes, step: int = 0) -> list[Item]:
    parser = Parser()
    step = step or max(1, len(data))
    return [item for at in range(0, len(data), step) for item in parser.feed(data[at : at + step])]


def test_a_request() -> None:
    assert parse(OPTIONS) == [Request("OPTIONS", "rtsp://h/stream", "RTSP/1.0", {"cseq": "1"}, b"")]


def test_pipelined_requests_with_frames_between_them_in_any_chunks() -> None:
    whole = OPTIONS + FRAME + WITH_BODY + FRAME + FRAME + OPTIONS
    expected = parse(whole)
    assert [type(item) for item in expected] == [
        Request, InterleavedFrame, Request, InterleavedFrame, InterleavedFrame, Request,
    ]  # fmt: skip
    for step in range(1, 40):
        assert parse(whole, step) == expected


def test_fields() -> None:
    [request] = parse(WITH_BODY)
    assert isinstance(request, Request)
    assert (request.cseq, request.session_id, request.body) == ("2", "abc", b"ping")


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_line_ends_folding_and_repetition(end: bytes) -> None:
    lines = [b"PLAY * RTSP/1.0", b"CSeq:7", b"Require: a", b"require: b", b"X: one", b"\ttwo", b"", b""]
    [request] = parse(b"\r\n\r\n" + end.join(lines))
    assert isinstance(request, Request)
    assert request.headers == {"cseq": "7", "require": "a, b", "x": "one two"}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", Status.BAD_REQUEST, id="HTTP"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\r\n\r\n", Status.BAD_REQUEST, id="TLS"),
        pytest.param(b"OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n", Status.BAD_REQUEST, id="a header without a colon"),
        pytest.param(b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", Status.BAD_REQUEST, id="negative length"),
        pytest.param(b"X * RTSP/1.0\r\n" + b"A: b\r\n" * 65 + b"\r\n", Status.BAD_REQUEST, id="too many headers"),
        pytest.param(b"A" * (HEAD_BYTES_MAX + 1), Status.TOO_LARGE, id="headers without end"),
        pytest.param(
            b"SET_PARAMETER * RTSP/1.0\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1),
            Status.TOO_LARGE,
            id="a body too large",
        ),
    ],
)
def test_what_cannot_be_read_is_answered_and_ends_the_connection(data: bytes, status: int) -> None:
    parser = Parser()
    [item] = parser.feed(data)
    assert isinstance(item, Malformed)
    assert item.status == status
    assert parser.feed(OPTIONS) == []


def test_a_response_is_passed_over() -> None:
    assert len(parse(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n" + OPTIONS)) == 1


@given(
    st.lists(
        st.one_of(st.binary(max_size=300), st.sampled_from([OPTIONS, FRAME, WITH_BODY, b"\r\n", b"$"])), max_size=30
    )
)
def test_never_an_exception_never_more_than_one_message_kept(chunks: list[bytes]) -> None:
    parser = Parser()
    for chunk in chunks:
        parser.feed(chunk)
        assert parser.pending <= HEAD_BYTES_MAX + BODY_BYTES_MAX + 65_539


def test_response_bytes() -> None:
    response = Response(Status.OK, (("Public", "OPTIONS"),), b"v=0\r\n")
    assert response.encode("3", "Mon, 01 Jan 2024 00:00:00 GMT", "ipcamera") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: ipcamera\r\n"
        b"Public: OPTIONS\r\nContent-Length: 5\r\n\r\nv=0\r\n"
    )


@pytest.mark.parametrize("cseq", ["", "abc", "1\r", "12345678901", "¹"])
def test_a_cseq_that_is_no_number_is_none(cseq: str) -> None:
    assert Request("OPTIONS", "*", "RTSP/1.0", {"cseq": cseq}).cseq == ""
