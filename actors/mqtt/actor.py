"""The MQTT actor. See ``models.messages.mqtt`` for what it may be asked."""

import secrets

from actors.mqtt.clips import Clips
from actors.mqtt.configure import Configuration
from actors.mqtt.flight import Flight
from actors.mqtt.mail import Mail
from actors.mqtt.memory import Memory
from actors.mqtt.outbox import Outbox
from actors.mqtt.service import Service
from actors.mqtt.session import Session
from actors.runtime.actor import Actor, handles
from models.errors import ServerError
from models.messages.camera import CameraView, Capabilities
from models.messages.detector import DetectorView
from models.messages.event_log import ClipReady, EventRecorded, EventsCleared
from models.messages.facade import PortsView
from models.messages.license import LICENSE, GetLicense
from models.messages.mqtt import ApplyMqtt, GetMqtt, MqttTestResult, MqttView, TestMqtt
from models.messages.rtsp import RtspView
from models.messages.settings import SettingsView, changed_keys
from models.messages.speaker import SpeakerView
from models.mqtt.options import CONNECTION_KEYS
from models.mqtt.states import Facts

FOLDER = "mqtt"
DEVICE_ID_DIGITS = 6
LOOK_S = 2.0
RECONNECT_KEYS = (*CONNECTION_KEYS, "mqttHasUsername", "mqttHasPassword", "mqttDiscoveryPrefix")


class Mqtt(Actor):
    """Glue: news become facts and events, asks go to the configuration; the session does the rest."""

    oom_score = 500

    async def on_start(self) -> None:
        folder = self.boot.data_dir / FOLDER
        bench = self.bench("outbox")
        outbox = await bench.do(Outbox, folder / "outbox.db")
        flight = await bench.do(Flight, folder / "under_way")
        if outbox.broken:
            self.log.error("the outbox could not be used; begun anew", kept_as=outbox.broken, reason=outbox.why)
            flight.abandon()
        if outbox.said:
            self.log.info(outbox.said)
        memory = Memory(bench, outbox)
        self._facts = Facts(version=self.boot.version, former=await memory.former())
        view = self.latest(SettingsView)
        assert view is not None  # no actor starts without its settings
        self._facts.stored = view.stored
        self._facts.device_id = await self._device_id(memory)
        self._clips = Clips(self, self._facts)
        await self._clips.look()
        self._shown: MqttView | None = None
        self._memory = memory
        self._mail = Mail(self, bench, outbox, flight)
        self._service = Service(self, self._mail, memory, flight, self._facts, self._show)
        self._session = Session(self, self._mail, memory, self._service, self._show)
        self._configuration = Configuration(self, memory, self._session)
        await self._mail.begin(lambda: self.settings["mqttEnabled"] is True)
        self.start_task(self._session.run())

    async def on_stop(self) -> None:
        await self._session.end()

    async def on_missed(self, publisher: str, count: int) -> None:
        await super().on_missed(publisher, count)
        self._mail.missed()

    # ---------------------------------------------------------------- asked
    @handles(GetMqtt)
    def _get(self, _: GetMqtt) -> MqttView:
        return self._view()

    @handles(ApplyMqtt, max_concurrency=1)
    async def _apply(self, message: ApplyMqtt) -> MqttView:
        await self._configuration.apply(message)
        return self._view()

    @handles(TestMqtt, max_concurrency=2)
    async def _test(self, message: TestMqtt) -> MqttTestResult:
        return await self._configuration.test(message)

    # ---------------------------------------------------------------- told
    @handles(EventRecorded)
    def _event(self, news: EventRecorded) -> None:
        self._mail.arrived(news.event)
        if self._session.connected and news.event.phase == "appeared" and not news.event.type.startswith("SYSTEM_"):
            self._service.pictures.event()

    @handles(ClipReady)
    async def _clip(self, news: ClipReady) -> None:
        await self._clips.ready(news.clip)
        await self._service.refresh()

    @handles(EventsCleared)
    def _cleared(self, _: EventsCleared) -> None:
        self._service.pictures.clear()

    @handles(SettingsView)
    async def _settings_changed(self, old: SettingsView | None, new: SettingsView) -> None:
        changed = changed_keys(old, new) if old is not None else frozenset()
        before, self._facts.stored = self._facts.stored, new.stored
        if "mqttEnabled" in changed and self.settings["mqttEnabled"] is True:
            await self._mail.resume(anew=before["mqttEnabled"] is not True)
        if not changed.isdisjoint(RECONNECT_KEYS):
            self._session.renew()
        if "mqttTelemetryIntervalSec" in changed:
            self._service.telemetry.renew()
        self._show()
        await self._service.refresh()

    @handles(DetectorView)
    async def _detector(self, _: DetectorView | None, detector: DetectorView) -> None:
        self._facts.active |= {switch.key: switch.active for switch in detector.switches}
        await self._service.refresh()

    @handles(CameraView)
    async def _camera(self, _: CameraView | None, camera: CameraView) -> None:
        self._facts.camera = self._service.pictures.camera = camera
        await self._service.refresh()

    @handles(Capabilities)
    async def _capabilities(self, _: Capabilities | None, capabilities: Capabilities) -> None:
        self._facts.capabilities = capabilities
        await self._service.refresh()

    @handles(RtspView)
    async def _rtsp(self, _: RtspView | None, rtsp: RtspView) -> None:
        self._facts.rtsp = rtsp
        await self._service.refresh()

    @handles(SpeakerView)
    async def _speaker(self, _: SpeakerView | None, speaker: SpeakerView) -> None:
        self._facts.speech = speaker.tts
        await self._service.refresh()

    @handles(PortsView)
    async def _ports(self, _: PortsView | None, ports: PortsView) -> None:
        self._facts.https_port = ports.https
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
            self.publish_state(view)

    async def _device_id(self, memory: Memory) -> str:
        """Six hex digits for ever; the licence's if it can be had at the first start."""
        known = await memory.name()
        if known:
            return known
        try:
            known = (await self.actor(LICENSE).ask(GetLicense(), LOOK_S)).device_id[:DEVICE_ID_DIGITS]
        except ServerError as error:
            self.log.info("without the licence's device id", reason=error.detail)
        known = known or secrets.token_hex(DEVICE_ID_DIGITS // 2)
        await memory.set_name(known)
        return known
