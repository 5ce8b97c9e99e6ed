"""What is announced, and where."""

from actors.mdns.services import HTTPS, OURS, RTSP, instance, services


def test_rtsp_is_announced_while_it_runs() -> None:
    assert [one.kind for one in services(8443, 0, "", "id", "1")] == [HTTPS, OURS]
    rtsp = services(8443, 8554, "/stream", "id", "1")[2]
    assert (rtsp.kind, rtsp.port, dict(rtsp.text)) == (RTSP, 8554, {"path": "/stream"})
    assert services(0, 8554, "/stream", "id", "1") == ()


def test_a_name_is_cut_between_two_characters() -> None:
    assert instance("Kamera") == "Kamera"
    assert instance("ü" * 40) == "ü" * 31
    assert instance("") == "ipcamera"
