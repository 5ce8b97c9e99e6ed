"""A session actor: holds connections and sessions, and reads the rings while somebody plays."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable

from actors.rtsp.housekeeping import run_housekeeping
from actors.rtsp.limits import ADMIT_TIMEOUT_S, CERTIFICATE_EVERY_S, KEYFRAME_EVERY_S, REPORT_S, STALE_ENTRY_S
from actors.rtsp.listener import listen
from actors.rtsp.methods import answer
from actors.rtsp.server import RtspServer
from actors.runtime.actor import Actor, handles
from actors.shared.rtsp_logins import LoginFiles, LoginNews, Logins
from config.tls import certificate
from models.errors import Conflict, Unavailable
from models.media.ring import Entry
from models.media.tier import VIDEO, Tier
from models.messages.camera import CameraView
from models.messages.encoder import ENCODER, RequestKeyframe
from models.messages.media import MediaOwner
from models.messages.microphone import MicrophoneView
from models.messages.rtsp import RTSP
from models.messages.rtsp_session import (
    AbortServing,
    AdmitSession,
    CommitServing,
    PeerFirstLogin,
    PeerLoginFailed,
    PrepareServing,
    ReportedSession,
    Serving,
    SessionsReport,
    StopServing,
)
from models.rtsp.session_state import SessionState
from models.rtsp.sound import has_sound

HEVC, AUDIO = "hevc", "audio"


class ActorHost:
    """``actors.rtsp.server.ServerHost`` on top of the actor."""

    def __init__(self, actor: "RtspSessions") -> None:
        self._actor = actor
        self._asked: dict[Tier, float] = {}

    @property
    def device_name(self) -> str:
        return str(self._actor.settings["deviceName"])

    @property
    def max_sessions(self) -> int:
        return min(int(self._actor.settings["rtspMaxClients"]), self._actor.boot.rtsp.max_sessions)

    @property
    def max_sessions_per_address(self) -> int:
        return min(int(self._actor.settings["rtspMaxClientsPerIp"]), self._actor.boot.rtsp.max_sessions_per_address)

    @property
    def streaming(self) -> bool:
        return bool(self._actor.settings["streaming"])

    @property
    def sound(self) -> bool:
        return has_sound(self._actor.settings, self._actor.latest(MicrophoneView))

    def obeys(self, tier: Tier) -> bool:
        camera = self._actor.latest(CameraView)
        return tier != Tier.MAIN or camera is None or not {VIDEO, HEVC} & set(camera.passthrough)

    async def admit(self, session_id: str, address: str) -> None:
        await self._actor.actor(RTSP).ask(AdmitSession(self._actor.name, session_id, address), ADMIT_TIMEOUT_S)

    def changed(self) -> None:
        self._actor.sessions_changed.set()

    def want_media(self, tier: Tier, wanted: bool) -> None:
        self._actor.want_media(tier, wanted)

    def request_keyframe(self, tier: Tier) -> None:
        now = time.monotonic()
        if now - self._asked.get(tier, 0.0) >= KEYFRAME_EVERY_S:
            self._asked[tier] = now
            self._actor.actor(ENCODER).tell(RequestKeyframe(tier))

    def failed(self, error: BaseException) -> None:
        async def surface() -> None:
            raise error

        self._actor.start_task(surface())


class RtspSessions(Actor):
    """Idle until it gets a configuration from the manager."""

    observes = (MicrophoneView,)

    async def on_start(self) -> None:
        self.sessions_changed = asyncio.Event()
        logins = Logins(LoginNews(self, "RTSP"))
        kept = LoginFiles(self, logins, self.executor("files"))
        await kept.load()
        self.start_task(kept.keep())
        self.server = RtspServer(ActorHost(self), answer, logins)
        self._prepared: tuple[Serving, dict[int, list[socket.socket]]] | None = None
        self._tls: ssl.SSLContext | None = None
        self._pictures = {tier: tier.ring(VIDEO) for tier in Tier}  # the rings that are served
        self._following: dict[Tier, list[asyncio.Task[None]]] = {}  # while media is wanted
        self._playing: dict[str, str] = {}  # session id → client, for the log
        self.start_task(run_housekeeping(self.server))
        self.start_task(self._report_for_ever())
        self.start_task(self._renew_certificate())

    async def on_settings(self, changed: frozenset[str]) -> None:
        if "streaming" in changed and not self.settings["streaming"]:
            self.server.end_all()
        self.server.demand()
        self._lease_sound()

    async def on_stop(self) -> None:
        await self.server.stop()
        await asyncio.sleep(0)  # one iteration of the loop, to send the RTCP BYEs

    # ---------------------------------------------------------------- asks of the manager
    @handles(PrepareServing)
    def _prepare(self, message: PrepareServing) -> None:
        self._drop_prepared()
        serving, sockets = message.serving, dict[int, list[socket.socket]]()
        now = self.server.serving
        if now is not None and (serving.tls_port == now.port or serving.port == now.tls_port):
            raise Conflict(f"Port {serving.tls_port if serving.tls_port == now.port else serving.port} is in use")
        if serving.tls_port and self._tls is None:
            self._tls = certificate.server_context(certificate.files_of(self.boot))
        self._prepared = serving, sockets
        for port in serving.ports:
            if port not in self.server.ports:
                sockets[port] = listen(self.boot.bind, port, message.shared)

    @handles(CommitServing)
    async def _commit(self, _: CommitServing) -> None:
        if self._prepared is None:
            raise Conflict("nothing was prepared")
        (serving, sockets), self._prepared = self._prepared, None
        await self.server.serve(serving, sockets, self._tls)
        login = bool(serving.username and serving.password)
        self.log.info("serving", port=serving.port, tls_port=serving.tls_port, path=serving.path, login=login)
        self.sessions_changed.set()

    @handles(AbortServing)
    def _abort(self, _: AbortServing) -> None:
        self._drop_prepared()

    @handles(StopServing)
    async def _stop_serving(self, _: StopServing) -> None:
        self._drop_prepared()
        if self.server.serving is not None:
            await self.server.stop()
            self.log.info("stopped serving")
            self.sessions_changed.set()

    def _drop_prepared(self) -> None:
        for sockets in self._prepared[1].values() if self._prepared else ():
            for sock in sockets:
                sock.close()
        self._prepared = None

    async def _renew_certificate(self) -> None:
        """Serve the certificate that the facade or the owner has replaced; open connections stay."""
        files, seen = certificate.files_of(self.boot), 0.0
        while True:
            try:
                if self._tls is not None and (newest := certificate.stamp(files)) != seen:
                    certificate.reload(self._tls, files)
                    seen = newest
            except (OSError, Unavailable) as error:
                self.log.warning("the certificate could not be read again", reason=str(error))
            await asyncio.sleep(CERTIFICATE_EVERY_S)

    @handles(PeerLoginFailed)
    def _peer_login_failed(self, message: PeerLoginFailed) -> None:
        self.server.logins.failed_elsewhere(message.address)

    @handles(PeerFirstLogin)
    def _peer_first_login(self, message: PeerFirstLogin) -> None:
        self.server.logins.succeeded_elsewhere(message.address)

    # ---------------------------------------------------------------- the rings
    @handles(CameraView)
    def _camera_changed(self, _: CameraView | None, camera: CameraView) -> None:
        """Serve the camera's own H.265 while it is passed through. Another codec needs a new description."""
        own = self.boot.rtsp.video_codec == "source" and HEVC in camera.passthrough
        ring = HEVC if own else VIDEO
        if ring == self._pictures[Tier.MAIN]:
            return
        following = Tier.MAIN in self._following
        if following:
            self.server.end_all()
            self.want_media(Tier.MAIN, False)
        self._pictures[Tier.MAIN] = ring
        self.server.streams[Tier.MAIN].presentation.pause()
        if following:
            self.want_media(Tier.MAIN, True)

    def want_media(self, tier: Tier, wanted: bool) -> None:
        ring, stream = self._pictures[tier], self.server.streams[tier]
        if wanted:
            self.lease(_owner(ring), ring)
            feeds = ((ring, stream.feed_video), (AUDIO, stream.feed_audio))
            self._following[tier] = [self.start_task(self._follow(ring, feed)) for ring, feed in feeds]
        else:
            self.release(_owner(ring), ring)
            for task in self._following.pop(tier, ()):
                task.cancel()
        self._lease_sound()

    def _lease_sound(self) -> None:
        self.hold(_owner(AUDIO), AUDIO, bool(self._following) and self.server.streams[Tier.MAIN].sound)

    async def _follow(self, ring: str, feed: Callable[[Entry], None]) -> None:
        """Begin with the group of pictures in the ring, however long it is, if it continues until now."""
        with contextlib.closing(self.ring_reader(ring)) as reader:
            newest = reader.peek()
            runs = newest is not None and time.monotonic_ns() - newest.pts < STALE_ENTRY_S * 1e9
            if ring == AUDIO or not runs or not reader.seek_key():
                reader.seek_end()
            await reader.follow(feed, in_order=True)

    # ---------------------------------------------------------------- reports to the manager
    async def _report_for_ever(self) -> None:
        while True:
            self._report()
            self.sessions_changed.clear()
            try:
                async with asyncio.timeout(REPORT_S):
                    await self.sessions_changed.wait()
            except TimeoutError:
                continue

    def _report(self) -> None:
        now = self.server.now()
        sessions = self.server.sessions.values()
        reported = [ReportedSession(one.session_id, one.address, one.view(now)) for one in sessions]
        reported += [ReportedSession(number, address, None) for number, address in self.server.admitting.items()]
        serving = self.server.serving
        self.actor(RTSP).tell(SessionsReport(self.name, serving.fingerprint if serving else "", tuple(reported)))
        self._log_viewers()

    def _log_viewers(self) -> None:
        playing = {one.session_id: one for one in self.server.sessions.values() if one.state is SessionState.PLAYING}
        for session_id, one in playing.items():
            if session_id not in self._playing:
                self.log.info("viewer joined", client=one.address, agent=one.user_agent, transport=one.transport)
        for session_id, client in self._playing.items():
            if session_id not in playing:
                self.log.info("viewer left", client=client)
        self._playing = {session_id: one.address for session_id, one in playing.items()}


def _owner(ring: str) -> MediaOwner:
    return "camera" if ring == HEVC else "encoder"
