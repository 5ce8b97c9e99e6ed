"""/stream, /snapshot and /capture by somebody else's HTTP client, and byte by byte."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import simplejpeg

from api.streams import NO_SIGNAL
from models.errors import Missing
from models.http import limits
from models.http.mjpeg import CONTENT_TYPE
from models.media.ring import Entry
from models.messages import News
from models.messages.auth import SessionsRevoked
from models.messages.camera import CameraView, CaptureView, GetCapture
from models.messages.license import LicenseView
from tests.api.live.conftest import Open, Surface
from tests.api.stage import CAMERA, FREE, JPEG, PRO, TOKEN, entry

AWAY = CameraView("waiting", False, "test pattern", "pattern", 0, 0, 0.0, "unplugged")
STOPPED = CameraView("stopped", False, "test pattern", "pattern", 0, 0, 0.0, streaming=False)
CHROME = {"User-Agent": "Mozilla/5.0 Chrome/130.0", "Sec-Fetch-Dest": "image"}


async def opened(here: Surface, path: str = "/stream", **headers: str) -> tuple[bytes, asyncio.StreamReader]:
    """The head of the answer as it came, and the rest to be read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", here.client.port, limit=2**22)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    reader.writer = writer  # type: ignore[attr-defined]  # keeps the connection
    return head, reader


async def begin(here: Surface, path: str = "/stream", **headers: str) -> tuple[bytes, asyncio.StreamReader]:
    here.stage.picture(JPEG)
    return await opened(here, path, **headers)


async def test_the_bytes_of_a_stream(surface: Open) -> None:
    here = await surface()
    head, body = await begin(here)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n" in head
    assert b"Connection: close\r\n" in head
    assert b"X-Accel-Buffering: no\r\n" in head
    assert b"chunked" not in head.lower()
    assert b"content-length" not in head.lower()
    first = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 104\r\nX-Timestamp: 1700000000.123456\r\n\r\n"
    assert await body.readexactly(len(first)) == first
    await here.stage.followed("jpeg")
    here.stage.picture(JPEG)
    following = JPEG + b"\r\n" + first
    assert await body.readexactly(2 * len(following)) == following * 2


async def test_chromium_is_given_the_next_headers_in_advance(surface: Open) -> None:
    here = await surface()
    _, body = await begin(here, **CHROME)
    lead = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"
    assert await body.readexactly(len(lead) + len(JPEG)) == lead + JPEG
    assert await body.readexactly(2 + len(lead)) == b"\r\n" + lead


@pytest.mark.parametrize("path", ["/stream", "/video.mjpg"])
async def test_head_wakes_nobody(surface: Open, path: str) -> None:
    here = await surface()
    response = await here.client.head(path)
    assert (response.status, response.headers["Content-Type"]) == (200, CONTENT_TYPE)
    assert not here.stage.followers


async def test_a_token_in_the_url_is_enough_for_an_img(surface: Open) -> None:
    here = await surface(auth=True)
    here.stage.picture()
    assert (await here.client.get("/snapshot")).status == 401
    response = await here.client.get("/snapshot.jpg", params={"token": TOKEN})
    assert (response.status, await response.read()) == (200, JPEG)
    assert response.headers["X-Timestamp"] == "1700000000.123456"
    assert response.headers["Content-Length"] == str(len(JPEG))


async def test_an_old_picture_is_not_a_snapshot(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SNAPSHOT_WAIT_S", 0.1)
    here = await surface()
    here.stage.put("jpeg", entry(1, b"old", age_s=1.5))
    response = await here.client.get("/snapshot")
    assert (response.status, await response.json()) == (503, {"error": "Camera not started"})
    assert (await here.client.get("/stream")).status == 503
    assert not here.stage.followers["jpeg"]


async def test_a_snapshot_wakes_the_camera_and_waits(surface: Open) -> None:
    here = await surface()
    waiting = asyncio.create_task(here.client.get("/snapshot"))
    await here.stage.followed("jpeg")
    here.stage.picture()
    assert (await waiting).status == 200


async def test_the_small_stream_is_followed_alone(surface: Open) -> None:
    here = await surface()
    here.stage.picture(JPEG + b"small", "jpeg_sub")
    _, body = await opened(here, "/stream?tier=sub")
    await body.readuntil(JPEG + b"small")
    await here.stage.followed("jpeg_sub")
    assert not here.stage.followers.get("jpeg")
    assert (here.app_state.viewers().clients, here.app_state.viewers().sub_clients) == (1, 1)
    here.stage.picture(JPEG + b"next", "jpeg_sub")
    await body.readuntil(JPEG + b"next")
    assert await (await here.client.get("/snapshot?tier=sub")).read() == JPEG + b"next"


@pytest.mark.parametrize("query", ["tier=tiny", "width=0", "width=x", "width=8193", "width=-1", "width=١"])
async def test_a_wrong_wish_is_refused(surface: Open, query: str) -> None:
    here = await surface()
    here.stage.picture()
    response = await here.client.get(f"/snapshot?{query}")
    assert response.status == 400
    assert (await response.json())["error"].startswith(query.partition("=")[0] + ": Value must be ")


def drawn(width: int, height: int) -> Entry:
    rows = np.random.default_rng(1).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    picture = np.ascontiguousarray(np.kron(rows, np.ones((8, 8, 1), np.uint8)))
    return entry(1, simplejpeg.encode_jpeg(picture, 90, "BGR"))._replace(width=width, height=height)


@pytest.mark.parametrize(
    ("width", "running", "expected"),
    [
        pytest.param(320, "", (180, 320), id="made of the small one"),
        pytest.param(640, "", (360, 640), id="the small one as it is"),
        pytest.param(800, "", (450, 800), id="the small one is not enough"),
        pytest.param(5000, "", (720, 1280), id="never larger"),
        pytest.param(320, "jpeg", (180, 320), id="the large one is there anyway"),
    ],
)
async def test_a_snapshot_of_a_width(surface: Open, width: int, running: str, expected: tuple[int, int]) -> None:
    here = await surface()
    here.stage.state(replace(CAMERA, width=1280, height=720))
    ring = running or ("jpeg_sub" if width <= 640 else "jpeg")
    picture = drawn(640, 360) if ring == "jpeg_sub" else drawn(1280, 720)
    if running:
        here.stage.put(ring, picture)
    asked = asyncio.create_task(here.client.get(f"/snapshot?width={width}"))
    if not running:
        await here.stage.followed(ring)
        here.stage.put(ring, picture)
    data = await (await asked).read()
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2] == expected


async def test_a_broken_picture_cannot_be_made_smaller(surface: Open) -> None:
    here = await surface()
    here.stage.picture()
    response = await here.client.get("/snapshot?width=32")
    assert (response.status, await response.json()) == (503, {"error": "The camera's picture cannot be read"})


async def test_nothing_while_streaming_is_switched_off(surface: Open) -> None:
    here = await surface()
    here.stage.picture()
    here.stage.state(STOPPED)
    for method, path in (("GET", "/stream"), ("HEAD", "/stream"), ("GET", "/snapshot"), ("HEAD", "/snapshot")):
        assert (await here.client.request(method, path)).status == 503


async def test_a_stream_ends_when_streaming_is_switched_off(surface: Open) -> None:
    here = await surface()
    _, body = await begin(here)
    await here.stage.followed("jpeg")
    assert here.app_state.viewers().clients == 1
    here.stage.state(STOPPED)
    async with asyncio.timeout(5):
        await body.read(-1)
    assert here.app_state.viewers().clients == 0
    assert not here.stage.followers["jpeg"]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(SessionsRevoked(("s1",)), id="logged out"),
        pytest.param(SessionsRevoked(()), id="another password"),
        pytest.param(FREE, id="the licence has ended"),
    ],
)
async def test_a_stream_ends_with_the_right_to_see_it(surface: Open, end: News | LicenseView) -> None:
    here = await surface(auth=True)
    _, body = await begin(here, f"/stream?token={TOKEN}")
    await here.stage.followed("jpeg")
    here.app_state.news(SessionsRevoked(("another",)))
    here.stage.state(PRO)
    here.stage.picture(JPEG + b"still there")
    async with asyncio.timeout(5):
        await body.readuntil(JPEG + b"still there")
        here.app_state.news(end) if isinstance(end, News) else here.stage.state(end)
        await body.read(-1)


async def test_a_viewer_who_goes_is_forgotten(surface: Open) -> None:
    here = await surface()
    _, body = await begin(here)
    await here.stage.followed("jpeg")
    body.writer.close()  # type: ignore[attr-defined]
    async with asyncio.timeout(5):
        while here.app_state.viewers().clients:
            here.stage.picture()
            await asyncio.sleep(0.01)


async def test_a_lost_camera_is_shown_as_no_signal_and_comes_back(
    surface: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "NO_SIGNAL_AFTER_S", 0.1)
    monkeypatch.setattr(limits, "NO_SIGNAL_EVERY_S", 0.05)
    here = await surface()
    _, body = await begin(here)
    await here.stage.followed("jpeg")
    here.stage.state(AWAY)
    placeholder = NO_SIGNAL.read_bytes()
    async with asyncio.timeout(5):
        await body.readuntil(placeholder)
    here.stage.state(CAMERA)
    here.stage.picture(JPEG + b"back")
    async with asyncio.timeout(5):
        await body.readuntil(JPEG + b"back")


async def test_no_signal_is_not_shown_for_ever(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_SIGNAL_AFTER_S", "NO_SIGNAL_EVERY_S", "NO_SIGNAL_FOR_S"):
        monkeypatch.setattr(limits, name, 0.05)
    here = await surface()
    _, body = await begin(here)
    here.stage.state(AWAY)
    async with asyncio.timeout(5):
        await body.read(-1)


async def test_one_who_does_not_read_holds_nobody_up_and_is_not_shown_old_pictures(surface: Open) -> None:
    here = await surface()
    stopped = socket.create_connection(("127.0.0.1", here.client.port))
    stopped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    here.stage.picture()
    await asyncio.get_running_loop().sock_sendall(_unblocked(stopped), b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
    while not (others := set(here.app_state.streams)):
        await asyncio.sleep(0.005)
    _, body = await begin(here)
    while not (mine := set(here.app_state.streams) - others):
        await asyncio.sleep(0.005)
    [viewer] = mine
    big = bytes(200_000)
    for number in range(30):
        here.stage.picture(big + b"<%d>" % number)
        async with asyncio.timeout(5):
            await body.readuntil(b"<%d>" % number)
            while viewer.transport.backlog():
                await asyncio.sleep(0.001)  # until the kernel knows that it was read
    waiting = [viewer.transport.backlog() for viewer in here.app_state.streams]
    assert max(waiting) < 2 * len(big) + limits.STREAM_BACKLOG  # one picture and a bit, not thirty
    stopped.close()


async def test_one_who_never_reads_is_cut_off(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STREAM_STUCK_S", 0.2)
    monkeypatch.setattr(limits, "NO_SIGNAL_EVERY_S", 0.05)
    here = await surface()
    here.stage.picture()
    with socket.create_connection(("127.0.0.1", here.client.port)) as stopped:
        await asyncio.get_running_loop().sock_sendall(_unblocked(stopped), b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        await here.stage.followed("jpeg")
        async with asyncio.timeout(10):
            while here.app_state.viewers().clients:
                here.stage.picture(bytes(500_000))
                await asyncio.sleep(0.02)


def _unblocked(connection: socket.socket) -> socket.socket:
    connection.setblocking(False)
    return connection


async def test_there_is_room_for_so_many(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STREAM_CLIENTS_PER_ADDRESS", 1)
    here = await surface()
    first = await begin(here)
    await here.stage.followed("jpeg")
    response = await here.client.get("/stream")
    assert first
    assert (response.status, await response.json()) == (503, {"error": "Too many connections"})


async def test_a_burst_that_waits_for_the_first_picture_takes_no_more_places(
    surface: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STREAM_CLIENTS_PER_ADDRESS", 2)
    here = await surface()
    burst = [asyncio.create_task(here.client.get("/stream")) for _ in range(6)]
    while sum(task.done() for task in burst) < 4:
        await asyncio.sleep(0.01)
    here.stage.picture()
    statuses = sorted([response.status for response in await asyncio.gather(*burst)])
    assert statuses == [200, 200, 503, 503, 503, 503]


async def test_the_last_capture(surface: Open, tmp_path: Path) -> None:
    here = await surface()
    here.stage.answers[GetCapture] = Missing("No capture available")
    response = await here.client.get("/capture")
    assert (response.status, await response.json()) == (404, {"error": "No capture available"})
    path = tmp_path / "still.jpg"
    path.write_bytes(JPEG)
    here.stage.answers[GetCapture] = CaptureView("c1", str(path), 4032, 3024, 1_700_000_000_000, len(JPEG))
    response = await here.client.get("/capture", params={"id": "c1"})
    assert (response.content_type, await response.read()) == ("image/jpeg", JPEG)
    assert response.headers["Content-Disposition"] == 'inline; filename="capture-1700000000000.jpg"'
    assert (await here.client.get("/capture", params={"id": "c0"})).status == 404
    path.unlink()
    assert (await here.client.get("/capture")).status == 404


async def test_everything_ends_with_the_server(surface: Open) -> None:
    here: Any = await surface()
    _, body = await begin(here)
    await here.stage.followed("jpeg")
    await here.app_state.streams.close()
    async with asyncio.timeout(5):
        await body.read(-1)
