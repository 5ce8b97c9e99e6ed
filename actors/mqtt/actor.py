"""The MQTT actor. See ``models.messages.mqtt`` for what it may be asked."""

import asyncio
import secrets

from actors.mqtt.configure import Configuration
from actors.mqtt.flight import Flight
from actors.mqtt.mail import Mail
from actors.mqtt.memory import Memory
from actors.mqtt.outbox import Outbox
from actors.mqtt.service import Service
from actors.mqtt.session import Session
from actors.runtime.actor import Actor, handles
from models.detect import DETECTORS
from models.errors import ServerError
from models.messages.camera import CameraChanged, CapabilitiesChanged, GetCamera, GetCapabilities
from models.messages.detector import DetectorChanged, GetDetector
from models.messages.event_log import EventRecorded, EventsCleared
from models.messages.facade import GetPorts
from models.messages.license import GetLicense
from models.messages.mqtt import ApplyMqtt, GetMqtt, MqttChanged, MqttTestResult, MqttView, TestMqtt
from models.messages.rtsp import GetRtsp, RtspChanged
from models.messages.settings import GetSettings, SettingsChanged
from models.messages.speaker import GetSpeaker
from models.mqtt.options import CONNECTION_KEYS
from models.mqtt.states import Facts

FOLDER = "mqtt"
DEVICE_ID_DIGITS = 6
LOOK_S = 2.0
LOOK_AGAIN_S, LOOK_SELDOM_S = 2.0, 60.0
RECONNECT_KEYS = (*CONNECTION_KEYS, "mqttHasUsername", "mqttHasPassword", "mqttDiscoveryPrefix")


class Mqtt(Actor):
    """Glue: news become facts and events, asks go to the configuration; the session does the rest."""

    async def on_start(self) -> None:
        folder = self.boot.data_dir / FOLDER
        bench = self.bench("outbox")
        outbox = await bench.do(Outbox, folder / "outbox.db")
        flight = await bench.do(Flight, folder / "under_way")
        if outbox.broken:
            self.log.error("the outbox could not be used; begun anew", kept_as=outbox.broken)
            flight.abandon()
        if outbox.said:
            self.log.info(outbox.said)
        memory = Memory(bench, outbox)
        self._facts = Facts(version=self.boot.version, former=await memory.former())
        self._facts.stored = (await self.ask("settings", GetSettings())).stored
        self._facts.device_id = await self._device_id(memory)
        self._shown: MqttView | None = None
        self._memory = memory
        self._mail = Mail(self, bench, outbox, flight)
        self._service = Service(self, self._mail, memory, flight, self._facts, self._show)
        self._session = Session(self, self._mail, memory, self._service, self._show)
        self._configuration = Configuration(self, memory, self._session)
        await self._mail.begin(lambda: self.settings["mqttEnabled"] is True)
        self.start_task(self._look_around())
        self.start_task(self._session.run())

    async def on_stop(self) -> None:
        await self._session.end()

    # ---------------------------------------------------------------- asked
    @handles(GetMqtt)
    def _get(self, _: GetMqtt) -> MqttView:
        return self._view()

    @handles(ApplyMqtt)
    async def _apply(self, message: ApplyMqtt) -> MqttView:
        await self._configuration.apply(message)
        return self._view()

    @handles(TestMqtt)
    async def _test(self, message: TestMqtt) -> MqttTestResult:
        return await self._configuration.test(message)

    # ---------------------------------------------------------------- told
    @handles(EventRecorded)
    def _event(self, news: EventRecorded) -> None:
        self._mail.arrived(news.event)
        if self._session.connected and news.event.phase == "appeared" and not news.event.type.startswith("SYSTEM_"):
            self._service.pictures.event()

    @handles(EventsCleared)
    def _cleared(self, _: EventsCleared) -> None:
        self._service.pictures.clear()

    @handles(SettingsChanged)
    async def _settings_changed(self, news: SettingsChanged) -> None:
        changed, before = set(news.changed), self._facts.stored
        self._facts.stored = news.view.stored
        if "mqttEnabled" in changed and self.settings["mqttEnabled"] is True:
            await self._mail.resume(anew=before["mqttEnabled"] is not True)
        if not changed.isdisjoint(RECONNECT_KEYS):
            self._session.renew()
        if "mqttTelemetryIntervalSec" in changed:
            self._service.telemetry.renew()
        self._show()
        await self._service.refresh()

    @handles(DetectorChanged)
    async def _detector(self, news: DetectorChanged) -> None:
        self._facts.active |= {switch.key: switch.active for switch in news.detector.switches}
        await self._service.refresh()

    @handles(CameraChanged)
    async def _camera(self, news: CameraChanged) -> None:
        self._facts.camera = self._service.pictures.camera = news.camera
        await self._service.refresh()

    @handles(CapabilitiesChanged)
    async def _capabilities(self, news: CapabilitiesChanged) -> None:
        self._facts.capabilities = news.capabilities
        await self._service.refresh()

    @handles(RtspChanged)
    async def _rtsp(self, news: RtspChanged) -> None:
        self._facts.rtsp = news.rtsp
        await self._service.refresh()

    # ---------------------------------------------------------------- inside
    def _view(self) -> MqttView:
        return MqttView(
            enabled=self.settings["mqttEnabled"] is True,
            connected=self._session.connected,
            broker_url=str(self.settings["mqttBrokerUrl"]),
            port=int(self.settings["mqttPort"]),
            topic_prefix=str(self.settings["mqttTopicPrefix"]),
            last_error=self._session.error or self._service.notice or self._session.notice,
            reconnect_in_s=self._session.reconnect_in_s(),
            pinned_fingerprint=self._memory.fingerprint,
        )

    def _show(self) -> None:
        view = self._view()
        if view != self._shown:
            self._shown = view
            self.publish(MqttChanged(view))

    async def _device_id(self, memory: Memory) -> str:
        """Six hex digits for ever; the licence's if it can be had at the first start."""
        known = await memory.name()
        if known:
            return known
        try:
            known = (await self.ask("license", GetLicense(), LOOK_S)).device_id[:DEVICE_ID_DIGITS]
        except ServerError as error:
            self.log.info("without the licence's device id", reason=error.detail)
        known = known or secrets.token_hex(DEVICE_ID_DIGITS // 2)
        await memory.set_name(known)
        return known

    async def _look_around(self) -> None:
        """What the others had said before we were there; who is not up yet is asked again, less and less often."""
        unknown: tuple[str, ...] = (*DETECTORS, "camera", "rtsp", "speaker", "facade")
        wait_s = LOOK_AGAIN_S
        while unknown:
            learned = await asyncio.gather(*(self._learn(name) for name in unknown))
            unknown = tuple(name for name, known in zip(unknown, learned, strict=True) if not known)
            await self._service.refresh()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LOOK_SELDOM_S)

    async def _learn(self, name: str) -> bool:
        facts = self._facts
        try:
            if name in DETECTORS:
                detector = await self.ask(name, GetDetector(), LOOK_S)
                facts.active |= {switch.key: switch.active for switch in detector.switches}
            elif name == "camera":
                facts.camera = self._service.pictures.camera = await self.ask(name, GetCamera(), LOOK_S)
                facts.capabilities = await self.ask(name, GetCapabilities(), LOOK_S)
            elif name == "rtsp":
                facts.rtsp = await self.ask(name, GetRtsp(), LOOK_S)
            elif name == "speaker":
                facts.speech = (await self.ask(name, GetSpeaker(), LOOK_S)).tts
            else:
                facts.https_port = (await self.ask(name, GetPorts(), LOOK_S)).https
        except ServerError as error:
            self.log.debug("not known yet", who=name, reason=error.detail)
            return False
        return True
