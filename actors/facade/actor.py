"""The facade: whatever comes in over HTTPS is made into messages here, and their answers into JSON."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

from actors.facade.ring_broadcast import OWNERS, RingBroadcast, group_before
from actors.runtime.actor import Actor, handles
from actors.runtime.worker import SerialExecutor
from actors.shared import listeners
from actors.shared.system_events import SystemEvents
from api.app import build_app
from api.app_state import APP_STATE
from api.latest_states import STATES
from api.listeners import Gate, GuardedSite
from api.rate_limits import RATE_LIMITER
from api.routes import load_all
from api.server import HttpsRunner, plain_runner
from config.tls import certificate
from models import events
from models.errors import ServerError, Unavailable
from models.media.ring import Entry
from models.messages import Ask, News, Ok, Ref, State
from models.messages.auth import AUTH, GetKnownAddresses, SessionsRevoked
from models.messages.camera import CameraView, Capabilities, CaptureReady
from models.messages.detector import DetectionFrame, DetectorView, Level
from models.messages.encoder import VideoView
from models.messages.event_log import ClipReady, EventRecorded
from models.messages.facade import (
    CertificateView,
    GetCertificate,
    GetPorts,
    GetViewers,
    PortsView,
    RegenerateCertificate,
    ViewersView,
)
from models.messages.handle import ASK_TIMEOUT_S
from models.messages.license import UNKNOWN_LICENSE, LicenseView
from models.messages.mqtt import MqttView
from models.messages.rtsp import RtspView
from models.messages.settings import ChangeResult, SettingsView
from models.messages.speaker import Speaking
from models.messages.supervisor import ActorChanged

R = TypeVar("R")

PORTS_FILE = "ports.json"  # in the run directory
UPKEEP_S = 60.0  # is the certificate due, has its file changed, has the device another address
FLOOD_EVERY_S, FLOOD = 10.0, 50  # so many connections refused in so many seconds are told
KNOWN_S = 1.0  # how long a start waits to learn who has been in before
SHUTDOWN_S = 1.0  # for open connections at a clean stop


class Facade(Actor):
    """Also the ``api.context.Context`` of everything below it."""

    must_start = True
    retry_s = 10.0  # detection, history, RTSP and MQTT go on meanwhile
    observes = STATES

    @classmethod
    def preload(cls) -> None:
        load_all()

    async def on_start(self) -> None:
        self._broadcasts = {ring: RingBroadcast(self, ring) for ring in OWNERS}
        self._disk: SerialExecutor = self.executor("disk")
        self._files = await self._disk.run(certificate.ensure, self.boot)
        self._tls = certificate.server_context(self._files)
        self._stamp = certificate.stamp(self._files)
        self._open_ports()
        self._app = build_app(self)
        self._app_state, self._rate_limiter = self._app[APP_STATE], self._app[RATE_LIMITER]
        self._gate = Gate(self._rate_limiter.knows_key)
        await self._learn_addresses()
        https = HttpsRunner(self._app, shutdown_timeout=SHUTDOWN_S)
        await https.setup()
        plain = plain_runner(https, self, SHUTDOWN_S)
        await plain.setup()
        for listener in self._https:
            await GuardedSite(https, self._gate, listener, self._tls, plain).start()
        for listener in self._http:
            await GuardedSite(plain, self._gate, listener, None, plain).start()
        self._runners = [plain, https]
        self.start_task(self._upkeep())
        self.publish_state(self._ports)
        self.start_task(self._tell_of_floods())
        self.log.info("serving", https=self._ports.https, http=self._ports.http)

    def _open_ports(self) -> None:
        path = self.boot.run_dir / PORTS_FILE
        former = listeners.remembered(path)
        bind = self.boot.bind
        https, self._https = listeners.listen(bind, self.boot.https_port, former.get("https", 0), "--https-port")
        http, self._http = listeners.listen(bind, self.boot.http_port, former.get("http", 0), "--http-port")
        self._ports = PortsView(https, http)
        path.write_text(json.dumps({"https": https, "http": http}))

    async def on_stop(self) -> None:
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))

    # ---------------------------------------------------------------- context
    @property
    def license(self) -> LicenseView:
        return self.latest(LicenseView) or UNKNOWN_LICENSE

    async def ask(self, to: Ref[Any], message: Ask[Any, R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        """Like every actor's ``ask``. After a change of the settings, the caller reads the changed view at once."""
        answer = await super().ask(to, message, timeout_s)
        view = answer.view if isinstance(answer, ChangeResult) else answer
        if isinstance(view, SettingsView):
            await self.settled(view.revision)
        return answer

    def newest(self, ring: str) -> Entry | None:
        return self._broadcasts[ring].last

    def kept(self, ring: str, before: Entry) -> list[Entry]:
        reader = self.ring_reader(ring)
        try:
            return group_before(reader, before)
        finally:
            reader.close()

    def follow(self, ring: str) -> AsyncGenerator[Entry, None]:
        return self._broadcasts[ring].follow()

    # ---------------------------------------------------------------- questions
    @handles(GetViewers)
    def _viewers(self, _: GetViewers) -> ViewersView:
        return self._app_state.viewers()

    @handles(GetPorts)
    def _bound(self, _: GetPorts) -> PortsView:
        return self._ports

    # ---------------------------------------------------------------- certificate
    @handles(GetCertificate, max_concurrency=4)
    async def _certificate(self, _: GetCertificate) -> CertificateView:
        return certificate.view(await self._disk.run(certificate.public_pem, self._files))

    @handles(RegenerateCertificate, max_concurrency=1)
    async def _regenerate(self, _: RegenerateCertificate) -> Ok:
        self._files = await self._disk.run(certificate.regenerate, self.boot)
        certificate.reload(self._tls, self._files)
        self._stamp = certificate.stamp(self._files)
        self.log.info("a new certificate is served to new connections")
        return Ok()

    async def _upkeep(self) -> None:
        while True:
            await asyncio.sleep(UPKEEP_S)
            try:
                self._stamp = await self._disk.run(certificate.upkeep, self.boot, self._tls, self._stamp)
            except (Unavailable, OSError) as error:
                self.log.error("the certificate could not be renewed; the old one is served", reason=str(error))

    # ---------------------------------------------------------------- who has been in, and who has to stay outside
    async def _tell_of_floods(self) -> None:
        journal, refused = SystemEvents(self), self._gate.admission.refused
        while True:
            await asyncio.sleep(FLOOD_EVERY_S)
            if (count := refused.total()) >= FLOOD:
                worst, most = refused.most_common(1)[0]
                others = f", and {count - most} from {len(refused) - 1} others" if len(refused) > 1 else ""
                journal.note(events.FLOOD, f"{most} connections from {worst} were rejected{others}")
            refused.clear()

    async def _learn_addresses(self) -> None:
        """Auth may be away: then they are strangers until they show that they are not."""
        try:
            self._rate_limiter.learn((await self.actor(AUTH).ask(GetKnownAddresses(), KNOWN_S)).addresses)
        except ServerError as error:
            self.log.info("known addresses cannot be read", reason=error.detail)

    # ---------------------------------------------------------------- what others publish
    @handles(Capabilities)
    @handles(CameraView)
    @handles(DetectionFrame)
    @handles(DetectorView)
    @handles(LicenseView)
    @handles(MqttView)
    @handles(RtspView)
    @handles(SettingsView)
    @handles(Speaking)
    @handles(VideoView)
    def _state(self, old: State | None, new: State) -> None:
        self._app_state.state(old, new)

    @handles(ActorChanged)
    @handles(CaptureReady)
    @handles(ClipReady)
    @handles(EventRecorded)
    @handles(Level)
    @handles(SessionsRevoked)
    def _news(self, news: News) -> None:
        self._app_state.news(news)
