"""The actor: listener, discovery and subscriptions follow the settings, the login and the detectors."""

import asyncio
import contextlib
import platform
import random
import secrets
import socket
import time
import uuid
from collections.abc import Mapping
from functools import partial

from actors.onvif.authentication import Authenticator
from actors.onvif.discovery import Discovery
from actors.onvif.limits import CREDENTIALS_RETRY_S, LOOK_S
from actors.onvif.network import Network, look
from actors.onvif.pictures import Pictures
from actors.onvif.server import OnvifServer
from actors.onvif.webhook_delivery import WebhookDelivery
from actors.runtime.actor import Actor, handles
from actors.shared.listeners import listen
from actors.shared.rtsp_logins import LoginFiles, LoginNews, Logins
from config.device_id import device_id
from models.errors import Conflict, ServerError, Unavailable
from models.media.tier import Tier
from models.messages.camera import CameraView
from models.messages.detector import DetectorView
from models.messages.encoder import ENCODER, RequestKeyframe, SubVideoView, VideoView
from models.messages.microphone import MicrophoneView
from models.messages.onvif import GetOnvif, OnvifSubscriber, OnvifView
from models.messages.rtsp import RtspView
from models.messages.rtsp_session import PeerFirstLogin, PeerLoginFailed
from models.messages.settings import SETTINGS, GetCredentials, Value
from models.onvif.device import scopes
from models.onvif.device_info import Facts
from models.onvif.discovery import Device
from models.onvif.subscriptions import Subscription, Subscriptions
from models.onvif.tiers import tiers
from models.rtsp.sound import has_sound
from models.security.digest import Login

ENABLED, PORT, USERNAME_TOKEN = "onvifEnabled", "onvifPort", "onvifUsernameToken"
OPEN = "rtspOpen"
SERVING = frozenset({PORT, OPEN, "rtspUsername", "rtspHasPassword", USERNAME_TOKEN})
SERIAL_DIGITS = 12
ID_BYTES = 18


class Onvif(Actor):
    memory_mb = 150
    oom_score = 400
    observes = (CameraView, VideoView, SubVideoView, RtspView, MicrophoneView)

    @classmethod
    def wanted(cls, settings: Mapping[str, Value]) -> bool:
        return settings[ENABLED] is True

    async def on_start(self) -> None:
        self.subscriptions = Subscriptions(partial(secrets.token_urlsafe, ID_BYTES))
        self._files = self.executor("files")
        self._serial = await self._files.run(device_id, self.boot.data_dir)
        self._network: Network = await self._files.run(look, self.boot.bind)
        self.logins = Logins(LoginNews(self, "ONVIF"))
        kept = LoginFiles(self, self.logins, self._files)
        await kept.load()
        self._authenticator = Authenticator(self.logins)
        self._server = OnvifServer(self, self._authenticator, self.logins.known.has)
        self._webhooks = WebhookDelivery(self, self.subscriptions)
        self._pictures = Pictures(self)
        instance = int(time.time())
        chance = random.SystemRandom()
        self._discovery = Discovery(partial(self._device, instance), partial(chance.uniform, 0.0))
        self._bells: dict[str, asyncio.Event] = {}
        self._error = ""
        self._look_again = asyncio.Event()
        self.start_task(self._keep())
        self.start_task(kept.keep())

    async def on_settings(self, changed: frozenset[str]) -> None:
        if not SERVING.isdisjoint(changed):
            self._look_again.set()

    async def on_stop(self) -> None:
        self._discovery.say_goodbye()
        self.subscriptions.end_all()
        await self._server.stop()
        await self._webhooks.close()

    # ---------------------------------------------------------------- serving
    async def _keep(self) -> None:
        """Serve according to the settings, with retries; check addresses and expired subscriptions."""
        while True:
            try:
                credentials = await self.actor(SETTINGS).ask(GetCredentials("rtsp"))
            except ServerError as error:
                self.log.info("the login is not known yet", reason=error.detail)
                await asyncio.sleep(CREDENTIALS_RETRY_S)
                continue
            self._follow(Login(credentials.username, credentials.password))
            await self._serve(int(self.settings[PORT]))
            self._network = await self._files.run(look, self.boot.bind)
            if self._server.port:
                self._discovery.serve(self._server.port, self._network.interfaces)
            for one in self.subscriptions.expire(time.monotonic()):
                self.log.info("a subscription has ended", client=one.client, kind=_kind(one))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._look_again.wait()
            self._look_again.clear()

    def _follow(self, login: Login) -> None:
        """Clients that subscribed with an old login must use the new one."""
        authenticator, is_open = self._authenticator, self.settings[OPEN] is True
        if (authenticator.login, authenticator.is_open) != (login, is_open):
            self.subscriptions.end_all()
        authenticator.login, authenticator.is_open = login, is_open
        authenticator.username_token = self.settings[USERNAME_TOKEN] is True

    async def _serve(self, port: int) -> None:
        if self._server.port == port:
            return
        self._discovery.say_goodbye()
        await self._server.stop()
        try:
            _, listeners = listen(self.boot.bind, port, 0, "the setting onvifPort")
        except Conflict as error:
            if error.detail != self._error:
                self.log.warning("not serving", reason=error.detail)
            self._error = error.detail
            self.degraded(f"ONVIF is not serving: {error.detail}")
            return
        await self._server.serve(port, listeners)
        self._error = ""
        self.degraded("")
        self.log.info("serving", port=port)

    @handles(PeerLoginFailed)
    def _peer_login_failed(self, message: PeerLoginFailed) -> None:
        self.logins.failed_elsewhere(message.address)

    @handles(PeerFirstLogin)
    def _peer_first_login(self, message: PeerFirstLogin) -> None:
        self.logins.succeeded_elsewhere(message.address)

    # ---------------------------------------------------------------- what happens
    @handles(DetectorView)
    def _detector(self, _: DetectorView | None, view: DetectorView) -> None:
        self.subscriptions.learn({switch.key: (switch.enabled, switch.active) for switch in view.switches}, time.time())

    # ---------------------------------------------------------------- for the server
    def facts(self, host: str, base: str) -> Facts:
        camera, rtsp = self.latest(CameraView), self.latest(RtspView)
        settings = self.settings
        videos = self.latest(VideoView), self.latest(SubVideoView)
        return Facts(
            base=base,
            host=host,
            name=str(settings["deviceName"]),
            version=self.boot.version,
            serial=self._serial[:SERIAL_DIGITS],
            uuid=self._uuid,
            hardware=platform.machine(),
            hostname=socket.gethostname(),
            rtsp_port=rtsp.port if rtsp else int(settings["rtspPort"]),
            http_port=self._server.port,
            user=self._authenticator.login.username if self._authenticator.login.asked_for else "",
            username_token=self._authenticator.username_token,
            tiers=tiers(settings, camera, videos, str(rtsp.path if rtsp else settings["rtspPath"])),
            interfaces=self._network.interfaces,
            gateway=self._network.gateway,
            dns=self._network.name_servers,
            now=time.time(),
            sound=has_sound(settings, self.latest(MicrophoneView)),
            sound_codec=self.boot.rtsp.audio_codec,
        )

    @property
    def _uuid(self) -> str:
        """Identifies the device permanently, and reveals nothing else about it."""
        return f"urn:uuid:{uuid.UUID(self._serial)}"

    def _device(self, instance: int) -> Device:
        return Device(self._uuid, scopes(self.facts("", "")), instance)

    async def picture(self, token: str) -> bytes:
        """Of the tier with this token; of the large one for any other."""
        if not self.settings["streaming"]:
            raise Unavailable("Streaming is switched off")
        return await self._pictures.take(Tier.SUB if token == Tier.SUB else Tier.MAIN)

    def request_keyframe(self, token: str) -> None:
        self.actor(ENCODER).tell(RequestKeyframe(Tier(token)))

    def check_webhook(self, address: str, client: str) -> None:
        self._webhooks.check(address, client)

    def opened(self, one: Subscription, producer: str) -> None:
        bell = asyncio.Event()
        one.wake = bell.set
        self._bells = {live.id: self._bells.get(live.id, bell) for live in self.subscriptions}
        if one.webhook:
            bell.set()
            self.start_task(self._webhooks.carry(one, bell, producer))
        self.log.info("subscribed", client=one.client, agent=one.agent, kind=_kind(one))

    async def news(self, one: Subscription, wait_s: float) -> None:
        bell = self._bells[one.id]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while not one.queue and not one.ended:
                    bell.clear()
                    await bell.wait()

    # ---------------------------------------------------------------- views
    @handles(GetOnvif)
    def _get(self, _: GetOnvif) -> OnvifView:
        now = time.monotonic()
        subscribers = tuple(
            OnvifSubscriber(
                client=one.client,
                agent=one.agent,
                kind=_kind(one),
                seconds=round(now - one.began, 1),
                expires_in_s=round(one.expires - now, 1),
                delivered=one.delivered,
                dropped=one.dropped,
            )
            for one in self.subscriptions
        )
        problem = self._error or self._discovery.problem
        return OnvifView(bool(self._server.port), int(self.settings[PORT]), problem, subscribers)


def _kind(one: Subscription) -> str:
    return "webhook" if one.webhook else "pull point"
