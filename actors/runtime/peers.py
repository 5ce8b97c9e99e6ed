"""The others, as one actor sees them: where they live, what was asked of them, what waits to be told to them."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from actors.runtime import limits
from actors.runtime.envelope import Answer, Credit, Entry, Envelope, Letter, Question
from models.errors import Overloaded, Restarted, TimedOut, Unavailable, from_failure
from models.messages import Ask, Failure, News, Tell

R = TypeVar("R")


@dataclass(slots=True)
class _Peer:
    """One other actor. ``entry`` None: it is not up just now."""

    name: str
    entry: Entry | None = None
    up: asyncio.Event = field(default_factory=asyncio.Event)
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(limits.ASKS_IN_FLIGHT))
    waiting: int = 0
    letters: deque[Tell | News] = field(default_factory=deque)
    on_its_way: int = 0  # number of the letter whose credit is out; 0: none


class Peers:
    """Asks always end: answer, refusal, time-out, or the peer's restart. Letters go one at a time, in order."""

    def __init__(self, name: str, generation: int, send: Callable[[str, Envelope], None]) -> None:
        self._name = name
        self._generation = generation
        self._send = send
        self._peers: dict[str, _Peer] = {}
        self._numbers = itertools.count(1)
        self._open: dict[int, tuple[_Peer, int, asyncio.Future[Any]]] = {}
        self._epoch = -1
        self.on_new_life: Callable[[str], None] = lambda _name: None

    def _peer(self, name: str) -> _Peer:
        peer = self._peers.get(name)
        if peer is None:
            peer = self._peers[name] = _Peer(name)
        return peer

    # ---------------------------------------------------------------- the directory
    def learn(self, epoch: int, entries: dict[str, Entry]) -> None:
        """Take over a newer directory; asks to a former life end with ``Restarted``."""
        if epoch <= self._epoch:
            return
        self._epoch = epoch
        for name in {*entries, *self._peers}:
            peer, entry = self._peer(name), entries.get(name)
            before = peer.entry.generation if peer.entry else 0
            if (entry.generation if entry else 0) != before:
                self._end_former_life(peer)
                peer.entry = entry
                if entry is None:
                    peer.up.clear()
                else:
                    peer.up.set()
                    self.on_new_life(name)
                    self._next_letter(peer)

    def _end_former_life(self, peer: _Peer) -> None:
        peer.on_its_way = 0
        peer.letters = deque(letter for letter in peer.letters if isinstance(letter, News))
        for owner, _generation, future in list(self._open.values()):
            if owner is peer and not future.done():
                future.set_exception(Restarted(f"{peer.name} was restarted"))

    # ---------------------------------------------------------------- asks
    async def ask(self, to: str, message: Ask[R], timeout_s: float) -> R:
        """The answer, or a ``ServerError``."""
        peer = self._peer(to)
        if peer.waiting >= limits.ASKS_WAITING:
            raise Overloaded(f"{to} has too many unanswered questions")
        peer.waiting += 1
        try:
            async with asyncio.timeout(timeout_s):
                await peer.up.wait()
                async with peer.places:
                    return cast(R, await self._put(peer, message))
        except TimeoutError:
            state = "did not answer" if peer.entry else "is not running"
            raise TimedOut(f"{to} {state} within {timeout_s:g} s") from None
        finally:
            peer.waiting -= 1

    async def _put(self, peer: _Peer, message: Ask[Any]) -> Any:
        for last_try in (not message.retry, True):
            try:
                await peer.up.wait()
                return await self._put_once(peer, message)
            except Restarted:
                if last_try:
                    raise
        raise Unavailable(f"{peer.name} was restarted twice")

    async def _put_once(self, peer: _Peer, message: Ask[Any]) -> Any:
        entry = peer.entry
        assert entry is not None
        ticket = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open[ticket] = (peer, entry.generation, future)
        try:
            self._send(entry.path, Question(self._name, self._generation, ticket, message))
            answer = await future
        finally:
            del self._open[ticket]
        if isinstance(answer, Failure):
            raise from_failure(answer.code, answer.detail, dict(answer.fields))
        return answer

    def answered(self, answer: Answer) -> None:
        """An answer has come; late ones and those of a former life find no question."""
        found = self._open.get(answer.ticket)
        if found is None:
            return
        peer, generation, future = found
        if peer.name == answer.sender and generation == answer.generation and not future.done():
            future.set_result(answer.message)

    # ---------------------------------------------------------------- letters
    def tell(self, to: str, message: Tell) -> None:
        """Dropped while the actor is down."""
        peer = self._peer(to)
        if peer.entry is not None:
            self._post(peer, message)

    def publish(self, news: News) -> None:
        """To every actor that has a handler for this kind."""
        topic = type(news).__name__
        for peer in self._peers.values():
            if peer.entry is not None and topic in peer.entry.topics:
                self._post(peer, news)

    def _post(self, peer: _Peer, message: Tell | News) -> None:
        if isinstance(message, News) and message.latest_wins:
            kept = deque(letter for letter in peer.letters if type(letter) is not type(message))
            peer.letters = kept
        if len(peer.letters) >= limits.LETTERS_WAITING:
            peer.letters.popleft()
        peer.letters.append(message)
        self._next_letter(peer)

    def _next_letter(self, peer: _Peer) -> None:
        if peer.entry is None or peer.on_its_way or not peer.letters:
            return
        peer.on_its_way = next(self._numbers)
        letter = Letter(self._name, self._generation, peer.on_its_way, peer.letters.popleft())
        self._send(peer.entry.path, letter)

    def credited(self, credit: Credit) -> None:
        """The receiver has taken a letter: the next may go."""
        peer = self._peers.get(credit.sender)
        if peer is None or credit.number != peer.on_its_way:
            return
        peer.on_its_way = 0
        self._next_letter(peer)
