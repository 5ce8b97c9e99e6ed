import asyncio

import pytest
from aiohttp import WSServerHandshakeError

from models.http import limits
from models.messages.auth import Identity, SessionsRevoked, WhoIs
from tests.api.live.conftest import Open
from tests.api.stage import FREE, MEDIA_TOKEN, PASSWORD, TOKEN, VIEWER_TOKEN


async def test_with_protection_off_everybody_is_let_in(surface: Open) -> None:
    here = await surface()
    snapshot = await (await here.connect("none")).snapshot()
    assert snapshot["connected"]["authenticated"] is True
    assert snapshot["connected"]["server"]["version"] == "1.2.3"
    assert snapshot["status"]["wsClients"] == 1
    assert snapshot["status"]["settings"]["license"]["isPro"] is True
    assert snapshot["system_info"]["actors"][0]["name"] == "camera"
    assert "battery" in snapshot["system_info"]


@pytest.mark.parametrize("carrier", ["bearer", "query", "cookie"])
async def test_a_credential_at_the_upgrade_is_enough(surface: Open, carrier: str) -> None:
    here = await surface(auth=True)
    await (await here.connect(carrier)).snapshot()


async def test_a_wrong_token_is_asked_for_a_better_one(surface: Open) -> None:
    here = await surface(auth=True)
    caller = await here.connect("query", token="wrong")
    await caller.expect("auth_required")
    await caller.send("setting", key="frameRate", value=20)
    assert (await caller.expect("error"))["code"] == "AUTH_REQUIRED"
    await caller.send("ping", timestamp=5, requestId="r1")
    pong = await caller.expect("pong")
    assert (pong["clientTimestamp"], pong["requestId"]) == (5, "r1")
    await caller.send("auth", token=TOKEN, requestId=7)
    answer = await caller.expect("auth")
    assert (answer["success"], answer["requestId"]) == (True, 7)
    await caller.snapshot()


async def test_the_password_gives_a_session(surface: Open) -> None:
    here = await surface(auth=True)
    caller = await here.connect("none")
    await caller.expect("auth_required")
    await caller.send("auth", password="wrong")
    assert (await caller.expect("auth"))["error"] == "Invalid password"
    await caller.send("auth", password="locked")
    locked = await caller.expect("auth")
    assert (locked["lockout"], locked["lockoutRemaining"]) == (True, 30)
    await caller.send("auth", password=PASSWORD)
    answer = await caller.expect("auth")
    assert (answer["token"], answer["csrfToken"]) == (TOKEN, "csrf")
    await caller.snapshot()


async def test_the_third_wrong_token_closes(surface: Open) -> None:
    here = await surface(auth=True)
    caller = await here.connect("none")
    await caller.expect("auth_required")
    for _ in range(3):
        await caller.send("auth", token="wrong")
        assert (await caller.expect("auth"))["success"] is False
    assert await caller.receive() == 4401


async def test_who_has_not_authenticated_may_not_chatter(surface: Open) -> None:
    here = await surface(auth=True)
    for chatter in ("messages", "control frames"):
        caller = await here.connect("none")
        for _ in range(2 * limits.WAITING_BURST):
            await (caller.send("ping") if chatter == "messages" else caller.ws.ping())
        assert await caller.closed() == 1008


@pytest.mark.usefixtures("quick_ticks")
async def test_who_says_nothing_is_sent_away(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "AUTH_S", 0.1)
    here = await surface(auth=True)
    caller = await here.connect("none")
    await caller.expect("auth_required")
    assert (await caller.expect("error"))["code"] == "AUTH_TIMEOUT"
    assert await caller.receive() == 4401


async def test_a_cookie_from_a_foreign_page_is_refused(surface: Open) -> None:
    here = await surface(auth=True)
    for origin in ("https://evil.example", "null", ""):
        with pytest.raises(WSServerHandshakeError) as refused:
            await here.connect("cookie", Origin=origin)
        assert refused.value.status == 403


@pytest.mark.parametrize("carrier", ["bearer", "query", "none"])
@pytest.mark.parametrize("auth", [True, False])
async def test_a_free_licence_lets_only_the_dashboard_in(surface: Open, carrier: str, auth: bool) -> None:
    here = await surface(license=FREE, auth=auth)
    if auth and carrier == "none":
        caller = await here.connect(carrier)
        await caller.expect("auth_required")
        await caller.send("auth", token=TOKEN)
        refusal = await caller.expect("error")
        assert (refusal["code"], refusal["feature"]) == ("PRO_REQUIRED", "api_access")
        assert await caller.receive() == 4403
    else:
        response = await here.client.get(
            "/ws",
            headers={"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
            | {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
            | ({"Authorization": f"Bearer {TOKEN}"} if carrier == "bearer" else {}),
            params={"token": TOKEN} if carrier == "query" else {},
        )
        assert response.status == 403
        body = await response.json()
        assert (body["error"], body["feature"]) == ("Pro license required", "api_access")
    await (await here.connect("cookie")).snapshot()


async def test_a_free_dashboard_sees_nothing_of_mqtt(surface: Open) -> None:
    here = await surface(license=FREE)
    snapshot = await (await here.connect("cookie")).snapshot()
    assert snapshot["mqtt_status"]["brokerUrl"] == ""
    assert snapshot["connected"]["features"]["two_way_audio"] is False


async def test_only_an_upgrade_is_accepted(surface: Open) -> None:
    here = await surface()
    assert (await here.client.get("/ws")).status == 400


async def test_nine_sockets_of_one_address_are_too_many(surface: Open) -> None:
    here = await surface()
    for _ in range(limits.SOCKETS_PER_ADDRESS):
        await here.ready()
    with pytest.raises(WSServerHandshakeError) as refused:
        await here.connect()
    assert refused.value.status == 503


async def test_logout_closes_the_sockets_of_that_session(surface: Open) -> None:
    here = await surface(auth=True)
    caller = await here.ready()
    here.app_state.news(SessionsRevoked(("another",)))
    await caller.send("ping")
    await caller.until("pong")
    here.app_state.news(SessionsRevoked(("s1",)))
    assert await caller.closed() == 4401


async def test_a_new_password_closes_everybody(surface: Open) -> None:
    here = await surface(auth=True)
    callers = [await here.ready("cookie"), await here.ready("bearer")]
    here.app_state.news(SessionsRevoked(()))
    assert [await caller.closed() for caller in callers] == [4401, 4401]


@pytest.mark.usefixtures("quick_ticks")
async def test_a_session_that_has_run_out_is_found_by_the_refresh(
    surface: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REFRESH_SESSION_S", 0.0)
    here = await surface(auth=True)
    caller = await here.ready()
    here.stage.answers[WhoIs] = Identity(False, False)
    await caller.send("ping")
    assert await caller.closed() == 4401


async def test_without_pro_a_direct_caller_has_to_go_and_the_dashboard_stays(surface: Open) -> None:
    here = await surface()
    direct, dashboard = await here.ready("bearer"), await here.ready("cookie")
    here.stage.state(FREE)
    assert await direct.closed() == 4403
    assert (await dashboard.until("license:changed"))["isPro"] is False
    assert (await dashboard.until("settings"))["source"] == "license"


@pytest.mark.usefixtures("quick_ticks")
async def test_silence_ends_a_socket(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DEAD_AFTER_S", 0.5)
    here = await surface()
    assert await (await here.ready()).closed() == 4408


@pytest.mark.usefixtures("quick_ticks")
async def test_the_server_pings_and_a_pong_counts_as_life(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING_EVERY_S", 0.2)
    here = await surface()
    caller = await here.ready()
    async with asyncio.timeout(5):
        while (message := await caller.ws.receive()).type.name != "PING":
            continue
    await caller.ws.pong(message.data)


async def test_a_stop_of_the_server_is_said(surface: Open) -> None:
    here = await surface()
    caller = await here.ready()
    _, code = await asyncio.gather(here.app_state.hub.close(), caller.closed())
    assert code == 1001


async def test_a_viewer_sees_and_hears_and_changes_nothing(surface: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.video.FIRST_PICTURE_S", 0.05)
    here = await surface(auth=True)
    caller = await here.connect("bearer", VIEWER_TOKEN)
    await caller.snapshot()
    for kind, more in (
        ("setting", {"key": "frameRate", "value": 20}),
        ("settings_batch", {"settings": {"frameRate": 20}}),
        ("capture", {}),
        ("stream_control", {"action": "stop"}),
        ("h264_quality", {"quality": 50}),
        ("tts", {"message": "boo"}),
        ("audio", {"data": ""}),
    ):
        await caller.send(kind, **more)
        refusal = await caller.until("error")
        assert (refusal["code"], refusal["inReplyTo"]) == ("FORBIDDEN", kind)
    await caller.send("enableH264")
    assert (await caller.until("h264_ack"))["success"] is True


async def test_the_picture_s_token_opens_no_socket(surface: Open) -> None:
    here = await surface(auth=True)
    with pytest.raises(WSServerHandshakeError) as refused:
        await here.connect("query", MEDIA_TOKEN)
    assert refused.value.status == 403
    caller = await here.connect("none")
    await caller.expect("auth_required")
    await caller.send("auth", token=MEDIA_TOKEN)
    assert (await caller.expect("auth"))["success"] is False


async def test_sockets_that_wait_are_shared_out(surface: Open) -> None:
    here = await surface(auth=True)
    waiting = [await here.connect("none") for _ in range(limits.SOCKETS_PER_ADDRESS)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await here.connect("none")
    assert refused.value.status == 503
    await here.ready("bearer")
    await waiting[0].expect("auth_required")
    await waiting[0].send("auth", token=TOKEN)
    assert (await waiting[0].expect("auth"))["success"] is True


async def test_a_foreign_page_is_refused_whatever_it_shows_while_protection_is_off(surface: Open) -> None:
    here = await surface(auth=False)
    for carrier, token in (("none", ""), ("query", "x"), ("query", TOKEN), ("cookie", "x"), ("bearer", TOKEN)):
        with pytest.raises(WSServerHandshakeError) as refused:
            await here.connect(carrier, token, Origin="https://evil.example")
        assert refused.value.status == 403
