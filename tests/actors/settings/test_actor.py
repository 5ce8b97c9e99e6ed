"""The mailbox, without processes: what is asked of others, in which order things happen, what is told."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from actors.settings.actor import Settings
from config.boot import Boot
from models.errors import Invalid, ServerError, Unavailable
from models.messages import News
from models.messages.auth import AuthStatus, GetAuthStatus
from models.messages.camera import Capabilities, CapabilitiesChanged, GetCapabilities, SetTorch
from models.messages.facade import GetPorts, PortsView
from models.messages.license import UNKNOWN_LICENSE, GetLicense, LicenseChanged, LicenseView
from models.messages.settings import (
    ChangeResult,
    ChangeSettings,
    Credentials,
    GetCredentials,
    GetSettings,
    SetCredentials,
    SettingsChanged,
)

PRO = LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED")
CAMERA = Capabilities(("0",), ("640x480", "1280x720"), (30,), 30)


class Bench:
    async def do(self, job: Callable[..., Any], *args: Any) -> Any:
        return job(*args)


class Alone(Settings):
    """The actor with its surroundings written by hand."""

    def __init__(self, data_dir: Path, life: int = 1) -> None:
        self.boot = Boot(data_dir, data_dir, data_dir, https_port=8443, http_port=0)
        self.log = structlog.get_logger()
        self._generation = life
        self.answers: dict[type, Any] = {}
        self.asked: list[Any] = []
        self.told: list[News] = []
        self.reason = ""
        self.tasks: list[Any] = []

    async def ask(self, to: str, message: Any, timeout_s: float = 5.0) -> Any:
        self.asked.append(message)
        answer = self.answers.get(type(message), Unavailable(f"{to} is not running"))
        if isinstance(answer, ServerError):
            raise answer
        return answer

    def publish(self, news: News) -> None:
        self.told.append(news)

    def degraded(self, reason: str) -> None:
        self.reason = reason

    def bench(self, name: str = "bench") -> Any:
        return Bench()

    def start_task(self, coroutine: Any) -> Any:
        self.tasks.append(coroutine)

    async def change(self, internal: bool = False, **values: object) -> ChangeResult:
        return await self._change(ChangeSettings(values, "http", internal))

    @property
    def changes(self) -> list[SettingsChanged]:
        return [news for news in self.told if isinstance(news, SettingsChanged)]


async def started(data_dir: Path, **answers: Any) -> Alone:
    actor = Alone(data_dir)
    actor.answers = {GetCapabilities: CAMERA, GetPorts: PortsView(8443, 45000), **answers}
    await actor.on_start()
    for task in actor.tasks:
        await task
    actor.told.clear()
    return actor


@pytest.fixture
async def actor(tmp_path: Path) -> Alone:
    return await started(tmp_path)


async def test_a_change_is_on_disk_before_it_is_told_or_answered(actor: Alone, tmp_path: Path) -> None:
    seen: list[str] = []
    actor.publish = lambda _: seen.append((tmp_path / "settings.json").read_text())  # type: ignore[method-assign]
    result = await actor.change(frameRate=20)
    assert result.applied == ("frameRate",)
    assert '"frameRate": 20' in seen[0]


async def test_an_error_changes_and_tells_nothing(actor: Alone, tmp_path: Path) -> None:
    result = await actor.change(unknownKey=1, jpegQuality=50, frameRate=61)
    assert result.errors == ("unknownKey: Unknown setting", "frameRate: Value must be between 1 and 60")
    assert (result.applied, actor.told) == ((), [])
    assert not (tmp_path / "settings.json").exists()


async def test_news_carry_the_whole_view_and_what_differs(actor: Alone) -> None:
    await actor.change(frameRate=20, jpegQuality=85)
    [news] = actor.changes
    assert (news.changed, news.source, news.view.stored["frameRate"]) == (("frameRate",), "http", 20)
    await actor.change(frameRate=20)
    assert len(actor.changes) == 1  # nothing differs, nothing is told


async def test_pro_switches_are_dropped_on_a_free_device(actor: Alone) -> None:
    result = await actor.change(motionEnabled=True, frameRate=20, rtspEnabled=True)
    assert (result.errors, result.pro_blocked, result.applied) == ((), ("motionEnabled", "rtspEnabled"), ("frameRate",))
    assert (await actor.change(motionEnabled=False)).pro_blocked == ()


async def test_the_licence_comes_and_goes(actor: Alone) -> None:
    await actor._license_changed(LicenseChanged(PRO))
    result = await actor.change(motionEnabled=True)
    assert result.pro_blocked == ()
    assert result.view.effective["motionEnabled"] is True
    actor.told.clear()
    await actor._license_changed(LicenseChanged(UNKNOWN_LICENSE))
    [news] = actor.changes
    assert news.view.stored["motionEnabled"] is True
    assert news.view.effective["motionEnabled"] is False
    assert set(news.changed) == {"motionEnabled", "eventHistoryEnabled"}
    await actor._license_changed(LicenseChanged(PRO))
    assert actor.changes[-1].view.effective["motionEnabled"] is True


async def test_at_a_start_licence_and_protection_are_asked_for_and_the_view_is_told(tmp_path: Path) -> None:
    actor = Alone(tmp_path)
    actor.answers = {GetLicense: PRO, GetAuthStatus: AuthStatus(False, True)}
    await actor.on_start()
    assert actor._get(GetSettings()).effective["eventHistoryEnabled"] is False
    for task in actor.tasks:
        await task
    view = actor._get(GetSettings())
    assert (view.effective["eventHistoryEnabled"], view.stored["authEnabled"]) == (True, False)
    assert (actor.changes[-1].view.stored, actor.changes[-1].view.effective) == (view.stored, view.effective)
    assert actor.changes[-1].view.revision < view.revision


async def test_after_a_restart_nobody_hears_that_pro_is_gone(tmp_path: Path) -> None:
    actor = Alone(tmp_path, life=2)
    actor.answers = {GetLicense: PRO, GetAuthStatus: AuthStatus(True, True)}
    await actor.on_start()
    assert actor._get(GetSettings()).effective["eventHistoryEnabled"] is True
    for task in actor.tasks:
        await task
    [news] = actor.changes  # the whole view, for whoever missed a change while we were away
    assert news.changed == ()


async def test_sizes_and_cameras_are_those_of_the_camera(actor: Alone) -> None:
    assert (await actor.change(resolution="1920x1080")).errors == ("resolution: Unsupported resolution",)
    assert (await actor.change(resolution="640x480")).errors == ()
    assert (await actor.change(cameraId="1")).errors == ("cameraId: Value must be one of 0",)
    assert (await actor.change(useFrontCamera=True)).errors == ("useFrontCamera: No front camera",)


async def test_while_the_camera_is_away_its_last_word_holds(actor: Alone) -> None:
    actor._capabilities_changed(CapabilitiesChanged(CAMERA))
    actor.answers[GetCapabilities] = Unavailable("restarting")
    assert (await actor.change(resolution="1920x1080")).errors == ("resolution: Unsupported resolution",)


async def test_a_camera_never_heard_of_cannot_forbid(tmp_path: Path) -> None:
    actor = await started(tmp_path, **{})
    actor.answers = {}
    assert (await actor.change(resolution="1920x1080")).errors == ()
    actor.answers = {GetCapabilities: Capabilities((), (), (), 0)}
    assert (await actor.change(resolution="640x480", cameraId="0")).errors == ()


async def test_the_camera_is_asked_only_where_it_matters(actor: Alone) -> None:
    actor.asked.clear()
    await actor.change(frameRate=20)
    assert actor.asked == []


async def test_the_torch_is_lit_before_the_setting_says_so(actor: Alone) -> None:
    assert (await actor.change(torchEnabled=True)).errors == ("torchEnabled: Torch not available",)
    assert (await actor.change(torchEnabled=False)).errors == ()
    actor.answers |= {
        GetCapabilities: Capabilities(("0",), ("640x480",), (30,), 30, torch=True),
        SetTorch: Unavailable("the lamp is broken"),
    }
    assert (await actor.change(torchEnabled=True)).errors == ("torchEnabled: the lamp is broken",)
    actor.answers[SetTorch] = True
    assert (await actor.change(torchEnabled=True)).view.stored["torchEnabled"] is True


async def test_rtsp_must_not_take_a_port_of_ours(actor: Alone) -> None:
    for port in (8443, 45000):
        assert (await actor.change(rtspPort=port)).errors == ("rtspPort: Port already in use by this server",)
    assert (await actor.change(rtspPort=8555)).errors == ()


async def test_a_full_disk_is_an_error_and_shows(actor: Alone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ServerError, match="could not be saved"):
            await actor.change(frameRate=20)
    assert "could not be saved" in actor.reason
    assert actor._get(GetSettings()).stored["frameRate"] == 30
    await actor.change(frameRate=20)
    assert actor.reason == ""


async def test_a_damaged_file_shows_until_the_next_change(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{")
    actor = await started(tmp_path)
    assert "set aside" in actor.reason
    await actor.change(frameRate=20)
    assert actor.reason == ""


async def test_credentials_are_given_to_who_asks_and_told_to_nobody(actor: Alone) -> None:
    view = await actor._set_credentials(SetCredentials("rtsp", "viewer", "hush"))
    assert actor._get_credentials(GetCredentials("rtsp")) == Credentials("viewer", "hush")
    assert view.stored["rtspHasPassword"] is True
    [news] = actor.changes
    assert set(news.changed) == {"rtspUsername", "rtspHasPassword"}
    assert "hush" not in repr(news)
    await actor._set_credentials(SetCredentials("rtsp", None, "other"))
    assert actor.changes[-1].changed == ("rtspHasPassword",)  # who uses it looks again


@pytest.mark.parametrize("message", [SetCredentials("ftp", "a", "b"), SetCredentials("mqtt", "a", "b" * 300)])
async def test_bad_credentials(actor: Alone, message: SetCredentials) -> None:
    with pytest.raises(Invalid):
        await actor._set_credentials(message)
    assert actor.told == []


async def test_internal_changes_reach_read_only_keys(actor: Alone) -> None:
    assert (await actor.change(authEnabled=False)).errors == ("authEnabled: Read-only setting",)
    assert (await actor.change(internal=True, authEnabled=False)).view.stored["authEnabled"] is False
