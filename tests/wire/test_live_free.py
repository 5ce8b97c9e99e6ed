"""What a free device gives to its dashboard, and refuses to everybody else."""

from collections.abc import Callable

import pytest
from websockets.exceptions import InvalidStatus

from tests.wire.live_client import LiveClient
from tests.wire.server import RunningServer

pytestmark = pytest.mark.system


async def test_free_and_open(run: Callable[..., RunningServer]) -> None:
    server = run(pro=False, auth=False)
    with pytest.raises(InvalidStatus) as refused:
        await LiveClient.open(server, "none")
    assert refused.value.response.status_code == 403
    _, _, headers = server.request("GET", "/", token="")
    cookie = headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    live = await LiveClient.ready(server, "cookie", token=cookie)
    await live.send("setting", key="motionEnabled", value=True)
    ack = await live.until("setting_ack")
    assert (ack["success"], ack["feature"], ack["proBlocked"]) == (False, "motion_detection", ["motionEnabled"])
    await live.send("settings_batch", settings={"motionEnabled": True, "jpegQuality": 77})
    ack = await live.until("settings_batch_ack")
    assert (ack["success"], ack["proBlocked"]) == (True, ["motionEnabled"])
    for kind in ("audio", "tts"):
        await live.send(kind, data="", message="hello")
        refusal = await live.until("error")
        assert (refusal["code"], refusal["feature"]) == ("PRO_REQUIRED", "two_way_audio")
    await live.send("enableH264")
    assert (await live.until("h264_ack", lambda message: "codec" in message))["success"] is True
    assert await live.frame()
    assert (await live.until("status"))["settings"]["license"]["isPro"] is False
    await live.close()


async def test_free_and_protected(run: Callable[..., RunningServer]) -> None:
    server = run(pro=False)
    token = server.token
    with pytest.raises(InvalidStatus) as refused:
        await LiveClient.open(server, "query", token=token)
    assert refused.value.response.status_code == 403
    stranger = await LiveClient.open(server, "query", token="f" * 64)
    await stranger.expect("auth_required")
    await stranger.send("auth", token=token)
    assert (await stranger.expect("error"))["feature"] == "api_access"
    assert await stranger.closed() == 4403
    live = await LiveClient.ready(server, "cookie", token=token)
    assert server.post("/auth/logout", token=token)[0] == 200
    assert await live.closed() == 4401
