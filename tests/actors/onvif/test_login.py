"""Who is let in, and who is not."""

import json

import aiohttp
import pytest
from onvif.util import is_auth_error
from zeep.exceptions import Fault

from actors.shared import rtsp_logins
from config.boot import Boot
from models.messages.rtsp_session import FirstLogin, LoginFailed, PeerFirstLogin, PeerLoginFailed
from models.messages.settings import Credentials
from models.onvif import services
from tests.actors.onvif.onvif_kit import PASSWORD, USER, envelope, house, token

ASK = "<tds:GetDeviceInformation/>"
SUBSCRIBE = "<tev:CreatePullPointSubscription/>"


def digest(password: str = PASSWORD) -> tuple[aiohttp.DigestAuthMiddleware]:
    return (aiohttp.DigestAuthMiddleware(USER, password),)


async def test_digest_is_asked_for_and_taken(boot: Boot) -> None:
    async with house(boot, onvifUsernameToken=False) as here:
        status, body, headers = await here.post(envelope(ASK))
        assert status == 401
        assert b"ter:NotAuthorized" in body
        algorithms = [one for one in headers.getall("WWW-Authenticate") if one.startswith("Digest ")]
        assert ["algorithm=SHA-256" in algorithms[0], "algorithm=MD5" in algorithms[1]] == [True, True]
        assert (await here.post(envelope(ASK), middlewares=digest()))[0] == 200
        assert (await here.post(envelope(ASK), middlewares=digest("wrong")))[0] == 401
        assert (await here.post(envelope(ASK, token())))[0] == 401, "it is switched off"
        here.kit.settle(onvifUsernameToken=True)
        await here.kit.until(lambda: here.kit.actor._authenticator.username_token)
        assert (await here.post(envelope(ASK, token())))[0] == 200


async def test_a_token_is_taken_once(boot: Boot) -> None:
    async with house(boot) as here:
        shown = envelope(ASK, token())
        assert (await here.post(shown))[0] == 200
        status, body, _ = await here.post(shown)
        assert status == 400
        assert b"ter:NotAuthorized" in body


async def test_home_assistant_knows_a_wrong_password_when_it_sees_one(boot: Boot) -> None:
    async with house(boot) as here, here.client(password="guess") as camera:
        management = await camera.create_devicemgmt_service()
        with pytest.raises(Fault) as caught:
            await management.GetDeviceInformation()
        assert is_auth_error(caught.value)


async def test_only_what_is_needed_before_a_login_is_answered_without(boot: Boot) -> None:
    async with house(boot) as here:
        for namespace, operation in services.OPERATIONS:
            asked = f'<x:{operation} xmlns:x="{namespace}"/>'
            status, _, _ = await here.post(envelope(asked))
            assert (status == 401) is ((namespace, operation) not in services.BEFORE_LOGIN), operation
        for operation in (SUBSCRIBE, "<wsnt:Subscribe/>", "<tev:PullMessages/>", "<trt:SetSynchronizationPoint/>"):
            assert (await here.post(envelope(operation)))[0] == 401
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{here.port}/onvif/snapshot") as answer,
        ):
            assert answer.status == 401


async def test_guessing_locks_out_and_counts_for_rtsp_too(boot: Boot) -> None:
    async with house(boot) as here:
        for _ in range(5):
            await here.post(envelope(ASK, token(password="guess")))
        status, _, headers = await here.post(envelope(ASK, token()))
        assert status == 403
        assert int(headers["Retry-After"]) > 0
        told = [message for to, message in here.kit.told if to == "rtsp"]
        assert told == [LoginFailed("onvif", "127.0.0.1")] * 5
        kept = here.kit.boot.run_dir / "onvif-lockouts.json"
        await here.kit.until(lambda: kept.exists() and len(json.loads(kept.read_text())["failures"]["127.0.0.1"]) == 5)
        await here.kit.stop()
        await here.kit.start()
        await here.kit.until(lambda: here.kit.actor._server.port)
        assert (await here.post(envelope(ASK, token())))[0] == 403, "a restart opens no door"


async def test_who_has_been_in_is_slowed_down_but_not_shut_out(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp_logins, "GUESS_EVERY_S", 0.01)
    async with house(boot) as here:
        assert (await here.post(envelope(ASK, token())))[0] == 200
        assert ("rtsp", FirstLogin("onvif", "127.0.0.1")) in here.kit.told
        for _ in range(7):
            assert (await here.post(envelope(ASK, token(password="guess"))))[0] == 400
        assert (await here.post(envelope(ASK, token())))[0] == 200


async def test_who_has_been_in_by_rtsp_has_been_in_here(boot: Boot) -> None:
    async with house(boot) as here:
        await here.kit.tell(PeerFirstLogin("192.0.2.7"), "rtsp")
        assert here.kit.actor.logins.known.has("192.0.2.7")


async def test_guessing_at_rtsp_locks_out_here_too(boot: Boot) -> None:
    async with house(boot) as here:
        for _ in range(5):
            await here.kit.tell(PeerLoginFailed("127.0.0.1"), "rtsp")
        assert (await here.post(envelope(ASK, token())))[0] == 403


@pytest.mark.parametrize(("is_open", "status"), [(False, 503), (True, 200)])
async def test_without_a_login_only_where_the_owner_wants_none(boot: Boot, is_open: bool, status: int) -> None:
    async with house(boot, login=False, rtspOpen=is_open) as here:
        assert (await here.post(envelope(ASK)))[0] == status


async def test_another_login_ends_the_subscriptions_of_the_former(boot: Boot) -> None:
    async with house(boot) as here:
        assert (await here.post(envelope(SUBSCRIBE, token())))[0] == 200
        here.kit.credentials["rtsp"] = Credentials(USER, "another12")
        here.kit.settle()
        await here.kit.until(lambda: not len(here.kit.actor.subscriptions))
        assert (await here.post(envelope(ASK, token())))[0] == 400
        assert (await here.post(envelope(ASK, token(password="another12"))))[0] == 200
