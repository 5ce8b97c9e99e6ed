"""What is announced, and where."""

from zeroconf import service_type_name

from actors.mdns.services import HTTPS, OURS, RTSP, instance, services


def test_rtsp_is_announced_while_it_runs() -> None:
    assert [one.kind for one in services(8443, 0, "", "id", "1")] == [HTTPS, OURS]
    rtsp = services(8443, 8554, "/stream", "id", "1")[2]
    assert (rtsp.kind, rtsp.port, dict(rtsp.text)) == (RTSP, 8554, {"path": "/stream"})
    assert services(0, 8554, "/stream", "id", "1") == ()


def test_a_name_is_cut_between_two_characters() -> None:
    assert instance("Kamera") == "Kamera"
    assert instance("ü" * 40) == "ü" * 30
    assert instance("") == "ipcamera"


def test_the_longest_name_can_still_be_numbered() -> None:
    """As zeroconf does where another device has it already; it refuses a label that is too long with an exception."""
    name = f"{instance('x' * 64)}-99.{OURS}"
    assert service_type_name(name) == OURS
