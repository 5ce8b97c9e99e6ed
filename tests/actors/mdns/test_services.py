"""What is announced, and where."""

import ipaddress

import pytest

from actors.mdns.services import HTTPS, OURS, RTSP, announced_at, instance, services


def test_rtsp_is_announced_while_it_runs() -> None:
    assert [one.kind for one in services(8443, 0, "", "id", "1")] == [HTTPS, OURS]
    rtsp = services(8443, 8554, "/stream", "id", "1")[2]
    assert (rtsp.kind, rtsp.port, dict(rtsp.text)) == (RTSP, 8554, {"path": "/stream"})
    assert services(0, 8554, "/stream", "id", "1") == ()


@pytest.mark.parametrize(
    ("bind", "addresses"),
    [
        (("127.0.0.1",), ()),
        (("0.0.0.0",), ("192.168.1.7",)),
        (("0.0.0.0", "::"), ("192.168.1.7", "2001:db8::7")),
        (("192.168.1.7",), ("192.168.1.7",)),
    ],
)
def test_only_what_others_can_reach_is_announced(bind: tuple[str, ...], addresses: tuple[str, ...]) -> None:
    lasting = [ipaddress.ip_address(one) for one in ("127.0.0.1", "192.168.1.7", "::1", "2001:db8::7")]
    assert announced_at(bind, lasting) == addresses


def test_a_name_is_cut_between_two_characters() -> None:
    assert instance("Kamera") == "Kamera"
    assert instance("ü" * 40) == "ü" * 31
    assert instance("") == "ipcamera"
