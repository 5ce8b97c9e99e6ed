"""An actor as others hold it: what it may be asked and told, checked by the type checker at every call.

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
    """Who carries messages."""

    async def ask(self, to: Ref[Any], message: Ask[Any, R], timeout_s: float = ASK_TIMEOUT_S) -> R: ...

    def tell(self, to: Ref[Any], message: Tell[Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Handle(Generic[A]):
    """``ref`` may be down, restarted or degraded: the handle stays good."""

    ref: Ref[A]
    _post: Post

    async def ask(self, message: Ask[A, R], timeout_s: float = ASK_TIMEOUT_S) -> R:
        """The actor's answer, or a ``ServerError``.

        It is repeated once after a restart if its kind says that asking twice does no harm (``retry``); no other is.
        Cancelled or timed out, the question is withdrawn; whether it had been acted on by then is not known. Asks of
        one actor to another are begun in their order, but for those with a lane of their own (``handles``).
        """
        return await self._post.ask(self.ref, message, timeout_s)

    def tell(self, message: Tell[A]) -> None:
        """At most once, in the order of the tells. Dropped while the actor is not up, or too much waits for it already;
        nobody is told."""
        self._post.tell(self.ref, message)
