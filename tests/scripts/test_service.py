"""What ``scripts/service`` writes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.ipcamera import argv_secrets, service, welcome

AWKWARD = 'rtsp://user:p%4"$HOME`id`\\@host/a b'
needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")


def test_options_survive_spaces_and_quotes() -> None:
    values = service.parse(["--source", AWKWARD, "--audio-source=none", "--bind", "127.0.0.1", "--bind", "::1"])
    assert values == {"IPCAMERA_SOURCE": AWKWARD, "IPCAMERA_AUDIO_SOURCE": "none", "IPCAMERA_BIND": "127.0.0.1,::1"}
    script = f'{service.environment(values)}printf %s "$IPCAMERA_SOURCE"'  # systemd.exec(5): as in a shell
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout == AWKWARD


def test_an_upgrade_keeps_the_options(tmp_path: Path) -> None:
    values = {"IPCAMERA_DATA_DIR": "/var/lib/ipcamera", "IPCAMERA_SOURCE": AWKWARD, "IPCAMERA_BIND": "::1,127.0.0.1"}
    written = tmp_path / "ipcamera.env"
    assert service.former(written) == {}
    written.write_text(service.environment(values), encoding="utf-8")
    assert service.former(written) == values


@pytest.mark.parametrize("wrong", [["--nonsense", "1"], ["--source"], ["--source", "a\nB=1"], ["user"]])
def test_what_cannot_be_kept_is_refused(wrong: list[str]) -> None:
    with pytest.raises(service.UsageError):
        service.parse(wrong)


def test_no_option_stands_in_the_unit() -> None:
    assert "hush" not in service.unit(service.parse(["--source", "rtsp://u:hush@h/x"]))


@needs_analyze
def test_systemd_reads_it_and_finds_it_tight(tmp_path: Path) -> None:
    values = service.parse(["--data-dir", str(tmp_path / "my data"), "--speaker", f"wav:{tmp_path}/said"])
    path = tmp_path / "ipcamera.service"
    path.write_text(service.unit(values).replace(str(service.ROOT / ".venv/bin/ipcamera"), "/bin/true"))
    verified = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", path]
    judged = subprocess.run(command, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout
    for device in ("video4linux", "alsa", "drm"):
        assert f"DeviceAllow=char-{device} rw" in path.read_text()


def test_without_root_it_only_shows(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert service.main(["install"]) == 1
    assert service.main(["show", "--source", "pattern:"]) == 0
    assert 'IPCAMERA_SOURCE="pattern:"' in capsys.readouterr().out
    assert service.main([]) == service.main(["remove", "x"]) == 2


@pytest.mark.parametrize(
    ("given", "kept", "hidden"),
    [
        (["x", "run", "--source", "rtsp://u:p@h/"], ["x", "run"], {"IPCAMERA_SOURCE": "rtsp://u:p@h/"}),
        (["x", "run", "--source=rtsp://u:p@h/", "-a"], ["x", "run", "-a"], {"IPCAMERA_SOURCE": "rtsp://u:p@h/"}),
        (["--audio-source", "http://h/?t=1"], [], {"IPCAMERA_AUDIO_SOURCE": "http://h/?t=1"}),
        (["run", "--source", "v4l2:/dev/video0"], ["run", "--source", "v4l2:/dev/video0"], {}),
        (["run", "--source", "rtsp://h/x", "--source"], ["run", "--source", "rtsp://h/x", "--source"], {}),
    ],
)
def test_passwords_leave_the_command_line(given: list[str], kept: list[str], hidden: dict[str, str]) -> None:
    assert argv_secrets.split(given) == (kept, hidden)


def test_our_output_is_the_journal_only_if_systemd_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open("w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        status = os.fstat(output.fileno())
        monkeypatch.delenv("JOURNAL_STREAM", raising=False)
        assert not welcome.goes_to_journal()
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert welcome.goes_to_journal()
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")
        assert not welcome.goes_to_journal()
