"""/stream and H.264 as other people's programs read them."""

import asyncio
import hashlib
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator

import cv2
import pytest
from playwright.async_api import Page, async_playwright

from tests.wire.live_client import LiveClient
from tests.wire.server import INSECURE, RunningServer

pytestmark = pytest.mark.system
CHROMIUM = "/usr/bin/chromium"
SIZE = (1280, 720)

DECODE = """async (want) => {
  const said = await new Promise((resolve, reject) => {
    const shown = new Set();
    const canvas = new OffscreenCanvas(64, 36), pen = canvas.getContext('2d', {willReadFrequently: true});
    const show = (frame) => {
      pen.drawImage(frame, 0, 0, 64, 36);
      shown.add(pen.getImageData(0, 0, 64, 36).data.join());
      answer.size = [frame.displayWidth, frame.displayHeight];
      frame.close();
      answer.pictures += 1;
      if (answer.pictures >= want) { socket.close(); resolve({...answer, different: shown.size}); }
    };
    const answer = {pictures: 0, first: null};
    const decoder = new VideoDecoder({output: show, error: reject});
    const socket = new WebSocket(location.origin.replace('https', 'wss') + '/ws');
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({data}) => {
      if (typeof data === 'string') {
        const message = JSON.parse(data);
        if (message.type === 'rtsp_status') socket.send(JSON.stringify({type: 'enableH264', enable: true}));
        if (message.type === 'h264_ack') {
          answer.codec = message.codec;
          decoder.configure({codec: message.codec, optimizeForLatency: true});
        }
        return;
      }
      const bytes = new Uint8Array(data);
      let key = false;
      for (let at = 0; at < Math.min(bytes.length, 4096) - 4; at += 1)
        if (!bytes[at] && !bytes[at + 1] && bytes[at + 2] === 1) key ||= [5, 7].includes(bytes[at + 3] & 31);
      answer.first ??= key;
      decoder.decode(new EncodedVideoChunk({type: key ? 'key' : 'delta', timestamp: performance.now() * 1000, data}));
    };
    socket.onclose = ({code}) => reject(new Error('closed with ' + code));
  });
  return said;
}"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"{CHROMIUM} is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(ignore_https_errors=True)
        yield await context.new_page()
        await browser.close()


def run(*command: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)


@pytest.mark.parametrize("advance", [0, 1])
@pytest.mark.parametrize("demuxer", [(), ("-f", "mpjpeg"), ("-f", "mpjpeg", "-strict_mime_boundary", "1")])
def test_ffmpeg(server: RunningServer, demuxer: tuple[str, ...], advance: int) -> None:
    url = f"{server.url}/stream?token={server.token}&advance={advance}"
    read = run("ffmpeg", "-v", "error", *demuxer, "-i", url, "-frames:v", "30", "-f", "framecrc", "-")
    pictures = [line.split(",")[-1] for line in read.stdout.splitlines() if not line.startswith("#")]
    assert (read.returncode, read.stderr) == (0, "")
    assert len(pictures) == 30
    assert len(set(pictures)) > 20  # the clock in the picture runs


@pytest.mark.parametrize("advance", [0, 1])
def test_gstreamer(server: RunningServer, advance: int) -> None:
    url = f"{server.url}/stream?token={server.token}&advance={advance}"
    source = f"souphttpsrc ssl-strict=false location={url} num-buffers=400"
    chain = f"{source} ! multipartdemux ! jpegdec ! fakesink silent=false"
    read = run("gst-launch-1.0", "-v", *chain.split())
    assert "ERROR" not in read.stdout + read.stderr
    assert f"width=(int){SIZE[0]}" in read.stdout
    assert read.stdout.count("chain   *******") > 3


def test_opencv(server: RunningServer) -> None:
    reader = cv2.VideoCapture(f"{server.url}/stream?token={server.token}")
    seen = set()
    for _ in range(20):
        there, picture = reader.read()
        assert there
        seen.add(hashlib.sha256(picture.tobytes()).hexdigest())
    reader.release()
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    assert len(seen) > 10


@pytest.mark.browser
async def test_chromium_shows_moving_pictures_in_an_img(server: RunningServer, page: Page) -> None:
    await page.goto(server.url + "/auth/status")
    await page.set_content(f'<img id="live" src="{server.url}/stream?token={server.token}">')
    await page.wait_for_function("document.getElementById('live').naturalWidth > 0", timeout=20_000)
    shots = []
    for _ in range(4):
        shots.append(await page.locator("#live").screenshot())
        await asyncio.sleep(0.3)
    assert len(set(shots)) > 1
    assert await page.evaluate("[live.naturalWidth, live.naturalHeight]") == list(SIZE)


@pytest.mark.browser
async def test_chromium_decodes_h264_with_webcodecs(server: RunningServer, page: Page) -> None:
    await page.context.add_cookies(
        [{"name": "session", "value": server.token, "url": server.url, "secure": True, "sameSite": "Strict"}]
    )
    await page.goto(server.url + "/auth/status")
    said = await page.evaluate(DECODE, 40)
    assert said["first"] is True
    assert said["codec"].startswith("avc1.")
    assert said["size"] == list(SIZE)
    assert (said["pictures"], said["different"] > 20) == (40, True)


def opened(server: RunningServer, receive_buffer: int = 0) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", server.https_port))
    if receive_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    secure = INSECURE.wrap_socket(plain, server_hostname="localhost")
    secure.settimeout(20)
    secure.sendall(f"GET /stream?token={server.token} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return secure


def test_ten_viewers_and_one_who_does_not_read(server: RunningServer) -> None:
    viewers, stopped = [opened(server) for _ in range(10)], opened(server, 8192)
    facade = server.rows()["facade"]
    counts = dict.fromkeys(viewers, 0)
    until = time.monotonic() + 4
    while time.monotonic() < until:
        for viewer in viewers:
            counts[viewer] += viewer.recv(1 << 18).count(b"\r\n--frame\r\n")
    least, most = min(counts.values()), max(counts.values())
    assert least > 4
    assert most - least <= max(3, most // 4)  # nobody is favoured, nobody held up
    after = server.rows()["facade"]
    assert after.pid == facade.pid
    assert after.pss_bytes - facade.pss_bytes < 40_000_000
    assert server.get("/status")[1]["clients"] >= 11
    for viewer in (*viewers, stopped):
        viewer.close()
    server.wait_for(lambda: server.get("/status")[1]["clients"] == 0)


async def test_a_stopped_socket_reader_is_given_the_present_when_he_goes_on(server: RunningServer) -> None:
    lazy, busy = await LiveClient.ready(server), await LiveClient.ready(server)
    for live in (lazy, busy):
        await live.send("enableH264", framing="v1")
        await live.until("h264_ack", lambda message: "codec" in message)
    lazy.connection.transport.pause_reading()
    until = time.monotonic() + 4
    while time.monotonic() < until:
        await busy.frame()
    lazy.connection.transport.resume_reading()
    newest = (await busy.frame())[4:8]
    for _ in range(400):
        if (await lazy.frame())[4:8] >= newest:
            break
    else:
        pytest.fail("he is still given old pictures")
    for live in (lazy, busy):
        await live.close()


def test_head_of_a_stream_is_quick_and_wakes_nobody(server: RunningServer) -> None:
    status, body, headers = server.request("HEAD", "/stream")
    assert (status, body) == (200, b"")
    assert headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
    assert json.dumps(dict(headers)).lower().count("chunked") == 0


def test_a_sleeping_camera_wakes_for_a_viewer(server: RunningServer) -> None:
    assert server.post("/settings", {"cameraStandbyMode": True})[0] == 200
    server.wait_for(lambda: server.get("/status")[1]["camera"]["state"] == "standby", seconds=40)
    status, body, _ = server.request("GET", "/snapshot")
    assert (status, body[:2]) == (200, b"\xff\xd8")
    server.wait_for(lambda: server.get("/status")[1]["camera"]["state"] == "standby", seconds=40)
    with opened(server) as viewer:
        while b"\xff\xd8" not in viewer.recv(1 << 18):
            continue
    assert server.post("/settings", {"cameraStandbyMode": False})[0] == 200
