"""The actor: it tells the worker, which does everything that blocks, what to do, and publishes what it reports."""

import asyncio
import os
import secrets
import time

from actors.camera import controls, usb_devices
from actors.camera.capture_store import CaptureStore
from actors.camera.opener import Opener, SourceRequest
from actors.camera.preview import Previews
from actors.camera.run_state import RunState
from actors.camera.source import SourceInfo
from actors.camera.torch import Switch, find_torch
from actors.camera.views import capabilities, without_fps
from actors.camera.worker import CameraWorker, CaptureRequest, DesiredState, SourceStatus
from actors.runtime.actor import handles
from actors.runtime.rings import forget_pictures
from actors.shared.media.generation import next_number
from actors.shared.ring_owner import RingOwner
from config.clock import unix_ms
from models.errors import Conflict, Missing, ServerError, Unavailable
from models.media import sizes
from models.media.i420 import turned
from models.media.privacy_mask import PrivacyMask
from models.media.source_address import parse_picture_source
from models.media.tier import SubTierRequest
from models.messages import Ok
from models.messages.camera import (
    CameraControls,
    CameraView,
    Capabilities,
    Capture,
    CaptureReady,
    CaptureView,
    CoverPictures,
    GetCamera,
    GetCapabilities,
    GetCapture,
    GetControls,
    PreviewCamera,
    SetControl,
    SetTorch,
)
from models.messages.event_log import EVENT_LOG, RecordSystem

RINGS = ("frames", "frames_sub", "jpeg", "video", "hevc", "sound")
STALLED_S = 3.0  # a read that does not return
OPEN_STALLED_S = 12.0  # an open that does not return: the device delivers no first picture
EXIT_STALLED = 75  # EX_TEMPFAIL
CAPTURE_S = 12.0
UNKNOWN_SIZE = (0, 0)  # until a source has been open
TOO_SLOW = "this device is too slow for the source: frames are skipped"
ALL_COVERED = "the privacy mask covers everything"
DEPTH_STEP_MS = 50  # a smaller change of the jitter buffer is not published
FPS_STEP, FPS_SHARE = 0.3, 0.03  # a change of the measured rate that is published: the larger of both
RECORD_TRIES = 5


class Camera(RingOwner):
    async def on_start(self) -> None:
        self._address = parse_picture_source(self.boot.source)
        self._run_state = RunState.load(self.boot.run_dir / "camera.json")
        numbers = usb_devices.CameraNumbers(self.boot.data_dir / "cameras.json")
        self._opener = Opener(self._address, self.boot.run_dir, self._run_state, numbers)
        self._report = SourceStatus(reason="the source is being opened")
        self._info: SourceInfo | None = None  # of the last open source
        self._disk = self.executor("captures")
        self._captures = CaptureStore(self.boot.data_dir / "captures")
        self._capturing: asyncio.Future[tuple[bytes, int, int]] | None = None
        self._device = ""  # path of the USB camera that is open
        self._panel_bench = self.executor("controls")
        kept = await self._panel_bench.run(controls.Kept, self.boot.data_dir / controls.FILE)
        for note in kept.notes:
            self.log.warning(note)
        self._panel = controls.Panel(kept)
        self._previews = Previews()
        self._torch: Switch | None = None
        self._torch_on = False
        self._told: CameraView | None = None
        self._capabilities = self._make_capabilities()
        generations = self.boot.data_dir / "stream-generation"
        self._worker = CameraWorker(
            self._opener, self._run_state, self.ring_writer, lambda: next_number(generations), self._on_report
        )
        self._worker.cover(PrivacyMask(str(self.settings["privacyMask"])))
        self._mask: str | None = None  # the mask that covers every readable picture, once that is certain
        self._mask_revision = 0  # of the settings it is from
        self._masked = 0  # times
        self._covering = asyncio.Lock()
        self.publish_state(self._capabilities)
        self.begin_steering()
        self.start_worker(self._worker)

    async def on_settings(self, changed: frozenset[str]) -> None:
        wanted = bool(self.settings["torchEnabled"])
        if "torchEnabled" in changed and self._torch is not None and wanted != self._torch_on:
            self._switch_torch(self._torch, wanted)
        if "privacyMask" in changed:
            revision = self._settings_view.revision if self._settings_view is not None else 0
            await self._cover(str(self.settings["privacyMask"]), revision)
        if "cameraId" in changed:
            await self._previews.end()  # otherwise the chosen camera would be busy, and another one used instead
        self.steer()
        self._tell_view()

    # ---------------------------------------------------------------- what the worker should do
    def steer(self) -> None:
        demand = frozenset(ring for ring in RINGS if self.leases.wanted(ring))
        streaming = bool(self.settings["streaming"])
        watched = self.lately(bool(demand if streaming else demand - {"sound"}) or self._capturing is not None)
        covered = self._worker.privacy_mask.closed
        may_rest = bool(self.settings["cameraStandbyMode"]) or not streaming
        request = SourceRequest(
            str(self.settings["cameraId"]),
            sizes.parse(str(self.settings["resolution"])),
            int(self.settings["frameRate"]),
        )
        open_now = not covered and (watched or not may_rest)
        box = sizes.parse(str(self.settings["subResolution"]))
        sub = SubTierRequest(box, int(self.settings["subFrameRate"])) if box else SubTierRequest()
        self._worker.set(DesiredState(request, int(self.settings["rotation"]), sub), demand)
        self._worker.wanted = open_now

    async def on_tick(self) -> None:
        await self._end_if_stalled()
        self.steer()
        self._tell_view()

    async def _end_if_stalled(self) -> None:
        since = self._worker.blocked_since
        if since is None or time.monotonic() - since < (OPEN_STALLED_S if self._worker.opening else STALLED_S):
            return
        text = f"{self._view().source} stopped responding"
        self.log.error("the device driver hangs: restarting this process", source=text)
        self._run_state.stalled()
        try:
            await self.actor(EVENT_LOG).ask(self._history("SOURCE_LOST", text), timeout_s=1.0)
        except ServerError as error:
            self.log.warning("could not be recorded", reason=error.detail)
        os._exit(EXIT_STALLED)

    # ---------------------------------------------------------------- reports of the worker
    def _on_report(self, report: SourceStatus) -> None:
        before, self._report = self._report, report
        if report.info is not None:
            self._opened(report.info)
        elif report.reason and report.reason != before.reason:
            self.log.warning("no picture", reason=report.reason)
            if not self._run_state.lost:
                self._run_state.lost = True
                self._run_state.save()
                self.start_task(self._record("SOURCE_LOST", report.reason))
        self.degraded(report.reason)
        self._tell_view()

    def _opened(self, info: SourceInfo) -> None:
        self.log.info(
            "source open", source=info.title, size=sizes.text(info.size), fps=round(info.fps, 2), codec=info.codec
        )
        self._info = info
        if self._run_state.lost:
            self._run_state.lost = False
            self._run_state.save()
            self.start_task(self._record("SOURCE_BACK", f"{info.title} delivers pictures again"))
        path = next((c.device.path for c in self._opener.cameras if c.identity == self._opener.identity), "")
        self._device = path
        if path:
            self.start_task(self._restore_controls(path, self._opener.identity))
        self._torch = find_torch(path)
        capabilities = self._make_capabilities()
        if capabilities != self._capabilities:
            self._capabilities = capabilities
            self.publish_state(capabilities)

    def _history(self, kind: str, text: str) -> RecordSystem:
        return RecordSystem(secrets.token_hex(16), kind, unix_ms(), self.name, text)

    async def _record(self, kind: str, text: str) -> None:
        message = self._history(kind, text)
        for attempt in range(RECORD_TRIES):
            try:
                await self.actor(EVENT_LOG).ask(message)
                return
            except ServerError as error:
                self.log.warning("could not be recorded", kind=kind, reason=error.detail)
                await asyncio.sleep(2**attempt)

    # ---------------------------------------------------------------- views
    def _state(self) -> tuple[str, str]:
        """(state, reason)."""
        if self._report.info is not None:
            opened = self._worker.source
            slow = opened is not None and opened.decoder.too_slow
            return "running", TOO_SLOW if slow else self._report.info.stand_in
        if self._report.reason:
            return "waiting", self._report.reason
        if self._worker.privacy_mask.closed:
            return "stopped", ALL_COVERED
        if not self.settings["streaming"]:
            return "stopped", "streaming is switched off"
        return "standby", "nobody is watching"

    def _view(self) -> CameraView:
        state, reason = self._state()
        info, opened = self._info, self._worker.source
        size, own, fps = UNKNOWN_SIZE, tuple[str, ...](), 0.0
        request, rotation = self._worker.plan.request, self._worker.plan.rotation
        if opened is not None:
            size = turned(*opened.size(request.size), rotation)
            own = opened.passthrough(request.size, request.fps, rotation)
            fps = round(opened.meter.rate(time.monotonic()), 1)
        elif self._told is not None:
            size, own = (self._told.width, self._told.height), self._told.passthrough
        return CameraView(
            state=state,
            running=state == "running",
            source=info.title if info else self._address.shown or self._address.kind,
            kind=info.kind if info else self._address.kind,
            width=size[0],
            height=size[1],
            fps=fps,
            declared_fps=round(info.fps, 2) if info else 0.0,
            reason=reason,
            passthrough=own,
            standby=state == "standby",
            streaming=bool(self.settings["streaming"]),
            sound=opened.source.sound is not None if opened is not None else None,
            depth_ms=round(opened.source.depth_ms / DEPTH_STEP_MS) * DEPTH_STEP_MS if opened is not None else 0,
        )

    def _tell_view(self) -> None:
        view, told = self._view(), self._told
        if told is not None and without_fps(view) == without_fps(told):
            step = max(FPS_STEP, FPS_SHARE * told.fps)
            if abs(view.fps - told.fps) < step:
                return
        self._told = view
        self.publish_state(view)

    def _make_capabilities(self) -> Capabilities:
        return capabilities(self._info, self._opener.cameras, self._address.shown, torch=self._torch is not None)

    @handles(GetCamera)
    def _get_camera(self, _: GetCamera) -> CameraView:
        return self._view()

    @handles(GetCapabilities)
    def _get_capabilities(self, _: GetCapabilities) -> Capabilities:
        return self._capabilities

    # ---------------------------------------------------------------- privacy mask
    @handles(CoverPictures, max_concurrency=1)
    async def _cover_pictures(self, message: CoverPictures) -> Ok:
        await self._cover(message.mask, message.revision)
        return Ok()

    async def _cover(self, mask: str, revision: int) -> None:
        """When this returns, no earlier picture and none without the mask can be read: frames, streams, captures."""
        async with self._covering:
            if mask == self._mask or revision < self._mask_revision:
                return
            self._mask_revision = revision
            self._masked += 1
            self._still_failed("the privacy mask was changed")
            await self._disk.run(self._cover_all, PrivacyMask(mask))
            self._mask = mask
        self.steer()
        self._tell_view()

    def _cover_all(self, privacy_mask: PrivacyMask) -> None:
        self._worker.cover(privacy_mask)
        forget_pictures(self.boot.shm_dir)
        self._captures.clear()

    # ---------------------------------------------------------------- captures
    @handles(Capture, max_concurrency=8)
    async def _capture(self, message: Capture) -> CaptureView:
        if self._capturing is not None:
            raise Conflict("Capture already in progress")
        if self._report.reason:
            raise Unavailable("Camera not started")
        self._capturing = asyncio.get_running_loop().create_future()
        masked = self._masked
        try:
            self.steer()
            self._worker.take_still(CaptureRequest(message.quality, self._still_taken, self._still_failed))
            async with asyncio.timeout(CAPTURE_S):
                taken = await self._capturing
            view = await self._disk.run(self._keep_still, masked, *taken)
        except TimeoutError:
            raise Unavailable("The camera delivered no picture in time") from None
        except OSError as error:
            raise Unavailable(f"The picture cannot be stored: {error.strerror}") from None
        finally:
            self._capturing = None
        self.publish(CaptureReady(view))
        return view

    def _keep_still(self, masked: int, data: bytes, width: int, height: int) -> CaptureView:
        if masked != self._masked:
            raise Unavailable("the privacy mask was changed")
        return self._captures.add(data, width, height)

    def _still_taken(self, data: bytes, width: int, height: int) -> None:
        if self._capturing is not None and not self._capturing.done():
            self._capturing.set_result((data, width, height))

    def _still_failed(self, reason: str) -> None:
        if self._capturing is not None and not self._capturing.done():
            self._capturing.set_exception(Unavailable(reason))

    @handles(GetCapture)
    async def _get_capture(self, _: GetCapture) -> CaptureView:
        newest = await self._disk.run(self._captures.newest)
        if newest is None:
            raise Missing("No capture available")
        return newest

    @handles(PreviewCamera, max_concurrency=2)
    async def _preview(self, message: PreviewCamera) -> bytes:
        camera = next((one for one in self._opener.cameras if one.number == message.camera_id), None)
        if camera is None:
            raise Missing("No such camera")
        chosen = camera.number == str(self.settings["cameraId"])  # perhaps just being opened
        if chosen or (self._report.info is not None and camera.identity == self._opener.identity):
            raise Unavailable("This camera is in use: see the live picture")
        if self._worker.privacy_mask.on or not self.settings["streaming"]:
            raise Unavailable("Other cameras cannot be previewed while a privacy mask is set or streaming is off")
        return await self._previews.take(camera.device.path)

    # ---------------------------------------------------------------- switches
    @handles(GetControls)
    async def _get_controls(self, _: GetControls) -> CameraControls:
        return await self._panel_bench.run(self._panel.read, self._device)

    @handles(SetControl)
    async def _set_control(self, message: SetControl) -> CameraControls:
        identity = self._opener.identity
        if not self._device:
            raise Unavailable("This source has no controls")
        return await self._panel_bench.run(self._panel.change, self._device, identity, message.name, message.value)

    async def _restore_controls(self, path: str, identity: str) -> None:
        refused = await self._panel_bench.run(self._panel.restore, path, identity)
        for name, why in refused.items():
            self.log.warning("the camera does not accept the stored controls", control=name, reason=why)

    @handles(SetTorch)
    def _set_torch(self, message: SetTorch) -> bool:
        if self._torch is None:
            raise Unavailable("Torch not available")
        wanted = not self._torch_on if message.on is None else message.on
        self._switch_torch(self._torch, wanted)
        return wanted  # the asker stores it as the setting: the settings actor asks this during a change

    def _switch_torch(self, torch: Switch, on: bool) -> None:
        try:
            torch(on)
        except OSError as error:
            raise Unavailable(f"The torch cannot be switched: {error.strerror}") from None
        self._torch_on = on
