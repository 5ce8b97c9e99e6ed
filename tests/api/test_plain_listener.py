"""Port 8080, and reverse-proxy mode in front of both ports."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from api.proxy import Arrival, client_of, prefix_of, same_origin, trusted_networks
from api.redirect import bracketed, host_name, is_ours
from tests.api.surface import PASSWORD, TOKEN, Served, cookie, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


def plain(server: Served, method: str, path: str, **more: Any) -> Any:
    return server.client.request(method, server.plain_url(path), allow_redirects=False, **more)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/"),
        ("/index.html", "/index.html"),
        ("/js/app.js?v=3", "/js/app.js?v=3"),
        ("/?token=secret&a=b", "/?a=b"),
        ("/?token=secret", "/"),
        ("//elsewhere.example/x.html", "//elsewhere.example/x.html"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_person_is_sent_on(server: Served, method: str, path: str, target: str) -> None:
    async with plain(server, method, path) as response:
        assert response.status == 302
        assert response.headers["Location"] == f"https://127.0.0.1:{server.https_port}{target}"
        assert "Set-Cookie" not in response.headers


async def test_http_to_the_port_of_https_is_the_same(server: Served) -> None:
    page, other = (f"http://127.0.0.1:{server.https_port}{path}" for path in ("/?a=b", "/status"))
    async with server.client.get(page, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, f"https://127.0.0.1:{server.https_port}/?a=b")
    async with server.client.get(other, headers=BEARER) as response:
        assert (response.status, await response.json()) == (
            403,
            {"error": "HTTPS required", "httpsPort": server.https_port},
        )
    async with server.request("GET", "/auth/status") as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/", {}),
        ("GET", "/auth", {}),
        ("POST", "/auth", {}),
        ("POST", "/auth/logout", {}),
        ("GET", "/auth/status", {}),
        ("GET", "/cert/info", {}),
        ("GET", "/status", BEARER),
        ("POST", "/settings", BEARER),
        ("GET", "/stream?token=x", {}),
        ("GET", "/nowhere", {}),
        ("DELETE", "/index.html", {}),
        ("GET", "/ws", {"Upgrade": "websocket", "Connection": "Upgrade"}),
        ("GET", "/", {"Upgrade": "WebSocket", "Connection": "Upgrade"}),
        ("GET", "/status", {"X-Forwarded-Proto": "https", **BEARER}),
    ],
)
async def test_everything_else_is_turned_away(server: Served, method: str, path: str, headers: dict[str, str]) -> None:
    async with plain(server, method, path, headers=headers) as response:
        assert response.status == 403
        assert await response.json() == {"error": "HTTPS required", "httpsPort": server.https_port}


@pytest.mark.parametrize(
    ("host", "sent_to"),
    [
        ("localhost:8080", "localhost"),
        ("LOCALHOST", "localhost"),
        ("[::1]:8080", "[::1]"),
        ("evil.example", "127.0.0.1"),
        ("evil.example@localhost", "127.0.0.1"),
        ("192.0.2.99", "127.0.0.1"),
        ("localhost.evil.example", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
async def test_the_host_is_one_of_ours(server: Served, host: str, sent_to: str) -> None:
    async with plain(server, "GET", "/", headers={"Host": host}) as response:
        assert response.headers["Location"] == f"https://{sent_to}:{server.https_port}/"


async def test_a_token_that_came_in_clear_is_worthless(server: Served) -> None:
    async with plain(server, "GET", f"/snapshot?token={TOKEN}"):
        pass
    async with server.request("GET", "/settings", headers=BEARER) as response:
        assert response.status == 401


class TestBehindAProxy:
    HTTPS = {"X-Forwarded-Proto": "https"}

    def trust(self, server: Served, networks: str = "") -> None:
        server.surface.settings |= {"reverseProxyEnabled": True, "trustedProxies": networks}

    async def test_the_whole_application_is_served(self, server: Served) -> None:
        self.trust(server)
        async with plain(server, "GET", "/settings", headers={**self.HTTPS, **BEARER}) as response:
            assert response.status == 200
        async with plain(server, "GET", "/settings", headers=BEARER) as response:
            assert response.status == 403

    async def test_only_from_trusted_networks(self, server: Served) -> None:
        self.trust(server, "192.0.2.0/24, 2001:db8::/32")
        async with plain(server, "GET", "/settings", headers={**self.HTTPS, **BEARER}) as response:
            assert response.status == 403

    async def test_the_cookie_stays_under_the_prefix(self, server: Served) -> None:
        self.trust(server)
        headers = {**self.HTTPS, "X-Forwarded-Prefix": "/ipcamera/"}
        async with plain(server, "POST", "/auth", headers=headers, json={"password": PASSWORD}) as response:
            assert "Path=/ipcamera;" in response.headers["Set-Cookie"]

    async def test_lockouts_count_per_person(self, server: Served) -> None:
        self.trust(server)
        for client, wanted in (("203.0.113.5", [401] * 5 + [429]), ("203.0.113.6", [401])):
            for status in wanted:
                headers = {**self.HTTPS, "X-Forwarded-For": f"spoofed, {client}"}
                async with plain(server, "POST", "/auth", headers=headers, json={"password": "x"}) as response:
                    assert response.status == status

    async def test_nobody_invents_an_address_without_the_mode(self, server: Served) -> None:
        for number in range(6):
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            async with server.request("POST", "/auth", headers=headers, json={"password": "x"}) as response:
                assert response.status == (429 if number == 5 else 401)

    async def test_a_websocket_of_a_foreign_page_is_refused(self, server: Served) -> None:
        self.trust(server)
        headers = {**self.HTTPS, **cookie(), "X-Forwarded-Host": "cam.example"}
        url = server.plain_url("/ws")
        async with server.client.ws_connect(url, headers={**headers, "Origin": "https://cam.example"}) as socket:
            assert not socket.closed
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await server.client.ws_connect(url, headers={**headers, "Origin": "https://evil.example"})
        assert caught.value.status == 403


async def test_without_protection_a_foreign_page_opens_no_socket(server: Served) -> None:
    server.surface.door.enabled = False
    async with server.client.ws_connect(server.url("/ws")) as socket:
        assert not socket.closed
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await server.client.ws_connect(server.url("/ws"), headers={"Origin": "https://evil.example"})
    assert caught.value.status == 403


TRUSTED = trusted_networks({"reverseProxyEnabled": True, "trustedProxies": "10.0.0.0/8, fd00::/8"})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.9, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.5, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_who_the_person_is(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, TRUSTED) == client


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("/ipcamera/", "/ipcamera"),
        ("/api/hassio_ingress/Ab_-1", "/api/hassio_ingress/Ab_-1"),
        ("/", ""),
        ("", ""),
        ("ipcamera", ""),
        ("//evil.example", ""),
        ("/a/../b", ""),
        ("/a; Domain=x", ""),
        ("/" + "a" * 200, ""),
    ],
)
def test_prefix(text: str, prefix: str) -> None:
    assert prefix_of(text) == prefix


@pytest.mark.parametrize(
    ("origin", "host", "by_proxy", "ours"),
    [
        ("https://cam:8443", "cam:8443", False, True),
        ("https://CAM:8443", "cam:8443", False, True),
        ("https://cam", "cam:443", False, True),
        ("https://cam:8443", "cam", False, False),
        ("https://cam:8443", "cam", True, True),
        ("http://cam:8443", "cam:8443", False, False),
        ("https://evil", "cam:8443", False, False),
        ("null", "cam:8443", False, False),
        ("", "", False, False),
        ("https://[", "cam", False, False),
    ],
)
def test_same_origin(origin: str, host: str, by_proxy: bool, ours: bool) -> None:
    assert same_origin(origin, Arrival("192.0.2.1", host, by_proxy=by_proxy)) is ours


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("Cam:80", "cam"),
        ("[::1]:80", "[::1]"),
        ("[x]", ""),
        ("a b", ""),
        ("", ""),
        ("cam.", "cam"),
        ("1.2.3.4", "1.2.3.4"),
    ],
)
def test_host_name(header: str, host: str) -> None:
    assert host_name(header) == host


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("cam.example.org", True),
        ("a.b.example.org", False),
        ("example.org", False),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("192.0.2.1", False),
    ],
)
def test_wildcard_names_of_the_owners_certificate(host: str, ours: bool) -> None:
    assert is_ours(host, ("127.0.0.1", "::1", "*.example.org")) is ours


@pytest.mark.parametrize(
    ("address", "text"),
    [("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "[2001:db8::1]"), ("192.0.2.1", "192.0.2.1")],
)
def test_bracketed(address: str, text: str) -> None:
    assert bracketed(address) == text
