"""The words that actors speak. One file per receiver; callers import it and never the actor.

Four kinds: a ``Tell`` is answered by nobody, an ``Ask[To, R]`` is answered once with an ``R`` or a ``Failure``; a
``State`` and ``News`` are published to every actor that has a handler for them. Messages hold values only: numbers,
strings, tuples, dictionaries of such, other frozen dataclasses. Pictures, sound and packets travel in rings, never in
messages.
"""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

A = TypeVar("A")
To = TypeVar("To", contravariant=True)
R = TypeVar("R")


class Ref(str, Generic[A]):
    """An actor's name, and to the type checker: which messages it takes. ``A`` is the ``To…`` class of its messages."""

    __slots__ = ()


class Message:
    """What may be sent. Its ``str`` is its name alone, for logs: what it holds may be a secret."""

    __slots__ = ()

    def __str__(self) -> str:
        return type(self).__name__


class Tell(Message, Generic[To]):
    """For ``To``; nobody answers."""

    __slots__ = ()


class Ask(Message, Generic[To, R]):
    """For ``To``; answered exactly once with an ``R`` or a ``Failure``.

    ``retry``: asking twice does no harm, so the runtime asks again when the actor was restarted meanwhile.
    """

    __slots__ = ()
    retry: ClassVar[bool] = False


class State(Message):
    """How something is now, as a whole. Published to whoever has a handler for it, also if it comes later.

    The newest replaces all before it: a slow reader may not see each, but it always sees the last.
    """

    __slots__ = ()


class News(Message):
    """Something has happened; published to whoever has a handler for it and is up at that moment.

    News waits in a queue with an end. What had to be dropped there is counted, and the receiver is told how much.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ok(Message):
    """Done, with nothing more to say."""


@dataclass(frozen=True, slots=True)
class Failure(Message):
    """The answer of an ask that could not be met. ``code`` is a ``ServerError.code``, ``detail`` is for a person."""

    code: str
    detail: str
    fields: tuple[tuple[str, str | int | bool], ...] = ()
