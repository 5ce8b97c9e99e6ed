"""ipcamera password, license and cert: with a system behind the socket, and without one."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from actors.auth.auth_store import load_state, verify_password
from config.boot import Boot
from config.tls import certificate
from models.errors import Conflict, Invalid
from models.messages import Ok
from models.messages.auth import (
    AuthStatus,
    ChangePassword,
    EndSession,
    GetSessions,
    IssueToken,
    LoginSession,
    SessionList,
    SessionView,
    SetProtection,
)
from models.messages.facade import RegenerateCertificate
from models.messages.license import ActivateLicense, GetLicense, IssueLicense, LicenseView
from scripts.ipcamera.main import app, mount_rooms
from tests.scripts.running import running

mount_rooms()
VIEW = LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED", "0" * 32, "Zoë", origin="local")


def ipcamera(data_dir: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, [*words, "--data-dir", str(data_dir)], input=stdin)


class TestWhileItRuns:
    def test_set_and_reset(self, tmp_path: Path) -> None:
        with running(tmp_path, {ChangePassword: Ok(), SetProtection: AuthStatus(True, True)}) as asked:
            assert ipcamera(tmp_path, "password", "set", "--stdin", stdin="correct horse\n").exit_code == 0
            assert ipcamera(tmp_path, "password", "set", stdin="correct horse\ncorrect horse\n").exit_code == 0
            shown = ipcamera(tmp_path, "password", "reset").stdout.splitlines()[0]
        assert asked == [
            ChangePassword("correct horse"),
            ChangePassword("correct horse"),
            ChangePassword(shown),
            SetProtection(True),
        ]

    def test_a_refusal_is_one_line(self, tmp_path: Path) -> None:
        with running(tmp_path, {SetProtection: Conflict("switched off for this run")}):
            result = ipcamera(tmp_path, "password", "on")
        assert (result.exit_code, result.stderr) == (1, "ipcamera: switched off for this run\n")

    def test_license(self, tmp_path: Path) -> None:
        answers: dict[type, Any] = {GetLicense: VIEW, IssueLicense: VIEW, ActivateLicense: Invalid("Not a licence key")}
        with running(tmp_path, answers) as asked:
            assert "Pro, by a licence issued on this device" in ipcamera(tmp_path, "license", "status").stdout
            assert json.loads(ipcamera(tmp_path, "license", "issue", "--licensee", "Zoë", "--json").stdout)["isPro"]
            result = ipcamera(tmp_path, "license", "activate", "nonsense")
        assert (result.exit_code, result.stderr) == (1, "ipcamera: Not a licence key\n")
        assert asked == [GetLicense(), IssueLicense("Zoë"), ActivateLicense("nonsense")]

    def test_sessions(self, tmp_path: Path) -> None:
        login = SessionView("9263e894821fa7a4", "owner", "", "192.0.2.7", "Firefox", 1000, 2000, 3000)
        given = SessionView("a263e894821fa7a4", "media", "Home Assistant", "", "", 1000, 1000, 0)
        made = LoginSession("5e" * 32, "csrf", "id", "media")
        answers = {GetSessions: SessionList((login, given)), IssueToken: made, EndSession: Ok()}
        with running(tmp_path, answers) as asked:
            lines = ipcamera(tmp_path, "sessions", "list").stdout.splitlines()
            rows = json.loads(ipcamera(tmp_path, "sessions", "list", "--json").stdout)
            shown = ipcamera(tmp_path, "sessions", "token", "Home Assistant", "--days", "30").stdout
            assert ipcamera(tmp_path, "sessions", "end", login.session_id).exit_code == 0
        assert "token Home Assistant" in lines[0]
        assert "192.0.2.7 Firefox" in lines[1]
        assert [(row["kind"], row["expires"]) for row in rows] == [("token", None), ("login", 3000)]
        assert shown == f"{made.token}\n"
        assert asked[2:] == [IssueToken("Home Assistant", "media", 30), EndSession(login.session_id)]

    def test_cert_regenerate(self, tmp_path: Path) -> None:
        certificate.ensure(Boot(tmp_path, tmp_path, tmp_path))
        with running(tmp_path, {RegenerateCertificate: Ok()}) as asked:
            assert ipcamera(tmp_path, "cert", "regenerate").exit_code == 0
        assert asked == [RegenerateCertificate()]


class TestWhileItDoesNot:
    def test_a_forgotten_password_is_made_anew(self, tmp_path: Path) -> None:
        new = ipcamera(tmp_path, "password", "reset").stdout.splitlines()[0]
        state, _ = load_state(tmp_path)
        assert verify_password(state.password, new)
        assert state.enabled

    def test_on_and_off(self, tmp_path: Path) -> None:
        assert ipcamera(tmp_path, "password", "on").exit_code == 1  # none is set
        assert ipcamera(tmp_path, "password", "set", "--stdin", stdin="correct horse\n").exit_code == 0
        assert ipcamera(tmp_path, "password", "off").exit_code == 0
        assert load_state(tmp_path)[0].enabled is False
        assert ipcamera(tmp_path, "password", "on").exit_code == 0
        assert load_state(tmp_path)[0].enabled is True

    def test_an_unusable_password_changes_nothing(self, tmp_path: Path) -> None:
        result = ipcamera(tmp_path, "password", "set", "--stdin", stdin="short\n")
        assert (result.exit_code, result.stderr) == (1, "ipcamera: Password too short (min 8)\n")
        assert list(tmp_path.iterdir()) == []

    def test_license(self, tmp_path: Path) -> None:
        for words, pro in (("status", False), ("issue", True), ("status", True), ("revoke", False), ("status", False)):
            shown = json.loads(ipcamera(tmp_path, "license", words, "--json").stdout)
            assert shown["isPro"] is pro

    def test_a_vendor_signs_for_a_device_of_somebody_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vendor, device = tmp_path / "vendor.key", json.loads(ipcamera(tmp_path, "license", "status", "--json").stdout)
        words = ("license", "sign", str(vendor), "--device", device["deviceId"], "--days", "30", "--licensee", "Zoë")
        signed = CliRunner().invoke(app, words)
        (tmp_path / "ipcamera.toml").write_text(
            f'[license]\ntrusted_issuers = ["{signed.stderr.split()[-1]}"]\nallow_local_issuer = false\n'
        )
        shown = json.loads(ipcamera(tmp_path, "license", "activate", signed.stdout.strip(), "--json").stdout)
        assert (shown["isPro"], shown["licensee"], shown["source"]) == (True, "Zoë", "REAL_PURCHASE")
        assert ipcamera(tmp_path, "license", "issue").exit_code == 1
        assert vendor.stat().st_mode & 0o777 == 0o600

    def test_cert(self, tmp_path: Path) -> None:
        assert ipcamera(tmp_path, "cert", "show").exit_code == 1
        assert ipcamera(tmp_path, "cert", "regenerate").exit_code == 0
        shown = json.loads(ipcamera(tmp_path, "cert", "show", "--json").stdout)
        exported = tmp_path / "exported.pem"
        assert ipcamera(tmp_path, "cert", "export", str(exported)).exit_code == 0
        assert certificate.view(exported.read_text()).fingerprint_sha256 == shown["trustFingerprintSha256"]
        assert "PRIVATE" not in exported.read_text()


def test_what_is_private_stays_private(tmp_path: Path) -> None:
    """What is private stays private: mode 0600 for every file that a command writes."""
    for words in (("password", "reset"), ("license", "issue"), ("cert", "regenerate")):
        assert ipcamera(tmp_path, *words).exit_code == 0
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.fixture(autouse=True)
def _private(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
