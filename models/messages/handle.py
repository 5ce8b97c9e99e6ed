"""A handle to an actor: asks and tells, checked by the type checker at every call.

camera = self.actor(CAMERA)
view = await camera.ask(GetCamera())
"""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from models.messages import Ask, Ref, Tell

A = TypeVar("A")
R = TypeVar("R")
ASK_TIMEOUT_S = 5.0


class Post(Protocol):
    """What transports messages."""

    async def ask(self, to: Ref[Any], message: Ask[Any, R], timeout_s: float = ASK_TIMEOUT_S) -> R: ...

    def tell(self, to: Ref[Any], message: Tell[Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Handle(Generic[A]):
    """The actor may be down, restarted or degraded: the handle stays valid."""

    ref: Ref[A]
    _post: Post

    async def ask(self, message: Ask[A, R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        """The actor's answer, or a ``ServerError``.

        It is repeated once after a restart if asking twice is harmless (``retry``), and never otherwise. If it is
        cancelled or times out, it is withdrawn. Not guaranteed: whether it was carried out by then. Asks of one actor
        to another are started in order, except those with their own lane (``handles``).
        """
        return await self._post.ask(self.ref, message, timeout_s)

    def tell(self, message: Tell[A]) -> None:
        """Delivered at most once, in the order of the tells. Not guaranteed: that it arrives. It is dropped silently
        while the actor is not up, or if too many wait for it."""
        self._post.tell(self.ref, message)
