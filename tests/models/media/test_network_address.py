"""Addresses as people write them."""

import pytest

from models.media.network_address import parse_network


@pytest.mark.parametrize(
    ("text", "user", "password", "host", "port", "path"),
    [
        ("rtsp://cam/live", None, "", "cam", 554, "/live"),
        ("rtsps://cam", None, "", "cam", 322, "/"),
        ("http://cam:81?x=1", None, "", "cam", 81, "/?x=1"),
        ("rtsp+http://cam/a b", None, "", "cam", 80, "/a%20b"),
        ("rtsp://admin@cam/live", "admin", "", "cam", 554, "/live"),
        ("rtsp://admin:p%40ss@cam:8554/live", "admin", "p@ss", "cam", 8554, "/live"),
        ("rtsp://admin:p@ss@cam/live", "admin", "p@ss", "cam", 554, "/live"),
        ("rtsp://admin:p#s/s?@cam/live?a=1", "admin", "p#s/s?", "cam", 554, "/live?a=1"),
        ("rtsp://admin:100%@cam/", "admin", "100%", "cam", 554, "/"),
        ("rtsp://grün:süß@cam/", "grün", "süß", "cam", 554, "/"),
        ("rtsp://cam:554/user=a@b", None, "", "cam", 554, "/user=a@b"),
        ("rtsp://u:p@[fe80::1]:99/x", "u", "p", "fe80::1", 99, "/x"),
    ],
)
def test_what_people_write_is_understood(
    text: str, user: str | None, password: str, host: str, port: int, path: str
) -> None:
    address = parse_network(text)
    assert (address.user, address.password, address.host, address.port, address.path) == (
        user,
        password,
        host,
        port,
        path,
    )
    assert "@" not in address.url.partition("//")[2].partition("/")[0]


@pytest.mark.parametrize("text", ["ftp://cam/", "rtsp://", "rtsp://cam:0/", "rtsp://cam:99999/", "rtsp://[::1/", "cam"])
def test_what_cannot_be_opened_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"its|it names"):
        parse_network(text)
