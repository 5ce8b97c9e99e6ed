import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rtsp.transport import TcpTransport, TransportSpec, UdpTransport, choose, tcp_header, udp_header


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        pytest.param("RTP/AVP/TCP;unicast;interleaved=0-1", TcpTransport(0, 1), id="FFmpeg over TCP"),
        pytest.param("RTP/AVP/UDP;unicast;client_port=6970-6971", UdpTransport(6970, 6971), id="FFmpeg over UDP"),
        pytest.param(
            "RTP/AVPF;unicast;client_port=1-2,RTP/AVP;unicast;client_port=5000-5001;mode=play",
            UdpTransport(5000, 5001),
            id="the first that can be met",
        ),
        pytest.param('RTP/AVP;unicast;client_port=5000-5001;mode="PLAY"', UdpTransport(5000, 5001), id="quoted mode"),
        pytest.param("RTP/AVP/TCP", TcpTransport(None, None), id="channels left to us"),
        pytest.param("RTP/AVP;client_port=5000", UdpTransport(5000, 5001), id="one port"),
        pytest.param("RTP/AVP/TCP;interleaved=254-255", TcpTransport(254, 255), id="the last channels"),
        pytest.param(
            "RTP/AVP;unicast;client_port=5000-5001;destination=192.0.2.7", UdpTransport(5000, 5001), id="dest"
        ),
        pytest.param("RTP/AVP;multicast;port=5000-5001", None, id="multicast"),
        pytest.param("RTP/SAVP;unicast;client_port=5000-5001", None, id="SRTP"),
        pytest.param("RTP/AVP;unicast;client_port=5000-5001;mode=record", None, id="record"),
        pytest.param("RTP/AVP/TCP;interleaved=1-1", None, id="the same channel twice"),
        pytest.param("RTP/AVP/TCP;interleaved=256-257", None, id="a channel beyond a byte"),
        pytest.param("RTP/AVP;unicast;client_port=0-1", None, id="port 0"),
        pytest.param("RTP/AVP;unicast", None, id="no port"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_choose(header: str, chosen: TransportSpec | None) -> None:
    assert choose(header) == chosen


def test_answers() -> None:
    assert tcp_header(2, 3, 0xAB) == 'RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=000000AB;mode="PLAY"'
    assert udp_header(UdpTransport(5000, 5001), 7000, 7001, 0xAB) == (
        'RTP/AVP;unicast;client_port=5000-5001;server_port=7000-7001;ssrc=000000AB;mode="PLAY"'
    )


@given(st.text(max_size=200) | st.text("RTP/AVC;=-,0123456789inter", max_size=80))
def test_nothing_from_outside_raises(header: str) -> None:
    choose(header)


def test_beside_tls_there_is_no_udp() -> None:
    assert choose("RTP/AVP;unicast;client_port=6970-6971", udp=False) is None
    offers = "RTP/AVP;unicast;client_port=6970-6971,RTP/AVP/TCP;unicast;interleaved=0-1"
    assert choose(offers, udp=False) == TcpTransport(0, 1)
