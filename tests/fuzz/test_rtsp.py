"""Requests, frames and rubbish, mixed and cut anywhere: never an exception, never more memory than the bound."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.actors.rtsp.server_kit import Camera, studio
from tests.actors.rtsp.wire import Client
from tests.fuzz.rtsp_targets import connection

METHODS = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "RECORD", "options", "X"]
URLS = ["*", "rtsp://h/stream", "rtsp://h/stream/trackID=1", "rtsp://h/?a=b", "/", "rtsp://[::1]:1/x", ""]
HEADERS = {
    "CSeq": ["1", "", "-1", "9" * 30, "٣"],
    "Session": ["abc", ";timeout=1", ""],
    "Transport": ["RTP/AVP/TCP;interleaved=0-1", "RTP/AVP;client_port=1-2", ";;,,=", "RTP/AVP;unicast;client_port=-"],
    "Authorization": ["Basic YTpi", "Digest a=b", 'Digest username="admin", uri="x', "Basic \x00"],
    "Content-Length": ["0", "3", "99999999999", "x"],
    "Require": ["a", ",", "play.basic"],
    "Accept": ["application/sdp", "x"],
}
line_end = st.sampled_from(["\r\n", "\n", "\r", ""])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    version = draw(st.sampled_from(["RTSP/1.0", "RTSP/2.0", "RTSP/x", "HTTP/1.1"]))
    first = f"{draw(st.sampled_from(METHODS))} {draw(st.sampled_from(URLS))} {version}"
    names = draw(st.lists(st.sampled_from(list(HEADERS)), max_size=6))
    lines = [first, *(f"{name}: {draw(st.sampled_from(HEADERS[name]))}" for name in names), ""]
    text = "".join(line + draw(st.just("\r\n") | line_end) for line in lines)
    return text.encode()


frames = st.builds(
    lambda channel, size, payload: bytes((0x24, channel)) + size.to_bytes(2, "big") + payload,
    st.integers(0, 255), st.integers(0, 70), st.binary(max_size=80),
)  # fmt: skip
piece = requests() | frames | st.binary(max_size=60)


@given(st.integers(0, 255), st.lists(piece, max_size=8))
@settings(max_examples=500)
def test_a_connection_survives_anything(step: int, pieces: list[bytes]) -> None:
    connection(bytes((step,)) + b"".join(pieces))


async def test_the_server_goes_on_after_a_hundred_strangers() -> None:
    import random

    dice = random.Random(7)
    camera = Camera(max_sessions_per_address=100)
    async with studio(camera) as port:
        for _ in range(100):
            async with Client(port) as stranger:
                for _ in range(dice.randrange(1, 6)):
                    method, target = dice.choice(METHODS), dice.choice(URLS)
                    head = f"{method} {target} RTSP/1.0\r\n" + "".join(
                        f"{name}: {dice.choice(values)}\r\n" for name, values in HEADERS.items() if dice.random() < 0.6
                    )
                    stranger.writer.write(head.encode() + dice.choice([b"\r\n", b"", dice.randbytes(30)]))
        async with Client(port) as client:
            await client.set_up()
            assert (await client.ask("PLAY")).status == 200
            await client.collect(20)
