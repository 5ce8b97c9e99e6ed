"""The MQTT actor. See ``models.messages.mqtt`` for what it may be asked."""

import secrets

from actors.mqtt.clips import Clips
from actors.mqtt.configuration import Configuration
from actors.mqtt.connection_loop import ConnectionLoop
from actors.mqtt.connection_tasks import ConnectionTasks
from actors.mqtt.event_delivery import EventDelivery
from actors.mqtt.inflight import InflightStore
from actors.mqtt.outbox import Outbox
from actors.mqtt.persistent_state import PersistentState
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
    """Turns news into states and events, and passes asks to the configuration; the connection loop does the rest."""

    oom_score = 500

    async def on_start(self) -> None:
        folder = self.boot.data_dir / FOLDER
        executor = self.executor("outbox")
        outbox = await executor.run(Outbox, folder / "outbox.db")
        inflight = await executor.run(InflightStore, folder / "under_way")
        if outbox.broken:
            self.log.error(
                "the outbox could not be used; a new one was created", kept_as=outbox.broken, reason=outbox.why
            )
            inflight.abandon()
        if outbox.said:
            self.log.info(outbox.said)
        persistent = PersistentState(executor, outbox)
        self._facts = Facts(version=self.boot.version, former=await persistent.former())
        view = self.latest(SettingsView)
        assert view is not None  # no actor starts without its settings
        self._facts.stored = view.stored
        self._facts.device_id = await self._device_id(persistent)
        self._clips = Clips(self, self._facts)
        await self._clips.look()
        self._shown: MqttView | None = None
        self._persistent = persistent
        self._delivery = EventDelivery(self, executor, outbox, inflight)
        self._connection_tasks = ConnectionTasks(self, self._delivery, persistent, inflight, self._facts, self._show)
        self._connection_loop = ConnectionLoop(self, self._delivery, persistent, self._connection_tasks, self._show)
        self._configuration = Configuration(self, persistent, self._connection_loop)
        await self._delivery.begin(lambda: self.settings["mqttEnabled"] is True)
        self.start_task(self._connection_loop.run())

    async def on_stop(self) -> None:
        await self._connection_loop.end()

    async def on_missed(self, publisher: str, count: int) -> None:
        await super().on_missed(publisher, count)
        self._delivery.missed()

    # ---------------------------------------------------------------- asks
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

    # ---------------------------------------------------------------- states and news
    @handles(EventRecorded)
    def _event(self, news: EventRecorded) -> None:
        self._delivery.arrived(news.event)
        if (
            self._connection_loop.connected
            and news.event.phase == "appeared"
            and not news.event.type.startswith("SYSTEM_")
        ):
            self._connection_tasks.pictures.event()

    @handles(ClipReady)
    async def _clip(self, news: ClipReady) -> None:
        await self._clips.ready(news.clip)
        await self._connection_tasks.refresh()

    @handles(EventsCleared)
    def _cleared(self, _: EventsCleared) -> None:
        self._connection_tasks.pictures.clear()

    @handles(SettingsView)
    async def _settings_changed(self, old: SettingsView | None, new: SettingsView) -> None:
        changed = changed_keys(old, new) if old is not None else frozenset()
        before, self._facts.stored = self._facts.stored, new.stored
        if "mqttEnabled" in changed and self.settings["mqttEnabled"] is True:
            await self._delivery.resume(anew=before["mqttEnabled"] is not True)
        if not changed.isdisjoint(RECONNECT_KEYS):
            self._connection_loop.renew()
        if "mqttTelemetryIntervalSec" in changed:
            self._connection_tasks.telemetry.renew()
        self._show()
        await self._connection_tasks.refresh()

    @handles(DetectorView)
    async def _detector(self, _: DetectorView | None, detector: DetectorView) -> None:
        self._facts.active |= {switch.key: switch.active for switch in detector.switches}
        await self._connection_tasks.refresh()

    @handles(CameraView)
    async def _camera(self, _: CameraView | None, camera: CameraView) -> None:
        self._facts.camera = self._connection_tasks.pictures.camera = camera
        await self._connection_tasks.refresh()

    @handles(Capabilities)
    async def _capabilities(self, _: Capabilities | None, capabilities: Capabilities) -> None:
        self._facts.capabilities = capabilities
        await self._connection_tasks.refresh()

    @handles(RtspView)
    async def _rtsp(self, _: RtspView | None, rtsp: RtspView) -> None:
        self._facts.rtsp = rtsp
        await self._connection_tasks.refresh()

    @handles(SpeakerView)
    async def _speaker(self, _: SpeakerView | None, speaker: SpeakerView) -> None:
        self._facts.speech = speaker.tts
        await self._connection_tasks.refresh()

    @handles(PortsView)
    async def _ports(self, _: PortsView | None, ports: PortsView) -> None:
        self._facts.https_port = ports.https
        await self._connection_tasks.refresh()

    # ---------------------------------------------------------------- inside
    def _view(self) -> MqttView:
        return MqttView(
            enabled=self.settings["mqttEnabled"] is True,
            connected=self._connection_loop.connected,
            broker_url=str(self.settings["mqttBrokerUrl"]),
            port=int(self.settings["mqttPort"]),
            topic_prefix=str(self.settings["mqttTopicPrefix"]),
            last_error=self._connection_loop.error or self._connection_tasks.notice or self._connection_loop.notice,
            reconnect_in_s=self._connection_loop.reconnect_in_s(),
            pinned_fingerprint=self._persistent.fingerprint,
        )

    def _show(self) -> None:
        view = self._view()
        if view != self._shown:
            self._shown = view
            self.publish_state(view)

    async def _device_id(self, persistent: PersistentState) -> str:
        """Six hex digits that never change; the licence's if it is available at the first start."""
        known = await persistent.name()
        if known:
            return known
        try:
            known = (await self.actor(LICENSE).ask(GetLicense(), LOOK_S)).device_id[:DEVICE_ID_DIGITS]
        except ServerError as error:
            self.log.info("without the licence's device id", reason=error.detail)
        known = known or secrets.token_hex(DEVICE_ID_DIGITS // 2)
        await persistent.set_name(known)
        return known
