"""``ipcamera backup`` and ``restore`` on directories, without a server."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actors.event_log.store import Store, WriteRequest
from actors.license import license_store as desks
from actors.license.license_store import LicenseStore
from config.boot import Boot
from scripts.ipcamera.main import app, mount_rooms
from tests.actors.event_log.events import detection

mount_rooms()


def ipcamera(*arguments: str, stdin: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    return result.exit_code, result.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    store = Store(folder)
    store.record([WriteRequest(detection()) for _ in range(3)])
    store.close()
    LicenseStore(Boot(folder, folder, folder)).issue("owner")
    return folder


@pytest.fixture
def saved(data: Path, tmp_path: Path) -> Path:
    assert ipcamera("backup", str(tmp_path / "saved"), "--data-dir", str(data))[0] == 0
    return tmp_path / "saved"


def test_ids_go_on_after_those_that_were_issued_since(data: Path, saved: Path) -> None:
    store = Store(data)
    store.record([WriteRequest(detection()) for _ in range(10)])
    store.close()
    code, text = ipcamera("restore", str(saved), "--data-dir", str(data))
    assert code == 0, text
    store = Store(data)
    [written] = store.record([WriteRequest(detection())])
    store.close()
    assert written.event.event_id > 13
    with sqlite3.connect(data / "events.db") as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (4,)
    [kept] = data.glob("before-restore-*")
    with sqlite3.connect(kept / "events.db") as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (13,)


def test_a_licence_moves_on_request(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "device_id", lambda _: "e" * 32)
    elsewhere = ("--data-dir", str(tmp_path / "elsewhere"))
    code, text = ipcamera("restore", str(saved), *elsewhere)
    assert (code, "Licence: Free (The licence is for another device; --rebind-license" in text) == (0, True)
    code, text = ipcamera("restore", str(saved), "--rebind-license", *elsewhere)
    assert (code, "Licence: Pro" in text) == (0, True)


def test_another_issuers_licence_does_not_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boot = Boot(tmp_path, tmp_path, tmp_path)
    desk = LicenseStore(boot)
    desk.issue("owner")
    (tmp_path / desks.ISSUER).unlink()
    with pytest.raises(desks.Refused):
        desk.rebind()
    with pytest.raises(desks.Refused):
        LicenseStore(replace(boot, license=replace(boot.license, allow_local_issuer=False))).rebind()


def test_a_damaged_backup_changes_nothing(data: Path, saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-200])
    before = sorted(os.listdir(data))
    code, text = ipcamera("restore", str(saved), "--data-dir", str(data))
    assert (code, "is not a backup, or is damaged" in text) == (1, True)
    assert sorted(os.listdir(data)) == before


def test_a_backup_of_a_newer_program_changes_nothing(data: Path, tmp_path: Path) -> None:
    with sqlite3.connect(data / "events.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    (data / "license.json").write_text('{"version": 99, "values": {}}')
    before = sorted(os.listdir(data))
    assert ipcamera("backup", str(tmp_path / "saved"), "--data-dir", str(data))[0] == 0
    code, text = ipcamera("restore", str(tmp_path / "saved"), "--data-dir", str(data))
    assert (code, "license.json is damaged, or of a newer version" in text) == (1, True)
    assert sorted(os.listdir(data)) == before


def test_a_configuration_that_cannot_be_read_comes_back_and_is_said(data: Path, tmp_path: Path) -> None:
    (data / "ipcamera.toml").write_text("no toml [")
    assert ipcamera("backup", str(tmp_path / "saved"), "--data-dir", str(data))[0] == 0
    code, text = ipcamera("restore", str(tmp_path / "saved"), "--data-dir", str(data))
    assert (code, "Restored: " in text, "ipcamera.toml is not valid TOML" in text) == (0, True, True)
    assert (data / "ipcamera.toml").read_text() == "no toml ["


@pytest.mark.parametrize("phrase", ["short", ""])
def test_a_pass_phrase_has_some_length(data: Path, tmp_path: Path, phrase: str) -> None:
    code, _ = ipcamera(
        "backup", str(tmp_path / "saved"), "--passphrase-stdin", "--data-dir", str(data), stdin=f"{phrase}\n"
    )
    assert code == 1
    assert not (tmp_path / "saved").exists()


def test_a_file_that_is_there_is_not_overwritten(data: Path, saved: Path) -> None:
    before = saved.read_bytes()
    code, text = ipcamera("backup", str(saved), "--data-dir", str(data))
    assert (code, "exists already" in text, saved.read_bytes() == before) == (1, True, True)
    assert ipcamera("backup", str(data / "inside"), "--data-dir", str(data))[0] == 1


def test_wrong_paths_are_said(tmp_path: Path) -> None:
    assert "does not exist" in ipcamera("backup", str(tmp_path / "saved"), "--data-dir", str(tmp_path / "none"))[1]
    code, text = ipcamera("restore", str(tmp_path / "none"), "--data-dir", str(tmp_path / "data"))
    assert (code, "No such file" in text) == (1, True)
