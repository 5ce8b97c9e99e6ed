"""An actor that fills rings: it works while somebody leases one, and rests some time after the last lease."""

import asyncio
import time

from actors.runtime.actor import Actor, handles
from actors.runtime.envelope import Start
from actors.runtime.leases import Leases
from actors.runtime.port import Connection, Port
from models.messages.media import Lease

TICK_S = 0.5  # a lease ends, and standby begins, without a message
STANDBY_AFTER_S = 10.0


class RingOwner(Actor):
    """Override ``steer``; call ``begin_steering`` at the end of ``on_start``. ``leases``: who wants which ring."""

    def __init__(self, start: Start, port: Port, supervisor: Connection) -> None:
        super().__init__(start, port, supervisor)
        self.leases = Leases()
        self._wanted_at = time.monotonic()

    def steer(self) -> None:
        """Run exactly what is wanted now. Called with each lease and every ``TICK_S``."""
        raise NotImplementedError

    async def on_tick(self) -> None:
        """Called every ``TICK_S``."""
        self.steer()

    def begin_steering(self) -> None:
        self.steer()
        self.start_task(self._tick())

    def lately(self, wanted: bool) -> bool:
        """Whether it is wanted, or was within the last ``STANDBY_AFTER_S``. The time since the start counts too."""
        now = time.monotonic()
        if wanted:
            self._wanted_at = now
        return now - self._wanted_at < STANDBY_AFTER_S

    @handles(Lease)
    def _lease(self, lease: Lease) -> None:
        self.leases.take(lease)
        self.steer()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            await self.on_tick()
