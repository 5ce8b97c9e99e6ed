"""The thread in which the camera is opened, read and closed: everything here may block."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from actors.camera.geometry import Geometry
from actors.camera.open_source import OpenSource
from actors.camera.opener import Opener, SourceRequest
from actors.camera.outputs import frames_outputs
from actors.camera.run_state import RunState
from actors.camera.source import MODAL, SourceInfo
from actors.shared.media import jpeg
from actors.shared.media.container import SourceError
from actors.shared.media.shared_ring import MakeRing
from actors.shared.media.source_worker import GOOD_AFTER_S, SourceWorker
from models.media import i420
from models.media.privacy_mask import PrivacyMask
from models.media.stall_detector import StallDetector
from models.media.tier import SubTierRequest, Tier

NEWS_EVERY_S = 5.0
STILL_WARM_UP = 5  # pictures until the exposure of a newly opened camera has settled


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What the actor wants of the camera while it is open, replaced as a whole."""

    request: SourceRequest = field(default_factory=SourceRequest)
    rotation: int = 0
    sub: SubTierRequest = field(default_factory=SubTierRequest)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What the worker found. ``info`` None: not open, because of ``reason`` ("" where it was told to close)."""

    info: SourceInfo | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """A request for one full-size picture. Exactly one of the two is called, in the actor's loop."""

    quality: int
    done: Callable[[bytes, int, int], object]  # JPEG, width, height
    failed: Callable[[str], object]


class CameraWorker(SourceWorker[OpenSource, SourceStatus]):
    def __init__(
        self,
        opener: Opener,
        memory: RunState,
        make_ring: MakeRing,
        next_generation: Callable[[], int],
        on_report: Callable[[SourceStatus], object],
    ) -> None:
        super().__init__("camera capture", on_report)
        self.plan = DesiredState()
        self.demand: frozenset[str] = frozenset()
        self.blocked_since: float | None = None  # the start of a call that a dead device would never end
        self.opening = False
        self._opener = opener
        self._run_state = memory
        self._make_ring = make_ring
        self._next_generation = next_generation
        self._frames = frames_outputs(make_ring)
        self._turn = threading.Lock()  # held while pictures are made from what was read
        self._still: CaptureRequest | None = None
        self._stall = StallDetector()
        self._news_at = 0.0
        self._request = SourceRequest()

    # ---------------------------------------------------------------- called in the actor's loop
    def set(self, plan: DesiredState, demand: frozenset[str]) -> None:
        if plan.request.camera_id != self.plan.request.camera_id:
            self.try_now()  # another camera may work at once
        changed = plan != self.plan
        self.plan, self.demand = plan, demand
        if changed:
            self.wake()

    def cover(self, privacy_mask: PrivacyMask) -> None:
        """When this returns, no more pictures are made without the mask. Waits for the picture in progress."""
        with self._turn:
            for output in self._frames.values():
                output.privacy_mask = privacy_mask
                output.interrupt()
        self.wake()

    @property
    def privacy_mask(self) -> PrivacyMask:
        return self._frames[Tier.MAIN].privacy_mask

    def take_still(self, still: CaptureRequest) -> None:
        self._still = still
        self.wake()

    # ---------------------------------------------------------------- the thread
    def closed(self) -> SourceStatus:
        self._fail_still("the camera is closed")
        return SourceStatus()

    def lost(self, reason: str) -> SourceStatus:
        return SourceStatus(reason=reason)

    def wait_s(self) -> float:
        return max(super().wait_s(), self._run_state.refused_until - time.monotonic())

    def waiting(self) -> None:
        if self.said is None:  # an earlier process was rejected
            self.say(SourceStatus(reason="the camera rejects this user name and password; trying again later"))
        self._fail_still("the camera is not available")

    def refused(self) -> float:
        wait_s = super().refused()
        self._run_state.refused(wait_s)
        return wait_s

    def begin_blocking(self, opening: bool) -> None:
        super().begin_blocking(opening)
        self.opening = opening
        self.blocked_since = time.monotonic() if self._opener.may_stall else None

    def end_blocking(self) -> None:
        self.blocked_since = None
        super().end_blocking()

    def open(self) -> OpenSource:
        self._request = self.plan.request
        source = self._opener.open(self._request)
        opened = OpenSource(source, self._frames, self._make_ring, self._next_generation, self._stall)
        self._news_at = time.monotonic()
        return opened

    def read(self, opened: OpenSource) -> SourceStatus | None:
        plan = self.plan
        if plan.request != self._request and not self._still_fits(opened, plan.request):
            self.close()
            return None
        source_packet = opened.source.read()
        self.end_blocking()
        if source_packet is None:
            opened.silent()
            return None
        with self._turn:
            opened.take(source_packet, self.demand, plan.request.size, plan.request.fps, plan.rotation, plan.sub)
        if opened.info.kind == "v4l2":
            self._run_state.commit(self._opener.identity)
        self._look_around(opened)
        if self._still is not None:
            self._take_still(opened, plan)
        return SourceStatus(opened.info)

    def _still_fits(self, opened: OpenSource, request: SourceRequest) -> bool:
        if request.camera_id != self._request.camera_id and opened.info.kind in MODAL:
            return False
        if not opened.source.fits(request.size, request.fps):
            return False
        self._request = request
        return True

    def _look_around(self, opened: OpenSource) -> None:
        now = time.monotonic()
        if now - self._news_at < NEWS_EVERY_S:
            return
        self._news_at = now
        if opened.info.kind == "v4l2" and now - self.opened_at > GOOD_AFTER_S:
            self._run_state.well()
        elif opened.info.kind == "pattern" and self._opener.has_news():
            self.close()

    # ---------------------------------------------------------------- captures
    def _take_still(self, opened: OpenSource, plan: DesiredState) -> None:
        still, self._still = self._still, None
        assert still is not None
        try:
            larger = opened.info.kind in MODAL and opened.info.sizes[-1] != opened.info.size
            other_mode = larger and not self.privacy_mask.on  # it may show another part of the scene
            picture = self._largest(plan.request) if other_mode else opened.still()
        except SourceError as error:
            self.post(still.failed, str(error))
            return
        shape = Geometry((picture.width, picture.height), opened.info.aspect, opened.info.turned)
        size, rotation = shape.place(shape.upright, plan.rotation)
        flat = np.empty(i420.size_of(*size), np.uint8)
        i420.write(picture, flat, *size, rotation)
        turned = i420.turned(*size, rotation)
        with self._turn:
            self.privacy_mask.paint(flat, *turned, plan.rotation)
        data = jpeg.encode(flat, *turned, still.quality, picture.full_range)
        self.post(still.done, data, *turned)

    def _largest(self, request: SourceRequest) -> i420.Picture:
        """Switch the camera to its largest mode for one picture; the next iteration of the loop restores it."""
        self.close()
        self.begin_blocking(opening=True)
        try:
            source = self._opener.open(SourceRequest(request.camera_id, None, 1))
            large = OpenSource(source, self._frames, self._make_ring, self._next_generation, StallDetector())
            try:
                for _ in range(STILL_WARM_UP):
                    self.beat()
                    picture = large.still()
                return picture
            finally:
                large.close()
        finally:
            self.end_blocking()

    def _fail_still(self, reason: str) -> None:
        still, self._still = self._still, None
        if still is not None:
            self.post(still.failed, reason)
