"""Incoming messages of one actor: asks, tells, states and news, each passed to its handler in turn."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from actors.runtime.envelope import Acknowledge, Cancel, Notification, Reply, Request
from actors.runtime.mailbox import Job, Mailbox, is_awaitable
from actors.runtime.port import Connection
from actors.runtime.transport import serialize
from models.errors import ServerError, TooLarge
from models.messages import Ask, Failure, Message, Ok, State

S = TypeVar("S", bound=State)
H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Handler:
    """``lane`` None: in turn with the actor's other messages; otherwise this many of the same lane at once."""

    function: Callable[..., Any]
    lane: object = None
    max_concurrency: int = 1


def handles(kind: type[Message], max_concurrency: int = 0, group: str = "") -> Callable[[H], H]:
    """Mark a method as the handler of one kind of message.

    ``Ask``: ``method(message)``, its return value is the answer. ``Tell``, ``News``: ``method(message)``.
    ``State``: ``method(old, new)``, ``old`` None at first. With ``max_concurrency``, messages of this kind delay only
    each other, and at most this many are handled at once. With ``group``, messages of all kinds of the group are
    handled one at a time, and delay only each other.
    """
    lane: object = group or (kind if max_concurrency else None)

    def mark(function: H) -> H:
        function.__dict__.setdefault("handles", []).append((kind, lane, max_concurrency or 1))
        return function

    return mark


def handlers_of(kind: type) -> dict[type[Message], Handler]:
    """The checked dispatch table of a class; two handlers for one message are a mistake."""
    table: dict[type[Message], Handler] = {}
    for name in dir(kind):
        function = getattr(kind, name)
        for message, lane, max_concurrency in getattr(function, "handles", ()):
            if message in table:
                raise TypeError(f"{kind.__name__} has two handlers for {message.__name__}")
            table[message] = Handler(function, lane, max_concurrency)
    return table


class Owner(Protocol):
    """What the dispatcher needs from its actor."""

    name: str
    log: Any
    handlers: ClassVar[Mapping[type[Message], Handler]]

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]": ...

    def on_missed(self, publisher: str, count: int) -> Coroutine[Any, Any, None]: ...

    def state_came(self, state: State) -> None:
        """At once."""
        ...

    def state_turn(self, state: State) -> Awaitable[None]:
        """In its turn, before its handler."""
        ...

    def state_done(self, state: State) -> None:
        """After its handler."""
        ...


class Dispatcher:
    """``generation`` numbers the actor's life; ``states`` are the newest of each kind and publisher, handled or not."""

    def __init__(self, owner: Owner, generation: int) -> None:
        self._owner = owner
        self._generation = generation
        self.mailbox = Mailbox(owner.start_task)
        self.states: dict[tuple[type[State], str], State] = {}
        self._waiting: dict[tuple[type[State], str], State | None] = {}  # the state handled before the one that waits

    def latest(self, kind: type[S], publisher: str) -> S | None:
        """The newest state of this kind; ``publisher`` "": of any."""
        for (state_kind, name), state in self.states.items():
            if state_kind is kind and publisher in ("", name):
                return state  # type: ignore[return-value]
        return None

    def cancel(self, withdrawn: Cancel) -> None:
        self.mailbox.cancel((withdrawn.sender, withdrawn.generation, withdrawn.request_id))

    # ---------------------------------------------------------------- asks
    def request(self, request: Request, sender: Connection) -> None:
        kind = type(request.message)
        handler = self._owner.handlers.get(kind)
        if handler is None or not issubclass(kind, Ask):
            self._owner.log.error("no handler", kind=str(request.message))
            return self._answer(
                request, sender, Failure("internal", f"{self._owner.name} does not handle {kind.__name__}")
            )
        job = Job(
            lambda: self._handle_request(handler, request, sender),
            (request.sender, request.generation, request.request_id),
        )
        if not self.mailbox.put(job, handler.lane, handler.max_concurrency):
            self._answer(request, sender, Failure("overloaded", f"{self._owner.name} has too many unanswered asks"))

    def _handle_request(
        self, handler: Handler, request: Request, sender: Connection
    ) -> Coroutine[Any, Any, None] | None:
        try:
            result = handler.function(self._owner, request.message)
        except ServerError as error:
            self._answer(request, sender, _failure(error))
            return None
        if is_awaitable(result):
            return self._answer_later(request, sender, result)
        self._answer(request, sender, result)
        return None

    async def _answer_later(self, request: Request, sender: Connection, result: Any) -> None:
        try:
            answer = await result
        except ServerError as error:
            answer = _failure(error)
        self._answer(request, sender, answer)

    def _answer(self, request: Request, sender: Connection, answer: Any) -> None:
        answer = Ok() if answer is None else answer
        try:
            data = serialize(Reply(self._owner.name, self._generation, request.request_id, answer))
        except TooLarge as error:
            self._owner.log.error("an answer is too large", to=request.sender, kind=str(request.message))
            data = serialize(Reply(self._owner.name, self._generation, request.request_id, _failure(error)))
        sender.send(data)

    # ---------------------------------------------------------------- tells, states, news
    def notification(self, notification: Notification, sender: Connection) -> None:
        message = notification.message
        if notification.missed:
            self._owner.start_task(self._owner.on_missed(notification.sender, notification.missed))
        if isinstance(message, State):
            return self._state_came(notification, message, sender)
        handler = self._owner.handlers.get(type(message))
        if handler is None:
            self._owner.log.error("no handler", kind=str(message))
            return self._acknowledge(notification, sender)
        job = Job(lambda: self._handle_notification(handler, notification, sender))
        if not self.mailbox.put(job, handler.lane, handler.max_concurrency):
            self._owner.log.error("the mailbox is full: a message is dropped", kind=str(message))
            self._acknowledge(notification, sender)

    def _state_came(self, notification: Notification, state: State, sender: Connection) -> None:
        """Known at once, handled in turn; if another arrives meanwhile, only the newest is handled."""
        key = (type(state), notification.sender)
        before, self.states[key] = self.states.get(key), state
        self._owner.state_came(state)
        self._acknowledge(notification, sender)
        if key not in self._waiting:
            self._waiting[key] = before
            self.mailbox.put(Job(lambda: self._handle_state(key)))

    def _handle_state(self, key: tuple[type[State], str]) -> Coroutine[Any, Any, None] | None:
        old, new = self._waiting.pop(key), self.states[key]
        return self._take_state(old, new) if old != new else None

    async def _take_state(self, old: State | None, new: State) -> None:
        try:
            await self._owner.state_turn(new)
            if (handler := self._owner.handlers.get(type(new))) is not None:
                result = handler.function(self._owner, old, new)
                if is_awaitable(result):
                    await result
        except ServerError as error:
            self._owner.log.warning("a state could not be handled", kind=str(new), reason=error.detail)
        self._owner.state_done(new)

    def _handle_notification(
        self, handler: Handler, notification: Notification, sender: Connection
    ) -> Coroutine[Any, Any, None] | None:
        try:
            result = handler.function(self._owner, notification.message)
        except ServerError as error:
            self._owner.log.warning(
                "a message could not be handled", kind=str(notification.message), reason=error.detail
            )
            result = None
        if is_awaitable(result):
            return self._acknowledge_later(notification, sender, result)
        self._acknowledge(notification, sender)
        return None

    async def _acknowledge_later(self, notification: Notification, sender: Connection, result: Any) -> None:
        try:
            await result
        except ServerError as error:
            self._owner.log.warning(
                "a message could not be handled", kind=str(notification.message), reason=error.detail
            )
        self._acknowledge(notification, sender)

    def _acknowledge(self, notification: Notification, sender: Connection) -> None:
        sender.send(serialize(Acknowledge(self._owner.name, self._generation, notification.number)))


def _failure(error: ServerError) -> Failure:
    return Failure(error.code, error.detail, tuple(error.fields.items()))
