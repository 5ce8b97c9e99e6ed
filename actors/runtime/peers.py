"""The other actors as one actor sees them: their addresses, pending asks, and notifications that wait to be sent.

Guaranteed: an ask ends with its answer, a refusal, its timeout, or the peer's restart. A tell is delivered at most
once, and tells, states and news of one sender in order. A subscriber gets the last state of each kind whenever it
starts. Not guaranteed: that a tell arrives; whether an ask that ended without an answer was carried out.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from actors.runtime import limits
from actors.runtime.envelope import Cancel, Entry, Envelope, Notification, Reply, Request
from models.errors import Overloaded, Restarted, SwitchedOff, TimedOut, TooLarge, from_failure
from models.messages import Ask, Failure, News, State, Tell

R = TypeVar("R")
log = structlog.get_logger("runtime")


@dataclass(slots=True)
class _Peer:
    """One other actor. ``entry`` None: it has no process now; ``off``: and will not get one until it is switched on."""

    name: str
    entry: Entry | None = None
    off: bool = False
    up: asyncio.Event = field(default_factory=asyncio.Event)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(limits.ASKS_IN_FLIGHT))
    waiting: int = 0
    notifications: deque[Tell[Any] | State | News] = field(default_factory=deque)
    missed: int = 0  # news dropped since the last notification
    under_way: int = 0  # number of the notification that is not acknowledged; 0: none


class Peers:
    """``send`` passes one envelope to the transport, which may drop it if the peer is gone.

    ``on_restart``: the actor of this name has started. ``on_missed``: this many news to it were dropped.
    """

    def __init__(
        self,
        name: str,
        generation: int,
        send: Callable[[str, Envelope], None],
        on_restart: Callable[[str], None],
        on_missed: Callable[[str, int], None],
    ) -> None:
        self._name = name
        self._generation = generation
        self._send = send
        self._on_restart = on_restart
        self._on_missed = on_missed
        self._peers: dict[str, _Peer] = {}
        self._numbers = itertools.count(1)
        self._open: dict[int, tuple[_Peer, int, asyncio.Future[Any]]] = {}
        self._published: dict[type[State], State] = {}
        self._version = -1

    def _peer(self, name: str) -> _Peer:
        peer = self._peers.get(name)
        if peer is None:
            peer = self._peers[name] = _Peer(name)
        return peer

    # ---------------------------------------------------------------- the directory
    def learn(self, version: int, entries: dict[str, Entry], off: frozenset[str] = frozenset()) -> None:
        """Apply a newer directory; asks to an earlier life, or to an actor that is off now, end at once."""
        if version <= self._version:
            return
        self._version = version
        for name in {*entries, *off, *self._peers}:
            peer, entry = self._peer(name), entries.get(name)
            self._switch(peer, name in off)
            before, peer.entry = peer.entry, entry
            if entry == before:
                continue
            if before is not None and (entry is None or entry.generation != before.generation):
                self._end_former_generation(peer)
            if entry is None or not entry.up:
                peer.up.clear()
            if entry is None:
                continue
            if before is None or before.generation != entry.generation:
                for state in self._published.values():
                    self._post_state(peer, state)
            if entry.up and not peer.up.is_set():
                peer.up.set()
                self._on_restart(name)
            self._next_notification(peer)

    def _switch(self, peer: _Peer, off: bool) -> None:
        if off and not peer.off:
            peer.notifications.clear()
            peer.up.set()  # for a moment: those who wait for it learn that it will not start
            peer.up.clear()
        peer.off = off

    def _end_former_generation(self, peer: _Peer) -> None:
        peer.up.clear()
        peer.under_way = 0
        peer.notifications = deque(
            notification for notification in peer.notifications if isinstance(notification, News)
        )
        for owner, _generation, future in list(self._open.values()):
            if owner is peer and not future.done():
                future.set_exception(Restarted(f"{peer.name} was restarted"))

    def is_up(self, name: str) -> bool:
        return name in self._peers and self._peers[name].up.is_set()

    # ---------------------------------------------------------------- asks
    async def ask(self, to: str, message: Ask[Any, R], timeout_s: float) -> R:
        """The answer, or a ``ServerError``. When it is cancelled or times out, the ask is withdrawn."""
        peer = self._peer(to)
        if peer.waiting >= limits.ASKS_WAITING:
            raise Overloaded(f"{to} has too many unanswered asks")
        peer.waiting += 1
        try:
            async with asyncio.timeout(timeout_s):
                answer: R = await self._ask_again_after_a_restart(peer, message)
                return answer
        except TimeoutError:
            state = "did not answer" if peer.up.is_set() else "is not running"
            raise TimedOut(f"{to} {state} within {timeout_s:g} s") from None
        finally:
            peer.waiting -= 1

    async def _ask_again_after_a_restart(self, peer: _Peer, message: Ask[Any, Any]) -> Any:
        try:
            return await self._ask_once(peer, message)
        except Restarted:
            if not message.retry:
                raise
        return await self._ask_once(peer, message)

    async def _ask_once(self, peer: _Peer, message: Ask[Any, Any]) -> Any:
        async with peer.slots:
            while (entry := peer.entry) is None or not entry.up:  # it may be gone again before we wake up
                if peer.off:
                    raise SwitchedOff(f"{peer.name} is switched off")
                await peer.up.wait()
            request_id = next(self._numbers)
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._open[request_id] = (peer, entry.generation, future)
            try:
                self._send(entry.path, Request(self._name, self._generation, request_id, message))
                answer = await future
            except asyncio.CancelledError:
                self._send(entry.path, Cancel(self._name, self._generation, request_id))
                raise
            finally:
                del self._open[request_id]
        if isinstance(answer, Failure):
            raise from_failure(answer.code, answer.detail, dict(answer.fields))
        return answer

    def replied(self, answer: Reply) -> None:
        """An answer has arrived; late ones and those of an earlier life find no ask."""
        found = self._open.get(answer.request_id)
        if found is None:
            return
        peer, generation, future = found
        if peer.name == answer.sender and generation == answer.generation and not future.done():
            future.set_result(answer.message)

    # ---------------------------------------------------------------- notifications
    def tell(self, to: str, message: Tell[Any]) -> None:
        """Dropped while the actor is not up, or when too many already wait for it."""
        peer = self._peer(to)
        if peer.entry is not None and peer.entry.up and len(peer.notifications) < limits.NOTIFICATIONS_WAITING:
            peer.notifications.append(message)
            self._next_notification(peer)

    def publish(self, message: State | News) -> None:
        """To every actor that has a handler for this kind; a state also to those that start later."""
        topic = type(message).__name__
        if isinstance(message, State):
            self._published[type(message)] = message
        for peer in self._peers.values():
            if peer.entry is None or topic not in peer.entry.topics:
                continue
            if isinstance(message, State):
                self._post_state(peer, message)
            elif peer.entry.up:
                self._post_news(peer, message)
            self._next_notification(peer)

    def _post_state(self, peer: _Peer, state: State) -> None:
        """The newest wins: a waiting state of this kind is replaced."""
        if peer.entry is None or type(state).__name__ not in peer.entry.topics:
            return
        waiting = [notification for notification in peer.notifications if type(notification) is type(state)]
        for notification in waiting:
            peer.notifications.remove(notification)
        peer.notifications.append(state)

    def _post_news(self, peer: _Peer, news: News) -> None:
        """A bounded queue: the oldest news is dropped and counted."""
        peer.notifications.append(news)
        if len(peer.notifications) > limits.NOTIFICATIONS_WAITING:
            peer.notifications.remove(
                next(notification for notification in peer.notifications if isinstance(notification, News))
            )
            peer.missed += 1
            self._on_missed(peer.name, 1)

    def _next_notification(self, peer: _Peer) -> None:
        while peer.entry is not None and not peer.under_way and peer.notifications:
            if peer.entry.up:
                message = peer.notifications.popleft()
            elif states := [notification for notification in peer.notifications if isinstance(notification, State)]:
                message = states[0]
                peer.notifications.remove(message)
            else:
                return
            number, missed = next(self._numbers), peer.missed
            try:
                self._send(peer.entry.path, Notification(self._name, self._generation, number, message, missed))
            except TooLarge as error:
                log.error("a message was not sent", to=peer.name, kind=str(message), reason=error.detail)
                continue
            peer.under_way, peer.missed = number, 0

    def acknowledged(self, sender: str, number: int) -> None:
        """The receiver has handled a notification: the next may be sent."""
        peer = self._peers.get(sender)
        if peer is not None and number == peer.under_way:
            peer.under_way = 0
            self._next_notification(peer)
