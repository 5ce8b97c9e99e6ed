"""The words that actors speak. One file per receiver; callers import it and never the actor.

Three kinds: a ``Tell`` is answered by nobody, an ``Ask[R]`` is answered once with an ``R`` or a ``Failure``, and
``News`` is published to every actor that has a handler for it. Messages hold values only: numbers, strings, tuples,
dictionaries of such, other frozen dataclasses. Pictures, sound and packets travel in rings, never in messages.
"""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

R = TypeVar("R")


class Message:
    """What may be sent. The short ``str`` matters: the transport prints each message several times."""

    __slots__ = ()

    def __str__(self) -> str:
        return type(self).__name__


class Tell(Message):
    """Nobody answers."""

    __slots__ = ()


class Ask(Message, Generic[R]):
    """Answered exactly once with an ``R`` or a ``Failure``.

    ``retry``: asking twice does no harm, so the runtime asks again when the actor was restarted meanwhile.
    """

    __slots__ = ()
    retry: ClassVar[bool] = False


class News(Message):
    """Something has happened; published to whoever has a handler for it.

    ``latest_wins``: it carries a whole state, so a slow reader needs only the newest one.
    """

    __slots__ = ()
    latest_wins: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Ok(Message):
    """Done, with nothing more to say."""


@dataclass(frozen=True, slots=True)
class Failure(Message):
    """The answer of an ask that could not be met. ``code`` is a ``ServerError.code``, ``detail`` is for a person."""

    code: str
    detail: str
    fields: tuple[tuple[str, str | int | bool], ...] = ()
