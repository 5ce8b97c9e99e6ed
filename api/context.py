"""Everything that the HTTP API needs from actors, passed in, so that tests can use a hand-written context."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from config.boot import Boot
from models.media.ring import Entry
from models.messages import Ref, State
from models.messages.handle import Handle
from models.messages.license import LicenseView
from models.messages.media import MediaOwner
from models.messages.settings import Value

A = TypeVar("A")
S = TypeVar("S", bound=State)


class Context(Protocol):
    """The facade actor implements this."""

    boot: Boot

    @property
    def license(self) -> LicenseView:
        """The newest; ``UNKNOWN_LICENSE`` before the first."""
        ...

    @property
    def settings(self) -> Mapping[str, Value]:
        """The effective value of every setting, without asking."""
        ...

    def latest(self, kind: type[S], publisher: str = "") -> S | None:
        """The newest of ``api.latest_states.STATES``; ``publisher`` where several actors publish the kind."""
        ...

    def actor(self, ref: Ref[A]) -> Handle[A]:
        """Its asks raise ``models.errors.ServerError``: Unavailable, TimedOut, … or the actor's own error."""
        ...

    def lease(self, owner: MediaOwner, ring: str, holder: str) -> None:
        """Keep ``ring`` filled by ``owner`` until ``release`` with the same three; renewed by the runtime."""
        ...

    def release(self, owner: MediaOwner, ring: str, holder: str) -> None: ...

    def newest(self, ring: str) -> Entry | None:
        """The newest entry of a ring right now, if there is one."""
        ...

    def kept(self, ring: str, before: Entry) -> list[Entry]:
        """The ring's entries from its newest key entry up to, but without, ``before``; empty if a part is missing."""
        ...

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """A task whose failure ends the process, so that its work is never left half done."""
        ...

    def follow(self, ring: str) -> AsyncGenerator[Entry, None]:
        """Entries as they arrive, without end: newest-wins for frames and jpeg, all in order for video, pcm, audio.

        The former begin with the newest entry, however old it is, the latter with what arrives from now on. The ring is
        leased until the iterator is closed: use ``contextlib.aclosing``. All followers of a ring in this process share
        one reader and the same ``Entry`` (and bytes) objects. A follower that lags by more than its bound sees a gap in
        ``Entry.sequence``.
        """
        ...
