"""What is kept, what is shown, and what happens to secrets when files are damaged."""

import json
import os
from pathlib import Path

import pytest

from actors.settings.settings_store import SettingsStore
from config.settings import defaults
from config.store import Store
from models.errors import ServerError
from models.messages.settings import Credentials, SetCredentials


def keeper_of(data_dir: Path) -> tuple[SettingsStore, tuple[str, ...]]:
    settings_store = SettingsStore(data_dir, defaults("0a1b2c3d", "porch"))
    return settings_store, settings_store.load()


@pytest.fixture
def settings_store(tmp_path: Path) -> SettingsStore:
    return keeper_of(tmp_path)[0]


def test_a_fresh_device_has_the_defaults(settings_store: SettingsStore) -> None:
    assert settings_store.stored == defaults("0a1b2c3d", "porch")


def test_a_change_survives_and_only_what_was_chosen_is_written(settings_store: SettingsStore, tmp_path: Path) -> None:
    settings_store.change({"frameRate": 20, "rtspPath": "/cam"})
    assert keeper_of(tmp_path)[0].stored == settings_store.stored
    written = json.loads((tmp_path / "settings.json").read_text())
    assert written == {"version": 2, "values": {"settings": {"frameRate": 20, "rtspPath": "/cam"}, "credentials": {}}}


def test_the_torch_is_dark_after_a_start(settings_store: SettingsStore, tmp_path: Path) -> None:
    settings_store.change({"torchEnabled": True, "authEnabled": False})
    assert settings_store.stored["torchEnabled"] is True
    assert not (tmp_path / "settings.json").exists()
    assert keeper_of(tmp_path)[0].stored["torchEnabled"] is False


def test_the_same_again_is_not_written_again(settings_store: SettingsStore, tmp_path: Path) -> None:
    settings_store.change({"frameRate": 20})
    before = (tmp_path / "settings.json").stat().st_ino
    settings_store.change({"frameRate": 20})
    assert (tmp_path / "settings.json").stat().st_ino == before


def test_values_by_hand_that_are_wrong_fall_back_one_by_one(tmp_path: Path) -> None:
    values = {"frameRate": 99, "jpegQuality": 70, "motionEnabled": "yes", "fromTheFuture": [1]}
    (tmp_path / "settings.json").write_text(json.dumps({"version": 1, "values": values}))
    settings_store, notes = keeper_of(tmp_path)
    assert settings_store.stored == {**defaults("0a1b2c3d", "porch"), "jpegQuality": 70}
    assert len(notes) == 2
    assert "frameRate: Value must be between 1 and 60" in notes[0]
    settings_store.change({"jpegQuality": 71})
    kept = json.loads((tmp_path / "settings.json").read_text())["values"]["settings"]
    assert kept == {"jpegQuality": 71, "fromTheFuture": [1]}  # a newer program finds its own again


def test_a_disk_that_refuses_changes_nothing(
    settings_store: SettingsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_store.change({"frameRate": 20})

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ServerError, match="No space left on device; free some space on the disk"):
            settings_store.change({"frameRate": 21})
        with pytest.raises(ServerError):
            settings_store.change({}, SetCredentials("rtsp", "u", "p"))
    assert settings_store.stored["frameRate"] == 20
    assert settings_store.stored["rtspHasPassword"] is False
    assert keeper_of(tmp_path)[0].stored["frameRate"] == 20


def test_credentials(settings_store: SettingsStore, tmp_path: Path) -> None:
    settings_store.change({}, SetCredentials("rtsp", "viewer", "secret"))
    settings_store.change({}, SetCredentials("mqtt", "broker-user", "hush"))
    stored = keeper_of(tmp_path)[0].stored
    assert (stored["rtspUsername"], stored["rtspHasPassword"]) == ("viewer", True)
    assert (stored["mqttHasUsername"], stored["mqttHasPassword"]) == (True, True)
    assert keeper_of(tmp_path)[0].credentials("rtsp") == Credentials("viewer", "secret")
    assert keeper_of(tmp_path)[0].credentials("mqtt") == Credentials("broker-user", "hush")
    assert (tmp_path / "settings.json").stat().st_mode & 0o777 == 0o600
    assert "hush" not in repr(stored)


def test_none_keeps_and_empty_removes(settings_store: SettingsStore) -> None:
    settings_store.change({}, SetCredentials("mqtt", "user", "hush"))
    settings_store.change({}, SetCredentials("mqtt", None, "other"))
    assert settings_store.credentials("mqtt") == Credentials("user", "other")
    settings_store.change({}, SetCredentials("mqtt", "", None))
    assert settings_store.credentials("mqtt") == Credentials("", "other")
    settings_store.change({}, SetCredentials("mqtt", None, ""))
    assert settings_store.stored["mqttHasPassword"] is False


def test_a_user_name_alone_leaves_the_password(settings_store: SettingsStore) -> None:
    settings_store.change({}, SetCredentials("rtsp", "one", "secret"))
    settings_store.change({"rtspUsername": "two"})
    assert settings_store.credentials("rtsp") == Credentials("two", "secret")


def test_settings_and_credentials_change_together(
    settings_store: SettingsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[str] = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: (writes.append(Path(new).name), replace(old, new)))
    settings_store.change({"mqttBrokerUrl": "broker.lan"}, SetCredentials("mqtt", "user", "hush"))
    settings_store.change({"rtspPath": "/porch"}, SetCredentials("rtsp", "viewer", "secret"))
    assert [name for name in writes if "last" not in name] == ["settings.json", "settings.json"]


def test_a_damaged_file_gives_the_last_good_one(settings_store: SettingsStore, tmp_path: Path) -> None:
    settings_store.change({"rtspEnabled": True}, SetCredentials("rtsp", "viewer", "secret"))
    settings_store.change({}, SetCredentials("mqtt", "x", "y"))
    (tmp_path / "settings.json").write_text("garbage")
    again, _ = keeper_of(tmp_path)
    assert again.credentials("rtsp") == Credentials("viewer", "secret")
    assert again.stored["rtspEnabled"] is True
    assert (tmp_path / "settings.last.json").stat().st_mode & 0o777 == 0o600


# ---------------------------------------------------------------- version 1: two files
LOGINS = {"rtsp": {"username": "", "password": "secret"}, "mqtt": {"username": "user", "password": "hush"}}


def version_1(folder: Path, logins: str = json.dumps({"version": 1, "values": LOGINS})) -> None:
    values = {"rtspEnabled": True, "rtspUsername": "viewer", "frameRate": 20, "fromTheFuture": [1]}
    (folder / "settings.json").write_text(json.dumps({"version": 1, "values": values}))
    (folder / "credentials.json").write_text(logins)


def test_version_1_is_taken_over_with_a_copy_kept(tmp_path: Path) -> None:
    version_1(tmp_path)
    for _ in range(2):
        settings_store, notes = keeper_of(tmp_path)
        assert notes == ()
        assert settings_store.credentials("rtsp") == Credentials("viewer", "secret")
        assert settings_store.credentials("mqtt") == Credentials("user", "hush")
        assert (settings_store.stored["frameRate"], settings_store.stored["rtspEnabled"]) == (20, True)
    written = json.loads((tmp_path / "settings.json").read_text())
    assert (written["version"], written["values"]["settings"]["fromTheFuture"]) == (2, [1])
    assert json.loads((tmp_path / "settings.json.v1").read_text())["values"]["frameRate"] == 20
    assert json.loads((tmp_path / "credentials.json.v1").read_text())["values"] == LOGINS
    assert not (tmp_path / "credentials.json").exists()


def test_killed_between_the_two_files_it_goes_on_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_1(tmp_path)
    replace = os.replace

    def killed(old: Path, new: Path) -> None:
        if str(new).endswith("credentials.json.v1"):
            raise KeyboardInterrupt
        replace(old, new)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            keeper_of(tmp_path)
    assert json.loads((tmp_path / "settings.json").read_text())["version"] == 2
    settings_store, _ = keeper_of(tmp_path)
    assert settings_store.credentials("mqtt") == Credentials("user", "hush")
    assert not (tmp_path / "credentials.json").exists()


def test_without_settings_the_credentials_of_version_1_are_taken_over(tmp_path: Path) -> None:
    version_1(tmp_path)
    (tmp_path / "settings.json").unlink()
    assert keeper_of(tmp_path)[0].credentials("mqtt") == Credentials("user", "hush")


def test_a_lost_rtsp_password_switches_rtsp_off(tmp_path: Path) -> None:
    version_1(tmp_path, "garbage")
    again, notes = keeper_of(tmp_path)
    assert again.stored["rtspEnabled"] is False
    assert "switched off" in notes[-1]
    assert keeper_of(tmp_path)[0].stored["rtspEnabled"] is False  # at the next start, too


def test_what_was_open_in_0_1_0_stays_open(tmp_path: Path) -> None:
    """That version asked for no login where none was set, and its files say nothing about it."""
    Store(tmp_path / "settings.json").save({"rtspEnabled": True, "rtspUsername": "viewer"})
    settings_store, _ = keeper_of(tmp_path)
    assert settings_store.stored["rtspOpen"] is True
    settings_store.change({"frameRate": 20})
    assert keeper_of(tmp_path)[0].stored["rtspOpen"] is True


def test_what_is_switched_on_now_is_not(settings_store: SettingsStore, tmp_path: Path) -> None:
    settings_store.change({"rtspEnabled": True})
    assert keeper_of(tmp_path)[0].stored["rtspOpen"] is False


def test_a_login_ends_doing_without(settings_store: SettingsStore) -> None:
    settings_store.change({"rtspOpen": True})
    settings_store.change({}, SetCredentials("rtsp", "viewer", "secret"))
    settings_store.change({}, SetCredentials("rtsp", "", ""))
    assert settings_store.stored["rtspOpen"] is False


MASK = "[[[0.0,0.0],[1.0,0.0],[1.0,1.0]]]"


@pytest.mark.parametrize("damage", ["garbage", "gone", "former", "another form"])
def test_a_privacy_mask_that_cannot_be_read_covers_everything(
    settings_store: SettingsStore, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "settings.json"
    settings_store.change({"privacyMask": MASK})
    settings_store.change({"privacyMask": MASK, "frameRate": 20})
    if damage == "garbage":
        file.write_text("{")
        (tmp_path / "settings.last.json").write_text("{")
    elif damage == "gone":
        file.unlink()
        (tmp_path / "settings.last.json").unlink()
    elif damage == "former":
        file.write_text("{")
    else:
        file.write_text(file.read_text().replace("[[[", "[[").replace("]]]", "]]"))
    again, notes = keeper_of(tmp_path)
    assert again.stored["privacyMask"] == "closed"
    assert "The privacy mask cannot be read: no picture is shown until it is set again." in notes
    again.change({"privacyMask": ""})
    again, notes = keeper_of(tmp_path)
    assert (again.stored["privacyMask"], notes) == ("", ())


def test_without_a_privacy_mask_damage_closes_nothing(settings_store: SettingsStore, tmp_path: Path) -> None:
    settings_store.change({"privacyMask": MASK})
    settings_store.change({"privacyMask": ""})
    (tmp_path / "settings.json").write_text("{")
    (tmp_path / "settings.last.json").unlink()
    assert keeper_of(tmp_path)[0].stored["privacyMask"] == ""
