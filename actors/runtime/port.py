"""What an actor needs of the world beneath it: implemented by ``thespian_layer``, and by the tests' kit in one loop."""

import asyncio
from dataclasses import dataclass
from typing import Protocol


class Connection(Protocol):
    """The way to one other process."""

    def send(self, data: bytes) -> None:
        """Hand over one message made by ``transport.serialize``; dropped if the peer is gone."""
        ...


@dataclass(frozen=True, slots=True)
class SpawnedProcess:
    """A new actor process."""

    path: str  # its address
    pid: int

    def gone(self) -> "SpawnedProcess":
        """The same without a process."""
        return SpawnedProcess(self.path, 0)


class Port(Protocol):
    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def path(self) -> str:
        """Our own address."""
        ...

    def to(self, path: str) -> Connection | None:
        """The connection to another actor; None where nobody listens any more."""
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
        """End this process; what was sent is on its way."""
        ...
