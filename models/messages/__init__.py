"""The messages of the actors. One file per receiver; callers import it and never the actor.

Four kinds: a ``Tell`` is not answered, an ``Ask[To, R]`` is answered once with an ``R`` or a ``Failure``; a
``State`` and ``News`` are published to every actor that has a handler for them. Messages hold values only: numbers,
strings, tuples, dictionaries of such, other frozen dataclasses. Pictures, sound and packets are passed in rings.
"""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

A = TypeVar("A")
To = TypeVar("To", contravariant=True)
R = TypeVar("R")


class Ref(str, Generic[A]):
    """An actor's name and, for the type checker, its messages: ``A`` is the ``To…`` class of its messages."""

    __slots__ = ()


class Message:
    """The base of everything that is sent. Its ``str`` is only its name, for logs: its content may be secret."""

    __slots__ = ()

    def __str__(self) -> str:
        return type(self).__name__


class Tell(Message, Generic[To]):
    """For ``To``; not answered, and not guaranteed to arrive."""

    __slots__ = ()


class Ask(Message, Generic[To, R]):
    """For ``To``; answered exactly once with an ``R`` or a ``Failure``.

    ``retry``: asking twice is harmless, so the runtime asks again if the actor was restarted meanwhile.
    """

    __slots__ = ()
    retry: ClassVar[bool] = False


class State(Message):
    """The complete current state of something. Published to every actor with a handler for it, even if it starts later.

    The newest replaces all earlier ones: a slow subscriber may miss some, but always gets the last.
    """

    __slots__ = ()


class News(Message):
    """Something has happened; published to every actor with a handler for it that is up at that moment.

    News wait in a bounded queue. What had to be dropped is counted, and the receiver is told how many.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ok(Message):
    """Done, with nothing more to say."""


@dataclass(frozen=True, slots=True)
class Failure(Message):
    """The answer of a failed ask. ``code`` is a ``ServerError.code``, ``detail`` is for people."""

    code: str
    detail: str
    fields: tuple[tuple[str, str | int | bool], ...] = ()
