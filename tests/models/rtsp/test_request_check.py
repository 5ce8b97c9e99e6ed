import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rtsp.message import Request, Status
from models.rtsp.request_check import refusal

URL = "rtsp://h/stream"


def request(
    method: str = "DESCRIBE", url: str = URL, version: str = "RTSP/1.0", body: bytes = b"", **headers: str
) -> Request:
    return Request(method, url, version, {"cseq": "1"} | {k.replace("_", "-"): v for k, v in headers.items()}, body)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        pytest.param(request(), None, id="fine"),
        pytest.param(request(url="rtsp://h/"), None, id="the root is the stream too"),
        pytest.param(request(url="rtsp://h/stream/?backchannel=1"), None, id="a query is ignored"),
        pytest.param(request(url="rtsp://h/other"), Status.NOT_FOUND, id="another path"),
        pytest.param(request(method="SETUP", url=URL + "/trackID=7"), Status.NOT_FOUND, id="no such track"),
        pytest.param(request(method="OPTIONS", url="*"), None, id="OPTIONS *"),
        pytest.param(request(method="OPTIONS", url="rtsp://h/other"), None, id="OPTIONS does not tell paths apart"),
        pytest.param(request(method="DESCRIBE", url="*"), Status.NOT_FOUND, id="DESCRIBE *"),
        pytest.param(request(version="RTSP/2.0"), Status.VERSION_NOT_SUPPORTED, id="RFC 7826"),
        pytest.param(request(cseq=""), Status.BAD_REQUEST, id="no CSeq"),
        pytest.param(request(method="RECORD"), Status.NOT_IMPLEMENTED, id="RECORD"),
        pytest.param(
            request(require="www.onvif.org/ver20/backchannel"), Status.OPTION_NOT_SUPPORTED, id="ONVIF back channel"
        ),
        pytest.param(request(require="play.basic"), None, id="play.basic"),
        pytest.param(request(session="gone"), Status.SESSION_NOT_FOUND, id="an unknown session"),
        pytest.param(request(accept="text/plain"), Status.NOT_ACCEPTABLE, id="no SDP wanted"),
        pytest.param(request(accept="application/sdp, application/rtsl"), None, id="SDP among others"),
        pytest.param(
            request(method="SET_PARAMETER", body=b"x: 1"), Status.PARAMETER_NOT_UNDERSTOOD, id="a parameter to set"
        ),
        pytest.param(request(method="GET_PARAMETER"), None, id="keep-alive"),
    ],
)
def test_refusal(asked: Request, status: int | None) -> None:
    answer = refusal(asked, "/stream", None)
    assert (answer.status if answer else None) == status


@given(
    st.text(max_size=20), st.text(max_size=60), st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=8)
)
def test_nothing_from_outside_raises(method: str, url: str, headers: dict[str, str]) -> None:
    refusal(Request(method, url, "RTSP/1.0", headers), "/stream", None)
