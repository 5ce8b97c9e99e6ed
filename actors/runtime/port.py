"""What an actor needs from the layer below: implemented by ``thespian_layer``, and by the test kit in one loop."""

import asyncio
from dataclasses import dataclass
from typing import Protocol


class Connection(Protocol):
    """The connection to one other process."""

    def send(self, data: bytes) -> None:
        """Send one message made by ``transport.serialize``; it is dropped if the peer is gone."""
        ...


@dataclass(frozen=True, slots=True)
class SpawnedProcess:
    """A new actor process."""

    path: str  # its address
    pid: int

    def gone(self) -> "SpawnedProcess":
        """A spawned process that has already ended."""
        return SpawnedProcess(self.path, 0)


class Port(Protocol):
    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def path(self) -> str:
        """Our own address."""
        ...

    def to(self, path: str) -> Connection | None:
        """The connection to another actor; None if nothing listens there any more."""
        ...

    def create(self) -> SpawnedProcess:
        """A new actor process, a copy of this one."""
        ...

    def forget(self, created: SpawnedProcess) -> None:
        """An actor process has ended and been collected."""
        ...

    def crash(self, name: str, error: BaseException) -> None:
        """Log the traceback and end this process."""
        ...

    def exit(self, code: int) -> None:
        """End this process; what was sent is still delivered."""
        ...
