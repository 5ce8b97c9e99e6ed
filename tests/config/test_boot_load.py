"""Who beats whom, every name of the interface, and one line for every mistake."""

import os
import socket
import tempfile
from pathlib import Path

import pytest

from config import places
from config.boot_load import BootError, load_boot
from config.boot_options import OPTIONS

NAMES = {  # the interface: environment, flag, a value, and how the boot configuration shows it
    "source": ("IPCAMERA_SOURCE", "--source", "pattern:", "pattern:"),
    "audio_source": ("IPCAMERA_AUDIO_SOURCE", "--audio-source", "tone:", "tone:"),
    "speaker": ("IPCAMERA_SPEAKER", "--speaker", "wav:/x", "wav:/x"),
    "https_port": ("IPCAMERA_HTTPS_PORT", "--https-port", "0", 0),
    "http_port": ("IPCAMERA_HTTP_PORT", "--http-port", "9000", 9000),
    "bind": ("IPCAMERA_BIND", "--bind", "127.0.0.1,::1", ("127.0.0.1", "::1")),
    "auth": ("IPCAMERA_AUTH", "--auth", "off", False),
    "models_dir": ("IPCAMERA_MODELS_DIR", "--models-dir", "/models", Path("/models")),
    "log_level": ("IPCAMERA_LOG_LEVEL", "--log-level", "debug", "debug"),
    "log_format": ("IPCAMERA_LOG_FORMAT", "--log-format", "json", "json"),
}


def test_defaults(tmp_path: Path) -> None:
    boot = load_boot({}, {"XDG_DATA_HOME": str(tmp_path)})
    assert boot.data_dir == tmp_path / "ipcamera"
    assert (boot.source, boot.https_port, boot.http_port, boot.auth) == ("auto", 8443, 8080, True)
    assert boot.bind == ("0.0.0.0", "::")
    assert not boot.data_dir.exists()  # reading makes nothing


def test_data_dir_without_xdg() -> None:
    assert load_boot({}, {"HOME": "/home/me"}).data_dir == Path("/home/me/.local/share/ipcamera")


@pytest.mark.parametrize("name", NAMES)
def test_every_option_by_environment_and_command_line(name: str, tmp_path: Path) -> None:
    environment, flag, text, value = NAMES[name]
    option = next(option for option in OPTIONS if option.name == name)
    assert (option.environment, option.flag) == (environment, flag)
    assert getattr(load_boot({"data_dir": tmp_path}, {environment: text}), name) == value
    assert getattr(load_boot({"data_dir": tmp_path, name: text}, {}), name) == value


def test_license_override(tmp_path: Path) -> None:
    boot = load_boot({"data_dir": tmp_path}, {"IPCAMERA_LICENSE_OVERRIDE": "pro"})
    assert boot.license.override == "pro"
    assert load_boot({"data_dir": tmp_path, "license.override": "free"}, {}).license.override == "free"


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "ipcamera.toml").write_text("https_port = 1\nhttp_port = 2\nlog_level = 'error'\n")
    environ = {"IPCAMERA_HTTPS_PORT": "3", "IPCAMERA_HTTP_PORT": "4", "IPCAMERA_LOG_LEVEL": ""}
    boot = load_boot({"data_dir": tmp_path, "https_port": "5"}, environ)
    assert (boot.https_port, boot.http_port, boot.log_level, boot.log_format) == (5, 4, "error", "auto")


def test_sections(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(
        "auth = false\nbind = ['127.0.0.1']\nmodels_dir = '~/m'\n"
        "[rtsp]\nsession_actors = 2\naudio_codec = 'opus'\n"
        "[license]\ntrusted_issuers = ['AAAA']\nallow_local_issuer = false\n"
        "[certificate]\ncertificate = '/c.pem'\nkey = '/k.pem'\n"
        "[detection]\nobject_model = 'picodet_s_416'\nobject_needs_motion = true\n"
    )
    boot = load_boot({"data_dir": tmp_path}, {}, config=file)
    assert (boot.auth, boot.bind, boot.models_dir) == (False, ("127.0.0.1",), Path.home() / "m")
    assert (boot.rtsp.session_actors, boot.rtsp.audio_codec, boot.rtsp.max_sessions) == (2, "opus", 50)
    assert (boot.license.trusted_issuers, boot.license.allow_local_issuer) == (("AAAA",), False)
    assert (boot.certificate.certificate, boot.certificate.key) == ("/c.pem", "/k.pem")
    assert (boot.detection.object_model, boot.detection.object_needs_motion) == ("picodet_s_416", True)


def test_a_config_file_may_name_the_data_directory(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"data_dir = '{tmp_path}/d'\n")
    assert load_boot({}, {"HOME": "/h"}, config=tmp_path / "a.toml").data_dir == tmp_path / "d"


def test_a_source_file_is_known_by_its_full_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert load_boot({"data_dir": tmp_path, "source": "clip.mp4"}, {}).source == str(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    "text", ["auto", "v4l2:/dev/video9", "rtsp://u:p@h/x", "http://h", "https://h", "pattern:", "rtsp+http://h/x"]
)
def test_sources_that_may_be_away_are_taken(text: str, tmp_path: Path) -> None:
    assert load_boot({"data_dir": tmp_path, "source": text}, {}).source == text


@pytest.mark.parametrize(
    ("toml", "text"),
    [
        ("https_port = ", "not valid TOML"),
        ("colour = 1", "unknown key 'colour'"),
        ("[rtsp]\ncolour = 1", "unknown key 'rtsp.colour'"),
        ("rtsp = 5", "rtsp is a section"),
        ("https_port = 70000", "not a number from 0 to 65535"),
        ("https_port = true", "not a number"),
        ("https_port = 1.5", "not a number"),
        ("https_port = -1", "not a number"),
        ("auth = 'maybe'", "not on or off"),
        ("source = 5", "expected a text"),
        ("source = 'webcam'", "'webcam': unknown"),
        ("source = '/no/such.mp4'", "there is no such file"),
        ("source = 'ftp://me:secret@host/x'", "known are auto"),
        ("source = 'rtsp://me:secret@cam:55554444/x'", "its port is not a number from 1 to 65535"),
        ("source = 'http://me:secret@'", "it names no host"),
        ("audio_source = 'rtsp://me:secret@[::1/x'", "its host is incomplete"),
        ("speaker = 'loud'", "unknown"),
        ("log_level = 'loud'", "is not one of debug, info, warning, error"),
        ("https_port = 9\nhttp_port = 9", "are both 9"),
        ("bind = 'my.host'", "is not an IP address"),
        ("bind = []", "at least one address"),
        ("models_dir = ''", "expected a path"),
        ("[certificate]\nkey = '/k'", "belong together"),
        ("[detection]\nobject_model = 'best'", "is not one of"),
        ("[rtsp]\nsession_actors = 0", "from 1 to 16"),
    ],
)
def test_a_mistake_is_one_line_without_secrets(toml: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "ipcamera.toml").write_text(toml)
    with pytest.raises(BootError) as caught:
        load_boot({"data_dir": tmp_path}, {})
    message = str(caught.value)
    assert text in message
    assert "\n" not in message
    assert "secret" not in message


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(BootError, match="no such configuration file"):
        load_boot({"data_dir": tmp_path}, {}, config=tmp_path / "none.toml")
    (tmp_path / "ipcamera.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BootError, match="not UTF-8"):
        load_boot({"data_dir": tmp_path}, {})
    (tmp_path / "ipcamera.toml").unlink()
    (tmp_path / "ipcamera.toml").mkdir()
    with pytest.raises(BootError, match="cannot be read"):
        load_boot({"data_dir": tmp_path}, {})


def test_an_environment_mistake_names_its_variable(tmp_path: Path) -> None:
    with pytest.raises(BootError, match=r"^IPCAMERA_HTTPS_PORT: 'x'"):
        load_boot({"data_dir": tmp_path}, {"IPCAMERA_HTTPS_PORT": "x"})


# ---------------------------------------------------------------- places


def test_socket_paths_are_short_however_deep_the_data_directory_lies(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    for environ in ({}, {"XDG_RUNTIME_DIR": str(deep)}):
        assert len(str(places.run_dir(deep, environ) / places.CONTROL)) < 100


def test_each_data_directory_has_places_of_its_own(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": "/tmp"}
    one, two = tmp_path / "one", tmp_path / "two"
    assert places.run_dir(one, environ) == places.run_dir(one / ".." / "one", environ)
    assert places.run_dir(one, environ) != places.run_dir(two, environ)
    assert places.shm_dir(one) != places.shm_dir(two)


def test_a_run_started_in_another_session_is_found() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # a short path: sockets have no room for a long one
        data_dir, session = Path(name) / "d", Path(name) / "r"
        data_dir.mkdir()
        session.mkdir()
        ours, elsewhere = places.run_dir(data_dir, {"XDG_RUNTIME_DIR": str(session)}), places.run_dir(data_dir, {})
        assert ours.parent == session
        ours.mkdir(mode=0o700)
        with socket.socket(socket.AF_UNIX) as control:
            control.bind(str(ours / places.CONTROL))
            assert places.run_dir(data_dir, {"XDG_RUNTIME_DIR": str(session)}) == ours
        assert elsewhere != ours


def test_make_private(tmp_path: Path) -> None:
    places.make_private(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    places.make_private(tmp_path / "open")
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_made_private(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "under"):
        with pytest.raises(places.PlaceError) as caught:
            places.make_private(path)
        assert "\n" not in str(caught.value)


def test_somebody_elses_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 4242)
    with pytest.raises(places.PlaceError, match="belongs to another user"):
        places.make_private(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_that_somebody_else_put_there_is_not_talked_to() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        data_dir, session = Path(name) / "d", Path(name) / "r"
        data_dir.mkdir()
        session.mkdir()
        trap = places.run_dir(data_dir, {"XDG_RUNTIME_DIR": str(session)})
        trap.mkdir()
        ours = places.run_dir(data_dir, {})
        with socket.socket(socket.AF_UNIX) as control:
            control.bind(str(trap / places.CONTROL))
            os.chown(trap, 65534, 65534)
            assert not places._lives_in(trap, os.geteuid())
            with pytest.raises(places.PlaceError, match="belongs to another user"):
                places.make_private(trap)
        assert ours != trap
