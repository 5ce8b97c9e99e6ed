"""One actor class for every detector: the actor's name says which one it runs."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from actors.detector import limits
from actors.detector.event_sender import EventSender
from actors.detector.fetcher import Fetcher, look
from actors.detector.on_demand_networks import OnDemand
from actors.detector.pool import Pool
from actors.detector.remote_inference import PROBES, OnPool
from actors.detector.tracer import Tracer
from actors.detector.worker import Batch, DetectorWorker
from actors.runtime.actor import Actor, handles
from actors.shared.system_events import SystemEvents
from config import pool_secret
from config.clock import unix_ms
from config.weights.catalogue import CATALOGUE
from models.detect import DETECTORS, detector_class
from models.detect.detector import (
    Activity,
    DetectedEvent,
    DetectedEventEnd,
    Models,
    Output,
    Reading,
    Run,
    Switch,
    Trace,
    Tracks,
    enabled,
)
from models.events import VISITS, Detection, Event, Scene, zones_of
from models.media import sizes
from models.media.tier import FRAMES, Tier
from models.messages.detector import (
    Alarm,
    DetectionFrame,
    DetectorView,
    FetchModels,
    GetDetector,
    GetModelPlaces,
    GetModels,
    Level,
    ModelPlaces,
    ModelShelf,
    ModelView,
    Replay,
    ReplayView,
    SwitchView,
)
from models.messages.event_log import EndEvent, EndFormerVisits, RecordEvent
from models.messages.media import MediaOwner
from models.messages.microphone import MicrophoneView
from models.messages.speaker import Speaking
from models.pool.invite import parse as parse_invite

OWNERS: dict[str, MediaOwner] = {"frames": "camera", "pcm": "microphone"}


class Detector(Actor):
    memory_mb = 900
    oom_score = 900

    @classmethod
    def preload(cls) -> None:
        for name in DETECTORS:
            detector_class(name)

    async def on_start(self) -> None:
        self._kind = detector_class(self.name)
        self._model_ids = self._kind.needs(self.boot.detection.object_model)
        self._event_sender = EventSender(self, self._recorded)
        self._tracer, self._traces = Tracer(self.boot.data_dir, self.name), self.executor("traces")
        self._worker: DetectorWorker | None = None
        self._ring = self._ring_wanted()
        self._views = {switch.key: SwitchView(switch.key, False, False, 0) for switch in self._kind.switches}
        self._keys = {switch.event_type: switch.key for switch in self._kind.switches}
        self._uids: dict[tuple[int, int], str] = {}  # (worker, visit) that has begun
        self._hires = 0
        self._levels: dict[str, float] = {}
        self._batch = Batch(())
        self._fault = ""  # of its models
        self._silence = ""  # why there is no sound to listen to
        self._files = self.executor("models")
        self._fetcher: Fetcher | None = None
        self._fetched: dict[str, ModelView] = {}  # of the last fetch, by id
        self._deaf_until_ms = 0
        self._gate_shut_at = float("inf")
        if visits := tuple(kind for kind in self._keys if kind in VISITS):  # of an earlier life that was killed
            self._event_sender.send(EndFormerVisits(visits, unix_ms()))
        self.start_task(self._event_sender.run())
        self.start_task(self._keep_traces())
        self._journal = SystemEvents(self)
        self._was_on_pool = False
        self._pool = self._joined()
        self._apply()

    async def on_stop(self) -> None:
        await self._keep_trace()
        await self._event_sender.finish()

    def _joined(self) -> Pool | None:
        """The pool that this device has joined, if this detector's models can run there."""
        if not self.boot.detection.pool or not self._kind.movable:
            return None
        invite, key = parse_invite(self.boot.detection.pool), pool_secret.ensure(self.boot.data_dir)
        pool = Pool(invite, key, PROBES[self.name](), self._pool_changed)
        self.start_task(pool.run())
        return pool

    def _pool_changed(self) -> None:
        """The pool was connected or lost, or its status has changed."""
        assert self._pool is not None
        on_pool = self._pool.usable
        if on_pool != self._was_on_pool:
            self._was_on_pool = on_pool
            names = " and ".join(switch.key.replace("_", " ") for switch in self._kind.switches)
            if on_pool:
                text = f"Detecting {names} on the pool {self._pool.url}"
            else:
                text = f"Detecting {names} on this device. The pool {self._pool.url}: {self._pool.why}"
            self.log.info("where it runs", on_pool=on_pool, why=self._pool.why)
            self._journal.note("POOL", text)
        self._publish()

    async def on_settings(self, changed: frozenset[str]) -> None:
        flipped = {switch.setting for switch in self._kind.switches} | {"audioEnabled"}
        if self._worker is not None and not changed & flipped and self._ring_wanted() == self._ring:
            self._worker.configure(self.settings)
            self._choose_place(running=True)
            self._publish()
        else:
            self._apply()

    # ---------------------------------------------------------------- on and off
    def _on(self, switch: Switch) -> bool:
        heard = self._kind.eats != "pcm" or bool(self.settings["audioEnabled"])
        return heard and enabled(switch, self.settings)

    def _apply(self) -> None:
        """Run exactly what is switched on; if nothing is, there is no lease, no thread and no model."""
        wanted = {switch.key for switch in self._kind.switches if self._on(switch)}
        running = {key for key, view in self._views.items() if view.enabled}
        ring = self._ring_wanted()
        if wanted == running and ring == self._ring:
            return
        owner = OWNERS[self._kind.eats]
        self.release(owner, self._ring)
        self._ring = ring
        if self._worker is not None:
            self.stop_worker(self._worker)
            self._worker = None
        self._choose_place(bool(wanted))
        if wanted:
            self.lease(owner, ring)
            self._worker = self._hired()
        else:
            self._model_state("")
        for key in self._views:
            self._change(key, enabled=key in wanted, active=False)
        self._tell_trouble()

    def _ring_wanted(self) -> str:
        """The smallest sufficient tier. With clips, the event's picture is kept in full size."""
        enough, box = self._kind.enough, sizes.parse(str(self.settings["subResolution"]))
        if enough is None or box is None or self.settings["clipsEnabled"]:
            return self._kind.eats
        fills = box[0] >= enough.width and box[1] >= enough.height and int(self.settings["subFrameRate"]) >= enough.rate
        return Tier.SUB.ring(FRAMES) if fills else self._kind.eats

    def _choose_place(self, running: bool) -> None:
        if self._pool is not None:
            self._pool.wanted = running and bool(self.settings[self._kind.movable])

    def _hired(self) -> DetectorWorker:
        load: Callable[[Callable[[], None]], Models] | None = self._load if self._model_ids else None
        own, elsewhere = OnDemand(self._model_ids, self._load_one), None
        if self._pool is not None:
            elsewhere = OnPool(self._pool, own, asyncio.get_running_loop())
            load = partial(_given, own)
        reader = self.ring_reader(self._ring)
        self._hires += 1
        self._tracer.begin()
        deliver = partial(self._deliver, self._hires)
        worker = DetectorWorker(self._kind, self.settings, reader, load, deliver, self._model_state, elsewhere)
        own.beat = worker.beat
        worker.deaf_until_ms, worker.gate_shut_at = self._deaf_until_ms, self._gate_shut_at
        self.start_worker(worker)
        return worker

    def _load(self, beat: Callable[[], None]) -> Models:
        return {model_id: self._load_one(model_id, beat) for model_id in self._model_ids}

    def _load_one(self, model_id: str, beat: Callable[[], None]) -> Run:
        from actors.detector.inference import load  # ONNX Runtime: only if a model is loaded

        return load(self.boot, model_id, beat)

    def _model_state(self, fault: str) -> None:
        """Why the model is missing or broken, and what to do about it; "" if it works."""
        if fault == self._fault:
            return
        self._fault = fault
        self._tell_trouble()
        self.log.warning("degraded", reason=fault) if fault else self.log.info("the model is loaded")

    def _tell_trouble(self) -> None:
        on = any(view.enabled for view in self._views.values())
        self.degraded(self._fault or self._silence if on else "")
        for key in self._views:
            self._change(key)
        self._publish()

    # ---------------------------------------------------------------- what the worker found
    def _deliver(self, worker: int, batch: Batch) -> None:
        if worker == self._hires:
            self._batch = batch
        changed = [self._take(output, batch, worker) for output in batch.outputs]
        if any(changed):
            self._publish()

    def _take(self, output: Output, batch: Batch, worker: int) -> bool:
        """Pass one output on; whether the view has changed."""
        match output:
            case DetectedEvent():
                self._found(output, batch, worker)
            case DetectedEventEnd():
                if uid := self._uids.pop((worker, output.visit), ""):
                    ended = output.wall // 1_000_000
                    self._event_sender.send(EndEvent(uid, ended, output.metadata, output.confidence))
            case Activity() if (
                worker == self._hires
            ):  # a dismissed one says goodbye to a view that is no longer its own
                return self._change(output.key, active=output.active)
            case Reading():
                self._level(output)
            case Trace(seen) if worker == self._hires:
                self._tracer.add(seen)
            case Tracks(objects, pts, wall, width, height):
                self.publish_state(DetectionFrame(wall // 1_000_000, width, height, objects, round(batch.ms, 1), pts))
        return False

    def _found(self, finding: DetectedEvent, batch: Batch, worker: int) -> None:
        uid = secrets.token_hex(16)
        if finding.visit:
            self._uids[worker, finding.visit] = uid
            while len(self._uids) > limits.EVENT_IDS:
                del self._uids[next(iter(self._uids))]
        kind = next(switch.event_type for switch in self._kind.switches if switch.key == finding.key)
        scene = Scene(
            str(self.settings["cameraId"]),
            batch.resolution or str(self.settings["resolution"]),
            int(self.settings["frameRate"]),
            batch.light_level,
        )
        detection = Detection(
            uid,
            kind,
            finding.wall // 1_000_000,
            finding.details,
            finding.confidence,
            finding.metadata,
            finding.pts,
            scene,
        )
        self._event_sender.send(RecordEvent(detection))

    def _level(self, reading: Reading) -> None:
        now = time.monotonic()
        if now - self._levels.get(reading.key, 0.0) >= limits.LEVEL_EVERY_S:
            self._levels[reading.key] = now
            self.publish(Level(reading.key, reading.value, reading.threshold, reading.unit, reading.note))

    def _recorded(self, event: Event) -> None:
        if self._change(self._keys[event.type], last_event_id=event.event_id):
            self._publish()

    # ---------------------------------------------------------------- states of others
    @handles(Speaking)
    def _speaking(self, _: Speaking | None, news: Speaking) -> None:
        self._deaf_until_ms = news.until_ms
        if self._worker is not None:
            self._worker.deaf_until_ms = news.until_ms

    @handles(MicrophoneView)
    def _microphone(self, _: MicrophoneView | None, view: MicrophoneView) -> None:
        """One that listens to nothing must not look as if it were watching."""
        silent = self._kind.eats == "pcm" and view.state in ("none", "waiting") and view.reason
        self._silence = f"There is no sound: {view.reason}" if silent else ""
        self._tell_trouble()

    @handles(DetectorView)
    def _other(self, _: DetectorView | None, other: DetectorView) -> None:
        """The gate: with ``object_needs_motion`` the model rests while the motion detector detects nothing."""
        if not self._kind.gated or not self.boot.detection.object_needs_motion or other.name != "motion":
            return
        [motion] = other.switches
        shut = motion.enabled and not motion.active
        self._gate_shut_at = time.monotonic() + limits.GATE_AFTER_S if shut else float("inf")
        if self._worker is not None:
            self._worker.gate_shut_at = self._gate_shut_at

    @handles(GetDetector)
    def _get(self, _: GetDetector) -> DetectorView:
        return self._view()

    @handles(GetModelPlaces)
    def _places(self, _: GetModelPlaces) -> ModelPlaces:
        return ModelPlaces(str(self.boot.models_dir or ""), self.boot.detection.object_model)

    @handles(GetModels)
    async def _models(self, _: GetModels) -> ModelShelf:
        here = await self._files.run(look, self.boot, self._model_ids)
        return ModelShelf(tuple(one if one.state == "good" else self._fetched.get(one.id, one) for one in here))

    @handles(FetchModels)
    async def _fetch(self, message: FetchModels) -> ModelShelf:
        if self._fetcher is None:
            here = await self._files.run(look, self.boot, self._model_ids)
            wanted = [CATALOGUE[one.id] for one in here if one.state != "good"]
            self._fetched = {one.id: replace(one, state="waiting") for one in here if one.state != "good"}
            self._fetcher = Fetcher(self.boot, wanted, self._on_fetch, self._fetch_ended)
            self.start_worker(self._fetcher)
        return await self._models(GetModels())

    def _on_fetch(self, model: ModelView) -> None:
        self._fetched[model.id] = model
        if model.problem:
            self.log.warning("a model was not fetched", model=model.id, reason=model.problem)

    def _fetch_ended(self) -> None:
        if self._fetcher is not None:
            self.stop_worker(self._fetcher)
            self._fetcher = None

    # ---------------------------------------------------------------- replay
    async def _keep_traces(self) -> None:
        while True:
            await asyncio.sleep(limits.TRACE_EVERY_S)
            await self._keep_trace()

    async def _keep_trace(self) -> None:
        if not self._tracer.due:
            return
        try:
            await self._traces.run(self._tracer.keep, self._tracer.take())
        except OSError as error:
            self.log.warning("traces could not be stored", reason=error.strerror)

    @handles(Replay, max_concurrency=1)
    async def _replay(self, message: Replay) -> ReplayView:
        await self._keep_trace()
        settings = {**self.settings, **message.changes}
        again = await self._traces.run(self._tracer.again, message.day, settings, self._traces.beat)
        types = {switch.key: switch.event_type for switch in self._kind.switches}
        alarms = tuple(
            Alarm(types[one.key], one.wall // 1_000_000, one.confidence, tuple(zones_of(one.details)))
            for one in again.found[: limits.REPLAY_ALARMS]
        )
        return ReplayView(alarms, dict(Counter(types[one.key] for one in again.found)), again.start, again.end)

    # ---------------------------------------------------------------- the view
    def _change(
        self, key: str, enabled: bool | None = None, active: bool | None = None, last_event_id: int | None = None
    ) -> bool:
        old = self._views[key]
        on = old.enabled if enabled is None else enabled
        new = SwitchView(
            key,
            on,
            old.active if active is None else active,
            old.last_event_id if last_event_id is None else last_event_id,
            self._fault or self._silence if on else "",
        )
        self._views[key] = new
        return new != old

    def _view(self) -> DetectorView:
        running = self._worker is not None
        rate, ms = (self._batch.rate, self._batch.ms) if running else (0.0, 0.0)
        where, note = self._place() if running else ("", "")
        return DetectorView(self.name, tuple(self._views.values()), round(rate, 1), round(ms, 1), where, note)

    def _place(self) -> tuple[str, str]:
        if self._pool is None:
            return "", ""
        return ("pool", self._pool.url) if self._pool.usable else ("device", f"{self._pool.url}: {self._pool.why}")

    def _publish(self) -> None:
        self.publish_state(self._view())


def _given(models: Models, _beat: Callable[[], None]) -> Models:
    return models
