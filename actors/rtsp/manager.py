"""The RTSP manager: configuration, limits, and the common state of all session actors.

It holds no connections. When it dies, the session actors keep serving, and report to its successor.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from dataclasses import replace

from actors.rtsp.config_check import OPEN, TLS, TLS_PORT, problems
from actors.rtsp.limits import APPLY_TIMEOUT_S, REPORT_S, RETRY_LISTEN_S
from actors.rtsp.listener import is_free
from actors.rtsp.session_quota import SessionQuota
from actors.rtsp.stored_config import ENABLED, StoredConfig
from actors.runtime.actor import Actor, handles
from actors.shared.system_events import SystemEvents
from models.errors import Conflict, ServerError, Unavailable
from models.events import CREDENTIALS
from models.messages.rtsp import (
    RTSP,
    ApplyRtsp,
    BringUp,
    FollowSettings,
    GetRtsp,
    RestartRtsp,
    RtspChange,
    RtspLogin,
    RtspView,
    StartRtsp,
    StopRtsp,
    StoreRtsp,
    TakeNewLogin,
)
from models.messages.rtsp_session import (
    AbortServing,
    AdmitSession,
    CommitServing,
    FirstLogin,
    LoginFailed,
    PeerFirstLogin,
    PeerLoginFailed,
    PrepareServing,
    Serving,
    SessionsReport,
    StopServing,
    rtsp_session,
)
from models.messages.settings import SETTINGS, SettingsView
from models.messages.supervisor import ActorChanged
from models.rtsp.session_state import SessionState

SESSION_ACTORS_TRIES = 12
ONVIF_ACTOR = "onvif"  # uses the same login
CHANGES = "changes"  # one at a time, in parallel with the reports of the session actors, which they may wait for
LIVE = frozenset({ENABLED, "rtspUsername", "rtspHasPassword", OPEN, TLS, TLS_PORT})  # take effect at once
DOWN = frozenset({"restarting", "degraded", "stopped"})


class Rtsp(Actor):
    async def on_start(self) -> None:
        self._bringing_up = False  # the server is being started
        self._behind = asyncio.Event()  # a session actor does not serve the wanted configuration
        self._quota = SessionQuota()
        self._journal = SystemEvents(self)
        self._config = StoredConfig(self.actor(SETTINGS), self.boot.data_dir)
        self._wanted: Serving | None = None  # what every session actor should serve
        self._error = ""
        self._tried = 0.0
        self._published: RtspView | None = None
        if await self._config.look():
            self._wanted = await self._config.serving()
        self._said = self._state if self._generation > 1 or self._wanted is None else ""
        self.start_task(self._watch())

    async def on_settings(self, changed: frozenset[str]) -> None:
        if not LIVE.isdisjoint(changed):
            self.actor(RTSP).tell(FollowSettings())

    @handles(SettingsView)
    def _settings_changed(self, _: SettingsView | None, view: SettingsView) -> None:
        self._config.values = view.stored
        self._tell_news()

    # ---------------------------------------------------------------- asks
    @handles(GetRtsp)
    def _get(self, _: GetRtsp) -> RtspView:
        return self._view()

    @handles(TakeNewLogin, group=CHANGES)
    async def _take_new_login(self, _: TakeNewLogin) -> RtspLogin:
        login = await self._config.take_new_login()
        self._tell_news()
        return login

    @handles(StartRtsp, group=CHANGES)
    async def _start_serving(self, message: StartRtsp) -> None:
        await self._config.switch(True, message.source)
        await self._follow_switch()
        if self._error:
            raise Conflict(self._error)

    @handles(StopRtsp, group=CHANGES)
    async def _stop_serving(self, message: StopRtsp) -> None:
        await self._config.switch(False, message.source)
        await self._follow_switch()

    @handles(RestartRtsp, group=CHANGES)
    async def _restart(self, message: RestartRtsp) -> None:
        await self._config.switch(True, message.source)
        await self._swap(await self._config.serving())

    @handles(StoreRtsp, group=CHANGES)
    async def _store(self, message: StoreRtsp) -> RtspChange:
        credentials = await self._config.credentials()
        if errors := problems(message.values, credentials, self._own_ports, message.confirmed or self._is_open):
            return RtspChange(errors)
        await self._config.keep(message.values, message.source)
        await self._follow_switch()
        serving = self._config.serving_with({}, await self._config.credentials())
        return RtspChange(restart_required=self._wanted is not None and serving != self._wanted)

    @handles(ApplyRtsp, group=CHANGES)
    async def _apply(self, message: ApplyRtsp) -> RtspChange:
        """Try the new port beside the old one, store, swap; a failure before the swap leaves everything unchanged."""
        credentials = await self._config.credentials()
        if errors := problems(message.values, credentials, self._own_ports, message.confirmed or self._is_open):
            return RtspChange(errors)
        switched_on = message.values.get(ENABLED, self._config.values[ENABLED]) is True
        made = self._config.missing_login(message.values, credentials) if switched_on else {}
        values = {**message.values, **made}
        serving = self._config.serving_with(values, credentials)
        if switched_on:
            await self._prepare(serving, await self._living())
        try:
            await self._config.keep(values, message.source, made=bool(made))
        except ServerError:
            await self._each(AbortServing(), self._session_actors())
            raise
        if await self._config.look() and switched_on:
            await self._commit(serving, self._session_actors())
        else:
            await self._stop_all()
        return RtspChange()

    # ---------------------------------------------------------------- serving
    @handles(FollowSettings, group=CHANGES)
    async def _follow_settings(self, _: FollowSettings) -> None:
        await self._follow_switch()

    async def _follow_switch(self) -> None:
        """Serve or stop, as stored; an error is kept in ``_error``. While it serves, port and path do not change until
        the next restart."""
        if not await self._config.look():
            await self._stop_all()
            return
        try:
            serving = await self._config.serving()
            if self._wanted is not None and self._running:
                serving = replace(serving, port=self._wanted.port, path=self._wanted.path)
            if serving != self._wanted or self._error:
                await self._swap(serving)
        except ServerError as error:
            self._failed(error)

    async def _swap(self, serving: Serving) -> None:
        try:
            await self._prepare(serving, await self._living())
        except ServerError as error:
            if self._wanted is None:
                self._wanted = serving  # retried by ``_watch``: the port may become free
                self._failed(error)
            raise
        await self._commit(serving, self._session_actors())

    async def _prepare(self, serving: Serving, actors: Iterable[str]) -> None:
        shared = self.boot.rtsp.session_actors > 1
        actors = list(actors)
        listening = any(self._quota.actors(time.monotonic()).values())
        ours = self._wanted.ports if listening and self._wanted is not None else ()
        for port in serving.ports if shared else ():
            if port not in ours and not is_free(self.boot.bind, port):
                raise Conflict(f"Port {port} is in use")
        try:
            for name in actors:
                await self.actor(rtsp_session(name)).ask(PrepareServing(serving, shared), APPLY_TIMEOUT_S)
        except ServerError:
            await self._each(AbortServing(), actors)
            raise

    async def _commit(self, serving: Serving, actors: Iterable[str]) -> None:
        former, self._wanted, self._error = self._wanted, serving, ""
        self.degraded("")
        if former is not None and (former.username, former.password) != (serving.username, serving.password):
            self._journal.note(CREDENTIALS, "The RTSP login was changed")
        await self._each(CommitServing(), actors, serving.fingerprint)
        self._tell_history()
        self._tell_news()

    async def _stop_all(self) -> None:
        self._wanted, self._error = None, ""
        self.degraded("")
        await self._each(StopServing(), self._session_actors(), "")
        self._tell_history()
        self._tell_news()

    async def _each(
        self, message: AbortServing | CommitServing | StopServing, actors: Iterable[str], then: str | None = None
    ) -> None:
        """Ask all (which ``then`` serve it); one that is just dying restarts empty, and ``_watch`` configures it."""
        for name in actors:
            try:
                await self.actor(rtsp_session(name)).ask(message, APPLY_TIMEOUT_S)
                if then is not None:
                    self._quota.serves(name, then)
            except ServerError as error:
                self.log.warning("a session actor did not follow", actor_name=name, reason=error.detail)

    def _failed(self, error: ServerError) -> None:
        if error.detail != self._error:
            self.log.warning("not serving", reason=error.detail)
        self._error = error.detail
        self._tried = time.monotonic()
        self.degraded(f"RTSP is not serving: {error.detail}")
        self._tell_news()

    async def _living(self) -> list[str]:
        """The running session actors, at least one; just after the start they have not reported yet."""
        for _ in range(SESSION_ACTORS_TRIES):
            if actors := self._session_actors():
                return actors
            await asyncio.sleep(REPORT_S / 4)
        raise Unavailable("The RTSP session actors are restarting")

    @property
    def _fingerprint(self) -> str:
        return self._wanted.fingerprint if self._wanted else ""

    def _session_actors(self) -> list[str]:
        return sorted(self._quota.actors(time.monotonic()))

    async def _watch(self) -> None:
        """Retry session actors that restarted, and ports that were in use, until all serve what is wanted."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPORT_S):
                    await self._behind.wait()
            self._behind.clear()
            if not self._bringing_up:
                self._bringing_up = True
                self.actor(RTSP).tell(BringUp())

    @handles(BringUp, group=CHANGES)
    async def _bring_up_in_turn(self, _: BringUp) -> None:
        self._bringing_up = False
        try:
            await self._bring_up()
        except ServerError as error:  # the settings actor is restarting: again in a second
            self.log.info("not started yet", reason=error.detail)
        self._tell_news()

    async def _bring_up(self) -> None:
        now = time.monotonic()
        if self._error and now - self._tried < RETRY_LISTEN_S:
            return
        if self._error or bool(self.settings[ENABLED]) != (self._wanted is not None):
            await self._follow_switch()  # a port may be free now; or a change came while the settings were unavailable
        behind = [name for name, served in self._quota.actors(now).items() if served != self._fingerprint]
        if not behind:
            return
        if self._wanted is None:
            await self._each(StopServing(), behind, "")
        else:
            try:
                await self._prepare(self._wanted, behind)
                await self._commit(self._wanted, behind)
            except ServerError as error:
                self._failed(error)

    # ---------------------------------------------------------------- reports of session actors
    @handles(SessionsReport)
    def _reported(self, report: SessionsReport) -> None:
        self._quota.report(report, time.monotonic())
        if report.fingerprint != self._fingerprint:
            self._behind.set()
        self._tell_news()

    @handles(AdmitSession)
    def _admit(self, message: AdmitSession) -> None:
        total = min(int(self.settings["rtspMaxClients"]), self.boot.rtsp.max_sessions)
        per_address = min(int(self.settings["rtspMaxClientsPerIp"]), self.boot.rtsp.max_sessions_per_address)
        now = time.monotonic()
        self._quota.admit(message.actor, message.session_id, message.address, total, per_address, now)

    @handles(LoginFailed)
    def _login_failed(self, message: LoginFailed) -> None:
        for name in (*self._session_actors(), ONVIF_ACTOR):
            if name != message.actor:
                self.actor(rtsp_session(name)).tell(PeerLoginFailed(message.address))

    @handles(FirstLogin)
    def _first_login(self, message: FirstLogin) -> None:
        for name in (*self._session_actors(), ONVIF_ACTOR):
            if name != message.actor:
                self.actor(rtsp_session(name)).tell(PeerFirstLogin(message.address))

    @handles(ActorChanged)
    def _actor_changed(self, news: ActorChanged) -> None:
        if news.name.startswith("rtsp_session_") and news.state in DOWN:
            self._quota.gone(news.name)
            self._tell_news()

    # ---------------------------------------------------------------- settings
    @property
    def _own_ports(self) -> frozenset[int]:
        return frozenset({self.boot.https_port, self.boot.http_port} - {0})

    # ---------------------------------------------------------------- views
    def _view(self) -> RtspView:
        now = time.monotonic()
        wanted, running = self._wanted, self._running
        sessions = self._quota.views(now)
        return RtspView(
            enabled=bool(self._config.values[ENABLED]),
            running=running,
            port=wanted.port if wanted and running else int(self._config.values["rtspPort"]),
            path=wanted.path if wanted and running else str(self._config.values["rtspPath"]),
            clients=sum(session.state == SessionState.PLAYING for session in sessions),
            last_error=self._error,
            sessions=sessions,
            tls_port=wanted.tls_port if wanted and running else 0,
            login=self._config.login,
            new_login=self._config.new_login,
        )

    @property
    def _running(self) -> bool:
        return self._wanted is not None and self._wanted.fingerprint in self._quota.actors(time.monotonic()).values()

    @property
    def _is_open(self) -> bool:
        return self._config.values[OPEN] is True and not self._config.login

    @property
    def _state(self) -> str:
        """For the history: who can watch."""
        if self._wanted is None:
            return "RTSP is off"
        made = f"; a login was created: {self._config.login}" if self._config.new_login else ""
        return f"RTSP is on. Who can watch: {self._view().who}{made}"

    def _tell_history(self) -> None:
        if (state := self._state) != self._said:
            self._said = state
            self._journal.note("RTSP", state)

    def _tell_news(self) -> None:
        view = self._view()
        shown = replace(view, sessions=())
        if shown != self._published:
            self._published = shown
            self.publish_state(view)
