"""``ipcamera settings`` with and without a running system."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from actors.license.license_store import LicenseStore
from config.boot_load import load_boot
from config.settings import REGISTRY, defaults, validate
from models.errors import Unavailable
from models.messages.settings import ChangeResult, ChangeSettings, GetSettings, SetCredentials, SettingsView
from scripts.ipcamera.main import app
from tests.scripts.running import running

VALUES = defaults("0" * 32, "porch")


def call(data_dir: Path, *words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["settings", *words, "--data-dir", str(data_dir)], input=typed)


def test_offline_set_and_get(tmp_path: Path) -> None:
    result = call(tmp_path, "set", "frameRate=20", "rtspPath=cam", "motionEnabled=on")
    assert result.exit_code == 0
    assert "frameRate = 20\nrtspPath = /cam\nmotionEnabled = true\n" in result.output
    assert "at its next start" in result.output
    assert "without Pro: motionEnabled" in result.output
    assert call(tmp_path, "get", "frameRate").output == "20\n"
    assert call(tmp_path, "get", "motionEnabled", "--json").output == "true\n"
    assert call(tmp_path, "get", "rtspPath").output == "/cam\n"


def test_offline_on_a_pro_device_nothing_is_said_to_have_no_effect(tmp_path: Path) -> None:
    LicenseStore(load_boot({"data_dir": tmp_path}, {})).issue("owner")
    result = call(tmp_path, "set", "motionEnabled=on")
    assert result.exit_code == 0
    assert "without Pro" not in result.output


def test_key_and_value_may_be_two_words(tmp_path: Path) -> None:
    assert call(tmp_path, "set", "frameRate", "21").exit_code == 0
    assert call(tmp_path, "get", "frameRate").output == "21\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["frameRate=61"], "frameRate: Value must be between 1 and 60"),
        (["frameRate=fast"], "frameRate: Expected integer"),
        (["frameRate=²"], "frameRate: Expected integer"),
        (["frameRate=" + "9" * 5000], "frameRate: Expected integer"),
        (["motionEnabled=perhaps"], "motionEnabled: Expected boolean"),
        (["nonsense=1"], "nonsense: Unknown setting"),
        (["rtspHasPassword=true"], "rtspHasPassword: Read-only setting"),
        (["mqttPassword=x"], "mqttPassword: Use /api/mqtt/apply-settings"),
        (["frameRate"], "write KEY=VALUE"),
    ],
)
def test_offline_errors_change_nothing(words: list[str], error: str, tmp_path: Path) -> None:
    result = call(tmp_path, "set", "jpegQuality=50", *words)
    assert result.exit_code == 1
    assert error in result.stderr
    assert not (tmp_path / "settings.json").exists()


def test_every_error_has_its_line(tmp_path: Path) -> None:
    result = call(tmp_path, "set", "frameRate=61", "foo=1")
    assert result.stderr == "ipcamera: frameRate: Value must be between 1 and 60\nipcamera: foo: Unknown setting\n"


def test_list(tmp_path: Path) -> None:
    result = call(tmp_path / "not there", "list")
    assert result.exit_code == 0
    assert all(key in result.output for key in REGISTRY)
    assert json.loads(call(tmp_path, "list", "--json").output).keys() == REGISTRY.keys()
    assert not (tmp_path / "not there").exists()


def test_unknown_key(tmp_path: Path) -> None:
    assert "Unknown setting" in call(tmp_path, "get", "nonsense").stderr


def test_damage_is_told_and_the_last_good_file_used(tmp_path: Path) -> None:
    call(tmp_path, "set", "frameRate=20")
    call(tmp_path, "set", "frameRate=21")
    (tmp_path / "settings.json").write_text("{")
    result = call(tmp_path, "get", "frameRate")
    assert result.stdout == "20\n"
    assert "set aside" in result.stderr


def test_a_running_system_decides(tmp_path: Path) -> None:
    view = SettingsView({**VALUES, "frameRate": 20}, VALUES)

    def change(message: ChangeSettings) -> ChangeResult:
        errors = validate(message.values).errors
        return ChangeResult(
            errors, ("motionEnabled",) if "motionEnabled" in message.values else (), ("frameRate",), view
        )

    with running(tmp_path, {GetSettings: view, ChangeSettings: change}) as asked:
        assert call(tmp_path, "get", "frameRate").output == "20\n"
        assert call(tmp_path, "set", "frameRate=20").output == "frameRate = 20\n"
        assert asked[-1] == ChangeSettings({"frameRate": 20}, "cli")
        blocked = call(tmp_path, "set", "frameRate=20", "motionEnabled=true")
        assert (blocked.exit_code, blocked.stdout) == (1, "frameRate = 20\n")
        assert blocked.stderr == "ipcamera: not switched on, because this needs Pro: motionEnabled\n"
        assert call(tmp_path, "set", "frameRate=0").stderr == "ipcamera: frameRate: Value must be between 1 and 60\n"
    assert not (tmp_path / "settings.json").exists()


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    with running(tmp_path, {ChangeSettings: Unavailable("The settings could not be saved")}):
        result = call(tmp_path, "set", "frameRate=20")
    assert (result.exit_code, result.stderr) == (1, "ipcamera: The settings could not be saved\n")


def test_credentials_never_stand_on_the_command_line(tmp_path: Path) -> None:
    with running(tmp_path, {SetCredentials: SettingsView(VALUES, VALUES)}) as asked:
        words = ("credentials", "rtsp", "--username", "viewer", "--password-stdin")
        result = call(tmp_path, *words, typed="hush\n")
        assert result.output == "Saved.\n"
        assert asked == [SetCredentials("rtsp", "viewer", "hush")]
        assert call(tmp_path, "credentials", "ftp").exit_code == 1
    assert call(tmp_path, *words, typed="hush\n").exit_code == 3
