"""Headers may hold anything: what reads them answers, and never raises."""

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from api.credentials import TOKEN, cookie_of, credential_of
from api.proxy import Arrival, arrival, same_origin
from api.redirect import host_name, is_ours, is_page, location

# What can stand in a header after parsing: no line ends, bytes beyond ASCII as surrogates.
VALUES = st.text(
    st.characters(exclude_characters="\r\n\0", max_codepoint=0xFF)
    | st.sampled_from([chr(0xDC80 + n) for n in range(128)]),
    max_size=200,
)
NAMES = ("Authorization", "Cookie", "Host", "Origin", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
         "X-Forwarded-Prefix", "X-Ingress-Path", "Upgrade")  # fmt: skip
HEADERS = st.dictionaries(st.sampled_from(NAMES), VALUES)
TRUSTING = {"reverseProxyEnabled": True, "trustedProxies": "0.0.0.0/0, ::/0"}
PATHS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60).map(lambda text: f"/{text}")


def request_with(headers: dict[str, str], path: str) -> web.Request:
    request = make_mocked_request("GET", "/")
    # The mock cannot take "//[": put in what the server's parser makes of such a path.
    before_hash, _, fragment = path.partition("#")
    plain, _, query = before_hash.partition("?")
    request._rel_url = URL.build(path=plain, query_string=query, fragment=fragment, encoded=True)
    request._message = request._message._replace(path=path, url=request._rel_url)
    request._headers = CIMultiDictProxy(CIMultiDict(headers))  # the mock's own way encodes, and so refuses surrogates
    return request


@given(HEADERS, PATHS)
def test_credentials(headers: dict[str, str], path: str) -> None:
    request = request_with(headers, path)
    for media in (True, False):
        found = credential_of(request, media=media, basic=media)
        assert found.carrier in ("cookie", "bearer", "query", "basic", "none")
        assert found.carrier == "basic" or not found.token or TOKEN.fullmatch(found.token)
    cookie_of(request)


@given(HEADERS)
def test_what_a_proxy_says(headers: dict[str, str]) -> None:
    arrived = arrival(request_with(headers, "/"), TRUSTING)
    assert arrived.prefix == "" or arrived.prefix.startswith("/")
    assert not set(arrived.prefix) & set(";, \"'\\")
    same_origin(headers.get("Origin", ""), arrived)


@given(VALUES)
def test_a_foreign_origin_is_never_ours(origin: str) -> None:
    ours = same_origin(origin, Arrival("192.0.2.1", "cam.example:8443"))
    assert ours is (origin.lower().partition("/")[2].strip("/") == "cam.example:8443" and ours)


@given(HEADERS, PATHS)
def test_the_way_to_https(headers: dict[str, str], path: str) -> None:
    request = request_with(headers, path)
    is_page(request)
    host = host_name(headers.get("Host", ""))
    is_ours(host, ("cam", "*.example.org"))
    target = location(request, "cam", 8443)
    assert target.startswith("https://cam:8443/")
    assert not set(target) & set('\r\n "<>')
