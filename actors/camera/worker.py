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
from actors.runtime.worker import Worker
from actors.shared.media import jpeg
from actors.shared.media.container import LoginRefusedError, SourceError
from actors.shared.media.shared_ring import MakeRing
from models.media import i420
from models.media.backoff import Backoff
from models.media.privacy_mask import PrivacyMask
from models.media.stall_detector import StallDetector
from models.media.tier import SubWish, Tier

REST_S = 0.5
READ_PATIENCE_S = 8.0  # FFmpeg may take twice its own time-out to end a read (``container.READ_S``)
OPEN_PATIENCE_S = 25.0  # to connect, to learn what comes, and to say that it failed
REFUSED_S, REFUSED_LONGEST_S = 300.0, 3600.0
GOOD_AFTER_S = 10.0  # of pictures without a break: the next failure is a new one
NEWS_EVERY_S = 5.0
STILL_WARM_UP = 5  # pictures until a camera that was just opened has found its exposure


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What the actor wants, replaced as a whole. ``open``: the camera should be open."""

    request: SourceRequest = field(default_factory=SourceRequest)
    rotation: int = 0
    open: bool = True
    sub: SubWish = field(default_factory=SubWish)


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


class CameraWorker(Worker):
    def __init__(
        self,
        opener: Opener,
        memory: RunState,
        make_ring: MakeRing,
        next_generation: Callable[[], int],
        on_report: Callable[[SourceStatus], object],
    ) -> None:
        super().__init__("camera capture")
        self.plan = DesiredState()
        self.demand: frozenset[str] = frozenset()
        self.session: OpenSource | None = None
        self.blocked_since: float | None = None  # since when a call is under way that a dead device never ends
        self.opening = False
        self._opener = opener
        self._run_state = memory
        self._make_ring = make_ring
        self._next_generation = next_generation
        self._on_report = on_report
        self._frames = frames_outputs(make_ring)
        self._turn = threading.Lock()  # held while pictures are made of what was read
        self._wake = threading.Event()
        self._still: CaptureRequest | None = None
        self._backoff = Backoff()
        self._refusals = Backoff(REFUSED_S, REFUSED_LONGEST_S)  # of our password: cameras lock accounts
        self._stall = StallDetector()
        self._retry_at = 0.0
        self._good_since = 0.0
        self._news_at = 0.0
        self._wish = SourceRequest()
        self._said: SourceStatus | None = None

    # ---------------------------------------------------------------- called in the actor's loop
    def set(self, plan: DesiredState, demand: frozenset[str]) -> None:
        if plan.request.camera_id != self.plan.request.camera_id:
            self._retry_at = 0.0  # another camera may work at once
        changed = plan != self.plan
        self.plan, self.demand = plan, demand
        if changed:
            self._wake.set()

    def cover(self, set_privacy_mask: PrivacyMask) -> None:
        """When this returns, no picture is made without it any more. Waits for the picture that is just made."""
        with self._turn:
            for output in self._frames.values():
                output.set_privacy_mask = set_privacy_mask
                output.interrupt()
        self._wake.set()

    @property
    def set_privacy_mask(self) -> PrivacyMask:
        return self._frames[Tier.MAIN].set_privacy_mask

    def take_still(self, still: CaptureRequest) -> None:
        self._still = still
        self._wake.set()

    # ---------------------------------------------------------------- the thread
    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.beat()
                self._once()
        finally:
            self._close()

    def _once(self) -> None:
        plan = self.plan
        if not plan.open:
            self._close()
            self._say(SourceStatus())
            self._fail_still("the camera is closed")
            self._rest(REST_S)
        elif self.session is None:
            self._open(plan)
        elif plan.request != self._wish and not self._still_fits(self.session, plan.request):
            self._close()
        else:
            self._read(self.session, plan)

    def _still_fits(self, session: OpenSource, request: SourceRequest) -> bool:
        if request.camera_id != self._wish.camera_id and session.info.kind in MODAL:
            return False
        if not session.source.fits(request.size, request.fps):
            return False
        self._wish = request
        return True

    def _open(self, plan: DesiredState) -> None:
        wait_s = max(self._retry_at, self._run_state.refused_until) - time.monotonic()
        if wait_s > 0:
            if self._said is None:  # a process before us was refused
                self._say(
                    SourceStatus(reason="the camera refuses this user name and password; they are tried again later")
                )
            self._fail_still("the camera is away")
            self._rest(min(wait_s, REST_S))
            return
        self._begin_blocking(opening=True)
        try:
            source = self._opener.open(plan.request)
            self.session = OpenSource(source, self._frames, self._make_ring, self._next_generation, self._stall)
        except LoginRefusedError as error:
            wait_s = self._refusals.failed()
            self._run_state.refused(wait_s)
            self._lost(str(error), wait_s)
            return
        except SourceError as error:
            self._lost(str(error))
            return
        finally:
            self._end_blocking()
        self._refusals.reset()
        self._wish = plan.request
        self._good_since = self._news_at = time.monotonic()

    def _read(self, session: OpenSource, plan: DesiredState) -> None:
        self._begin_blocking(opening=False)
        try:
            source_packet = session.source.read()
            self._end_blocking()
            if source_packet is None:
                session.silent()
                return
            with self._turn:
                session.take(source_packet, self.demand, plan.request.size, plan.request.fps, plan.rotation, plan.sub)
        except SourceError as error:
            self._close()
            self._lost(str(error))
            return
        finally:
            self._end_blocking()
        if session.info.kind == "v4l2":
            self._run_state.commit(self._opener.identity)
        self._say(SourceStatus(session.info))
        self._look_around(session)
        if self._still is not None:
            self._take_still(session, plan)

    def _look_around(self, session: OpenSource) -> None:
        now = time.monotonic()
        if now - self._good_since > GOOD_AFTER_S and self._backoff.failures:
            self._backoff.reset()
        if now - self._news_at < NEWS_EVERY_S:
            return
        self._news_at = now
        if session.info.kind == "v4l2" and now - self._good_since > GOOD_AFTER_S:
            self._run_state.well()
        elif session.info.kind == "pattern" and self._opener.has_news():
            self._close()

    # ---------------------------------------------------------------- stills
    def _take_still(self, session: OpenSource, plan: DesiredState) -> None:
        still, self._still = self._still, None
        assert still is not None
        try:
            larger = session.info.kind in MODAL and session.info.sizes[-1] != session.info.size
            other_mode = larger and not self.set_privacy_mask.on  # it may show another part of the scene
            picture = self._largest(plan.request) if other_mode else session.still()
        except SourceError as error:
            self.post(still.failed, str(error))
            return
        shape = Geometry((picture.width, picture.height), session.info.aspect, session.info.turned)
        size, rotation = shape.place(shape.upright, plan.rotation)
        flat = np.empty(i420.size_of(*size), np.uint8)
        i420.write(picture, flat, *size, rotation)
        turned = i420.turned(*size, rotation)
        with self._turn:
            self.set_privacy_mask.paint(flat, *turned, plan.rotation)
        data = jpeg.encode(flat, *turned, still.quality, picture.full_range)
        self.post(still.done, data, *turned)

    def _largest(self, request: SourceRequest) -> i420.Picture:
        """Switch the camera to its largest mode for one picture; the next turn of the loop opens it as it was."""
        self._close()
        self._begin_blocking(opening=True)
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
            self._end_blocking()

    def _fail_still(self, reason: str) -> None:
        still, self._still = self._still, None
        if still is not None:
            self.post(still.failed, reason)

    # ---------------------------------------------------------------- odds and ends
    def _lost(self, reason: str, wait_s: float = 0.0) -> None:
        self._retry_at = time.monotonic() + (wait_s or self._backoff.failed())
        self._say(SourceStatus(reason=reason))

    def _say(self, report: SourceStatus) -> None:
        if report != self._said:
            self._said = report
            self.post(self._on_report, report)

    def _close(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.interrupt()
            session.close()

    def _rest(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _begin_blocking(self, opening: bool) -> None:
        self.opening = opening
        self.patience_s = OPEN_PATIENCE_S if opening else READ_PATIENCE_S
        self.beat()
        self.blocked_since = time.monotonic() if self._opener.may_stall else None

    def _end_blocking(self) -> None:
        self.blocked_since = None
        self.beat()
