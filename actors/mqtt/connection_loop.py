"""Keeps a connection to the broker: connects, serves it, says goodbye, waits longer after each failure."""

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from typing import Any

from actors.mqtt.connect import connect, context
from actors.mqtt.connection import BrokerConnectionError, Connection, Login
from actors.mqtt.connection_tasks import ConnectionTasks
from actors.mqtt.event_delivery import EventDelivery
from actors.mqtt.persistent_state import PersistentState
from actors.runtime.actor import Actor
from models.errors import ServerError
from models.messages.settings import SETTINGS, GetCredentials
from models.mqtt import limits
from models.mqtt.broker_limits import BrokerLimits, Sent
from models.mqtt.options import Options, options
from models.mqtt.reason_codes import retry_after
from models.mqtt.topics import OFFLINE, Topics

TUG_OF_WAR = (
    2  # this many short connections before this one; a broker gives a reason, but disconnects at the same moment
)
STEADY_S = 30.0  # a connection that lasted this long is a good one: the next wait is short again
GIVEN_ELSEWHERE = (
    "The stored password was set for another broker or a more secure connection: "
    "apply the MQTT settings with the current password, or remove the credentials"
)


class ConnectionLoop:
    """``changed`` is called whenever the shown state changes."""

    def __init__(
        self,
        actor: Actor,
        delivery: EventDelivery,
        persistent: PersistentState,
        service: ConnectionTasks,
        changed: Callable[[], None],
    ) -> None:
        self.connection: Connection | None = None
        self.error = ""
        self._actor = actor
        self._delivery = delivery
        self._persistent = persistent
        self._connection_tasks = service
        self._changed = changed
        self._failures = 0
        self._broker = BrokerLimits(changed)
        self._address = ("", 0)  # the broker whose limits are known
        self._released = 0  # events sent with QoS 2 before this broker
        self._next_try = 0.0
        self._wake = asyncio.Event()
        self._held = False
        self._ending = False
        self._ended = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self.connection is not None

    def reconnect_in_s(self) -> int:
        return max(0, round(self._next_try - time.monotonic())) if not self.connected else 0

    @property
    def notice(self) -> str:
        """What this broker does not accept; "" if there is nothing."""
        return self._broker.text(time.monotonic()) if self.connected else ""

    def renew(self) -> None:
        """Settings or credentials have changed: reconnect with them."""
        self._failures = 0
        self._address = ("", 0)
        self._wake.set()

    def hold(self, held: bool) -> None:
        """No new connection while settings and credentials are only partly changed."""
        self._held = held
        if not held and not self.connected:
            self._wake.set()

    async def end(self) -> None:
        """Disconnect for good, if there is a connection."""
        self._ending = True
        self._wake.set()
        if self.connected:
            await self._ended.wait()

    async def run(self) -> None:
        while not self._ending:
            self._wake.clear()
            wanted = options(self._actor.settings)
            if self._held or not wanted.wanted:
                self._show(None, "" if self._held or not wanted.enabled else "No broker is set")
                await self._wake.wait()
                continue
            try:
                connection = await self._open(wanted)
            except (BrokerConnectionError, ServerError) as error:
                await self._pause(error.text if isinstance(error, BrokerConnectionError) else error.detail)
                continue
            reason = await self._serve(connection, wanted)
            if reason:
                await self._pause(reason)
        self._ended.set()

    # ---------------------------------------------------------------- one connection
    async def _open(self, wanted: Options) -> Connection:
        login = await self._login(wanted)
        pin = await self._persistent.pin(wanted)
        shown: list[str] = []
        if self._address != (wanted.host, wanted.port):
            self._broker, self._address = BrokerLimits(self._changed), (wanted.host, wanted.port)
            self._released = self._connection_tasks.inflight.released
        secure = await asyncio.to_thread(context, wanted, pin, shown.append)  # loads the system's authorities: 30 ms
        try:
            while True:
                try:
                    return await self._connect(wanted, login, secure)
                except BrokerConnectionError as error:
                    if not (self._broker.refused(error.code) or (error.cut and self._cut_by_event())):
                        raise
        finally:
            if shown and not pin:
                await self._persistent.set_pin(wanted, shown[0])

    def _cut_by_event(self) -> bool:
        """Whether the broker disconnected because the event in flight was sent again, and this can be fixed."""
        now = time.monotonic()
        return self._broker.cut(Sent("the event under way", 0, now, 1, event=True), now, self._qos_2_works)

    @property
    def _qos_2_works(self) -> bool:
        return self._connection_tasks.inflight.released > self._released

    async def _connect(self, wanted: Options, login: Login, secure: ssl.SSLContext | None) -> Connection:
        waiting = await self._delivery.in_flight(wanted.session, self._broker.qos)
        topics = Topics(wanted.prefix)
        in_flight = (topics(waiting.topic), waiting.payload) if waiting is not None else None
        return await connect(
            wanted, login, secure, self._connection_tasks.inflight, topics.online, in_flight, self._broker
        )

    async def _login(self, wanted: Options) -> Login:
        """The stored credentials, but never for another broker than they were set for."""
        stored = await self._actor.actor(SETTINGS).ask(GetCredentials("mqtt"))
        if not stored.password:
            return Login(stored.username, "")
        trusted = await self._persistent.trust(stored.password)
        if trusted is None:
            await self._persistent.set_trust(wanted.trust, stored.password)
        elif not trusted.covers(wanted.trust):
            promised = await self._persistent.promised_trust(stored.password)
            if promised is None or not promised.covers(wanted.trust):
                raise BrokerConnectionError(GIVEN_ELSEWHERE)
            await self._persistent.set_trust(promised, stored.password)
        return Login(stored.username, stored.password)

    async def _serve(self, connection: Connection, wanted: Options) -> str:
        """Serve until the connection is lost (returns the reason), or a change requires another one ("")."""
        since = time.monotonic()
        self._show(connection, "")
        self._actor.log.info("connected to the broker", port=wanted.port, tls=wanted.tls)
        tasks = [asyncio.ensure_future(work) for work in await self._connection_tasks.works(connection, wanted)]
        wake = asyncio.ensure_future(self._wake.wait())
        waited: set[asyncio.Future[Any]] = {*tasks, wake, connection.lost}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, wake):
                task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ends:
            if isinstance(error, Exception) and not isinstance(error, BrokerConnectionError):
                connection.abort()
                raise error
        steady = time.monotonic() - since > STEADY_S
        self._failures = 0 if steady else self._failures
        reason = next((end.text for end in ends if isinstance(end, BrokerConnectionError)), "")
        reason = connection.lost.result() if connection.lost.done() else reason
        suspect = connection.suspect()
        if not reason:
            await self._publish_offline(connection, Topics(wanted.prefix))
        elif self._broker.cut(suspect, time.monotonic(), self._qos_2_works) and suspect is not None:
            reason += f" when it was sent {suspect.topic}"
        elif self._failures >= TUG_OF_WAR:
            reason += "; does another client use the same client ID?"
        connection.abort()
        return reason

    async def _publish_offline(self, connection: Connection, topics: Topics) -> None:
        """Publish the status offline."""
        try:
            async with asyncio.timeout(limits.GOODBYE_S):
                await connection.assure(topics.online, OFFLINE.encode(), retain=True)
                await connection.settle()
        except (BrokerConnectionError, TimeoutError):
            self._actor.log.info("the broker did not accept the disconnect message")
        await connection.close()
        self._show(None, "")

    async def _pause(self, reason: str) -> None:
        """Wait a random time before the next attempt; a change of settings ends the wait."""
        self._failures += 1
        wait_s = retry_after(self._failures, random.random())  # noqa: S311
        self._next_try = time.monotonic() + wait_s
        if reason != self.error:
            self._actor.log.warning("no connection to the broker", reason=reason)
        self._show(None, reason)
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            return

    def _show(self, connection: Connection | None, error: str) -> None:
        self.connection, self.error = connection, error
        self._changed()
