"""Whatever reads bytes from outside takes time in proportion to them: 64 kB of the worst input, each in a moment.

The limit is processor time, some hundred times what is needed; what grows with the square of its input takes far more.
"""

import importlib
import inspect
import json
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

import actors
import api
import config
import models
from api import credentials, event_query, json_body, proxy
from config import logs, redact
from config.network import interfaces, reachable
from config.settings import REGISTRY, validate
from models.errors import Invalid
from models.http import json_schema
from models.http.schema import CLIENT
from models.media import annexb, jpeg, network_address, tts_text
from models.media import source_address as media_address
from models.mqtt import commands
from models.mqtt.topics import Topics
from models.onvif import discovery, soap, topics
from models.onvif.subscriptions import life_of
from models.onvif.username_token import UsernameTokens
from models.rtp import rtcp
from models.rtsp import auth, parser, request_check, sdp_parser, transport, url
from models.rtsp.message import Request
from models.security import digest, http_auth, lockout
from models.security import license as licences
from models.security.digest import SharedNonces
from tests.actors.onvif.onvif_kit import envelope

SIZE = 64 * 1024
LIMIT_S = 2.0
PIECES = (
    "a", "-", " ", "\t", "\n", "0", "9", "/", ":", "=", '"', "\\", ",", ";", ".", "@", "_", "A", "[", "{", "%", "&",
    "a-", "a.", "a:", "a=", "a ", "x:", "://", "x://", '="', 'a="', "\\a", "/a", "a/", "a@", ":1", "a, ", "'", "€",
    "token", "token=", "password ", "Basic ", "Bearer  ", "Digest a=", "session=", "secret-", "trackID=", "\r\n",
)  # fmt: skip


class TooSlowError(Exception):
    """The limit of processor time has passed."""


@contextmanager
def in_time() -> Iterator[None]:
    def over(_number: int, _frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def floods(*around: tuple[str, str]) -> Iterator[str]:
    """64 kB of each piece, plain and between each (before, after)."""
    for piece in PIECES:
        flood = (piece * (SIZE // len(piece)))[:SIZE]
        yield flood
        for before, after in around:
            yield before + flood + after


def test_the_limit_notices_what_is_quadratic() -> None:
    once = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
    with pytest.raises(TooSlowError), in_time():
        list(once.finditer("a" * SIZE))


# ---------------------------------------------------------------- every expression of every module
def patterns() -> Iterator[tuple[str, re.Pattern[Any], set[str]]]:
    """Name, expression, and the methods by which its module uses it (those in a tuple are searched for)."""
    for package in (models, api, config, actors):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for name, value in sorted(vars(module).items()):
                if isinstance(value, re.Pattern):
                    yield f"{found.name}.{name}", value, _uses(module, name)
                for entry in value if isinstance(value, tuple) else ():
                    if isinstance(entry, tuple) and entry and isinstance(entry[0], re.Pattern):
                        yield f"{found.name}.{name}", entry[0], {"search", "sub"}


def _uses(module: ModuleType, name: str) -> set[str]:
    source = inspect.getsource(module)
    return {line.partition("(")[0].partition(" ")[0] for line in source.split(f"{name}.")[1:]}


def test_every_expression() -> None:
    seen = set()
    for name, pattern, uses in patterns():
        seen.add(name)
        assert uses <= {"search", "match", "fullmatch", "sub", "finditer", "findall"}, name
        for text in floods(('"', ""), ('a="', ""), ("token", "="), ("://", "")):
            flood: Any = text if isinstance(pattern.pattern, str) else text.encode() + b"\xff" * SIZE
            with in_time():
                for use in uses:
                    if use == "sub":
                        pattern.sub(flood[:0], flood)
                    elif use == "finditer":
                        list(pattern.finditer(flood))
                    else:
                        getattr(pattern, use)(flood)
    assert seen >= {
        "config.redact._IN_TEXT",
        "api.proxy.PREFIX",
        "models.rtsp.url._TRACK",
        "config.network.interfaces._HOST",
    }


def test_every_setting() -> None:
    for setting in REGISTRY.values():
        for flood in floods():
            with in_time():
                assert validate({setting.key: flood}, internal=True).errors
        if setting.pattern:  # whatever its own limit of length
            for flood in floods():
                with in_time():
                    re.fullmatch(setting.pattern, flood)


# ---------------------------------------------------------------- every parser
LOGIN = auth.Login("admin", "secret")


def _refused(text: str) -> object:
    request = Request(text, text, "RTSP/1.0", {"cseq": "1", "require": text, "accept": text, "session": text})
    return [
        request_check.refusal(Request("DESCRIBE", text, "RTSP/1.0", request.headers), "/stream", None),
        request.cseq,
    ]


def _ws(text: str) -> object:
    return [json_schema.problem(schema, {"type": text, "key": text, "value": text}) for schema in CLIENT.values()]


def _command(text: str) -> object:
    topics = Topics("ipcamera")
    for rest, payload in ((text, "1"), ("tts", text), ("setting/x/set", text), ("motion/enabled", text)):
        try:
            commands.parse(topics, f"ipcamera/control/{rest}", payload.encode()[: commands.COMMAND_BYTES])
        except Invalid:
            continue
    return commands.typed("int", text)


def _log(text: str) -> object:
    bound = logs.RateBound(lambda: 0.0, str)
    return [bound(None, "info", {"event": text}), redact.redact(text, {text: [text, {text: ValueError(text)}]})]


def _soap(text: str) -> object:
    """As a whole, and in each place of a request that we read."""
    network_address = (
        "<wsse:Security><wsse:UsernameToken>{0}<wsu:Created>{0}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )
    for body in (
        text,
        envelope(text),
        envelope("<tds:GetUsers/>", network_address.format(text)),
        envelope(f"<tds:{text}/>"),
    ):
        try:
            call = soap.read(body.encode())
            UsernameTokens().check(call.security, LOGIN, 1.0)
        except soap.Fault:
            continue
    return text


PARSERS: dict[str, Callable[[str], object]] = {
    "log lines": _log,
    "RTSP messages": lambda text: parser.Parser().feed(text.encode()),
    "RTSP authorization": lambda text: auth.check(text, ("PLAY", text), LOGIN, auth.Nonces(b"k" * 32), 1),
    "SDP of cameras": lambda text: [
        sdp_parser.parse(text),
        sdp_parser.parse(f"m=video 0 RTP/AVP 96\r\na=fmtp:96 {text}\r\n"),
    ],
    "addresses of cameras": lambda text: [
        network_address.parse_network(f"rtsp://{text}"),
        network_address.parse_network(text),
    ],
    "challenges of others": lambda text: http_auth.challenges([f"Digest {text}", text]),
    "ONVIF requests": _soap,
    "ONVIF nonces": lambda text: SharedNonces(b"k" * 32).take(text, text, 1),
    "ONVIF authorization": lambda text: digest.check(text, ("POST", text), LOGIN, SharedNonces(b"k" * 32), 1),
    "ONVIF topics": topics.matching,
    "ONVIF times": lambda text: life_of(text, 1.0),
    "discovery": lambda text: discovery.read(text.encode()),
    "RTSP nonces": lambda text: auth.Nonces(b"k" * 32).take(text, text, 1),
    "RTSP transports": transport.choose,
    "RTSP URLs": url.parse,
    "RTSP refusals": _refused,
    "RTCP": lambda text: rtcp.parse(text.encode()),
    "JSON": json_body.parse_json,
    "WebSocket messages": _ws,
    "MQTT commands": _command,
    "queries": lambda text: [event_query.parse({key: text}, 1) for key in ("type", "since", "limit")],
    "Authorization of HTTP": lambda text: [credentials._from_header(f"{kind}{text}", True) for kind in ("", "Basic ")],
    "forwarded addresses": lambda text: proxy.client_of("127.0.0.1", text, (proxy.trusted_networks({}))),
    "forwarded prefixes": proxy.prefix_of,
    "origins": lambda text: proxy.same_origin(text, proxy.Arrival("192.0.2.1", text, by_proxy=True)),
    "forwarded hosts": proxy._host,
    "brokers": interfaces.parse_broker,
    "proxies": interfaces.proxies,
    "host names": reachable.is_host_name,
    "media addresses": media_address.parse_picture_source,
    "speech": tts_text.clean,
    "licences": lambda text: licences.read(f"IPC1.{text}", ()),
    "client addresses": lockout.client_key,
}
BINARY: dict[str, Callable[[], object]] = {
    "RTCP": lambda: rtcp.parse(b"\x80\xc9\0\0" * (SIZE // 4)),
    "JSON numbers": lambda: json_body.parse_json("1." + "1" * SIZE),
    "JPEG": lambda: list(jpeg.segments(b"\xff\xd8" + b"\xff" * SIZE)),
    "JPEG segments": lambda: list(jpeg.segments(b"\xff\xd8" + b"\xff\xe0\0\0" * (SIZE // 4))),
    "H.264": lambda: annexb.access_unit(b"\0\0\1" * (SIZE // 3), (), ()),
    "H.264 units": lambda: annexb.access_unit(b"\0\0\1\x67" * (SIZE // 4), (), ()),
    "H.264 zeros": lambda: list(annexb.nal_units(b"\0" * SIZE)),
    "H.264 parameter sets": lambda: annexb.parse_sps(b"\x67" + b"\0\0\3" * (SIZE // 3)),
    "RTSP requests": lambda: parser.Parser().feed(b"A / RTSP/1.0\n\n" * (SIZE // 14)),
    "RTSP frames": lambda: parser.Parser().feed(b"$\0\0\0" * (SIZE // 4)),
}
AROUND = (('Digest username="', ""), ('Digest a="', '"'), ("Digest ", ""), ("Basic ", ""), ("{", ""), ('"', '"'))
QUOTING = {"RTSP authorization", "ONVIF authorization", "RTSP nonces", "RTSP transports", "JSON", "log lines"}


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser(name: str) -> None:
    for flood in floods(*(AROUND if name in QUOTING else ())):
        with in_time():
            try:
                PARSERS[name](flood)
            except (ValueError, Invalid):  # a refusal is an answer
                continue


@pytest.mark.parametrize("name", BINARY)
def test_every_binary_parser(name: str) -> None:
    with in_time():
        BINARY[name]()


@pytest.mark.parametrize("piece", [b"a", b"\n", b" ", b"a: b\r\n", b"$"])
@pytest.mark.parametrize("head", [b"", b"A / RTSP/1.0\r\nX: %s\r\nContent-Length: 65536\r\n\r\n" % (b"x" * 16_000)])
def test_rtsp_byte_by_byte(head: bytes, piece: bytes) -> None:
    """Nothing is read again because one more byte has come."""
    slow = parser.Parser()
    slow.feed(head)
    with in_time():
        for byte in (piece * (SIZE // len(piece)))[: SIZE - 1]:
            slow.feed(bytes((byte,)))


def test_nesting_is_refused_in_time() -> None:
    for opening in ("[", '{"a":', '[{"":'):
        with in_time(), pytest.raises(ValueError, match=r"nested|Expecting"):
            json_body.parse_json(opening * (SIZE // len(opening)))
        with in_time():
            assert commands._json(opening * (SIZE // len(opening))) is None
    deep = json.loads("[" * 900 + "]" * 900)
    with in_time():
        redact.redact("", deep)
