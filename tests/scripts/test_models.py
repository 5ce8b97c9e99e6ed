"""``ipcamera models`` against a directory and a web server of our own; and the download's resumption."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actors.detector.download import DownloadError, fetch
from config.weights.catalogue import YAMNET, YOLOX_NANO
from models.messages.detector import GetModelPlaces, ModelPlaces
from scripts.ipcamera.models import app
from tests.models.detect.samples import WEIGHTS, weights
from tests.scripts.running import running

CONTENT = bytes(range(256)) * 1000
FILE = replace(
    YOLOX_NANO,
    file="net.onnx",
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    urls=(),
    loads="net.onnx",
)


class Site(ThreadingHTTPServer):
    """Serves CONTENT: whole, in parts, cut off, or spoilt."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[str] = []
        self.content = CONTENT
        self.cut_after: int | None = None
        self.ranges = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.requests.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut_after])


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def nothing(_done: int) -> None:
    pass


def test_a_download_is_checked_and_named_at_the_end(site: Site, tmp_path: Path) -> None:
    seen: list[int] = []
    assert fetch(FILE, tmp_path / "net.onnx", site.url, seen.append) == f"{site.url}/net.onnx"
    assert (tmp_path / "net.onnx").read_bytes() == CONTENT
    assert (seen[0], seen[-1]) == (0, len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_what_was_cut_off_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    site.cut_after = 100_000
    with pytest.raises(DownloadError):
        fetch(FILE, tmp_path / "net.onnx", site.url, nothing)
    site.cut_after = None
    fetch(FILE, tmp_path / "net.onnx", site.url, nothing)
    assert site.requests[-1] == "bytes=100000-"
    assert (tmp_path / "net.onnx").read_bytes() == CONTENT


def test_a_server_without_ranges_begins_again(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    (tmp_path / "net.onnx.part").write_bytes(b"x" * 5000)
    fetch(FILE, tmp_path / "net.onnx", site.url, nothing)
    assert (tmp_path / "net.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"!", CONTENT + b"more", b"", CONTENT[:10]])
def test_the_wrong_bytes_are_never_kept(site: Site, tmp_path: Path, content: bytes) -> None:
    site.content = content
    with pytest.raises(DownloadError):
        fetch(FILE, tmp_path / "net.onnx", site.url, nothing)
    assert not (tmp_path / "net.onnx").exists()


def test_the_next_source_is_tried(site: Site, tmp_path: Path) -> None:
    model = replace(FILE, urls=(f"{site.url}/net.onnx",))
    assert fetch(model, tmp_path / "net.onnx", str(tmp_path / "no such directory"), nothing).startswith("http")


def test_each_source_is_a_step(tmp_path: Path) -> None:
    """What counts as hung after a while without one is the source, not how many there are."""
    seen: list[int] = []
    with pytest.raises(DownloadError):
        fetch(replace(FILE, urls=("http://127.0.0.1:1/a", "http://127.0.0.1:1/b")), tmp_path / "n", "", seen.append)
    assert seen == [0, 0]


def test_no_other_schemes(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="not a URL"):
        fetch(FILE, tmp_path / "net.onnx", "file:///etc", nothing)


# ---------------------------------------------------------------- the command


def ipcamera(tmp_path: Path, *arguments: str, **environment: str) -> "tuple[int, str]":
    data_dir = str(tmp_path / "data")
    given = {"IPCAMERA_DATA_DIR": data_dir, "IPCAMERA_MODELS_DIR": "", "IPCAMERA_DETECTION_MODEL_MIRROR": ""}
    result = CliRunner().invoke(app, list(arguments), env=given | environment)
    return result.exit_code, result.output


def test_list_says_what_is_missing(tmp_path: Path) -> None:
    code, text = ipcamera(tmp_path, "list", "--json")
    assert code == 0
    assert {row["id"]: row["state"] for row in json.loads(text)} == dict.fromkeys(
        ("yamnet", "mn04_as", "yolox_nano", "picodet_s_416"), "missing"
    )


def test_verify_fails_with_the_remedy(tmp_path: Path) -> None:
    code, text = ipcamera(tmp_path, "verify")
    assert code == 1
    assert "The model yamnet is missing" in text


def test_fetch_from_a_directory_and_verify(tmp_path: Path) -> None:
    weights(YAMNET.file), weights(YOLOX_NANO.file)
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "ipcamera.toml").write_text(f'[detection]\nmodel_mirror = "{WEIGHTS}"\n')
    code, text = ipcamera(tmp_path, "fetch")
    assert code == 0, text
    assert "converted to ONNX" in text
    code, text = ipcamera(tmp_path, "verify")
    assert code == 0, text
    assert text.count("good") == 3
    broken = tmp_path / "data" / "models" / YOLOX_NANO.file
    broken.write_bytes(broken.read_bytes()[:-1])
    code, text = ipcamera(tmp_path, "verify", "yolox_nano")
    assert code == 1
    assert "broken" in text


def test_needed_asks_for_nothing_while_nothing_is_on(tmp_path: Path) -> None:
    assert ipcamera(tmp_path, "needed", "--source", "pattern:", "--https-port", "0") == (0, "")


def test_an_unknown_model_is_said_to_be(tmp_path: Path) -> None:
    code, text = ipcamera(tmp_path, "fetch", "resnet")
    assert code == 1
    assert "there is no model resnet" in text


def test_list_and_doctor_say_what_the_running_server_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server was started with another folder than this shell knows of."""
    weights(YOLOX_NANO.file)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    data_dir = tmp_path / "data"
    assert state_of("yolox_nano", data_dir) == "missing"
    with running(data_dir, {GetModelPlaces: ModelPlaces(str(WEIGHTS), "yolox_nano")}):
        assert state_of("yolox_nano", data_dir) == "good"
    with running(data_dir, {GetModelPlaces: ModelPlaces("", "yolox_nano")}):
        assert state_of("yolox_nano", data_dir, "--models-dir", str(WEIGHTS)) == "missing"


def state_of(model: str, data_dir: Path, *more: str) -> str:
    env = {"IPCAMERA_MODELS_DIR": ""}
    result = CliRunner().invoke(app, ["list", "--json", "--data-dir", str(data_dir), *more], env=env)
    assert result.exit_code == 0, result.output
    return str(next(row["state"] for row in json.loads(result.stdout) if row["id"] == model))
