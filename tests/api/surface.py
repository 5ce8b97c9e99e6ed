"""A hand-written context: the HTTP surface without any actor, with a door of its own."""

import asyncio
import socket
import ssl
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from api.app import build_app
from api.app_state import APP_STATE
from api.listeners import Gate, GuardedSite
from api.rate_limits import RATE_LIMITER
from api.server import HttpsRunner, plain_runner
from config.boot import Boot
from config.settings import defaults
from config.tls import certificate
from models.errors import LimitReached, Missing, Refused
from models.media.ring import Entry
from models.messages import Ask, Ok, Ref, State, Tell
from models.messages.auth import (
    AuthStatus,
    ChangePassword,
    EndSession,
    GetAuthStatus,
    GetSessions,
    Identity,
    IssueToken,
    LogIn,
    LogOut,
    OpenAnonymousSession,
    SessionList,
    WhoIs,
)
from models.messages.camera import CameraView
from models.messages.facade import GetCertificate, GetPorts, PortsView, RegenerateCertificate
from models.messages.handle import Handle
from models.messages.license import LicenseView
from models.messages.settings import GetSettings, SettingsView
from models.security.lockout import Lockouts
from models.security.sessions import SessionTable
from tests.api.stage import States

PASSWORD = "correct horse"
TOKEN = "5e" * 32
FREE = LicenseView(False, "INACTIVE", "NONE", False, "UNAVAILABLE_HARD")
PRO = LicenseView(True, "ACTIVE", "REAL_PURCHASE", True, "CONNECTED")
STOPPED = CameraView("stopped", False, "", "", 0, 0, 0.0, streaming=False)
S = TypeVar("S", bound=State)


class Door:
    """What the auth actor answers, on the same rules, without hashing; ``now`` moves by hand."""

    def __init__(self) -> None:
        self._enabled = True
        self.told: Callable[[AuthStatus], None] = lambda _status: None
        self.states = 0.0
        self.sessions = SessionTable()
        self.lockouts = Lockouts()
        self.sessions.open(TOKEN, 0)

    @property
    def enabled(self) -> bool:
        return self._enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self._enabled = enabled
        self.told(AuthStatus(enabled, True))

    def answer(self, message: Any) -> Any:
        match message:
            case GetAuthStatus():
                return AuthStatus(self.enabled, True)
            case WhoIs(carrier="basic"):
                good = not self.enabled or self._check(message.token, message.client)
                return Identity(good, dashboard=False, open=not self.enabled)
            case WhoIs():
                found = self.sessions.find(message.token, self.states) if message.token else None
                if found is None:
                    return Identity(not self.enabled, dashboard=False, open=not self.enabled)
                dashboard = message.carrier == "cookie"
                return Identity(True, dashboard, found.session_id, found.csrf_token, not self.enabled, found.role)
            case LogIn():
                if self.enabled and not self._check(message.password, message.client):
                    raise Refused("Invalid password")
                return self.sessions.open(f"{len(self.sessions):064x}", self.states)[0]
            case OpenAnonymousSession():
                if self.enabled:
                    raise Refused("Password protection is on")
                return self.sessions.open("a0" * 32, self.states)[0]
            case LogOut():
                self.sessions.close(message.token)
                return Ok()
            case ChangePassword():
                if message.current != PASSWORD:
                    raise Refused("Invalid password")
                self.sessions = SessionTable()
                return Ok()
            case GetSessions():
                return SessionList(tuple(row.view() for row in self.sessions.rows()))
            case EndSession():
                if not self.sessions.end(message.session_id):
                    raise Missing("No such session")
                return Ok()
            case IssueToken():
                return self.sessions.issue(f"{len(self.sessions):064x}", self.states, message.role, message.name)

    def _check(self, password: str, client: str) -> bool:
        if remaining := self.lockouts.remaining(client, self.states):
            raise LimitReached("Too many attempts", lockout=True, lockoutRemaining=remaining)
        good = password == PASSWORD
        if good:
            self.lockouts.succeeded(client)
        else:
            self.lockouts.failed(client, self.states)
        return good


@dataclass
class Surface:
    """``answers``: by type of message a value, or an exception to be raised; what is not there is ``Missing``."""

    boot: Boot
    license: LicenseView = PRO
    settings: dict[str, Any] = field(default_factory=lambda: defaults("0" * 32, "attic"))
    door: Door = field(default_factory=Door)
    answers: dict[type, Any] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    states: States = field(default_factory=lambda: States(STOPPED))

    def latest(self, kind: type[S], publisher: str = "") -> S | None:
        self.states.put(self.license)
        self.states.put(SettingsView(dict(self.settings), dict(self.settings)))
        self.states.put(AuthStatus(self.door.enabled, True))
        return self.states.latest(kind, publisher)

    def actor(self, ref: Ref[Any]) -> Handle[Any]:
        return Handle(ref, self)

    async def ask(self, to: str, message: Ask[Any, Any], timeout_s: float = 5.0) -> Any:
        self.asked.append(message)
        if to == "auth" and type(message) not in self.answers:
            return self.door.answer(message)
        answer = self.answers.get(type(message), Missing(f"reached {to}"))
        if isinstance(answer, BaseException):
            raise answer
        return answer(message) if callable(answer) else answer

    def tell(self, to: str, message: Tell) -> None: ...
    def lease(self, owner: str, ring: str, holder: str) -> None: ...
    def release(self, owner: str, ring: str, holder: str) -> None: ...

    def newest(self, ring: str) -> Entry | None:
        return None

    def kept(self, ring: str, before: Entry) -> list[Entry]:
        return []

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        return asyncio.get_running_loop().create_task(coroutine)

    async def follow(self, ring: str) -> AsyncGenerator[Entry, None]:
        await asyncio.Event().wait()
        yield NotImplemented


@dataclass
class Served:
    """The surface behind real TLS and, in clear, its plain listener; both on free ports of the loopback."""

    surface: Surface
    client: aiohttp.ClientSession
    https_port: int
    http_port: int

    @property
    def csrf(self) -> str:
        found = self.surface.door.sessions.find(TOKEN, self.surface.door.states)
        return found.csrf_token if found else ""

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.https_port}{path}"

    def plain_url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http_port}{path}"

    def request(self, method: str, path: str, **more: Any) -> Any:
        return self.client.request(method, self.url(path), allow_redirects=False, **more)


@asynccontextmanager
async def served(change: Callable[[Surface], None] = lambda _surface: None) -> AsyncIterator[Served]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        surface = Surface(Boot(directory, directory, directory, https_port=0, http_port=0))
        files = certificate.ensure(surface.boot)
        surface.answers[GetCertificate] = lambda _: certificate.view(certificate.public_pem(files))
        surface.answers[RegenerateCertificate] = Ok()
        surface.answers[GetSettings] = lambda _: SettingsView(surface.settings, surface.settings)
        change(surface)
        app = build_app(surface)
        surface.door.told = lambda status: app[APP_STATE].state(surface.states.put(status), status)
        gate = Gate(app[RATE_LIMITER].knows_key)
        https = HttpsRunner(app, shutdown_timeout=0.1)
        await https.setup()
        plain = plain_runner(https, surface, shutdown_timeout=0.1)
        await plain.setup()
        ports = []
        for runner, tls in ((https, certificate.server_context(files)), (plain, None)):
            listener = socket.create_server(("127.0.0.1", 0), backlog=256)
            ports.append(listener.getsockname()[1])
            await GuardedSite(runner, gate, listener, tls, plain).start()
        surface.answers[GetPorts] = PortsView(*ports)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting()), cookie_jar=jar) as client:
            yield Served(surface, client, *ports)
        await plain.cleanup()
        await https.cleanup()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def cookie(token: str = TOKEN) -> Mapping[str, str]:
    return {"Cookie": f"session={token}"}
