"""A hand-written ``api.context.Context``: scripted actors and rings that a test fills."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from api.app_state import AppState
from config.boot import Boot
from config.settings import REGISTRY
from models.errors import LimitReached, Refused, ServerError, Unavailable
from models.media.ring import KEY, PARAMETER_SETS, Entry
from models.messages import Ask, Ref, State, Tell
from models.messages.auth import AuthStatus, Identity, LogIn, LoginSession, OpenAnonymousSession, WhoIs
from models.messages.camera import CameraView
from models.messages.encoder import SetVideoQuality, SubVideoView, VideoView
from models.messages.handle import Handle
from models.messages.license import UNKNOWN_LICENSE, LicenseView
from models.messages.settings import ChangeResult, ChangeSettings, SettingsView, Value
from models.messages.supervisor import ActorRow, ActorState, ActorStates, ActorTable, GetActors

PRO = LicenseView(True, "ACTIVE", "DEBUG_OVERRIDE", False, "UNAVAILABLE_HARD", "d" * 32)
FREE = UNKNOWN_LICENSE
CAMERA = CameraView("running", True, "test pattern", "pattern", 64, 48, 30.0)
VIDEO = VideoView(True, "libx264", "avc1.42C01F", 64, 48, 30.0, 70, 900.0, 1000.0, 3, 99, 0)
SUB_VIDEO = SubVideoView(True, "libx264", "avc1.42C01F", 32, 24, 10.0, 55, 90.0, 100.0, 9, 33, 0)
SPS = b"\0\0\0\1\x67\x42\xc0\x1f\xda\x01\x40"
PPS = b"\0\0\0\1\x68\xce\x3c\x80"
IDR = SPS + PPS + b"\0\0\0\1\x65" + b"i" * 40
DELTA = b"\0\0\0\1\x41" + b"d" * 40
JPEG = b"\xff\xd8" + b"j" * 100 + b"\xff\xd9"
TOKEN, ANONYMOUS, PASSWORD = "5e" * 32, "a0" * 32, "right horse"
VIEWER_TOKEN, MEDIA_TOKEN = "b1" * 32, "c2" * 32
S = TypeVar("S", bound=State)


class States:
    """``Context.latest``: what the actors said last."""

    def __init__(self, *states: State) -> None:
        self._states: dict[tuple[type[State], str], State] = {(type(state), ""): state for state in states}

    def put(self, state: State, publisher: str = "") -> State | None:
        """Keep it; the one before."""
        key = (type(state), publisher)
        before, self._states[key] = self._states.get(key), state
        return before

    def latest(self, kind: type[S], publisher: str = "") -> S | None:
        for (known, name), state in self._states.items():
            if known is kind and publisher in ("", name):
                return state  # type: ignore[return-value]
        return None


class Stage:
    """``answers``: message type → answer, function of the message, or error to raise."""

    def __init__(self, data_dir: Path, license: LicenseView = PRO, auth: bool = False) -> None:
        self.boot = Boot(data_dir, data_dir, data_dir, version="1.2.3")
        self.protected = auth
        self.app_state: AppState | None = None  # told of each state, as the facade tells it
        self.values: dict[str, Value] = {key: setting.default for key, setting in REGISTRY.items()}
        self.states = States(
            self.view(),
            license,
            CAMERA,
            VIDEO,
            SUB_VIDEO,
            AuthStatus(auth, True),
            ActorStates({"camera": ActorState("up", "", True)}, time.monotonic()),
        )
        self.asked: list[tuple[str, Ask[Any, Any]]] = []
        self.told: list[tuple[str, Tell]] = []
        self.leases: set[tuple[str, str, str]] = set()
        self.groups: dict[str, list[Entry]] = {}
        self.followers: dict[str, list[asyncio.Queue[Entry]]] = {}
        self.last: dict[str, Entry] = {}
        self._numbers = itertools.count(1)
        self.answers: dict[type, Any] = {
            WhoIs: self._who_is,
            LogIn: self._log_in,
            OpenAnonymousSession: self._open_anonymous,
            ChangeSettings: self._change,
            SetVideoQuality: VIDEO,
            GetActors: ActorTable((ActorRow("camera", "up", 1, 2.0, 0, "", 1.5, 1000, 0),)),
        }

    @property
    def settings(self) -> Mapping[str, Value]:
        return self.values

    @property
    def license(self) -> LicenseView:
        return self.latest(LicenseView) or UNKNOWN_LICENSE

    def latest(self, kind: type[S], publisher: str = "") -> S | None:
        return self.states.latest(kind, publisher)

    def actor(self, ref: Ref[Any]) -> Handle[Any]:
        return Handle(ref, self)

    async def ask(self, to: str, message: Ask[Any, Any], timeout_s: float = 5.0) -> Any:
        self.asked.append((to, message))
        answer = self.answers.get(type(message), Unavailable(f"{to} is not there"))
        if isinstance(answer, ServerError):
            raise answer
        if callable(answer):
            answer = answer(message)
        return await answer if asyncio.iscoroutine(answer) else answer

    def tell(self, to: str, message: Tell) -> None:
        self.told.append((to, message))

    def lease(self, owner: str, ring: str, holder: str) -> None:
        self.leases.add((owner, ring, holder))

    def release(self, owner: str, ring: str, holder: str) -> None:
        self.leases.discard((owner, ring, holder))

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        return asyncio.create_task(coroutine)

    def newest(self, ring: str) -> Entry | None:
        return self.last.get(ring)

    def kept(self, ring: str, before: Entry) -> list[Entry]:
        return self.groups.get(ring, [])

    async def follow(self, ring: str) -> AsyncGenerator[Entry, None]:
        queue: asyncio.Queue[Entry] = asyncio.Queue()
        self.followers.setdefault(ring, []).append(queue)
        if ring in {"jpeg", "jpeg_sub", "frames"} and ring in self.last:
            queue.put_nowait(self.last[ring])
        try:
            while True:
                yield await queue.get()
        finally:
            self.followers[ring].remove(queue)

    # ---------------------------------------------------------------- the test's hand
    def state(self, state: State, publisher: str = "") -> None:
        """An actor has published it."""
        before = self.states.put(state, publisher)
        if self.app_state is not None:
            self.app_state.state(before, state)

    def view(self, source: str = "system") -> SettingsView:
        return SettingsView(dict(self.values), dict(self.values), source=source)

    def settle(self, source: str, **values: Value) -> SettingsView:
        """Settings have become these."""
        self.values |= values
        self.state(view := self.view(source))
        return view

    async def followed(self, ring: str) -> None:
        """Wait until somebody follows."""
        while not self.followers.get(ring):
            await asyncio.sleep(0.005)

    def put(self, ring: str, entry: Entry) -> None:
        self.last[ring] = entry
        for queue in self.followers.get(ring, ()):
            queue.put_nowait(entry)

    def picture(self, jpeg: bytes = JPEG, ring: str = "jpeg") -> None:
        self.put(ring, entry(next(self._numbers), jpeg))

    # ---------------------------------------------------------------- scripted actors
    def _who_is(self, message: WhoIs) -> Identity:
        if message.token == VIEWER_TOKEN:
            return Identity(True, message.carrier == "cookie", "s2", "csrf", not self.protected, "viewer")
        if message.token == MEDIA_TOKEN:
            return Identity(True, message.carrier == "cookie", "s3", "csrf", not self.protected, "media")
        known = message.token == TOKEN or (message.token == ANONYMOUS and not self.protected)
        if not known:
            return Identity(not self.protected, dashboard=False, open=not self.protected)
        return Identity(True, message.carrier == "cookie", "s1", "csrf", open=not self.protected)

    def _log_in(self, message: LogIn) -> LoginSession:
        if message.password == "locked":
            raise LimitReached("Too many attempts", lockout=True, lockoutRemaining=30)
        if message.password != PASSWORD:
            raise Refused("Invalid password")
        return LoginSession(TOKEN, "csrf", "s1")

    def _open_anonymous(self, _: OpenAnonymousSession) -> LoginSession:
        if self.protected:
            raise Refused("Password protection is on")
        return LoginSession(ANONYMOUS, "csrf", "s0")

    def _change(self, message: ChangeSettings) -> ChangeResult:
        errors = [f"{key}: Unknown setting" for key in message.values if key not in REGISTRY]
        blocked = [
            key
            for key, value in message.values.items()
            if value is True and key in REGISTRY and REGISTRY[key].pro and not self.license.is_pro
        ]
        applied = [] if errors else [key for key in message.values if key not in blocked]
        view = self.settle(message.source, **{key: message.values[key] for key in applied})  # type: ignore[arg-type]
        return ChangeResult(tuple(errors), tuple(blocked), tuple(applied), view)


def entry(sequence: int, data: bytes, flags: int = 0, epoch: int = 7, spare: int = 3, age_s: float = 0.0) -> Entry:
    pts = time.monotonic_ns() - int(age_s * 1e9)
    return Entry(epoch, sequence, pts, 1_700_000_000_123_456_000, flags, 64, 48, 0, spare, data)


def idr(sequence: int, generation: int = 3, epoch: int = 7, data: bytes = IDR) -> Entry:
    return entry(sequence, data, KEY | PARAMETER_SETS, epoch, generation)


def delta(sequence: int, generation: int = 3, epoch: int = 7, data: bytes = DELTA, flags: int = 0) -> Entry:
    return entry(sequence, data, flags, epoch, generation)
