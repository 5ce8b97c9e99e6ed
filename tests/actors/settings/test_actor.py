"""The settings' mailbox: in which order things happen, what is told, what is known of the others."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from actors.settings import actor as module
from actors.settings.actor import Settings
from config.boot import Boot
from models.errors import Invalid, ServerError, Unavailable
from models.messages import Ok
from models.messages.auth import AuthStatus
from models.messages.camera import Capabilities, CoverPictures, SetTorch
from models.messages.encoder import ForgetPictures
from models.messages.facade import PortsView
from models.messages.license import UNKNOWN_LICENSE, LicenseView
from models.messages.settings import (
    ChangeResult,
    ChangeSettings,
    Credentials,
    GetCredentials,
    GetSettings,
    SetCredentials,
    SettingsView,
    changed_keys,
)
from tests.actor_kit import ActorKit

Kit = ActorKit[Settings]
PRO = LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED")
CAMERA = Capabilities(("0",), ("640x480", "1280x720"), (30,), 30)
NOT_YET = ("license", "auth")  # at the first start nobody else is there


@pytest.fixture
def boot(boot: Boot) -> Boot:
    return replace(boot, https_port=8443, http_port=0)


@pytest.fixture
async def kit(boot: Boot) -> AsyncIterator[Kit]:
    async with ActorKit(Settings, boot, down=NOT_YET) as kit:
        await kit.idle()
        yield kit


async def change(kit: Kit, internal: bool = False, **values: object) -> ChangeResult:
    result = await kit.ask(ChangeSettings(values, "http", internal))
    await kit.idle()
    return result


def changes(kit: Kit) -> list[frozenset[str]]:
    """What differed from each published view to the next."""
    views = kit.of(SettingsView)
    return [changed_keys(old, new) for old, new in pairwise(views)]


async def test_a_change_is_on_disk_before_it_is_told_or_answered(kit: Kit, boot: Boot) -> None:
    seen: list[str] = []
    sent = kit.sent

    def watch(path: str, envelope: Any) -> None:
        if isinstance(getattr(envelope, "message", None), SettingsView | ChangeResult):
            seen.append((boot.data_dir / "settings.json").read_text())
        sent(path, envelope)

    kit.sent = watch  # type: ignore[method-assign]
    assert (await change(kit, frameRate=20)).applied == ("frameRate",)
    assert len(seen) > 2
    assert all('"frameRate": 20' in text for text in seen)


async def test_an_error_changes_and_tells_nothing(kit: Kit, boot: Boot) -> None:
    result = await change(kit, unknownKey=1, jpegQuality=50, frameRate=61)
    assert result.errors == ("unknownKey: Unknown setting", "frameRate: Value must be between 1 and 60")
    assert (result.applied, changes(kit)) == ((), [])
    assert not (boot.data_dir / "settings.json").exists()


async def test_the_whole_view_is_published(kit: Kit) -> None:
    result = await change(kit, frameRate=20, jpegQuality=85)
    view = kit.of(SettingsView)[-1]
    assert (view.source, view.stored["frameRate"], view.effective["frameRate"]) == ("http", 20, 20)
    assert changes(kit) == [{"frameRate"}]
    assert view == result.view == await kit.ask(GetSettings())
    await change(kit, frameRate=20)
    assert not any(changes(kit)[1:])  # nothing differs


async def test_of_two_views_the_newer_has_the_larger_revision_also_after_a_restart(kit: Kit) -> None:
    first = (await change(kit, frameRate=20)).view.revision
    assert (await change(kit, frameRate=21)).view.revision > first
    await kit.reborn()
    view = await kit.ask(GetSettings())
    assert (view.stored["frameRate"], view.revision > first) == (21, True)


async def test_pro_switches_are_dropped_on_a_free_device(kit: Kit) -> None:
    result = await change(kit, motionEnabled=True, frameRate=20, rtspEnabled=True)
    assert (result.errors, result.pro_blocked, result.applied) == ((), ("motionEnabled", "rtspEnabled"), ("frameRate",))
    assert (await change(kit, motionEnabled=False)).pro_blocked == ()


async def test_the_licence_comes_and_goes(kit: Kit) -> None:
    await kit.tell(PRO, "license")
    result = await change(kit, motionEnabled=True)
    assert result.pro_blocked == ()
    assert result.view.effective["motionEnabled"] is True
    await kit.tell(UNKNOWN_LICENSE, "license")
    view = kit.of(SettingsView)[-1]
    assert (view.stored["motionEnabled"], view.effective["motionEnabled"]) == (True, False)
    assert (view.source, changes(kit)[-1]) == ("license", {"motionEnabled", "eventHistoryEnabled"})
    await kit.tell(PRO, "license")
    assert kit.of(SettingsView)[-1].effective["motionEnabled"] is True


async def test_at_the_first_start_nobody_is_waited_for(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEARN_S", 3600.0)
    async with ActorKit(Settings, boot, down=NOT_YET) as kit:
        assert (await kit.ask(GetSettings())).effective["eventHistoryEnabled"] is False
        for name, state in {"license": PRO, "auth": AuthStatus(False, True)}.items():
            kit.bring_up(name)
            await kit.tell(state, name)
        view = await kit.ask(GetSettings())
        assert (view.effective["eventHistoryEnabled"], view.stored["authEnabled"]) == (True, False)
        assert kit.of(SettingsView)[-1] == view


async def test_after_a_restart_nobody_hears_that_pro_is_gone(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEARN_S", 5.0)
    kit = ActorKit(Settings, boot)
    kit.begin()
    kit.state(PRO, "license")
    kit.state(AuthStatus(False, True), "auth")
    await kit.until(lambda: kit.of(SettingsView))
    await kit.idle()
    views = kit.of(SettingsView)  # the whole view, for whoever missed a change while we were away
    assert {(view.effective["eventHistoryEnabled"], view.stored["authEnabled"]) for view in views} == {(True, False)}
    await kit.stop()


async def test_a_licence_that_says_nothing_does_not_hold_up_the_others(
    boot: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEARN_S", 0.01)
    async with ActorKit(Settings, boot) as kit:
        assert (await kit.ask(GetSettings())).effective["eventHistoryEnabled"] is False


async def test_sizes_and_cameras_are_those_of_the_camera(kit: Kit) -> None:
    kit.state(CAMERA, "camera")
    assert (await change(kit, resolution="1920x1080")).errors == ("resolution: Unsupported resolution",)
    assert (await change(kit, resolution="640x480")).errors == ()
    assert (await change(kit, cameraId="1")).errors == ("cameraId: Value must be one of 0",)
    assert (await change(kit, useFrontCamera=True)).errors == ("useFrontCamera: No front camera",)
    kit.take_down("camera")  # its last word holds
    assert (await change(kit, resolution="1920x1080")).errors == ("resolution: Unsupported resolution",)


async def test_a_camera_never_heard_of_cannot_forbid(kit: Kit) -> None:
    assert (await change(kit, resolution="1920x1080")).errors == ()
    kit.state(Capabilities((), (), (), 0), "camera")
    assert (await change(kit, resolution="640x480", cameraId="0")).errors == ()


async def test_the_torch_is_lit_before_the_setting_says_so(kit: Kit) -> None:
    kit.state(CAMERA, "camera")
    assert (await change(kit, torchEnabled=True)).errors == ("torchEnabled: Torch not available",)
    assert (await change(kit, torchEnabled=False)).errors == ()
    assert kit.asked == []
    kit.state(replace(CAMERA, torch=True), "camera")
    kit.answers[SetTorch] = Unavailable("the lamp is broken")
    assert (await change(kit, torchEnabled=True)).errors == ("torchEnabled: the lamp is broken",)
    kit.answers[SetTorch] = True
    assert (await change(kit, torchEnabled=True)).view.stored["torchEnabled"] is True
    assert kit.asked == [("camera", SetTorch(True))] * 2


async def test_a_privacy_mask_is_in_use_before_the_answer(kit: Kit) -> None:
    kit.answers |= {CoverPictures: Unavailable("the camera is restarting"), ForgetPictures: Ok()}
    with pytest.raises(
        ServerError, match="stored, but it is not certain that it is in use yet: the camera is restarting"
    ):
        await kit.ask(ChangeSettings({"privacyMask": "closed"}, "http"))
    await kit.idle()
    assert kit.of(SettingsView)[-1].stored["privacyMask"] == "closed"
    kit.answers[CoverPictures] = Ok()
    kit.asked.clear()
    revision = (await change(kit, privacyMask="closed")).view.revision  # the same again: it is made sure of
    assert kit.asked == [("camera", CoverPictures("closed", revision)), ("encoder", ForgetPictures())]
    kit.asked.clear()
    await change(kit, frameRate=20)
    assert kit.asked == []


async def test_rtsp_must_not_take_a_port_of_ours(kit: Kit) -> None:
    kit.state(PortsView(8443, 45000), "facade")
    for port in (8443, 45000):
        assert (await change(kit, rtspPort=port)).errors == ("rtspPort: Port already in use by this server",)
    assert (await change(kit, rtspPort=8555)).errors == ()


async def test_a_full_disk_is_an_error_and_shows(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ServerError, match="could not be saved"):
            await change(kit, frameRate=20)
    assert "could not be saved" in kit.degraded
    assert (await kit.ask(GetSettings())).stored["frameRate"] == 30
    await change(kit, frameRate=20)
    assert kit.degraded == ""


async def test_a_damaged_file_shows_until_the_next_change(boot: Boot) -> None:
    (boot.data_dir / "settings.json").write_text("{")
    async with ActorKit(Settings, boot, down=NOT_YET) as kit:
        assert "set aside" in kit.degraded
        await change(kit, frameRate=20)
        assert kit.degraded == ""


async def test_credentials_are_given_to_who_asks_and_told_to_nobody(kit: Kit) -> None:
    view = await kit.ask(SetCredentials("rtsp", "viewer", "hush"))
    assert await kit.ask(GetCredentials("rtsp")) == Credentials("viewer", "hush")
    assert view.stored["rtspHasPassword"] is True
    await kit.idle()
    assert changes(kit) == [{"rtspUsername", "rtspHasPassword"}]
    await kit.ask(SetCredentials("rtsp", None, "other"))
    await kit.idle()
    assert changes(kit)[1:] == [{"rtspHasPassword"}]  # who uses it looks again
    await kit.ask(SetCredentials("rtsp", None, "hush"))
    assert (await kit.ask(GetSettings())).credentials == view.credentials
    assert "hush" not in repr(kit.published)


async def test_a_restart_looks_like_no_change_of_credentials(kit: Kit) -> None:
    before = await kit.ask(SetCredentials("mqtt", "anna", "hush"))
    await kit.reborn()
    assert changed_keys(before, await kit.ask(GetSettings())) == frozenset()


@pytest.mark.parametrize(
    "message", [GetCredentials("ftp"), SetCredentials("ftp", "a", "b"), SetCredentials("mqtt", "a", "b" * 300)]
)
async def test_bad_credentials(kit: Kit, message: SetCredentials) -> None:
    with pytest.raises(Invalid):
        await kit.ask(message)
    assert changes(kit) == []


async def test_internal_changes_reach_read_only_keys(kit: Kit) -> None:
    assert (await change(kit, authEnabled=False)).errors == ("authEnabled: Read-only setting",)
    assert (await change(kit, internal=True, authEnabled=False)).view.stored["authEnabled"] is False
